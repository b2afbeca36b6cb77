"""The centred, unitary 2-D Fourier transform."""

from dataclasses import dataclass
from functools import cache
from typing import final

import numpy as np

from csmri import kernels
from csmri.arrays import IMAGE_AXES, Array, array_namespace, as_complex, beside, is_single
from csmri.operators.base import LinearOperator


@final
@dataclass(frozen=True, eq=False)
class Fourier(LinearOperator):
    """F: image to k-space, over the last two axes, with zero frequency at (H//2, W//2).

    Notes
    -----
    F x = fftshift(fft2(ifftshift(x), norm="ortho")): images and k-space both have their origin in
    the middle, and FᴴF = I. Real images are taken as complex ones of the same precision.
    """

    is_unitary = True

    def __call__(self, x: Array) -> Array:
        return centred(kernels.fft2(uncentred(as_complex(x))))

    def adjoint(self, y: Array) -> Array:
        return centred(kernels.ifft2(uncentred(as_complex(y))))

    def normal(self, x: Array) -> Array:
        return as_complex(x)

    def norm_bound(self) -> float:
        return 1.0


def slices_along_readout(kspace: Array, *, axis: int = -4) -> Array:
    """A 3-D scan as 2-D problems: the centred, unitary inverse transform along its readout.

    The readout is fully sampled, so that after this transform each of its positions is a problem
    of its own, with the mask of both phase encodes; solvers take them as a batch.

    Parameters
    ----------
    kspace : array
        Usually (X, C, H, W) complex: readout, coils and two phase encodes; (X, H, W) with axis=-3.
    axis : int
        The readout, with zero frequency at its N//2; not one of the last two axes.

    Returns
    -------
    array of the same shape
        Position along the readout, centred, where its frequency was. White noise stays white.

    Raises
    ------
    ValueError
        For an axis that is not there, or is one of the phase encodes.
    """
    if not -kspace.ndim <= axis <= -3:
        raise ValueError(
            f"got axis={axis} for k-space of shape {tuple(kspace.shape)}, expected a readout "
            f"before both phase encodes, -3 to {-kspace.ndim}; move the phase encodes to the end"
        )
    xp = array_namespace(kspace)
    lines = xp.moveaxis(uncentred(as_complex(kspace), axes=(axis,)), axis, -1) + 0  # contiguous
    return centred(xp.moveaxis(kernels.ifft(lines), -1, axis), axes=(axis,)) + 0


def shift_phases(height: int, width: int, *, like: Array) -> tuple[Array, Array]:
    """By what a spectrum is multiplied when its image moves from pixel 0 to the middle.

    One factor for the rows, (H, 1), and one for the columns, (W,), zero frequency first and in the
    precision of `like`: ±1 along a side that is even.
    """
    return _placed_phases(height, like)[:, None], _placed_phases(width, like)


def _placed_phases(size: int, like: Array) -> Array:
    phases, xp = beside(_phases(size), like), array_namespace(like)
    if size % 2:
        return xp.astype(phases, like.dtype, copy=False)
    return xp.astype(phases, xp.float32 if is_single(like) else xp.float64, copy=False)


@cache
def _phases(size: int) -> np.ndarray:
    """exp(−2πi k (N//2)/N) for k = 0 … N − 1, real where N is even."""
    k = np.arange(size)
    if size % 2 == 0:
        return 1.0 - 2 * (k % 2)
    return np.exp(-2j * np.pi * (k * (size // 2) % size) / size)


def centred(x: Array, axes: tuple[int, ...] = IMAGE_AXES) -> Array:
    """Move index 0 to N//2 along each of `axes`."""
    return array_namespace(x).roll(x, tuple(x.shape[a] // 2 for a in axes), axis=axes)


def uncentred(x: Array, axes: tuple[int, ...] = IMAGE_AXES) -> Array:
    """Move index N//2 to 0 along each of `axes`: the inverse of `centred`."""
    return array_namespace(x).roll(x, tuple(-(x.shape[a] // 2) for a in axes), axis=axes)
