"""Whether Numba or CUDA may serve, and how Numba's twins are compiled."""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np

from csmri.arrays import Array, is_cupy_array

# Looked up at every call of a kernel, where making a dtype anew would take longer than the rest.
COMPLEX64, COMPLEX128, BOOL = np.dtype(np.complex64), np.dtype(np.complex128), np.dtype(np.bool_)
REAL_OF = {COMPLEX64: np.dtype(np.float32), COMPLEX128: np.dtype(np.float64)}

BYTES = 32  # of a vector: AVX2, half of AVX-512, twice NEON


@cache
def has_numba() -> bool:
    """Whether Numba is installed (the extra `fast`); looked up without importing it."""
    return find_spec("numba") is not None


def numba_serves(
    *arrays: Array, real: tuple[Array, ...] = (), masks: tuple[Array, ...] = ()
) -> bool:
    """Whether the twins take these: Numba is there, and all are plain NumPy arrays.

    Plain means in the machine's byte order, C-contiguous, aligned, writeable and not empty. The
    arrays are all of complex64 or all of complex128, the real ones of the same precision, the
    masks of bool.
    """
    first = arrays[0]
    if type(first) is not np.ndarray or first.dtype not in REAL_OF:
        return False
    return (
        _are_plain(arrays, first.dtype)
        and _are_plain(real, REAL_OF[first.dtype])
        and _are_plain(masks, BOOL)
        and has_numba()
    )


def _are_plain(arrays: tuple[Array, ...], dtype: np.dtype) -> bool:
    for array in arrays:
        if not (
            type(array) is np.ndarray
            and array.dtype == dtype
            and array.flags.carray
            and array.size > 0
        ):
            return False
    return True


def twins_serve(x: Array) -> bool:
    """Whether there are twins for arrays like x, Numba's or those in CUDA."""
    return numba_serves(x) or cupy_serves(x)


def cupy_serves(
    *arrays: Array, real: tuple[Array, ...] = (), masks: tuple[Array, ...] = ()
) -> bool:
    """Whether the CUDA twins take these: all are CuPy arrays, C-contiguous and not empty.

    Of which dtypes: see `numba_serves`.
    """
    first = arrays[0]
    return (
        is_cupy_array(first)
        and (first.dtype == np.complex64 or first.dtype == np.complex128)
        and all(_is_on_gpu(array, first.dtype) for array in arrays)
        and all(_is_on_gpu(array, real_type(first)) for array in real)
        and all(_is_on_gpu(array, np.bool_) for array in masks)
    )


def _is_on_gpu(array: Array, dtype: Any) -> bool:
    return (
        is_cupy_array(array)
        and array.dtype == dtype
        and array.flags.c_contiguous
        and array.size > 0
    )


def is_number_an_image(value: Any, x: Array, axes: int) -> bool:
    """Whether a value is one number, or on the GPU one for each image of x, of so many axes.

    The latter has the real precision of x and its shape, but for 1 along all axes of an image.
    """
    if is_number(value):
        return True
    if not (is_cupy_array(value) and value.ndim == x.ndim and value.dtype == real_type(x)):
        return False
    shape = (*x.shape[: x.ndim - axes], *(axes * (1,)))
    return value.shape == shape and value.flags.c_contiguous


def is_number(*values: Any) -> bool:
    """Whether each value is one number for the whole batch, as the twins want them."""
    for value in values:  # noqa: SIM110 (a generator would take three times as long)
        if not isinstance(value, (int, float, np.floating)):
            return False
    return True


def same_shape(*arrays: Array | None) -> bool:
    """Whether those arrays that are given have one shape."""
    shape = None
    for array in arrays:
        if array is not None:
            if shape is not None and array.shape != shape:
                return False
            shape = array.shape
    return True


def given(*arrays: Array | None) -> tuple[Array, ...]:
    """Those that are not None."""
    return tuple(array for array in arrays if array is not None)


def real_type(x: Array) -> type[np.floating]:
    """float32 for complex64 and float64 for complex128."""
    return np.float32 if x.dtype == COMPLEX64 else np.float64


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function compiled at its first call for each kind of argument, and kept on disk.

    It runs without the GIL, on one thread. Sums may be reordered and multiplications fused, but
    NaN and infinity keep their meaning. Division by zero gives infinity, as in NumPy.
    """
    return _compiled(function)


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """A `compiled` function that becomes part of those that call it.

    Otherwise it depends on what was called before which of several compiled copies serves: one is
    made with the function itself and one with each that calls it, and they round differently.
    Callers in other files want these to be touched after a change.
    """
    return _compiled(function, forceinline=True)


def _compiled(function: Callable[..., Any], **more: Any) -> Callable[..., Any]:
    from numba import njit

    options: dict[str, Any] = {
        "nogil": True,
        "error_model": "numpy",
        "fastmath": {"contract", "nsz", "arcp", "reassoc"},
        **more,
    }
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # no folder to keep it in can be written
        return njit(**options)(function)
