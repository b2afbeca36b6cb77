"""The kernels of finite differences: the visible `if` between definitions and twins."""

from csmri.arrays import Array
from csmri.kernels import agnostic, agnostic_penalty
from csmri.kernels.compilation import cupy_serves, is_number, is_number_an_image, numba_serves


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
    fitting = fits_differences(w, x, out) and is_number(alpha)
    if fitting and is_number(threshold) and numba_serves(x, w, *(out or ())):
        from csmri.kernels import numba_differences

        return numba_differences.difference_shrink_relax(
            w, x, threshold, alpha=alpha, isotropic=isotropic, periodic=periodic, out=out
        )
    if fitting and is_number_an_image(threshold, w, axes=3) and cupy_serves(x, w, *(out or ())):
        from csmri.kernels import cupy_differences

        return cupy_differences.difference_shrink_relax(
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
    fitting = fits_differences(p, x, out) and is_number(radius)
    keywords = {"sigma": sigma, "over": over, "isotropic": isotropic, "periodic": periodic}
    if fitting and is_number(sigma) and numba_serves(p, x, *(out or ())):
        from csmri.kernels import numba_differences

        return numba_differences.difference_dual_step(p, x, radius, **keywords, out=out)
    if fitting and is_number_an_image(sigma, p, axes=3) and cupy_serves(p, x, *(out or ())):
        from csmri.kernels import cupy_differences

        return cupy_differences.difference_dual_step(p, x, radius, **keywords, out=out)
    return agnostic.difference_dual_step(p, x, radius, **keywords)


def forward_differences(x: Array, *, periodic: bool) -> Array:
    """∇x, the differences down and right on axis -3: see `agnostic`."""
    if x.ndim >= 2 and cupy_serves(x):
        from csmri.kernels import cupy_differences

        return cupy_differences.forward_differences(x, periodic=periodic)
    return agnostic.forward_differences(x, periodic=periodic)


def forward_differences_adjoint(p: Array, *, periodic: bool) -> Array:
    """∇ᴴp, minus the divergence: see `agnostic`."""
    fitting = p.ndim >= 3 and p.shape[-3] == 2
    if fitting and numba_serves(p):
        from csmri.kernels import numba_differences

        return numba_differences.forward_differences_adjoint(p, periodic=periodic)
    if fitting and cupy_serves(p):
        from csmri.kernels import cupy_differences

        return cupy_differences.forward_differences_adjoint(p, periodic=periodic)
    return agnostic.forward_differences_adjoint(p, periodic=periodic)


def difference_rescale(
    w: Array, threshold: Array | float, *, ratio: Array | float, isotropic: bool, periodic: bool
) -> tuple[Array, Array]:
    """Total variation's state told by another penalty, and its target: see `agnostic_penalty`."""
    keywords = {"ratio": ratio, "isotropic": isotropic, "periodic": periodic}
    if numba_serves(w) and is_number(threshold, ratio):
        from csmri.kernels import numba_penalty

        return numba_penalty.difference_rescale(w, threshold, **keywords)
    if cupy_serves(w) and all(is_number_an_image(value, w, axes=3) for value in (threshold, ratio)):
        from csmri.kernels import cupy_differences

        return cupy_differences.difference_rescale(w, threshold, **keywords)
    return agnostic_penalty.difference_rescale(w, threshold, **keywords)


def fits_differences(p: Array, x: Array, out: tuple[Array, Array] | None) -> bool:
    """Whether p has the shape of ∇x, and `out` those of both."""
    return (
        x.ndim >= 2
        and p.shape == (*x.shape[:-2], 2, *x.shape[-2:])
        and (out is None or (out[0].shape, out[1].shape) == (p.shape, x.shape))
    )
