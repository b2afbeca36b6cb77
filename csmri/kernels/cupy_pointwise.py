"""Updates that treat every entry alike, each in one pass on the GPU."""

from typing import Any

from csmri.arrays import Array, array_namespace
from csmri.kernels.cupy_launch import each_and_all, launch


def soft_threshold(x: Array, threshold: Array | float) -> Array:
    """The twin of `agnostic.soft_threshold`."""
    shrunk = empty_like(x)
    grid = grid_of(x, images_of(threshold))
    _launch("soft_threshold", grid, shrunk, x, *each_and_all(threshold), like=x)
    return shrunk


def soft_threshold_pairs(x: Array, threshold: Array | float) -> Array:
    """The twin of `agnostic.group_soft_threshold` along axis -3 of length 2."""
    shrunk = empty_like(x)
    grid = (x.size // (2 * x.shape[-2] * x.shape[-1]), *x.shape[-2:])
    _launch("soft_threshold_pairs", grid, shrunk, x, *each_and_all(threshold), like=x)
    return shrunk


def relax(w: Array, x: Array, z: Array, alpha: float) -> Array:
    """The twin of `agnostic.relax`."""
    relaxed = empty_like(w)
    _launch("relax", grid_of(w), relaxed, w, x, z, float(alpha), like=w)
    return relaxed


def extrapolate(x: Array, x_previous: Array, momentum: Array | float) -> Array:
    """The twin of `agnostic.extrapolate`."""
    z = empty_like(x)
    grid = grid_of(x, images_of(momentum))
    _launch("extrapolate", grid, z, x, x_previous, *each_and_all(momentum), like=x)
    return z


def reflect(z: Array, w: Array) -> Array:
    """The twin of `agnostic.reflect`."""
    return extrapolate(z, w, 1.0)


def multiply_add(
    k: Array,
    factor: Array,
    offset: Array,
    *,
    out: Array | None,
    scales: tuple[float, float] = (1.0, 1.0),
) -> Array:
    """The twin of `agnostic.multiply_add`, of `scales[0]` · k and `scales[1]` · offset."""
    total = empty_like(k) if out is None else out
    grid = grid_of(k, k.size // (k.shape[-2] * k.shape[-1]))
    numbers = (*scales, factor.size == k.size)
    _launch("multiply_add", grid, total, k, factor, offset, *numbers, like=k)
    return total


def replace_samples(
    k: Array,
    y: Array,
    mask: Array,
    step: Array | float,
    *,
    out: Array | None,
    scales: tuple[float, float] = (1.0, 1.0),
) -> Array:
    """The twin of `agnostic.replace_samples`, of `scales[0]` · k and `scales[1]` · y."""
    replaced = empty_like(k) if out is None else out
    grid = grid_of(k, k.size // (k.shape[-2] * k.shape[-1]))
    mask_rows = mask.size // mask.shape[-1]
    numbers = (*each_and_all(step), *scales, mask_rows)
    _launch("replace_samples", grid, replaced, k, y, mask, *numbers, like=k)
    return replaced


def _launch(kernel: str, grid: tuple[int, int, int], *arguments: Any, like: Array) -> None:
    launch("pointwise", kernel, grid, *arguments, like=like)


def empty_like(x: Array, shape: tuple[int, ...] | None = None) -> Array:
    """New memory for an array like x, perhaps of another shape."""
    xp = array_namespace(x)
    return xp.empty_like(x) if shape is None else xp.empty(shape, dtype=x.dtype)


def grid_of(x: Array, images: int = 1) -> tuple[int, int, int]:
    """All entries of x, as so many images of equally many rows."""
    columns = x.shape[-1]
    return images, x.size // (columns * images), columns


def images_of(values: Array | float) -> int:
    """How many images have a number of their own."""
    return 1 if isinstance(values, float | int) else values.size
