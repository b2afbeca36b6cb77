"""FISTA whose proximal map is itself iterated, for where the forward model is what costs."""

from collections.abc import Iterator
from typing import Any

from csmri import kernels
from csmri.arrays import Array
from csmri.fidelity import LeastSquares
from csmri.operators.base import LinearOperator
from csmri.regularizers.base import Regularizer
from solvers.driver import solve
from solvers.fista import Momentum
from solvers.iterate import Iterate
from solvers.problem import problem
from solvers.progress import Callback
from solvers.result import Result
from solvers.splitting import combine
from solvers.steps import accelerated_step_size
from solvers.stopping import StoppingRule

FIRST, GROWTH = 5, 0.5  # inner steps of iteration k: 5 + k/2, so that their errors fall fast enough


def nested(
    A: LinearOperator,
    y: Array,
    regularizer: Regularizer,
    *,
    iterations: int = 100,
    stop: StoppingRule | None = None,
    x0: Array | Result | None = None,
    callback: Callback | None = None,
) -> Result:
    """Minimise ½‖A x − y‖² + g(K x), where R = g ∘ K and only g needs a prox.

    FISTA, whose prox of R is found by a few accelerated steps on its dual problem, begun at the
    dual point of the last iteration and a little more exact in each. One iteration applies A once;
    with several coils and total variation the inner steps cost far less than that, and a few dozen
    iterations suffice.

    Parameters
    ----------
    A : LinearOperator
        Forward model, images (..., H, W) to k-space (..., H, W) or (..., C, H, W).
    y : (..., H, W) or (..., C, H, W) complex
        Measured k-space, zero where it was not sampled; leading axes are a batch.
    regularizer : Regularizer
        R: ``0.002 * TotalVariation()``, or a sum.
    iterations : int
        The most iterations to make; 30 to 60 reach 1e-3 to 1e-4 of the optimum.
    stop : StoppingRule, optional
        ``RelativeChange(1e-5)``, for instance.
    x0 : (..., H, W) complex, or Result, optional
        Start; the zero-filled image Aᴴy by default. A result of a similar problem is a warm start.
    callback : callable, optional
        Called with a `Progress` after every iteration; returning True stops.

    Returns
    -------
    Result
        `x`, `gap` where there is a proof, `objective`, `iterations`, `converged`, `dual`.

    Raises
    ------
    TypeError
        Where A is no operator, y no complex array, R no regularizer, or `stop` no rule.
    ValueError
        For k-space or rules that cannot be meant.

    References
    ----------
    A. Beck and M. Teboulle (2009), IEEE Trans. Image Process. 18(11), 2419–2434, sections IV–V.
    M. Schmidt, N. Le Roux and F. Bach (2011), NIPS 24, proposition 2 (why inner errors must fall).
    """
    target = problem(A, y, regularizer)
    step = accelerated_step_size(target.least_squares, None)
    return solve(
        "Nested FISTA",
        target,
        lambda p, start: nested_iterates(
            p.least_squares, DualProx(p.regularizer, start), start.x, step
        ),
        iterations=iterations,
        stop=stop,
        x0=x0,
        callback=callback,
    )


def nested_iterates(f: LeastSquares, prox: "DualProx", x: Array, step: float) -> Iterator[Iterate]:
    """Yield (x₁, p₁), (x₂, p₂), … without end."""
    z, momentum = x, Momentum()
    while True:
        x_previous, x = x, prox(f.gradient_step(z, step), step)
        z = kernels.extrapolate(x, x_previous, momentum(z, x, x_previous))
        yield Iterate(x, prox.dual)


class DualProx:
    """v ↦ argmin R(x) + ‖x − v‖²/(2 step), better from call to call.

    x = v − step Kᴴp, where p minimises ½‖v − step Kᴴp‖²/step over the dual ball of g.
    """

    def __init__(self, regularizer: Regularizer, start: Iterate):
        self._g, self._K = regularizer.split()
        self._bound = max(self._K.norm_bound() ** 2, 1e-30)
        self._calls = 0
        p = start.p
        self.dual = 0 * self._K(start.x) if p is None else self._g.prox_conjugate(p, 1.0)
        self._back = self._K.adjoint(self.dual)

    def __call__(self, v: Array, step: float) -> Array:
        """The image, near enough."""
        self._calls += 1
        p, back = self.dual, self._back  # q = p + momentum · (p − p_previous), and Kᴴq
        sigma, momentum = 1 / (step * self._bound), Momentum()
        for _ in range(int(FIRST + GROWTH * self._calls)):
            p_previous, back_previous = self.dual, self._back
            self.dual, self._back = self._g.dual_step(self._K, p, v - step * back, sigma)
            beta = momentum(v, v, v)
            p = ahead(self.dual, p_previous, beta)
            back = kernels.extrapolate(self._back, back_previous, beta)
        return v - step * self._back


def ahead(p: Any, p_previous: Any, momentum: float) -> Any:
    """p + momentum · (p − p_previous), of arrays or stacked ones."""
    return combine(lambda a, b: kernels.extrapolate(a, b, momentum), p, p_previous)
