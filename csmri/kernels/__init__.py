"""The few functions where time goes, each with one definition and perhaps faster twins.

`agnostic` holds the definitions. Where a twin serves the arrays at hand, an `if` below picks it.
`out=` offers arrays to write into: a twin returns them, a definition may return new ones instead,
so what counts is what is returned.
"""

from csmri.arrays import Array
from csmri.kernels import agnostic, agnostic_penalty
from csmri.kernels.agnostic import (
    forward_differences,
    group_modulus,
    project_ball,
    project_group_ball,
)
from csmri.kernels.compilation import is_number, numba_serves
from csmri.kernels.fft import fft, fft2, ifft, ifft2
from csmri.kernels.memory import keep_freed_memory
from csmri.kernels.proof import difference_peak, difference_sum

__all__ = [
    "difference_dual_step",
    "difference_peak",
    "difference_rescale",
    "difference_shrink_relax",
    "difference_step_energies",
    "difference_sum",
    "extrapolate",
    "fft",
    "fft2",
    "forward_differences",
    "forward_differences_adjoint",
    "group_modulus",
    "group_soft_threshold",
    "ifft",
    "ifft2",
    "is_number",
    "multiply_add",
    "numba_serves",
    "project_ball",
    "project_group_ball",
    "reflect",
    "relax",
    "replace_samples",
    "soft_threshold",
    "step_energies",
    "wavelet_analysis",
    "wavelet_shrink",
    "wavelet_shrink_relax",
    "wavelet_synthesis",
]


keep_freed_memory()


def step_energies(
    z: Array, w: Array, z_next: Array, w_next: Array, *, alpha: float
) -> tuple[float, ...]:
    """Energies of a relaxed step from (z, w) to (z, w)_next: see `agnostic_penalty`."""
    if numba_serves(z, w, z_next, w_next) and _same_shape(z, w, z_next, w_next):
        from csmri.kernels import numba_penalty

        return numba_penalty.step_energies(z, w, z_next, w_next, alpha=alpha)
    return agnostic_penalty.step_energies(z, w, z_next, w_next, alpha=alpha)


def difference_step_energies(
    w: Array, w_next: Array, threshold: float, *, alpha: float, isotropic: bool
) -> tuple[float, ...]:
    """The same for total variation's state, where z = shrink(w): see `agnostic_penalty`."""
    if numba_serves(w, w_next) and _same_shape(w, w_next) and is_number(threshold, alpha):
        from csmri.kernels import numba_penalty

        return numba_penalty.difference_step_energies(
            w, w_next, threshold, alpha=alpha, isotropic=isotropic
        )
    return agnostic_penalty.difference_step_energies(
        w, w_next, threshold, alpha=alpha, isotropic=isotropic
    )


def difference_rescale(
    w: Array, threshold: float, *, ratio: float, isotropic: bool, periodic: bool
) -> tuple[Array, Array]:
    """Total variation's state told by another penalty, and its target: see `agnostic_penalty`."""
    if numba_serves(w) and is_number(threshold, ratio):
        from csmri.kernels import numba_penalty

        return numba_penalty.difference_rescale(
            w, threshold, ratio=ratio, isotropic=isotropic, periodic=periodic
        )
    return agnostic_penalty.difference_rescale(
        w, threshold, ratio=ratio, isotropic=isotropic, periodic=periodic
    )


def difference_shrink_relax(
    w: Array,
    x: Array,
    threshold: Array | float,
    *,
    alpha: Array | float,
    isotropic: bool = True,
    periodic: bool = True,
    out: tuple[Array, Array] | None = None,
) -> tuple[Array, Array]:
    """w ← w + α(∇x − shrink(w)) and t = ∇ᴴ(2 shrink(w) − w): see `agnostic`.

    `out` is (w, t), where w may be the state itself and t overlaps nothing else.
    """
    fitting = _fits_differences(w, x, out) and is_number(threshold, alpha)
    if fitting and numba_serves(x, w, *(out or ())):
        from csmri.kernels import numba_differences

        return numba_differences.difference_shrink_relax(
            w, x, threshold, alpha=alpha, isotropic=isotropic, periodic=periodic, out=out
        )
    return agnostic.difference_shrink_relax(
        w, x, threshold, alpha=alpha, isotropic=isotropic, periodic=periodic
    )


