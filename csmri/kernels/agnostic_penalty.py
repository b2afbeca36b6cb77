"""Definitions of what ADMM needs now and then, beside those in `agnostic`."""

from csmri.arrays import Array, energy_per_image
from csmri.kernels.agnostic import (
    forward_differences_adjoint,
    group_soft_threshold,
    soft_threshold,
)


def step_energies(
    z: Array, w: Array, z_next: Array, w_next: Array, *, alpha: float, batch_axes: int = 0
) -> tuple[Array, ...]:
    """Energies of a relaxed step w_next = w + α(v − z): what residuals are made of.

    Returns
    -------
    tuple of five, each one number for every index along the first `batch_axes` axes
        ‖v − z_next‖², ‖v‖², ‖z_next‖², ‖z_next − z‖², ‖w_next − z_next‖².
    """
    v = z + (w_next - w) / alpha
    terms = (v - z_next, v, z_next, z_next - z, w_next - z_next)
    return tuple(energy_per_image(term, batch_axes) for term in terms)


def shrunk_step(
    c: Array, d: Array, threshold: Array | float, *, alpha: float, batch_axes: int = 0
) -> tuple[Array, tuple[Array, ...]]:
    """A relaxed step of the state c = w of an ℓ1 norm, with the energies of `step_energies`.

    Returns
    -------
    c : (..., H, W) complex
        c + α(d − soft(c)).
    tuple of five
        Energies of the step.
    """
    z = soft_threshold(c, threshold)
    c_next = c + alpha * (d - z)
    z_next = soft_threshold(c_next, threshold)
    energies = step_energies(z, c, z_next, c_next, alpha=alpha, batch_axes=batch_axes)
    return c_next, energies


def shrunk_rescale(
    c: Array, threshold: Array | float, *, ratio: Array | float
) -> tuple[Array, Array]:
    """That state told by another penalty: z = soft(c) stays, c − z is multiplied by `ratio`.

    Returns
    -------
    c, t : (..., H, W) complex
        z + ratio (c − z), and 2z − c of the new c.
    """
    z = soft_threshold(c, threshold)
    c = z + ratio * (c - z)
    return c, 2 * z - c


def difference_step_energies(
    w: Array,
    w_next: Array,
    threshold: Array | float,
    *,
    alpha: float,
    isotropic: bool,
    batch_axes: int = 0,
) -> tuple[Array, ...]:
    """`step_energies` of total variation's state, where z = shrink(w)."""
    z, z_next = (_shrink(v, threshold, isotropic) for v in (w, w_next))
    return step_energies(z, w, z_next, w_next, alpha=alpha, batch_axes=batch_axes)


def difference_rescale(
    w: Array, threshold: Array | float, *, ratio: Array | float, isotropic: bool, periodic: bool
) -> tuple[Array, Array]:
    """Total variation's state told by another penalty: z stays, and w − z is multiplied by `ratio`.

    Returns
    -------
    w : (..., 2, H, W) complex
        z + ratio (w − z).
    t : (..., H, W) complex
        ∇ᴴ(2z − w) of the new w.
    """
    z = _shrink(w, threshold, isotropic)
    w = z + ratio * (w - z)
    return w, forward_differences_adjoint(2 * z - w, periodic=periodic)


def _shrink(w: Array, threshold: Array | float, isotropic: bool) -> Array:
    return group_soft_threshold(w, threshold, -3) if isotropic else soft_threshold(w, threshold)
