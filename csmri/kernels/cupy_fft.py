"""Fourier transforms by cuFFT, whose plans CuPy keeps, and what is cheapest between two of them.

cuFFT scales nothing, so that a unitary transform needs one more pass over its result. Where a
kernel follows, it scales on its way.
"""

from importlib import import_module
from typing import Any

from csmri.arrays import Array
from csmri.kernels import cupy_pointwise
from csmri.kernels.cupy_launch import launch

ROOM = 1 << 30  # bytes of coil images at once: larger batches take their coils in groups


def transform(x: Array, name: str, *, norm: str, overwrite: bool, **axes: Any) -> Array:
    """The transform called `name` in cupyx.scipy.fft, in place where x may be overwritten."""
    provider = import_module("cupyx.scipy.fft")
    return getattr(provider, name)(x, norm=norm, overwrite_x=overwrite, **axes)


def forward(x: Array, *, columns: bool, overwrite: bool = False) -> Array:
    """The transform along rows where whole columns are sampled, of images elsewhere; unscaled."""
    name, axes = ("fft", {}) if columns else ("fftn", {"axes": (-2, -1)})
    return transform(x, name, norm="backward", overwrite=overwrite, **axes)


def back(k: Array, *, columns: bool) -> Array:
    """The inverse of `forward` times the number of its samples, written over k; unscaled."""
    name, axes = ("ifft", {}) if columns else ("ifftn", {"axes": (-2, -1)})
    return transform(k, name, norm="forward", overwrite=True, **axes)


def move_to_data(
    x: Array, data: Array, mask: Array, step: Array | float, *, columns: bool
) -> Array:
    """The twin of `spectra.move_to_data`'s definition."""
    k, scales = forward(x, columns=columns), scales_between(transformed(x, columns))
    k = cupy_pointwise.replace_samples(k, data, mask, step, out=k, scales=scales)
    return back(k, columns=columns)


def filter_add(x: Array, factor: Array, offset: Array) -> Array:
    """The twin of `spectra.filter_add`'s definition."""
    k, scales = forward(x, columns=False), scales_between(transformed(x, columns=False))
    k = cupy_pointwise.multiply_add(k, factor, offset, out=k, scales=scales)
    return back(k, columns=False)


def scales_between(count: int) -> tuple[float, float]:
    """What unscaled transforms of `count` samples leave to do: to theirs, to a unitary spectrum."""
    return 1 / count, count**-0.5


def sense_normal(x: Array, maps: Array, mask: Array, *, columns: bool) -> Array:
    """The twin of `sense.definition`, as many coils at once as `ROOM` holds."""
    coils, (rows, width) = maps.shape[-3], x.shape[-2:]
    grid = (x.size // (rows * width), rows, width)
    scale, mask_rows = 1 / transformed(x, columns), mask.size // mask.shape[-1]
    at_once = min(coils, max(1, ROOM // x.nbytes))
    total = cupy_pointwise.empty_like(x)
    for first in range(0, coils, at_once):
        count = min(at_once, coils - first)
        numbers = (first, count, coils, maps.ndim > 3)
        coil_images = cupy_pointwise.empty_like(x, (*x.shape[:-2], count, rows, width))
        launch("sense", "weigh", grid, coil_images, x, maps, *numbers, like=x)
        k = forward(coil_images, columns=columns, overwrite=True)
        of_coils = (grid[0] * count, rows, width)
        launch("sense", "keep", of_coils, k, mask, scale, mask_rows, like=x)
        filtered = back(k, columns=columns)
        launch("sense", "gather", grid, total, filtered, maps, *numbers, like=x)
    return total


def transformed(x: Array, columns: bool) -> int:
    """How many samples a transform adds up."""
    return x.shape[-1] if columns else x.shape[-2] * x.shape[-1]
