"""Unitary discrete Fourier transforms without shifts, by the fastest library at hand.

For NumPy arrays the order is fixed: `numba_fft` where Numba is installed and the sides of the image
have small factors, then mkl_fft where it is installed (both are in the extra `fast`), then SciPy.
Every other array library brings its own, CuPy that of cuFFT, whose plans it keeps. NumPy arrays are
transformed on the calling thread alone, since images are what is solved in parallel.
"""

from collections.abc import Callable
from contextlib import suppress
from ctypes import PyDLL, c_int
from functools import cache
from importlib import import_module
from typing import Any

from csmri.arrays import Array, array_namespace, is_cupy_array, is_numpy_array
from csmri.kernels.compilation import given, numba_serves, same_shape


def fft2(x: Array, *, out: Array | None = None) -> Array:
    """Unitary 2-D DFT over the last two axes, zero frequency first; complex in, complex out.

    `out`, which may be x itself, offers memory; what is returned counts.
    """
    return _transform(x, out, inverse=False, columns=False)


def ifft2(x: Array, *, out: Array | None = None) -> Array:
    """The inverse, and adjoint, of `fft2`."""
    return _transform(x, out, inverse=True, columns=False)


def fft(x: Array, *, out: Array | None = None) -> Array:
    """Unitary DFT along the last axis, zero frequency first; complex in, complex out.

    `out`, which may be x itself, offers memory; what is returned counts.
    """
    return _transform(x, out, inverse=False, columns=True)


def ifft(x: Array, *, out: Array | None = None) -> Array:
    """The inverse, and adjoint, of `fft`."""
    return _transform(x, out, inverse=True, columns=True)


def sides_fit(x: Array, *, columns: bool) -> bool:
    """Whether `numba_fft` knows the lengths of the last axis, or the last two."""
    if x.ndim < 2 or x.shape[-1] % 8:
        return False
    return has_small_factors(x.shape[-1]) and (columns or has_small_factors(x.shape[-2]))


@cache
def has_small_factors(size: int) -> bool:
    """Whether a number is a product of 2, 3, 5 and 7."""
    for factor in (2, 3, 5, 7):
        while size > 1 and size % factor == 0:
            size //= factor
    return size == 1


def _transform(x: Array, out: Array | None, *, inverse: bool, columns: bool) -> Array:
    if same_shape(x, out) and sides_fit(x, columns=columns) and numba_serves(x, *given(out)):
        from csmri.kernels import numba_fft

        return numba_fft.transform(x, inverse=inverse, columns=columns, out=out)
    name = ("i" if inverse else "") + ("fft" if columns else "fftn")
    # The sizes are stated because mkl_fft 2.3 takes 1/√N over all axes where they are not.
    axes: dict[str, Any] = {} if columns else {"s": x.shape[-2:], "axes": (-2, -1)}
    if is_cupy_array(x):
        from csmri.kernels import cupy_fft

        return cupy_fft.transform(x, name, norm="ortho", overwrite=out is x, **axes)
    if not is_numpy_array(x):
        return getattr(array_namespace(x).fft, name)(x, norm="ortho", **axes)
    provider = numpy_provider()
    transform = getattr(provider, name)
    if provider.__name__ != "mkl_fft":
        return transform(x, norm="ortho", overwrite_x=out is x, **axes)
    limit = _thread_limit()
    before = limit(1)
    try:
        return transform(x, norm="ortho", out=out, **axes)
    finally:
        limit(before)


@cache
def numpy_provider() -> Any:
    """The module that transforms other NumPy arrays: mkl_fft where installed, or scipy.fft."""
    try:
        return import_module("mkl_fft")
    except ImportError:
        return import_module("scipy.fft")


@cache
def _thread_limit() -> Callable[[int], int]:
    """MKL's own function that sets the threads of calls from this thread, and gives the old number.

    MKL would otherwise split a single image over all cores, which costs a quarter more work and
    stalls where the cores are busy with other images.
    """
    with suppress(OSError, AttributeError):  # on Windows a library does not show what it links to
        function = PyDLL(import_module("mkl_fft._pydfti").__file__).MKL_Set_Num_Threads_Local
        function.argtypes, function.restype = (c_int,), c_int
        return function
    return lambda threads: threads
