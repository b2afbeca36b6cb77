"""Arrays on a device, by whatever installed library reaches it."""

from importlib import import_module
from typing import Any

import numpy as np

from csmri.arrays import Array
from csmri.kernels.gpu import missing_for_cupy
from csmri.kernels.torch_gpu import missing_for_torch


def placed(array: np.ndarray, device: str) -> Array:
    """The array on "cpu" as it is, on "cuda" as a CuPy array or a torch tensor.

    Raises
    ------
    ValueError
        For another device, or where no library finds it.
    """
    library = library_for(device)
    if library is None:
        return array
    module: Any = import_module(library)
    return module.asarray(array, **({"device": device} if library == "torch" else {}))


def library_for(device: str) -> str | None:
    """The library whose arrays are on a device, CuPy before torch; None for the CPU.

    Raises
    ------
    ValueError
        For another device, or where no library finds it: the error says what each one lacks.
    """
    if device == "cpu":
        return None
    if device != "cuda":
        raise ValueError(f"got the device {device!r}, expected cpu or cuda")
    cupy = missing_for_cupy()
    if cupy is None:
        return "cupy"
    torch = missing_for_torch()
    if torch is None:
        return "torch"
    raise ValueError(
        f"got the device cuda, but none is within reach: {cupy}; {torch}; "
        "install what is missing on a machine with an NVIDIA GPU, or use --device cpu"
    )
