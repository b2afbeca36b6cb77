"""Walsh's adaptive combination: the quick way to coil sensitivities."""

import math

from csmri import kernels
from csmri.arrays import Array, array_namespace
from csmri.arrays import device as device_of
from csmri.calibration.coil_matrix import require_coils, require_count
from csmri.calibration.espirit import CHUNK, principal_coil, with_phase_of
from csmri.calibration.region import calibration_region
from csmri.kernels.eigenvectors import leading_eigenvectors


def walsh(
    kspace: Array,
    *,
    calibration: int | tuple[int, int] = 24,
    window: int = 5,
    crop: float = 0.05,
) -> Array:
    """Sensitivity maps from how coil images agree within small windows.

    At each pixel the leading eigenvector of Σ c cᴴ, summed over a window of the low-resolution
    coil images that the middle of k-space gives. Where sensitivities are steep or the background
    matters, `espirit` is better.

    Parameters
    ----------
    kspace : (..., C, H, W) complex
        Measured k-space, centred, prewhitened if the noise is known; leading axes are a batch.
    calibration : int or (int, int)
        How many samples around the middle to use, rows and columns; all must be measured.
    window : int
        Side of the windows in pixels, odd.
    crop : float
        Pixels whose root-sum-of-squares is below this fraction of the largest are background,
        where maps are 0; from 0 (keep all) to 1.

    Returns
    -------
    (..., C, H, W) complex, of the precision of `kspace`
        Σ_c |s_c|² is 1 inside and 0 outside; the common phase is as in `espirit`.

    Raises
    ------
    ValueError, TypeError
        As `espirit`.

    References
    ----------
    D. O. Walsh, A. F. Gmitro and M. W. Marcellin (2000), Magn. Reson. Med. 43, 682–690.
    """
    kspace = require_coils(kspace)
    require_count("window", window, min(kspace.shape[-2:]), "the image's smaller side")
    if window % 2 == 0:
        raise ValueError(f"got window={window}, expected an odd number; use {window + 1}")
    if not 0 <= crop < 1:
        raise ValueError(f"got crop={crop!r}, expected a fraction of at least 0, below 1")
    xp, shape = array_namespace(kspace), kspace.shape
    regions = calibration_region(kspace, calibration)
    regions = xp.reshape(regions, (-1, *regions.shape[-3:]))
    grid = (int(shape[-2]), int(shape[-1]))
    maps = [_maps_of_image(regions[i, ...], grid, window, crop) for i in range(regions.shape[0])]
    return xp.reshape(xp.stack(maps), shape)


def _maps_of_image(region: Array, shape: tuple[int, int], window: int, crop: float) -> Array:
    xp, coils = array_namespace(region), region.shape[0]
    images = xp.permute_dims(low_resolution_images(region, shape), (1, 2, 0))
    height, width = shape
    reference = principal_coil(region)
    rows, reach = max(1, CHUNK // (width * coils**2)), window // 2
    blocks, strengths = [], []
    for top in range(0, height, rows):
        count = min(rows, height - top)
        around = xp.roll(images, reach - top, axis=0)[: min(count + 2 * reach, height), ...]
        if around.shape[0] < count + 2 * reach:  # the window wraps around a small image
            around = xp.concat((around, around), axis=0)[: count + 2 * reach, ...]
        products = around[..., :, None] * xp.conj(around[..., None, :])
        below = sum(products[i : i + count, ...] for i in range(window))
        summed = sum(xp.roll(below, i - reach, axis=1) for i in range(window))
        values, vectors = leading_eigenvectors(xp.reshape(summed, (-1, coils, coils)))
        strengths.append(xp.reshape(values, (count, width)))
        vectors = with_phase_of(vectors, reference)
        blocks.append(xp.reshape(vectors, (count, width, coils)))
    strength, maps = xp.concat(strengths, axis=0), xp.concat(blocks, axis=0)
    kept = strength > crop**2 * xp.max(strength)
    return xp.permute_dims(xp.where(kept[..., None], maps, xp.zeros_like(maps)), (2, 0, 1))


def low_resolution_images(region: Array, shape: tuple[int, int]) -> Array:
    """(C, H, W) images of a calibration region, tapered so that edges do not ring."""
    xp = array_namespace(region)
    down, across = (taper(n, region) for n in region.shape[-2:])
    image = region * down[:, None] * across
    for axis, size in ((-1, shape[1]), (-2, shape[0])):
        image = _widened(image, size, axis)
    return xp.roll(kernels.ifft2(image), tuple(n // 2 for n in shape), axis=(-2, -1))


def taper(size: int, like: Array) -> Array:
    """A raised cosine, 1 in the middle at size//2 and small at the edges."""
    xp = array_namespace(like)
    places = xp.arange(size, dtype=xp.float64, device=device_of(like)) - size // 2
    return xp.astype(0.5 + 0.5 * xp.cos(places * (2 * math.pi / (size + 1))), like.dtype)


def _widened(region: Array, size: int, axis: int) -> Array:
    """The centred region on a grid of `size` samples with zero frequency first."""
    xp = array_namespace(region)
    length = region.shape[axis]
    shape = list(region.shape)
    shape[axis] = size - length
    zeros = xp.zeros(tuple(shape), dtype=region.dtype, device=device_of(region))
    return xp.roll(xp.concat((region, zeros), axis=axis), -(length // 2), axis=axis)