def difference_dual_step(
    p: Array,
    x: Array,
    radius: Array | float,
    *,
    sigma: Array | float,
    over: float = 1.0,
    isotropic: bool = True,
    periodic: bool = True,
    out: tuple[Array, Array] | None = None,
) -> tuple[Array, Array]:
    """v = p + σ∇x, p ← v + over · (P v − v) and t = ∇ᴴp: see `agnostic`.

    `out` is (p, t), where p may be the dual point itself and t overlaps nothing else.
    """
    fitting = _fits_differences(p, x, out) and is_number(radius, sigma)
    if fitting and numba_serves(p, x, *(out or ())):
        from csmri.kernels import numba_differences

        return numba_differences.difference_dual_step(
            p,
            x,
            radius,
            sigma=sigma,
            over=over,
            isotropic=isotropic,
            periodic=periodic,
            out=out,
        )
    return agnostic.difference_dual_step(
        p, x, radius, sigma=sigma, over=over, isotropic=isotropic, periodic=periodic
    )


def forward_differences_adjoint(p: Array, *, periodic: bool) -> Array:
    """∇ᴴp, minus the divergence: see `agnostic`."""
    if numba_serves(p) and p.ndim >= 3 and p.shape[-3] == 2:
        from csmri.kernels import numba_differences

        return numba_differences.forward_differences_adjoint(p, periodic=periodic)
    return agnostic.forward_differences_adjoint(p, periodic=periodic)


def _fits_differences(p: Array, x: Array, out: tuple[Array, Array] | None) -> bool:
    return (
        x.ndim >= 2
        and p.shape == (*x.shape[:-2], 2, *x.shape[-2:])
        and (out is None or (out[0].shape, out[1].shape) == (p.shape, x.shape))
    )


def wavelet_analysis(
    x: Array, lowpass: tuple[float, ...], levels: int, *, out: Array | None = None
) -> Array:
    """W x, the periodised orthonormal wavelet transform: see `agnostic`."""
    if _splits(x, lowpass, levels, out) and numba_serves(x, *_given(out)):
        from csmri.kernels import numba_wavelet

        return numba_wavelet.wavelet_analysis(x, lowpass, levels, out=out)
    return agnostic.wavelet_analysis(x, lowpass, levels)


def wavelet_synthesis(
    c: Array, lowpass: tuple[float, ...], levels: int, *, out: Array | None = None
) -> Array:
    """Wᴴ c, the inverse and adjoint of `wavelet_analysis`."""
    if _splits(c, lowpass, levels, out) and numba_serves(c, *_given(out)):
        from csmri.kernels import numba_wavelet

        return numba_wavelet.wavelet_synthesis(c, lowpass, levels, out=out)
    return agnostic.wavelet_synthesis(c, lowpass, levels)


def wavelet_shrink(
    x: Array,
    lowpass: tuple[float, ...],
    levels: int,
    threshold: Array | float,
    *,
    out: Array | None = None,
) -> Array:
    """Wᴴ soft(W x), the proximal map of threshold · ‖W x‖₁. `out` may be x itself."""
    fitting = _splits(x, lowpass, levels, out) and is_number(threshold)
    if fitting and numba_serves(x, *_given(out)):
        from csmri.kernels import numba_wavelet

        return numba_wavelet.wavelet_shrink(x, lowpass, levels, threshold, out=out)
    return agnostic.wavelet_shrink(x, lowpass, levels, threshold)


def wavelet_shrink_relax(
    w: Array,
    x: Array,
    z: Array,
    lowpass: tuple[float, ...],
    levels: int,
    threshold: Array | float,
    *,
    alpha: Array | float,
    out: tuple[Array, Array, Array] | None = None,
) -> tuple[Array, Array, Array]:
    """w ← w + α(x − z), z ← Wᴴ soft(W w) and t = 2z − w: see `agnostic`.

    `out` is (w, z, t), where w may be the state itself and the others overlap nothing else.
    """
    fitting = _splits(x, lowpass, levels, w) and _same_shape(w, z, *(out or ()))
    if fitting and is_number(threshold, alpha) and numba_serves(w, x, z, *(out or ())):
        from csmri.kernels import numba_wavelet

        return numba_wavelet.wavelet_shrink_relax(
            w, x, z, lowpass, levels, threshold, alpha=alpha, out=out
        )
    return agnostic.wavelet_shrink_relax(w, x, z, lowpass, levels, threshold, alpha=alpha)


