"""Primal-dual splitting: for regularizers of a transform, total variation above all."""

from collections.abc import Iterator
from typing import Any, final

from csmri import kernels
from csmri.arrays import Array, array_namespace, detached, energy_per_image, is_numpy_array
from csmri.fidelity import Fidelity, LeastSquares
from csmri.operators.base import LinearOperator
from csmri.operators.stack import Parts
from csmri.regularizers.base import Regularizer
from solvers.driver import solve
from solvers.iterate import Iterate
from solvers.problem import MakesFidelity, Problem, problem
from solvers.progress import Callback
from solvers.result import Result
from solvers.steps import require_positive
from solvers.stopping import StoppingRule

SIGMA = 0.02
"""The first dual step, until image and dual have a size to balance it by."""


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
        `LeastSquares` (default), or for min R(x) alone `csmri.constraints.Equality` (A x = y)
        or ``csmri.constraints.NoiseBound(radius)`` (‖A x − y‖ ≤ radius).
    sigma : float, optional
        A fixed dual step; larger moves the dual faster and the image slower. By default it
        balances itself.
    tau : float, optional
        Primal step, with 1/τ − σ‖K‖² ≥ ‖A‖²/2; the largest allowed by default.

    Returns
    -------
    Result
        `x`, `gap`, `objective`, `iterations`, `converged`, `history`, `dual`.

    Raises
    ------
    TypeError
        Where A is no operator, y no complex array, R no regularizer, or `stop` no rule.
    ValueError
        For k-space, steps or rules that cannot be meant.

    References
    ----------
    L. Condat (2013), J. Optim. Theory Appl. 158, 460–479, algorithm 3.1.
    """
    target = problem(A, y, regularizer, fidelity=fidelity)
    _, K = regularizer.split()
    steps_for(target.f, K, sigma, tau)  # refuses steps that cannot be meant
    return solve(
        "Primal-dual",
        target,
        lambda p, start: primal_dual_box(p, start, sigma, tau),
        iterations=iterations,
        stop=stop,
        x0=x0,
        callback=callback,
    )


def primal_dual_box(
    p: Problem, start: Iterate, sigma: float | None, tau: float | None
) -> Iterator[Iterate]:
    """The iteration for a problem, from a start."""
    g, K = p.regularizer.split()
    steps = steps_for(p.f, K, sigma, tau)
    return primal_dual_iterates(p.f, g, K, start.x, first_dual(g, K, start), steps)


def primal_dual_iterates(
    f: Fidelity,
    g: Regularizer,
    K: LinearOperator,
    x: Array,
    p: Any,
    steps: "Steps",
) -> Iterator[Iterate]:
    """Yield (x₁, p₁), (x₂, p₂), … of min f(x) + g(K x) without end."""
    t = K.adjoint(p)
    while True:
        tau, sigma = steps.next(x, p)
        x_previous, x = x, f.primal_step(x, t, tau)
        ahead = kernels.reflect(x, x_previous)  # x̄ = 2x − x_previous
        p, t = g.dual_step(K, p, ahead, sigma)  # p ← prox_{σg*}(p + σK x̄), t = Kᴴp
        yield Iterate(x, p)


def first_dual(g: Regularizer, K: LinearOperator, start: Iterate) -> Any:
    """The dual of a warm start, brought into the dual ball of g; 0 otherwise."""
    p = start.p
    return 0 * K(start.x) if p is None else g.prox_conjugate(p, 1.0)


class Steps:
    """τ and σ with 1/τ − σ‖K‖² ≥ L/2, where L is the Lipschitz constant of ∇f."""

    def __init__(self, tau: float, sigma: float):
        self._tau, self._sigma = tau, sigma

    def next(self, x: Array, p: Any) -> tuple[Any, Any]:
        """(τ, σ) of the iteration that begins at x and p."""
        return self._tau, self._sigma


@final
class BalancedSteps(Steps):
    """σ = ‖p‖/‖K x‖, taken after 10, 20, 40, … 320 iterations and then kept; the largest τ.

    So both steps move their variable by a like share of its size, whatever the units of y and λ.
    Balancing residuals instead, as for ADMM, was tried and runs away. Since the steps change a
    finite number of times, convergence is as with fixed ones. Where a batch is solved at once,
    every image has its own steps.
    """

    LAST = 320

    def __init__(self, half: float, K: LinearOperator):
        super().__init__(1 / (half + SIGMA * K.norm_bound() ** 2), SIGMA)
        self._half, self._K = half, K
        self._iteration, self._due = 0, 10

    def next(self, x: Array, p: Any) -> tuple[Any, Any]:
        """(τ, σ) of the iteration that begins at x and p."""
        if self._iteration == self._due and self._due <= self.LAST:
            self._due *= 2
            dual, split = (sizes(value, x) for value in (p, self._K(x)))
            xp = array_namespace(x)
            some = (dual > 0) & (split > 0)
            sigma = xp.where(some, dual / xp.where(some, split, xp.ones_like(split)), self._sigma)
            self._sigma = sigma.item() if is_numpy_array(x) and x.ndim == 2 else sigma
            self._tau = 1 / (self._half + self._sigma * self._K.norm_bound() ** 2)
        self._iteration += 1
        return super().next(x, p)


def steps_for(f: Fidelity, K: LinearOperator, sigma: float | None, tau: float | None) -> Steps:
    """The steps asked for, checked; balanced ones where none is asked for."""
    half = f.lipschitz() / 2
    if sigma is None and tau is None:
        return BalancedSteps(half, K)
    sigma = SIGMA if sigma is None else require_positive("sigma", sigma)
    largest = 1 / (half + sigma * K.norm_bound() ** 2)
    tau = largest if tau is None else require_positive("tau", tau)
    if tau > largest * (1 + 1e-12):
        raise ValueError(
            f"got tau={tau:.6g} with sigma={sigma:.6g}, expected tau ≤ {largest:.6g}, so that "
            "1/τ − σ‖K‖² ≥ ‖A‖²/2; lower one of them, or leave tau out"
        )
    return Steps(tau, sigma)


def sizes(value: Any, x: Array) -> Array:
    """‖value‖ of each image of x, (..., 1, 1), of an array or stacked ones."""
    parts = value.parts if isinstance(value, Parts) else (value,)
    energies = [energy_per_image(part, x.ndim - 2) for part in parts]
    return detached(array_namespace(x).sqrt(sum(energies)))[..., None, None]
