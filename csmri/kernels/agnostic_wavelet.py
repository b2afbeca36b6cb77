"""Definitions of the wavelet transforms, beside those in `agnostic`."""

from collections.abc import Sequence

import numpy as np

from csmri.arrays import Array, array_namespace, beside
from csmri.kernels.agnostic import reflect, relax, soft_threshold


def wavelet_analysis(x: Array, lowpass: tuple[float, ...], levels: int) -> Array:
    """Periodised orthonormal 2-D wavelet transform, coarse band in the top left corner.

    The bands of level ℓ surround those of level ℓ + 1, as in Mallat's drawing: rows of low | high,
    over columns of low / high. Equal to PyWavelets' mode "periodization".

    Parameters
    ----------
    x : (..., H, W) real or complex
        H and W divisible by 2**levels.
    lowpass : tuple of float
        Decomposition low-pass filter, of even length.
    levels : int
        How often the coarse band is split.

    References
    ----------
    S. Mallat (2009), A Wavelet Tour of Signal Processing, 3rd ed., theorem 7.10 and section 7.7.
    """
    if levels == 0:
        return x
    xp = array_namespace(x)
    for axis in (-1, -2):
        x = xp.concat(_split(x, lowpass, axis), axis=axis)
    rows, columns = x.shape[-2] // 2, x.shape[-1] // 2
    coarse = wavelet_analysis(x[..., :rows, :columns], lowpass, levels - 1)
    top = xp.concat((coarse, x[..., :rows, columns:]), axis=-1)
    return xp.concat((top, x[..., rows:, :]), axis=-2)


def wavelet_synthesis(c: Array, lowpass: tuple[float, ...], levels: int) -> Array:
    """The inverse, and adjoint, of `wavelet_analysis`."""
    if levels == 0:
        return c
    xp = array_namespace(c)
    rows, columns = c.shape[-2] // 2, c.shape[-1] // 2
    coarse = wavelet_synthesis(c[..., :rows, :columns], lowpass, levels - 1)
    top = xp.concat((coarse, c[..., :rows, columns:]), axis=-1)
    x = xp.concat((top, c[..., rows:, :]), axis=-2)
    for axis in (-2, -1):
        x = _merge(x, lowpass, axis)
    return x


def wavelet_shrink(
    x: Array, lowpass: tuple[float, ...], levels: int, threshold: Array | float
) -> Array:
    """Wᴴ soft(W x): the proximal map of threshold · ‖W x‖₁, since W is unitary."""
    c = soft_threshold(wavelet_analysis(x, lowpass, levels), threshold)
    return wavelet_synthesis(c, lowpass, levels)


def wavelet_shrink_relax(
    c: Array,
    x: Array,
    lowpass: tuple[float, ...],
    levels: int,
    threshold: Array | float,
    *,
    alpha: Array | float,
) -> tuple[Array, Array]:
    """A relaxed step of ADMM for threshold · ‖W x‖₁: the coefficients of its state, its target.

    Returns
    -------
    c : (..., H, W) complex
        c + α(W x − soft(c)).
    t : (..., H, W) complex
        Wᴴ(2 soft(c) − c) of the new c.
    """
    split = soft_threshold(c, threshold)
    c = relax(c, wavelet_analysis(x, lowpass, levels), split, alpha)
    target = reflect(soft_threshold(c, threshold), c)
    return c, wavelet_synthesis(target, lowpass, levels)


def highpass(lowpass: tuple[float, ...]) -> tuple[float, ...]:
    """The quadrature mirror of a low-pass filter: reversed, every second sign changed."""
    return tuple((-1) ** (j + 1) * h for j, h in enumerate(reversed(lowpass)))


def _split(x: Array, lowpass: tuple[float, ...], axis: int) -> list[Array]:
    """low[k] = Σⱼ h[j] x[2k + L/2 − j], indices modulo N; high[k] likewise."""
    length, n = len(lowpass), x.shape[axis]
    wrapped = _wrapped(x, 1 - length // 2, n + length - 2, axis)
    taps = [_strided(wrapped, length - 1 - j, n // 2, 2, axis) for j in range(length)]
    return [_weighted_sum(f, taps) for f in (lowpass, highpass(lowpass))]


def _merge(c: Array, lowpass: tuple[float, ...], axis: int) -> Array:
    """x[n] = Σₖ h[2k + L/2 − n] low[k] + g[2k + L/2 − n] high[k], indices modulo N."""
    xp = array_namespace(c)
    half, n = len(lowpass) // 2, c.shape[axis] // 2
    phases = []
    for parity in (0, 1):
        # x[2m + parity] meets low[m + (j + parity - half) / 2] through h[j], and likewise high.
        taps = [j for j in range(len(lowpass)) if (j + parity - half) % 2 == 0]
        first = (taps[0] + parity - half) // 2
        weights, terms = [], []
        for start, f in ((0, lowpass), (n, highpass(lowpass))):
            band = _wrapped(_strided(c, start, n, 1, axis), first, n + len(taps) - 1, axis)
            weights += [f[j] for j in taps]
            terms += [_strided(band, i, n, 1, axis) for i in range(len(taps))]
        phases.append(_weighted_sum(weights, terms))
    return xp.reshape(xp.stack(phases, axis=c.ndim + axis + 1), c.shape)


def _weighted_sum(weights: Sequence[float], terms: Sequence[Array]) -> Array:
    total = weights[0] * terms[0]
    for weight, term in zip(weights[1:], terms[1:], strict=True):
        total = total + weight * term
    return total


def _wrapped(x: Array, first: int, count: int, axis: int) -> Array:
    """x[first], …, x[first + count − 1] along `axis`, indices modulo its length."""
    index = (first + np.arange(count)) % x.shape[axis]
    return array_namespace(x).take(x, beside(index, x), axis=axis)


def _strided(x: Array, start: int, count: int, step: int, axis: int) -> Array:
    along = slice(start, start + step * (count - 1) + 1, step)
    return x[..., along, :] if axis == -2 else x[..., along]
