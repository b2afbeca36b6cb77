"""Each kernel's definition in plain array API: the truth that the faster twins must equal."""

import math

from csmri.arrays import IMAGE_AXES, Array, array_namespace, at_least_zero


def soft_threshold(x: Array, threshold: Array | float) -> Array:
    """Shrink every modulus by `threshold`, keep every phase."""
    xp = array_namespace(x)
    modulus = xp.abs(x)
    kept = at_least_zero(modulus - threshold)
    return x * (kept / xp.where(modulus > 0, modulus, xp.ones_like(modulus)))


def group_soft_threshold(x: Array, threshold: Array | float, axis: int) -> Array:
    """Shrink the ℓ2 norm along `axis` by `threshold`, keep every direction."""
    xp = array_namespace(x)
    modulus = group_modulus(x, axis)
    kept = at_least_zero(modulus - threshold)
    return x * (kept / xp.where(modulus > 0, modulus, xp.ones_like(modulus)))


def project_ball(x: Array, radius: Array | float) -> Array:
    """Cut every modulus at `radius`, keep every phase."""
    xp = array_namespace(x)
    modulus = xp.abs(x)
    return x * _cut(modulus, radius)


def project_group_ball(x: Array, radius: Array | float, axis: int) -> Array:
    """Cut the ℓ2 norm along `axis` at `radius`, keep every direction."""
    return x * _cut(group_modulus(x, axis), radius)


def group_modulus(x: Array, axis: int) -> Array:
    """√Σ|x|² along `axis`, which is kept with length 1."""
    xp = array_namespace(x)
    return xp.sqrt(xp.sum(xp.abs(x) ** 2, axis=axis, keepdims=True))


def _cut(modulus: Array, radius: Array | float) -> Array:
    xp = array_namespace(modulus)
    outside = modulus > radius
    return xp.where(outside, radius / xp.where(outside, modulus, xp.ones_like(modulus)), 1.0)


def forward_differences(x: Array, *, periodic: bool) -> Array:
    """(∂₁x, ∂₂x) stacked on axis -3; the last difference wraps around or is zero."""
    xp = array_namespace(x)
    down = xp.roll(x, -1, axis=-2) - x
    right = xp.roll(x, -1, axis=-1) - x
    if not periodic:
        down = xp.concat((down[..., :-1, :], xp.zeros_like(down[..., :1, :])), axis=-2)
        right = xp.concat((right[..., :-1], xp.zeros_like(right[..., :1])), axis=-1)
    return xp.stack((down, right), axis=-3)


def forward_differences_adjoint(p: Array, *, periodic: bool) -> Array:
    """The adjoint of `forward_differences`: minus the divergence of (p₁, p₂) on axis -3."""
    xp = array_namespace(p)
    down, right = p[..., 0, :, :], p[..., 1, :, :]
    if not periodic:
        down = xp.concat((down[..., :-1, :], xp.zeros_like(down[..., :1, :])), axis=-2)
        right = xp.concat((right[..., :-1], xp.zeros_like(right[..., :1])), axis=-1)
    return (xp.roll(down, 1, axis=-2) - down) + (xp.roll(right, 1, axis=-1) - right)


def difference_shrink_relax(
    w: Array,
    x: Array,
    threshold: Array | float,
    *,
    alpha: Array | float,
    isotropic: bool = True,
    periodic: bool = True,
) -> tuple[Array, Array]:
    """Over-relaxed splitting of total variation, from one image to the next right-hand side.

    With the state w = z + u of ADMM (z the split differences, u the scaled dual; z = shrink(w)):
    w ← w + α(∇x − z), then t = ∇ᴴ(2z − w) of the new w and z.

    Parameters
    ----------
    w : (..., 2, H, W) complex
        The state.
    x : (..., H, W) complex
        The new image.
    threshold : float
        λ/ρ, at which `group_soft_threshold` (isotropic) or `soft_threshold` shrinks w.
    alpha : float
        Over-relaxation, between 0 and 2.
    isotropic, periodic : bool
        As in total variation.

    Returns
    -------
    w : (..., 2, H, W) complex
        The new state.
    t : (..., H, W) complex
        What the new image is to come near to, under ∇ᴴ.

    References
    ----------
    J. Eckstein and D. P. Bertsekas (1992), Math. Program. 55, 293–318, theorem 8.
    """

    def shrink(w: Array) -> Array:
        return group_soft_threshold(w, threshold, -3) if isotropic else soft_threshold(w, threshold)

    w = w + alpha * (forward_differences(x, periodic=periodic) - shrink(w))
    return w, forward_differences_adjoint(2 * shrink(w) - w, periodic=periodic)


def difference_dual_step(
    p: Array,
    x: Array,
    radius: Array | float,
    *,
    sigma: Array | float,
    over: float = 1.0,
    isotropic: bool = True,
    periodic: bool = True,
) -> tuple[Array, Array]:
    """A dual point of total variation moved along ∇x and into its ball, and ∇ᴴ of it.

    With v = p + σ∇x and P the projection onto the ball: p ← v + over · (P v − v), then t = ∇ᴴp.

    Parameters
    ----------
    p : (..., 2, H, W) complex
        The dual point.
    x : (..., H, W) complex
        The image; 2x − x_previous in primal-dual splitting.
    radius : float
        λ: the ball is |p| ≤ λ at every pixel (isotropic) or in each direction of it.
    sigma : float
        The dual step.
    over : float
        1 projects; more goes beyond the surface, into the ball.
    isotropic, periodic : bool
        As in total variation.

    References
    ----------
    A. Chambolle and T. Pock (2011), J. Math. Imaging Vis. 40, 120–145, section 6.2.
    """
    v = p + sigma * forward_differences(x, periodic=periodic)
    nearest = project_group_ball(v, radius, -3) if isotropic else project_ball(v, radius)
    p = v + over * (nearest - v)
    return p, forward_differences_adjoint(p, periodic=periodic)


def reflect(z: Array, w: Array) -> Array:
    """2z − w: w mirrored at z."""
    return 2 * z - w


def relax(w: Array, x: Array, z: Array, alpha: Array | float) -> Array:
    """w + α(x − z): an over-relaxed step."""
    return w + alpha * (x - z)


def extrapolate(x: Array, x_previous: Array, momentum: Array | float) -> Array:
    """x + momentum · (x − x_previous): as far again as the last move, in part."""
    return x + momentum * (x - x_previous)


def replace_samples(k: Array, y: Array, mask: Array, step: Array | float) -> Array:
    """k moved by `step` of the way towards y where the mask is true; a step of 1 replaces it."""
    xp = array_namespace(k)
    return xp.where(mask, k + step * (y - k), k)


def quotients(data: Array, a: Array, k: Array, rho: Array | float) -> tuple[Array, Array]:
    """data/(a + ρk) and ρ/(a + ρk), 0 where the divisor is not positive."""
    xp = array_namespace(data)
    divisor = a + rho * k
    inverse = 1 / xp.where(divisor > 0, divisor, xp.full_like(divisor, math.inf))
    return data * inverse, rho * inverse


def shifted_product(y: Array, rows: Array, columns: Array) -> Array:
    """y, whose middle moves to index 0 along the last two axes, times rows · columns."""
    middle = tuple(-(n // 2) for n in y.shape[-2:])
    return array_namespace(y).roll(y, middle, axis=IMAGE_AXES) * (rows * columns)


def multiply_add(k: Array, factor: Array, offset: Array) -> Array:
    """k · factor + offset, where the factor is real."""
    return k * factor + offset
