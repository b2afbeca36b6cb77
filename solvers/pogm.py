"""POGM: the optimized proximal gradient method, the fastest with gradient and prox alone."""

from collections.abc import Iterator
from typing import Any

from csmri.arrays import Array, array_namespace, inner, is_numpy_array
from csmri.fidelity import LeastSquares
from csmri.operators.base import LinearOperator
from csmri.regularizers.base import Regularizer
from solvers.driver import solve
from solvers.iterate import Iterate
from solvers.problem import problem
from solvers.progress import Callback
from solvers.random_shifts import prox_of
from solvers.result import Result
from solvers.steps import accelerated_step_size
from solvers.stopping import StoppingRule


def pogm(
    A: LinearOperator,
    y: Array,
    regularizer: Regularizer,
    *,
    iterations: int = 100,
    stop: StoppingRule | None = None,
    x0: Array | Result | None = None,
    callback: Callback | None = None,
    step: float | None = None,
    restart: bool = True,
    shifts: int | None = None,
) -> Result:
    """Minimise ½‖A x − y‖² + R(x) over complex images x.

    Its worst case is half that of `fista`, and with restart it is the choice where `admm` cannot
    solve for the image exactly, as with several coils.

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
        Start; the zero-filled image Aᴴy by default.
    callback : callable, optional
        Called with a `Progress` after every iteration; returning True stops.
    step : float, optional
        Gradient step 1/L, at most 1/‖A‖², which is the default.
    restart : bool
        Whether momentum starts anew when it points uphill.
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
    A. B. Taylor, J. M. Hendrickx and F. Glineur (2017), SIAM J. Optim. 27, 1283–1313, section 4.3.
    D. Kim and J. A. Fessler (2018), J. Optim. Theory Appl. 178, 240–263, section 5 (restart).
    """
    target = problem(A, y, regularizer, has_objective=shifts is None)
    step = accelerated_step_size(target.least_squares, step)
    return solve(
        "POGM",
        target,
        lambda p, start: pogm_iterates(
            p.least_squares, prox_of(p.regularizer, shifts), start.x, step, restart
        ),
        iterations=iterations,
        stop=stop,
        x0=x0,
        callback=callback,
    )


def pogm_iterates(
    f: LeastSquares, g: Regularizer, x: Array, step: float, restart: bool
) -> Iterator[Iterate]:
    """Yield x₁, x₂, … without end; without end there is no last step to optimise apart."""
    w = z = v = x
    t, gamma = 1.0, step
    while True:
        x_previous, w_previous, v_previous, t_previous = x, w, v, t
        t = (1 + (1 + 4 * t_previous**2) ** 0.5) / 2
        w = f.gradient_step(x, step)
        z = (
            w
            + (t_previous - 1) / t * (w - w_previous)
            + t_previous / t * (w - x)
            + (t_previous - 1) * step / (gamma * t) * (z - x)
        )
        gamma = step * (2 * t_previous + t - 1) / t
        x = g.prox(z, gamma)
        yield Iterate(x)
        # v is what a proximal gradient step would have made of x_previous: momentum that points
        # against its last move starts anew.
        v = w + step / gamma * (x - z)
        if restart:
            t, w, z = anew_where(inner(v - x_previous, v - v_previous), (t, w, z), x)


def anew_where(ahead: Array, state: tuple[Any, Any, Any], x: Array) -> tuple[Any, Any, Any]:
    """(t, w, z), begun anew as (1, x, x) for images whose number `ahead` is not positive.

    A single image on the host keeps a t that is a number, as fused kernels want it; elsewhere each
    image has its own, and nothing is read from a GPU.
    """
    if ahead.size == 1 and is_numpy_array(ahead):
        return state if ahead > 0 else (1.0, x, x)
    t, w, z = state
    xp = array_namespace(x)
    one, goes_on = xp.ones_like(ahead), ahead > 0
    return xp.where(goes_on, t * one, one), xp.where(goes_on, w, x), xp.where(goes_on, z, x)
