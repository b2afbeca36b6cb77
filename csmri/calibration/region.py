"""The fully sampled middle of k-space, from which coils are calibrated."""

from csmri.arguments import whole
from csmri.arrays import COIL_AXIS, Array, array_namespace, to_numpy


def calibration_region(kspace: Array, size: int | tuple[int, int]) -> Array:
    """The `size` samples around (H//2, W//2): (..., C, h, w).

    Raises
    ------
    TypeError, ValueError
        For a size that is not whole or not within k-space, and for a middle that was not measured
        fully.
    """
    wanted = size if isinstance(size, tuple) else (size, size)
    if len(wanted) != 2:
        raise TypeError(
            f"got calibration={size!r}, expected one whole number or two, rows and columns"
        )
    wanted = [whole("calibration", number, 1) for number in wanted]
    shape = tuple(kspace.shape[-2:])
    height, width = (min(n, m) for n, m in zip(wanted, shape, strict=True))
    top, left = shape[0] // 2 - height // 2, shape[1] // 2 - width // 2
    region = kspace[..., top : top + height, left : left + width]
    xp = array_namespace(region)
    missing = ~to_numpy(xp.any(region != 0, axis=COIL_AXIS))
    if missing.any():
        raise ValueError(
            f"got {int(missing.sum())} empty samples in the {height} × {width} around the middle "
            "of k-space, expected all measured there; pass a smaller calibration=, (rows, columns) "
            "for instance, or separately measured calibration lines as the k-space"
        )
    return region
