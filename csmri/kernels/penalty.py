"""The kernels of ADMM's penalty: the visible `if` between definitions and twins."""

from csmri.arrays import Array
from csmri.kernels import agnostic_penalty
from csmri.kernels.compilation import is_number, numba_serves, same_shape


def step_energies(
    z: Array, w: Array, z_next: Array, w_next: Array, *, alpha: float
) -> tuple[float, ...]:
    """Energies of a relaxed step from (z, w) to (z, w)_next: see `agnostic_penalty`."""
    if numba_serves(z, w, z_next, w_next) and same_shape(z, w, z_next, w_next):
        from csmri.kernels import numba_penalty

        return numba_penalty.step_energies(z, w, z_next, w_next, alpha=alpha)
    return agnostic_penalty.step_energies(z, w, z_next, w_next, alpha=alpha)


def difference_step_energies(
    w: Array, w_next: Array, threshold: float, *, alpha: float, isotropic: bool
) -> tuple[float, ...]:
    """The same for total variation's state, where z = shrink(w): see `agnostic_penalty`."""
    if numba_serves(w, w_next) and same_shape(w, w_next) and is_number(threshold, alpha):
        from csmri.kernels import numba_penalty

        return numba_penalty.difference_step_energies(
            w, w_next, threshold, alpha=alpha, isotropic=isotropic
        )
    return agnostic_penalty.difference_step_energies(
        w, w_next, threshold, alpha=alpha, isotropic=isotropic
    )
