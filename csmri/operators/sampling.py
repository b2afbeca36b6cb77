"""Sampling: which samples of k-space were measured."""

from dataclasses import dataclass
from typing import final

from csmri.arrays import Array, array_namespace, beside
from csmri.operators.base import BatchIndex, LinearOperator, one_of_batch


@final
@dataclass(frozen=True, eq=False)
class Sampling(LinearOperator):
    """M: y ↦ mask · y, the full grid with zeros where nothing was measured.

    Parameters
    ----------
    mask : (W,) or (H, W) or (..., H, W) bool
        True where k-space is measured; a column mask (W,) holds for every row. Leading axes
        broadcast against those of the k-space.

    Raises
    ------
    TypeError
        For a mask that is not boolean.
    ValueError
        For a mask that measures nothing, and for k-space of another size.
    """

    mask: Array

    def __post_init__(self):
        require_mask(self.mask)

    def __call__(self, x: Array) -> Array:
        mask = self._mask_for(x)
        xp = array_namespace(x)
        return xp.where(mask, x, xp.zeros_like(x))

    def adjoint(self, y: Array) -> Array:
        return self(y)

    def normal(self, x: Array) -> Array:
        return self(x)

    def norm_bound(self) -> float:
        """‖M‖ = 1: M is a projection."""
        return 1.0

    def check_data(self, y: Array) -> None:
        """Refuse k-space of the wrong shape, and k-space that is nonzero off the mask."""
        require_fitting_mask(self.mask, tuple(y.shape))
        require_broadcast("mask", tuple(self.mask.shape), tuple(y.shape))
        xp = array_namespace(y)
        mask = beside(self.mask, y)
        if mask.ndim == 1 or tuple(mask.shape[:-1]) == (1,):  # rows alike: a cheaper look
            wrong = xp.any(y, axis=-2) & ~xp.reshape(mask, (-1,))
        else:
            wrong = (y != 0) & ~mask
        if bool(xp.any(wrong)):
            outside = (y != 0) & ~mask
            raise ValueError(
                f"got k-space with {int(xp.sum(xp.astype(outside, xp.int64)))} nonzero samples "
                "where the mask says that nothing was measured, expected zeros there; "
                "pass Sampling(mask)(y), or the mask that y was measured with"
            )

    def for_image(self, index: BatchIndex, batch_shape: tuple[int, ...]) -> "Sampling":
        return Sampling(one_of_batch(self.mask, index, axes=2))

    def _mask_for(self, x: Array) -> Array:
        require_fitting_mask(self.mask, tuple(x.shape))
        return beside(self.mask, x)


def require_mask(mask: Array) -> None:
    """Refuse a mask that is not boolean, has no axis, or measures nothing."""
    xp = array_namespace(mask)
    if mask.dtype != xp.bool:
        raise TypeError(
            f"got a mask of {mask.dtype}, expected bool: True where k-space is measured; "
            "pass mask != 0 if nonzero entries mark the measured samples"
        )
    if mask.ndim == 0:
        raise ValueError("got a mask without axes, expected (W,), (H, W) or (..., H, W)")
    if not bool(xp.any(mask)):
        raise ValueError(
            f"got a mask of shape {tuple(mask.shape)} that measures nothing, expected at least one "
            "True; draw one with csmri.masks, for instance masks.random_columns"
        )


def require_broadcast(name: str, shape: tuple[int, ...], kspace: tuple[int, ...]) -> None:
    """Refuse a mask or maps with batch axes that the k-space does not have."""
    aligned = zip(reversed(shape), reversed(kspace), strict=False)
    if len(shape) <= len(kspace) and all(n in (1, wanted) for n, wanted in aligned):
        return
    raise ValueError(
        f"the {name} is of shape {shape}, got k-space of {kspace}, expected every axis of the "
        f"{name} to be that of the k-space or 1, counted from the last; "
        "give one for each image of the batch, or one for all"
    )


def require_fitting_mask(mask: Array, shape: tuple[int, ...]) -> None:
    """Refuse a mask that does not broadcast to k-space of `shape` without enlarging its grid."""
    grid = shape[-min(mask.ndim, 2) :]
    given = tuple(mask.shape[-2:])
    fits = all(m in (1, n) for m, n in zip(given, grid, strict=True)) and given[-1] == grid[-1]
    if not fits:
        raise ValueError(
            f"the mask has {given} samples, got k-space or images of {tuple(shape[-2:])}; "
            "expected equal sizes (phase encoding is the last axis): "
            "transpose, crop or draw the mask anew"
        )
