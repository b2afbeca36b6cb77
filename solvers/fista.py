"""FISTA: proximal gradient descent with Nesterov's momentum."""

from collections.abc import Iterator
from math import sqrt
from typing import Any

from csmri import kernels
from csmri.arrays import Array, array_namespace, inner
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


def fista(
    A: LinearOperator,
    y: Array,
    regularizer: Regularizer,
    *,
    iterations: int = 100,
    stop: StoppingRule | None = None,
    x0: Array | Result | None = None,
    callback: Callback | None = None,
    step: float | None = None,
    restart: bool = False,
    shifts: int | None = None,
) -> Result:
    """Minimise ½‖A x − y‖² + R(x) over complex images x.

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
        Gradient step, at most 1/‖A‖², which is the default.
    restart : bool
        Whether momentum starts anew when it points uphill (O'Donoghue and Candès).
    shifts : int, optional
        A seed: each iteration then shifts the image at random before the prox and back after it
        (cycle spinning). A heuristic that hides the blocks of a decimated wavelet; it minimises no
        fixed objective, so `objective` and `gap` are None.

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
    A. Beck and M. Teboulle (2009), SIAM J. Imaging Sci. 2(1), 183–202, eq. 4.1–4.3.
    B. O'Donoghue and E. Candès (2015), Found. Comput. Math. 15, 715–732, section 3.2.
    M. A. T. Figueiredo and R. D. Nowak (2003), IEEE Trans. Image Process. 12, 906–916 (shifts).
    """
    target = problem(A, y, regularizer, has_objective=shifts is None)
    step = accelerated_step_size(target.least_squares, step)
    momentum = RestartedMomentum if restart else Momentum
    return solve(
        "FISTA",
        target,
        lambda p, start: fista_iterates(
            p.least_squares, prox_of(p.regularizer, shifts), start.x, step, momentum()
        ),
        iterations=iterations,
        stop=stop,
        x0=x0,
        callback=callback,
    )


def fista_iterates(
    f: LeastSquares, g: Regularizer, x: Array, step: float, momentum: "Momentum"
) -> Iterator[Iterate]:
    """Yield x₁, x₂, … without end."""
    z = x
    while True:
        x_previous, x = x, g.prox(f.gradient_step(z, step), step)
        z = kernels.extrapolate(x, x_previous, momentum(z, x, x_previous))
        yield Iterate(x)


class Momentum:
    """(t₁ − 1)/t₂, (t₂ − 1)/t₃, … with t₁ = 1 and tₖ₊₁ = (1 + √(1 + 4tₖ²))/2."""

    t: Any = 1.0

    def __call__(self, z: Array, x: Array, x_previous: Array) -> Any:
        t_previous, self.t = self.t, (1 + sqrt(1 + 4 * self.t**2)) / 2
        return (t_previous - 1) / self.t


class RestartedMomentum(Momentum):
    """The same, starting anew for each image whose last move and momentum disagree."""

    def __call__(self, z: Array, x: Array, x_previous: Array) -> Any:
        xp = array_namespace(x)
        uphill = inner(z - x, x - x_previous) > 0
        t = xp.where(uphill, xp.ones_like(self._t(x)), self._t(x))
        self.t = (1 + xp.sqrt(1 + 4 * t**2)) / 2
        return (t - 1) / self.t

    def _t(self, x: Array) -> Array:
        """t as one real number an image, of the precision of x."""
        if isinstance(self.t, float):
            return array_namespace(x).ones_like(inner(x, x))
        return self.t
