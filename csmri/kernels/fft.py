"""Unitary discrete Fourier transforms without shifts, by the fastest library at hand.

For NumPy arrays the order is fixed: mkl_fft where it is installed (the extra `fast`), SciPy
otherwise. Every other array library brings its own.
"""

from functools import cache
from typing import Any

from csmri.arrays import Array, array_namespace, is_numpy_array


def fft2(x: Array) -> Array:
    """Unitary 2-D DFT over the last two axes, zero frequency first; complex in, complex out."""
    return _transform_2d(x, "fftn")


def ifft2(x: Array) -> Array:
    """The inverse, and adjoint, of `fft2`."""
    return _transform_2d(x, "ifftn")


def fft(x: Array) -> Array:
    """Unitary DFT along the last axis, zero frequency first; complex in, complex out."""
    return _library(x).fft(x, norm="ortho")


def ifft(x: Array) -> Array:
    """The inverse, and adjoint, of `fft`."""
    return _library(x).ifft(x, norm="ortho")


def _transform_2d(x: Array, name: str) -> Array:
    # The sizes are stated because mkl_fft 2.3 takes 1/√N over all axes where they are not.
    return getattr(_library(x), name)(x, s=x.shape[-2:], axes=(-2, -1), norm="ortho")


def _library(x: Array) -> Any:
    return numpy_provider() if is_numpy_array(x) else array_namespace(x).fft


@cache
def numpy_provider() -> Any:
    """The module that transforms NumPy arrays: mkl_fft where installed, scipy.fft otherwise."""
    try:
        import mkl_fft
    except ImportError:
        import scipy.fft

        return scipy.fft
    return mkl_fft
