"""ISTA: proximal gradient descent."""

from collections.abc import Iterator

from csmri.arrays import Array
from csmri.fidelity import LeastSquares
from csmri.operators.base import LinearOperator
from csmri.regularizers.base import Regularizer
from solvers.driver import solve
from solvers.iterate import Iterate
from solvers.problem import problem
from solvers.progress import Callback
from solvers.random_shifts import prox_of
from solvers.result import Result
from solvers.steps import gradient_step_size
from solvers.stopping import StoppingRule


def ista(
    A: LinearOperator,
    y: Array,
    regularizer: Regularizer,
    *,
    iterations: int = 100,
    stop: StoppingRule | None = None,
    x0: Array | Result | None = None,
    callback: Callback | None = None,
    step: float | None = None,
    shifts: int | None = None,
) -> Result:
    """Minimise ½‖A x − y‖² + R(x) by iterative shrinkage and thresholding.

    The plainest method, for teaching and for checking others; `fista` is as simple to call and
    faster.

    Parameters
    ----------
    A : LinearOperator
        Forward model, images (..., H, W) to k-space (..., H, W) or (..., C, H, W).
    y : (..., H, W) or (..., C, H, W) complex
        Measured k-space, zero where it was not sampled; leading axes are a batch.
    regularizer : Regularizer
        R, with a closed-form prox: ``0.01 * (L1() @ Wavelet("db4"))``, for instance.
    iterations : int
        The most iterations to make.
    stop : StoppingRule, optional
        ``RelativeGap(1e-4)``, ``RelativeChange(1e-6)`` or a combination; none makes every
        iteration.
    x0 : (..., H, W) complex, or Result, optional
        Start; the zero-filled image Aᴴy by default. A result of a similar problem is a warm start.
    callback : callable, optional
        Called with a `Progress` after every iteration; returning True stops.
    step : float, optional
        Gradient step, less than 2/‖A‖²; 1/‖A‖² by default.
    shifts : int, optional
        A seed: each prox then acts on a randomly shifted image (cycle spinning), a heuristic
        without an objective; see `fista`.

    Returns
    -------
    Result
        `x`, `gap`, `objective`, `iterations`, `converged`, `history`.

    Raises
    ------
    TypeError
        Where A is no operator, y no complex array, R no regularizer, or `stop` no rule.
    ValueError
        For k-space, steps or rules that cannot be meant, and where R has no closed-form prox.

    References
    ----------
    I. Daubechies, M. Defrise and C. De Mol (2004), Comm. Pure Appl. Math. 57, 1413–1457, eq. 1.5.
    """
    target = problem(A, y, regularizer, has_objective=shifts is None)
    step = gradient_step_size(target.least_squares, step)
    return solve(
        "ISTA",
        target,
        lambda p, start: ista_iterates(
            p.least_squares, prox_of(p.regularizer, shifts), start.x, step
        ),
        iterations=iterations,
        stop=stop,
        x0=x0,
        callback=callback,
    )


def ista_iterates(f: LeastSquares, g: Regularizer, x: Array, step: float) -> Iterator[Iterate]:
    """Yield x₁, x₂, … without end."""
    while True:
        x = g.prox(f.gradient_step(x, step), step)
        yield Iterate(x)
