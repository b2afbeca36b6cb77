"""SSIM and HFEN: structure in small windows, and edges."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from csmri.arrays import IMAGE_AXES, Array
from csmri.metrics.comparable import comparable, peak_of, plain, weights_of

SSIM_WINDOW = 7  # pixels, uniform
SSIM_K = (0.01, 0.03)
HFEN_WINDOW = 15  # pixels
HFEN_SIGMA = 1.5  # pixels


def ssim(
    image: Array, truth: Array, *, data_range: float | None = None, mask: Array | None = None
) -> Array:
    """Mean structural similarity: 7 x 7 uniform window, K = (0.01, 0.03), sample covariance.

    The mean is over the windows that lie wholly inside the image, as in scikit-image's
    ``structural_similarity(win_size=7, gaussian_weights=False)``, which fastMRI uses.

    Parameters
    ----------
    image, truth : (..., H, W) real or complex
        Reconstruction and truth, of one shape and at least 7 x 7 pixels; complex ones are
        compared by magnitude.
    data_range : float, optional
        L of the constants (K₁L)² and (K₂L)²; by default each image's largest true value.
    mask : (..., H, W) bool, optional
        Average only over windows whose centre it holds. A black background counts as a
        perfect or as a ruined region depending on a little noise, so SSIM inside a
        `body_mask` says more than SSIM of the whole field of view.

    Returns
    -------
    float or (...) float64

    Raises
    ------
    ValueError
        For shapes that differ or are too small, values that are not finite, or a range that
        is not positive.

    References
    ----------
    Z. Wang et al. (2004), IEEE Trans. Image Process. 13(4), 600-612, eq. 13;
    J. Zbontar et al. (2018), fastMRI, arXiv:1811.08839, on evaluation metrics.
    """
    xp, x, t = comparable(image, truth)
    if min(t.shape[-2:]) < SSIM_WINDOW:
        raise ValueError(
            f"SSIM looks through windows of {SSIM_WINDOW} x {SSIM_WINDOW} pixels, "
            f"got images of {tuple(t.shape[-2:])}; use larger images or nmse"
        )
    peak = peak_of(xp, t, data_range)[..., None, None]
    similarity = _similarity(x, t, (SSIM_K[0] * peak) ** 2, (SSIM_K[1] * peak) ** 2)
    edge = SSIM_WINDOW // 2
    centres = weights_of(xp, mask, t)[..., edge:-edge, edge:-edge]
    if mask is not None and bool(xp.any(xp.sum(centres, axis=IMAGE_AXES) == 0)):
        raise ValueError(
            f"the mask holds no pixel farther than {edge} pixels from the border, where SSIM's "
            "windows have their centres; use a larger mask"
        )
    windows = xp.sum(centres * xp.ones_like(similarity), axis=IMAGE_AXES)
    return plain(xp.sum(centres * similarity, axis=IMAGE_AXES) / windows)


def hfen(image: Array, truth: Array) -> Array:
    """‖LoG(|x| − |t|)‖ / ‖LoG |t|‖: the error of edges and fine structure.

    LoG is the Laplacian of a Gaussian of σ = 1.5 pixels on a 15 x 15 window, of mean zero,
    with zeros beyond the border. The source gives the norm of the filtered difference; it is
    divided here by that of the filtered truth, so that intensity units drop out.

    Parameters
    ----------
    image, truth : (..., H, W) real or complex
        Reconstruction and truth, of one shape; complex ones are compared by magnitude.

    Returns
    -------
    float or (...) float64

    Raises
    ------
    ValueError
        For shapes that differ, values that are not finite, or a truth without any structure.

    References
    ----------
    S. Ravishankar and Y. Bresler (2011), IEEE Trans. Med. Imaging 30(5), 1028-1041.
    """
    xp, x, t = comparable(image, truth)
    reference = xp.sum(_laplacian_of_gaussian(xp, t) ** 2, axis=IMAGE_AXES)
    if bool(xp.any(reference == 0)):
        raise ValueError(
            "HFEN divides by the truth's edges, got a truth that is zero everywhere; "
            "leave empty slices out"
        )
    error = xp.sum(_laplacian_of_gaussian(xp, x - t) ** 2, axis=IMAGE_AXES)
    return plain(xp.sqrt(error / reference))


def _similarity(x: Array, t: Array, c1: Array, c2: Array) -> Array:
    """SSIM of every window, (..., H − 6, W − 6)."""
    window = [1 / SSIM_WINDOW] * SSIM_WINDOW
    pixels = SSIM_WINDOW**2
    unbiased = pixels / (pixels - 1)
    mean_x, mean_t = _separable(x, window, window), _separable(t, window, window)
    variance_x = unbiased * (_separable(x * x, window, window) - mean_x**2)
    variance_t = unbiased * (_separable(t * t, window, window) - mean_t**2)
    covariance = unbiased * (_separable(x * t, window, window) - mean_x * mean_t)
    luminance = (2 * mean_x * mean_t + c1) / (mean_x**2 + mean_t**2 + c1)
    return luminance * (2 * covariance + c2) / (variance_x + variance_t + c2)


def _separable(x: Array, rows: Sequence[float], columns: Sequence[float]) -> Array:
    """Correlate with the outer product of two windows, where they fit wholly."""
    height = x.shape[-2] - len(rows) + 1
    width = x.shape[-1] - len(columns) + 1
    x = sum(w * x[..., i : i + height, :] for i, w in enumerate(rows))
    return sum(w * x[..., i : i + width] for i, w in enumerate(columns))


def _laplacian_of_gaussian(xp: Any, x: Array) -> Array:
    """LoG of the 15 x 15 window: g″ ⊗ g + g ⊗ g″ less its mean, zeros beyond the border."""
    half = HFEN_WINDOW // 2
    offsets = np.arange(-half, half + 1)
    gaussian = np.exp(-(offsets**2) / (2 * HFEN_SIGMA**2))
    gaussian = gaussian / gaussian.sum()
    second = gaussian * (offsets**2 - HFEN_SIGMA**2) / HFEN_SIGMA**4
    mean = float(2 * second.sum() / HFEN_WINDOW**2)
    g, s = gaussian.tolist(), second.tolist()
    side = xp.zeros((*x.shape[:-1], half), dtype=x.dtype, device=x.device)
    x = xp.concat([side, x, side], axis=-1)
    top = xp.zeros((*x.shape[:-2], half, x.shape[-1]), dtype=x.dtype, device=x.device)
    x = xp.concat([top, x, top], axis=-2)
    flat = [1.0] * HFEN_WINDOW
    return _separable(x, s, g) + _separable(x, g, s) - mean * _separable(x, flat, flat)
