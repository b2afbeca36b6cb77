"""What every metric needs first: two images that can be compared, and their range."""

import math
from typing import Any

from csmri.arrays import IMAGE_AXES, Array, array_namespace, beside, require_finite


def comparable(image: Array, truth: Array) -> tuple[Any, Array, Array]:
    """The namespace and both images as real float64, refused where they cannot be compared."""
    xp = array_namespace(image, truth)
    if tuple(image.shape) != tuple(truth.shape):
        raise ValueError(
            f"got an image of shape {tuple(image.shape)} and a truth of {tuple(truth.shape)}; "
            "crop or resample one of them first"
        )
    if len(truth.shape) < 2 or 0 in truth.shape:
        raise ValueError(
            f"expected images of shape (..., H, W), got {tuple(truth.shape)}; "
            "pass at least one two-dimensional image"
        )
    return xp, _real(xp, image, "image"), _real(xp, truth, "truth")


def _real(xp: Any, x: Array, name: str) -> Array:
    x = xp.abs(x) if xp.isdtype(x.dtype, "complex floating") else x
    x = xp.astype(x, xp.float64)
    require_finite(f"the {name}", x)
    return x


def check_volume(t: Array) -> None:
    """Refuse what is not one volume (n, H, W)."""
    if len(t.shape) != 3:
        raise ValueError(
            f"expected a volume of shape (n, H, W), got {tuple(t.shape)}; "
            "for single slices use nmse, psnr or ssim"
        )


def weights_of(xp: Any, mask: Array | None, t: Array) -> Array:
    """1 where a pixel counts, 0 elsewhere, in the images' shape."""
    if mask is None:
        return xp.ones_like(t)
    if not array_namespace(mask).isdtype(mask.dtype, "bool"):
        raise TypeError(
            f"got a mask of {mask.dtype}, expected bool; compare it with a threshold first"
        )
    if tuple(mask.shape) not in (tuple(t.shape), tuple(t.shape[-2:])):
        raise ValueError(
            f"got a mask of shape {tuple(mask.shape)} for images of {tuple(t.shape)}; "
            f"pass one of that shape or of {tuple(t.shape[-2:])}"
        )
    weights = xp.astype(beside(mask, t), xp.float64) * xp.ones_like(t)
    if bool(xp.any(xp.sum(weights, axis=IMAGE_AXES) == 0)):
        raise ValueError("the mask holds no pixel of an image; leave that image out")
    return weights


def peak_of(xp: Any, t: Array, data_range: float | None, of: str = "an image") -> Array:
    """The range: stated, or each image's largest true value."""
    if data_range is None:
        peak = xp.max(t, axis=IMAGE_AXES)
        if bool(xp.any(peak <= 0)):
            raise ValueError(
                f"the largest true value of {of} is not positive and cannot be the range; "
                "state data_range or leave empty slices out"
            )
        return peak
    if not (math.isfinite(data_range) and data_range > 0):
        raise ValueError(f"data_range must be positive and finite, got {data_range}")
    return xp.full(t.shape[:-2], float(data_range), dtype=xp.float64, device=t.device)


def plain(values: Array) -> Array:
    """A Python float for a single image, the array for a batch."""
    return values if values.shape else float(values)
