"""Conjugate gradients for equations B x = b, where solvers are not what is wanted."""

from collections.abc import Callable

from csmri.arrays import Array, array_namespace, inner

Linear = Callable[[Array], Array]


def as_they_are(r: Array) -> Array:
    """No preconditioner."""
    return r


def solved(
    B: Linear,
    b: Array,
    precondition: Linear = as_they_are,
    *,
    goal: Array | None = None,
    most: int = 5000,
) -> tuple[Array, Array]:
    """x with B x = b, for B ≥ 0 and b in its range, and of which images it was found.

    Parameters
    ----------
    B, precondition : callable
        From images (..., H, W) to such.
    b : (..., H, W)
    goal : (..., 1, 1) float, optional
        The largest ‖b − B x‖², by default 1e-24 ‖b‖². Below what rounding leaves there is no way.
    most : int
        The most steps.

    Returns
    -------
    x : (..., H, W)
    found : (..., 1, 1) bool
        Where the goal was met.
    """
    xp = array_namespace(b)
    x, r, p, rho = xp.zeros_like(b), b, b, None
    goal = 1e-24 * inner(b, b) if goal is None else goal
    for _ in range(most):
        left = inner(r, r) > goal
        if not bool(xp.any(left)):
            return x, ~left
        s = precondition(r)
        rho_previous, rho = rho, inner(r, s)
        p = s if rho_previous is None else s + quotient(rho, rho_previous) * p
        q = B(p)
        alpha = xp.where(left, quotient(rho, inner(p, q)), 0 * rho)
        x, r = x + alpha * p, r - alpha * q
    return x, inner(r, r) <= goal


def quotient(a: Array, b: Array, above: Array | float = 0.0) -> Array:
    """a/b; 0 where b is 0 or a not above a bound: an image that is solved stays where it is."""
    xp = array_namespace(a)
    some = (b > 0) & (a > above)
    return xp.where(some, a / xp.where(b > 0, b, xp.ones_like(b)), xp.zeros_like(a))
