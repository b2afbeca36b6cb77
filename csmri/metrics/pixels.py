"""NMSE and PSNR: errors pixel by pixel."""

import math
from typing import Any

from csmri.arrays import IMAGE_AXES, Array
from csmri.metrics.comparable import comparable, peak_of, plain, weights_of


def nmse(image: Array, truth: Array, *, mask: Array | None = None) -> Array:
    """‖|x| − |t|‖² / ‖|t|‖², one number an image.

    Parameters
    ----------
    image, truth : (..., H, W) real or complex
        Reconstruction and truth, of one shape; complex ones are compared by magnitude.
    mask : (..., H, W) bool, optional
        Judge only these pixels, `body_mask(truth)` for instance.

    Returns
    -------
    float or (...) float64
        A float for a single image, otherwise one number for each image of the batch.

    Raises
    ------
    ValueError
        For shapes that differ, values that are not finite, or a truth that is zero everywhere.

    References
    ----------
    J. Zbontar et al. (2018), fastMRI, arXiv:1811.08839, on evaluation metrics.
    """
    xp, x, t = comparable(image, truth)
    weights = weights_of(xp, mask, t)
    energy = xp.sum(weights * t**2, axis=IMAGE_AXES)
    if bool(xp.any(energy == 0)):
        raise ValueError(
            "NMSE divides by the truth's energy, got a truth that is zero everywhere; "
            "leave empty slices out"
        )
    return plain(xp.sum(weights * (x - t) ** 2, axis=IMAGE_AXES) / energy)


def psnr(
    image: Array, truth: Array, *, data_range: float | None = None, mask: Array | None = None
) -> Array:
    """10 log₁₀(range² / MSE) in dB, one number an image; infinite where the two are equal.

    Parameters
    ----------
    image, truth : (..., H, W) real or complex
        Reconstruction and truth, of one shape; complex ones are compared by magnitude.
    data_range : float, optional
        The peak; by default each image's own largest true value. Slices of one volume are
        usually judged with the volume's maximum: `volume_psnr` for the whole, or state it.
    mask : (..., H, W) bool, optional
        Judge only these pixels.

    Returns
    -------
    float or (...) float64

    Raises
    ------
    ValueError
        For shapes that differ, values that are not finite, or a range that is not positive.

    References
    ----------
    J. Zbontar et al. (2018), fastMRI, arXiv:1811.08839, on evaluation metrics.
    """
    xp, x, t = comparable(image, truth)
    weights = weights_of(xp, mask, t)
    peak = peak_of(xp, t, data_range)
    pixels = xp.sum(weights * xp.ones_like(t), axis=IMAGE_AXES)
    error = xp.sum(weights * (x - t) ** 2, axis=IMAGE_AXES) / pixels
    return plain(decibels(xp, peak, error))


def decibels(xp: Any, peak: Array, error: Array) -> Array:
    """10 log₁₀(peak²/error) without a warning where the error is 0."""
    safe = xp.where(error > 0, error, xp.ones_like(error))
    ratio = 10 * xp.log10(peak**2 / safe)
    return xp.where(error > 0, ratio, xp.full_like(ratio, math.inf))
