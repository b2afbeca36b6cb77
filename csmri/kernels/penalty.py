"""The kernels of ADMM's penalty: the visible `if` between definitions and twins."""

from csmri.arrays import Array
from csmri.kernels import agnostic_penalty
from csmri.kernels.compilation import (
    cupy_serves,
    is_number,
    is_number_an_image,
    numba_serves,
    same_shape,
)


def step_energies(
    z: Array, w: Array, z_next: Array, w_next: Array, *, alpha: float, batch_axes: int = 0
) -> tuple[Array, ...]:
    """Energies of a relaxed step from (z, w) to (z, w)_next: see `agnostic_penalty`."""
    states, fitting = (z, w, z_next, w_next), same_shape(z, w, z_next, w_next)
    if fitting and batch_axes == 0 and numba_serves(*states):
        from csmri.kernels import numba_penalty

        return numba_penalty.step_energies(*states, alpha=alpha)
    if fitting and w.ndim - batch_axes >= 2 and cupy_serves(*states):
        from csmri.kernels import cupy_penalty

        return cupy_penalty.step_energies(*states, alpha=alpha, batch_axes=batch_axes)
    return agnostic_penalty.step_energies(*states, alpha=alpha, batch_axes=batch_axes)


def shrunk_step(
    c: Array, d: Array, threshold: Array | float, *, alpha: float, batch_axes: int = 0
) -> tuple[Array, tuple[Array, ...]]:
    """A relaxed step of the state of an ℓ1 norm, and its energies: see `agnostic_penalty`."""
    fitting, numbers = same_shape(c, d), is_number(threshold, alpha)
    if fitting and numbers and batch_axes == 0 and numba_serves(c, d):
        from csmri.kernels import numba_penalty

        return numba_penalty.shrunk_step(c, d, threshold, alpha=alpha)
    own = c.ndim == batch_axes + 2 and is_number_an_image(threshold, c, axes=2)
    if fitting and own and cupy_serves(c, d):
        from csmri.kernels import cupy_penalty

        return cupy_penalty.shrunk_step(c, d, threshold, alpha=alpha, batch_axes=batch_axes)
    return agnostic_penalty.shrunk_step(c, d, threshold, alpha=alpha, batch_axes=batch_axes)


def shrunk_rescale(
    c: Array, threshold: Array | float, *, ratio: Array | float
) -> tuple[Array, Array]:
    """That state told by another penalty, and its mirror image: see `agnostic_penalty`."""
    if is_number(threshold, ratio) and numba_serves(c):
        from csmri.kernels import numba_penalty

        return numba_penalty.shrunk_rescale(c, threshold, ratio=ratio)
    own = is_number_an_image(threshold, c, axes=2) and is_number_an_image(ratio, c, axes=2)
    if own and cupy_serves(c):
        from csmri.kernels import cupy_penalty

        return cupy_penalty.shrunk_rescale(c, threshold, ratio=ratio)
    return agnostic_penalty.shrunk_rescale(c, threshold, ratio=ratio)


def difference_step_energies(
    w: Array,
    w_next: Array,
    threshold: Array | float,
    *,
    alpha: float,
    isotropic: bool,
    batch_axes: int = 0,
) -> tuple[Array, ...]:
    """The same for total variation's state, where z = shrink(w): see `agnostic_penalty`."""
    fitting = same_shape(w, w_next)
    if fitting and batch_axes == 0 and is_number(threshold, alpha) and numba_serves(w, w_next):
        from csmri.kernels import numba_penalty

        return numba_penalty.difference_step_energies(
            w, w_next, threshold, alpha=alpha, isotropic=isotropic
        )
    own = w.ndim == batch_axes + 3 and is_number_an_image(threshold, w, axes=3)
    if fitting and own and cupy_serves(w, w_next):
        from csmri.kernels import cupy_penalty

        return cupy_penalty.difference_step_energies(
            w, w_next, threshold, alpha=alpha, isotropic=isotropic
        )
    return agnostic_penalty.difference_step_energies(
        w, w_next, threshold, alpha=alpha, isotropic=isotropic, batch_axes=batch_axes
    )
