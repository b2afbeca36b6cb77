"""What ADMM's penalty needs on the GPU: energies, one of each kind an image; states rescaled."""

import numpy as np

from csmri.arrays import Array, array_namespace
from csmri.kernels.cupy_launch import LANES, each_and_all, launch
from csmri.kernels.cupy_pointwise import extrapolate, grid_of, reflect, relax, soft_threshold


def step_energies(
    z: Array, w: Array, z_next: Array, w_next: Array, *, alpha: float, batch_axes: int
) -> tuple[Array, ...]:
    """The twin of `agnostic_penalty.step_energies`."""
    batch = w.shape[:batch_axes]
    images, rows, columns = grid_of(w, int(np.prod(batch)))
    sums = _sums(w, images, rows)
    states = (z, w, z_next, w_next)
    numbers = (1 / alpha, columns, np.int64(images * rows * LANES))
    launch("penalty", "step_energies", (images, rows, LANES), sums, *states, *numbers, like=w)
    return _added(sums, batch)


def shrunk_step(
    c: Array, d: Array, threshold: Array | float, *, alpha: float, batch_axes: int
) -> tuple[Array, tuple[Array, ...]]:
    """The twin of `agnostic_penalty.shrunk_step`: rare enough to be put together from others."""
    z = soft_threshold(c, threshold)
    c_next = relax(c, d, z, alpha)
    z_next = soft_threshold(c_next, threshold)
    energies = step_energies(z, c, z_next, c_next, alpha=alpha, batch_axes=batch_axes)
    return c_next, energies


def shrunk_rescale(
    c: Array, threshold: Array | float, *, ratio: Array | float
) -> tuple[Array, Array]:
    """The twin of `agnostic_penalty.shrunk_rescale`."""
    z = soft_threshold(c, threshold)
    c = extrapolate(z, c, -ratio)
    return c, reflect(z, c)


def difference_step_energies(
    w: Array, w_next: Array, threshold: Array | float, *, alpha: float, isotropic: bool
) -> tuple[Array, ...]:
    """The twin of `agnostic_penalty.difference_step_energies`."""
    batch, rows, columns = w.shape[:-3], *w.shape[-2:]
    images = int(np.prod(batch))
    sums = _sums(w, images, rows)
    numbers = (*each_and_all(threshold), 1 / alpha, isotropic, columns)
    threads = np.int64(images * rows * LANES)
    grid = (images, rows, LANES)
    launch("penalty", "difference_step_energies", grid, sums, w, w_next, *numbers, threads, like=w)
    return _added(sums, batch)


def _sums(w: Array, images: int, rows: int) -> Array:
    xp = array_namespace(w)
    return xp.empty((5, images, rows * LANES), dtype=xp.float64)


def _added(sums: Array, batch: tuple[int, ...]) -> tuple[Array, ...]:
    xp = array_namespace(sums)
    total = xp.reshape(xp.sum(sums, axis=-1), (5, *batch))
    return tuple(total[m, ...] for m in range(5))
