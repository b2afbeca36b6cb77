"""MATLAB's .mat: numeric arrays of version 5 and of 7.3, which is HDF5; never code."""

from pathlib import Path
from typing import Any

import numpy as np

from csmri.formats import hdf5, matlab5
from csmri.formats.arrays import MASK_NAMES, as_complex, as_mask, chosen_name
from csmri.formats.axes import arranged
from csmri.formats.errors import FileError, require_file
from csmri.formats.scan import Scan


def read(path: Path, axes: tuple[str, ...] | None = None) -> Scan:
    """Read the array "kspace" (or the only one) and "mask" where it is there."""
    require_file(path)
    with path.open("rb") as file:
        start = file.read(520)
    arrays = _version_73(path) if hdf5.MAGIC in (start[:8], start[512:]) else matlab5.read(path)
    if not arrays:
        raise FileError(f"{path} holds no numeric arrays, expected k-space called kspace")
    chosen = chosen_name(path, arrays)
    mask_name = next((name for name in MASK_NAMES if name in arrays), None)
    mask = None
    if mask_name is not None:
        mask = as_mask(path, arrays[mask_name])
        mask = mask.reshape(-1) if 1 in mask.shape else mask  # MATLAB has no vectors
    return arranged(path, "MATLAB .mat", as_complex(path, arrays[chosen]), axes, mask)


def _version_73(path: Path) -> dict[str, np.ndarray]:
    """MATLAB writes column-major arrays: HDF5 sees their axes reversed, and complex as pairs."""
    arrays: dict[str, np.ndarray] = {}
    with hdf5.opened(path) as file:
        for name in file:
            dataset: Any = file[name]
            if not hasattr(dataset, "shape") or name.startswith("#"):
                continue
            kind = dataset.dtype.kind
            if kind in "iuf" or dataset.dtype.names == ("real", "imag"):
                arrays[str(name)] = _joined(hdf5.checked(path, dataset)[()]).T
    return arrays


def _joined(array: np.ndarray) -> np.ndarray:
    if array.dtype.names != ("real", "imag"):
        return array
    real, imaginary = array["real"], array["imag"]
    dtype = np.complex64 if real.dtype == np.float32 else np.complex128
    joined = np.empty(array.shape, dtype)
    joined.real, joined.imag = real, imaginary
    return joined