def soft_threshold(x: Array, threshold: Array | float) -> Array:
    """Shrink every modulus by `threshold`, keep every phase: see `agnostic`."""
    if numba_serves(x) and is_number(threshold):
        from csmri.kernels import numba_pointwise

        return numba_pointwise.soft_threshold(x, threshold)
    return agnostic.soft_threshold(x, threshold)


def group_soft_threshold(x: Array, threshold: Array | float, axis: int) -> Array:
    """Shrink the ℓ2 norm along `axis` by `threshold`, keep every direction: see `agnostic`."""
    pairs = axis == -3 and x.ndim >= 3 and x.shape[-3] == 2
    if numba_serves(x) and pairs and is_number(threshold):
        from csmri.kernels import numba_pointwise

        return numba_pointwise.soft_threshold_pairs(x, threshold)
    return agnostic.group_soft_threshold(x, threshold, axis)


def relax(w: Array, x: Array, z: Array, alpha: Array | float) -> Array:
    """w + α(x − z): an over-relaxed step."""
    if numba_serves(w, x, z) and w.shape == x.shape == z.shape and is_number(alpha):
        from csmri.kernels import numba_pointwise

        return numba_pointwise.relax(w, x, z, alpha)
    return agnostic.relax(w, x, z, alpha)


def reflect(z: Array, w: Array) -> Array:
    """2z − w: w mirrored at z."""
    if numba_serves(z, w) and z.shape == w.shape:
        from csmri.kernels import numba_pointwise

        return numba_pointwise.reflect(z, w)
    return agnostic.reflect(z, w)


def extrapolate(x: Array, x_previous: Array, momentum: Array | float) -> Array:
    """x + momentum · (x − x_previous)."""
    if numba_serves(x, x_previous) and x.shape == x_previous.shape and is_number(momentum):
        from csmri.kernels import numba_pointwise

        return numba_pointwise.extrapolate(x, x_previous, momentum)
    return agnostic.extrapolate(x, x_previous, momentum)


def multiply_add(k: Array, factor: Array, offset: Array, *, out: Array | None = None) -> Array:
    """k · factor + offset, where the factor is real; `out` may be k itself."""
    fitting = numba_serves(k, offset, *_given(out), real=(factor,)) and _same_shape(k, offset, out)
    if fitting and k.ndim >= 2 and factor.shape in (k.shape, k.shape[-2:]):
        from csmri.kernels import numba_pointwise

        return numba_pointwise.multiply_add(k, factor, offset, out=out)
    return agnostic.multiply_add(k, factor, offset)


def replace_samples(
    k: Array, y: Array, mask: Array, step: Array | float, *, out: Array | None = None
) -> Array:
    """k + step · (y − k) where the mask is true, k elsewhere; `out` may be k itself.

    The mask is (W,), (1, W) or (H, W).
    """
    fitting = numba_serves(k, y, *_given(out), masks=(mask,)) and _same_shape(k, y, out)
    rows = (k.shape[-1:], (1, *k.shape[-1:]), k.shape[-2:])
    if fitting and k.ndim >= 2 and mask.shape in rows and is_number(step):
        from csmri.kernels import numba_pointwise

        return numba_pointwise.replace_samples(k, y, mask, step, out=out)
    return agnostic.replace_samples(k, y, mask, step)


def _splits(x: Array, lowpass: tuple[float, ...], levels: int, out: Array | None) -> bool:
    """Whether the shapes are such that each level halves both sides."""
    return (
        levels > 0
        and len(lowpass) % 2 == 0
        and x.ndim >= 2
        and x.shape[-2] % 2**levels == 0
        and x.shape[-1] % 2**levels == 0
        and _same_shape(x, out)
    )


def _same_shape(*arrays: Array | None) -> bool:
    return len({array.shape for array in _given(*arrays)}) == 1


def _given(*arrays: Array | None) -> tuple[Array, ...]:
    return tuple(array for array in arrays if array is not None)
