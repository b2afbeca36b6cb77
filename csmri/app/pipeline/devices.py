"""Arrays on a device, by whatever installed library reaches it."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from csmri.arrays import Array

LIBRARIES = ("cupy", "torch")


def placed(array: np.ndarray, device: str) -> Array:
    """The array on "cpu" as it is, on "cuda" as a CuPy array or a torch tensor.

    Raises
    ------
    ValueError
        For another device, or where no library finds it.
    """
    if device == "cpu":
        return array
    if device != "cuda":
        raise ValueError(f"got the device {device!r}, expected cpu or cuda")
    for name in LIBRARIES:
        if find_spec(name) is not None:
            library: Any = import_module(name)
            if name == "cupy" or library.cuda.is_available():
                return library.asarray(array, **({"device": device} if name == "torch" else {}))
    raise ValueError(
        "got the device cuda, but neither CuPy nor a CUDA build of torch finds one; "
        "install 'csmri[gpu]', or use --device cpu"
    )
