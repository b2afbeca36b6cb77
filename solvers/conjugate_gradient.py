"""Conjugate gradients: the linear reconstruction, regularized by a ridge or by stopping early."""

from collections.abc import Iterator

from csmri.arrays import Array, inner, precision
from csmri.conjugate_gradients import quotient
from csmri.fidelity import LeastSquares
from csmri.operators.base import LinearOperator
from csmri.regularizers.base import as_weight
from csmri.regularizers.ridge import Ridge
from solvers.driver import solve
from solvers.iterate import Iterate
from solvers.problem import problem
from solvers.progress import Callback
from solvers.result import Result
from solvers.stopping import StoppingRule

ROUNDING = 10
"""Residuals are rounding below so many units of the last digit of Aᴴy and of the first residual."""


def conjugate_gradient(
    A: LinearOperator,
    y: Array,
    *,
    ridge: float = 0.0,
    iterations: int = 30,
    stop: StoppingRule | None = None,
    x0: Array | Result | None = None,
    callback: Callback | None = None,
) -> Result:
    """Minimise ½‖A x − y‖² + ridge/2 ‖x‖²: the normal equations (AᴴA + ridge) x = Aᴴy.

    Parameters
    ----------
    A : LinearOperator
        Forward model, images (..., H, W) to k-space (..., H, W) or (..., C, H, W).
    y : (..., H, W) or (..., C, H, W) complex
        Measured k-space, zero where it was not sampled; leading axes are a batch.
    ridge : float
        λ ≥ 0 of the Tikhonov term.
    iterations : int
        The most iterations to make; few of them regularize by themselves (CG-SENSE).
    stop : StoppingRule, optional
        ``RelativeChange(1e-6)``, or ``RelativeGap(1e-6)`` where ridge > 0.
    x0 : (..., H, W) complex, or Result, optional
        Start; the zero-filled image Aᴴy by default. A result of a similar problem is a warm start.
    callback : callable, optional
        Called with a `Progress` after every iteration; returning True stops.

    Returns
    -------
    Result
        `x`, `gap` (where ridge > 0), `objective`, `iterations`, `converged`, `history`.

    Raises
    ------
    TypeError
        Where A is no operator, y no complex array, or `stop` no rule.
    ValueError
        For k-space, a ridge or rules that cannot be meant, and for a `RelativeGap` without a ridge.

    References
    ----------
    M. R. Hestenes and E. Stiefel (1952), J. Res. Natl. Bur. Stand. 49, 409–436, eq. 3:1.
    K. P. Pruessmann et al. (2001), Magn. Reson. Med. 46, 638–651 (CG-SENSE).
    """
    ridge = as_weight(ridge)
    target = problem(A, y, Ridge(ridge))
    return solve(
        "Conjugate gradients",
        target,
        lambda p, start: conjugate_gradient_iterates(p.least_squares, ridge, start.x),
        iterations=iterations,
        stop=stop,
        x0=x0,
        callback=callback,
    )


def conjugate_gradient_iterates(f: LeastSquares, ridge: float, x: Array) -> Iterator[Iterate]:
    """Yield x₁, x₂, … of (AᴴA + ridge) x = Aᴴy without end.

    Without a ridge an image stays where it is once its residual is rounding: what is left then may
    lie where A measures nothing, and steps along it have no end.
    """
    r = -f.gradient(x) - ridge * x
    p, rho = r, inner(r, r)
    relative = ROUNDING * precision(f.y)
    singular = ridge <= relative * f.lipschitz()
    rounding = relative**2 * (rho + inner(f.zero_filled, f.zero_filled)) if singular else 0.0
    while True:
        q = f.A.normal(p) + ridge * p
        alpha = quotient(rho, inner(p, q), above=rounding)
        x, r = x + alpha * p, r - alpha * q
        rho_previous, rho = rho, inner(r, r)
        p = r + quotient(rho, rho_previous) * p
        yield Iterate(x)
