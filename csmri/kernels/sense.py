"""SᴴFᴴMFS, the normal operator of several coils: its definition, and which twin serves."""

from csmri.arrays import COIL_AXIS, Array, array_namespace
from csmri.kernels.compilation import cupy_serves, numba_serves
from csmri.kernels.fft import fft, fft2, ifft, ifft2


def sense_normal(x: Array, maps: Array, mask: Array, *, columns: bool) -> Array:
    """Σ_c conj(s_c) Fᴴ(mask · F(s_c x)), with F un-centred and unitary.

    Parameters
    ----------
    x : (..., H, W) complex
    maps : (..., C, H, W) complex
        In the library and precision of x.
    mask : (W,), (1, W), (H, W) or broadcastable to (..., C, H, W), bool
        Zero frequency first.
    columns : bool
        Whether the mask is the same for every row, so that F is needed along the last axis alone.
    """
    rows = (x.shape[-1:], (1, *x.shape[-1:])) if columns else (x.shape[-2:],)
    fitting = maps.ndim == 3 and maps.shape[-2:] == x.shape[-2:] and mask.shape in rows
    if fitting and numba_serves(x, maps, masks=(mask,)):
        from csmri.kernels import numba_sense

        return numba_sense.sense_normal(x, maps, mask, columns=columns)
    own = maps.ndim == 3 or maps.shape == (*x.shape[:-2], *maps.shape[-3:])
    fitting = own and maps.shape[-2:] == x.shape[-2:] and mask.shape in rows
    if fitting and cupy_serves(x, maps, masks=(mask,)):
        from csmri.kernels import cupy_fft

        return cupy_fft.sense_normal(x, maps, mask, columns=columns)
    return definition(x, maps, mask, columns=columns)


def definition(x: Array, maps: Array, mask: Array, *, columns: bool) -> Array:
    """The same, all coils at once."""
    xp = array_namespace(x)
    forward, back = (fft, ifft) if columns else (fft2, ifft2)
    k = forward(maps * x[..., None, :, :])
    filtered = back(xp.where(mask, k, xp.zeros_like(k)))
    return xp.sum(xp.conj(maps) * filtered, axis=COIL_AXIS)
