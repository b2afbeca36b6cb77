"""The same three measures of a whole volume, as fastMRI's leaderboard reports them."""

from csmri.arrays import Array
from csmri.metrics.comparable import check_volume, comparable, peak_of
from csmri.metrics.pixels import decibels
from csmri.metrics.structure import ssim


def volume_nmse(images: Array, truth: Array) -> float:
    """‖|x| − |t|‖² / ‖|t|‖² over the whole volume.

    Parameters
    ----------
    images, truth : (n, H, W) real or complex
        The slices of one volume.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For arrays that are not volumes of one shape, values that are not finite, or a truth
        that is zero everywhere.
    """
    xp, x, t = comparable(images, truth)
    check_volume(t)
    peak_of(xp, xp.max(t, axis=0), None, of="the volume")
    return float(xp.sum((x - t) ** 2) / xp.sum(t**2))


def volume_psnr(images: Array, truth: Array, *, data_range: float | None = None) -> float:
    """10 log₁₀(range² / MSE) in dB, the MSE over the whole volume.

    Parameters
    ----------
    images, truth : (n, H, W) real or complex
        The slices of one volume.
    data_range : float, optional
        The peak; by default the largest value of the true volume.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For arrays that are not volumes of one shape, values that are not finite, or a range
        that is not positive.
    """
    xp, x, t = comparable(images, truth)
    check_volume(t)
    peak = peak_of(xp, xp.max(t, axis=0), data_range, of="the volume")
    return float(decibels(xp, peak, xp.mean((x - t) ** 2)))


def volume_ssim(images: Array, truth: Array, *, data_range: float | None = None) -> float:
    """The mean of the slices' SSIM, all with one range.

    Parameters
    ----------
    images, truth : (n, H, W) real or complex
        The slices of one volume.
    data_range : float, optional
        By default the largest value of the true volume.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For arrays that are not volumes of one shape, values that are not finite, or a range
        that is not positive.
    """
    xp, _, t = comparable(images, truth)
    check_volume(t)
    peak = float(peak_of(xp, xp.max(t, axis=0), data_range, of="the volume"))
    return float(xp.mean(ssim(images, truth, data_range=peak)))
