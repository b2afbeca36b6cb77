"""Partial Fourier: one side of k-space from the other, given that the phase is smooth."""

import numpy as np

from csmri.arrays import Array, array_namespace, as_complex, at_least_zero, beside, to_numpy
from csmri.operators.fourier import Fourier


def homodyne(kspace: Array, mask: Array) -> Array:
    """The image whose phase is that of the symmetric middle, by weighing the measured side twice.

    Parameters
    ----------
    kspace : (..., H, W) complex
        Single-coil or coil-wise k-space, zero where it was not sampled; every leading axis is a
        batch.
    mask : (W,) bool
        One run of measured columns, from beyond W//2 to one end of k-space.

    Returns
    -------
    (..., H, W) complex
        A real image times the smooth phase.

    Raises
    ------
    ValueError
        For a mask that is no such run.

    References
    ----------
    D. C. Noll, D. G. Nishimura and A. Macovski (1991), IEEE Trans. Med. Imaging 10, 154–163.
    """
    kspace, xp = as_complex(kspace), array_namespace(kspace)
    columns, distance, half = _one_sided(mask, kspace)
    phase = _smooth_phase(kspace, columns, distance, half)
    # From 2 on the side that stands for both, over 1 at zero frequency, to 0.
    ramp = np.where(columns, 1 + np.clip(distance / (half + 1), -1, 1), 0)
    image = Fourier().adjoint(kspace * _row(ramp, kspace))
    real = xp.real(image * xp.conj(phase))
    return real * phase


def projections(kspace: Array, mask: Array, *, iterations: int = 20) -> Array:
    """The same by projections onto what was measured and onto the smooth phase in turn (POCS).

    Parameters
    ----------
    kspace, mask
        As for `homodyne`.
    iterations : int
        How many pairs of projections.

    Returns
    -------
    (..., H, W) complex
        The image that agrees with every measured sample.

    Raises
    ------
    ValueError
        For a mask that is no run of columns to one end of k-space.

    References
    ----------
    E. M. Haacke, E. D. Lindskog and W. Lin (1991), J. Magn. Reson. 92, 126–145.
    """
    kspace, xp = as_complex(kspace), array_namespace(kspace)
    columns, distance, half = _one_sided(mask, kspace)
    phase = _smooth_phase(kspace, columns, distance, half)
    measured, F = beside(columns, kspace), Fourier()
    x = F.adjoint(kspace)
    for _ in range(iterations):
        # The real part may not be negative: it is a magnitude.
        real = at_least_zero(xp.real(x * xp.conj(phase)))
        x = F.adjoint(xp.where(measured, kspace, F(real * phase)))
    return x


def _one_sided(mask: Array, kspace: Array) -> tuple[np.ndarray, np.ndarray, int]:
    """The mask, each column's frequency (measured side positive), and the reach on the other."""
    columns = to_numpy(mask)
    width = kspace.shape[-1]
    if columns.dtype != np.bool_ or columns.shape != (width,):
        raise ValueError(
            f"got a mask of {columns.dtype} and shape {columns.shape}, expected bool and ({width},)"
        )
    places = np.flatnonzero(columns)
    frequency = np.arange(width) - width // 2
    run = places.size > 0 and places.size == places[-1] - places[0] + 1
    ends = run and (places[0] == 0 or places[-1] == width - 1)
    sign = 1 if ends and places[-1] == width - 1 else -1
    half = int(-(sign * frequency[places]).min()) if ends else -1
    if half < 1:
        raise ValueError(
            "got a mask that is no run of columns from beyond zero frequency to one end of "
            "k-space, expected partial Fourier along the last axis; transpose data that are "
            "partial along the other, and use solvers for masks with gaps"
        )
    return columns, sign * frequency, half


def _smooth_phase(kspace: Array, columns: np.ndarray, distance: np.ndarray, half: int) -> Array:
    """exp(iφ) of the image of the symmetric middle, tapered so that it does not ring."""
    taper = 0.5 + 0.5 * np.cos(np.pi * distance / (half + 1))
    taper = np.where(columns & (np.abs(distance) <= half), taper, 0)
    image, xp = Fourier().adjoint(kspace * _row(taper, kspace)), array_namespace(kspace)
    modulus = xp.abs(image)
    some = modulus > 0
    one = xp.ones_like(modulus)
    return xp.where(some, image, xp.ones_like(image)) / xp.where(some, modulus, one)


def _row(values: np.ndarray, like: Array) -> Array:
    xp = array_namespace(like)
    return xp.astype(beside(values.astype(np.complex128), like), like.dtype)
