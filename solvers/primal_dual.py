"""Primal-dual splitting: for regularizers of a transform, total variation above all."""

from collections.abc import Iterator
from typing import Any

from csmri.arrays import Array
from csmri.fidelity import Fidelity, LeastSquares
from csmri.operators.base import LinearOperator
from csmri.regularizers.base import Regularizer
from solvers.driver import Result, solve
from solvers.iterate import Iterate
from solvers.problem import MakesFidelity, problem
from solvers.progress import Callback
from solvers.steps import require_positive
from solvers.stopping import StoppingRule

SIGMA = 0.02
"""Default dual step: images have magnitudes about 1 and weights about 1/500, so duals are small."""


def primal_dual(
    A: LinearOperator,
    y: Array,
    regularizer: Regularizer,
    *,
    iterations: int = 500,
    stop: StoppingRule | None = None,
    x0: Array | Result | None = None,
    callback: Callback | None = None,
    fidelity: MakesFidelity = LeastSquares,
    sigma: float | None = None,
    tau: float | None = None,
) -> Result:
    """Minimise ½‖A x − y‖² + g(K x), where R = g ∘ K and only g needs a prox.

    Parameters
    ----------
    A : LinearOperator
        Forward model, images (..., H, W) to k-space (..., H, W) or (..., C, H, W).
    y : (..., H, W) or (..., C, H, W) complex
        Measured k-space, zero where it was not sampled; leading axes are a batch.
    regularizer : Regularizer
        R: ``0.002 * TotalVariation()``, for instance, or a sum of several.
    iterations : int
        The most iterations to make.
    stop : StoppingRule, optional
        ``RelativeGap(1e-3)``, ``RelativeChange(1e-6)`` or a combination; none makes every
        iteration.
    x0 : (..., H, W) complex, or Result, optional
        Start; the zero-filled image Aᴴy by default. A result of a similar problem is a warm start.
    callback : callable, optional
        Called with a `Progress` after every iteration; returning True stops.
    fidelity : callable, optional
        `LeastSquares` (default), or for min R(x) alone `Equality` (A x = y) or
        ``NoiseBound(radius)`` (‖A x − y‖ ≤ radius).
    sigma : float, optional
        Dual step; larger moves the dual faster and the image slower.
    tau : float, optional
        Primal step, with 1/τ − σ‖K‖² ≥ ‖A‖²/2; the largest allowed by default.

    Returns
    -------
    Result
        `x`, `gap`, `objective`, `iterations`, `converged`, `history`, `dual`.

    Raises
    ------
    ValueError
        For k-space, steps or rules that cannot be meant.

    References
    ----------
    L. Condat (2013), J. Optim. Theory Appl. 158, 460–479, algorithm 3.1.
    """
    target = problem(A, y, regularizer, fidelity=fidelity)
    g, K = regularizer.split()
    sigma, tau = step_sizes(target.f, K, sigma, tau)
    return solve(
        "Primal-dual",
        target,
        lambda p, start: primal_dual_iterates(
            p.f, g, K, start.x, first_dual(g, K, start), tau, sigma
        ),
        iterations=iterations,
        stop=stop,
        x0=x0,
        callback=callback,
    )


def primal_dual_iterates(
    f: Fidelity,
    g: Regularizer,
    K: LinearOperator,
    x: Array,
    p: Any,
    tau: float,
    sigma: float,
) -> Iterator[Iterate]:
    """Yield (x₁, p₁), (x₂, p₂), … of min f(x) + g(K x) without end."""
    while True:
        x_previous, x = x, f.primal_step(x, K.adjoint(p), tau)
        p = g.prox_conjugate(p + sigma * K(2 * x - x_previous), sigma)
        yield Iterate(x, p)


def first_dual(g: Regularizer, K: LinearOperator, start: Iterate) -> Any:
    """The dual of a warm start, brought into the dual ball of g; 0 otherwise."""
    p = start.p
    return 0 * K(start.x) if p is None else g.prox_conjugate(p, 1.0)


def step_sizes(
    f: Fidelity, K: LinearOperator, sigma: float | None, tau: float | None
) -> tuple[float, float]:
    """σ and τ with 1/τ − σ‖K‖² ≥ L/2, where L is the Lipschitz constant of ∇f."""
    half = f.lipschitz() / 2
    sigma = SIGMA if sigma is None else require_positive("sigma", sigma)
    largest = 1 / (half + sigma * K.norm_bound() ** 2)
    if tau is None:
        return sigma, largest
    tau = require_positive("tau", tau)
    if tau > largest * (1 + 1e-12):
        raise ValueError(
            f"got tau={tau:.6g} with sigma={sigma:.6g}, expected tau ≤ {largest:.6g}, so that "
            "1/τ − σ‖K‖² ≥ ‖A‖²/2; lower one of them, or leave tau out"
        )
    return sigma, tau
