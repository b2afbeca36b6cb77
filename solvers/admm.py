"""ADMM: alternating directions, with the image solved for exactly."""

from collections.abc import Iterator

from csmri.arrays import Array
from csmri.fidelity import Fidelity, LeastSquares
from csmri.operators.base import Identity, LinearOperator
from csmri.regularizers.base import Regularizer
from solvers.driver import solve
from solvers.iterate import Iterate
from solvers.nearest import Nearest, nearest
from solvers.penalty import FIRST, BalancedPenalty, FixedPenalty, Penalty
from solvers.problem import MakesFidelity, problem
from solvers.progress import Callback
from solvers.result import Result
from solvers.splitting import Splitting, splitting
from solvers.steps import require_positive
from solvers.stopping import StoppingRule


def admm(
    A: LinearOperator,
    y: Array,
    regularizer: Regularizer,
    *,
    iterations: int = 200,
    stop: StoppingRule | None = None,
    x0: Array | Result | None = None,
    callback: Callback | None = None,
    fidelity: MakesFidelity = LeastSquares,
    rho: float | None = None,
    relaxation: float = 1.8,
) -> Result:
    """Minimise ½‖A x − y‖² + g(K x), where R = g ∘ K and only g needs a prox.

    The fastest solver here wherever AᴴA and KᴴK are diagonal in Fourier space, as for one coil with
    any mask and wavelets, periodic total variation, undecimated wavelets, or sums of them: the
    image is then solved for exactly, by one pair of Fourier transforms an iteration. Elsewhere
    (several coils, other boundaries) a few preconditioned conjugate-gradient steps do it nearly.

    Parameters
    ----------
    A : LinearOperator
        Forward model, images (..., H, W) to k-space (..., H, W) or (..., C, H, W).
    y : (..., H, W) or (..., C, H, W) complex
        Measured k-space, zero where it was not sampled; leading axes are a batch.
    regularizer : Regularizer
        R: ``0.002 * TotalVariation()``, ``0.01 * (L1() @ Wavelet("db4"))``, or a sum.
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
    rho : float, optional
        A fixed penalty ρ. By default it adapts itself, but where R has a prox for one step alone
        (`only_step`): there it is the inverse of that.
    relaxation : float
        Over-relaxation α, between 0 and 2; 1 is plain ADMM.

    Returns
    -------
    Result
        `x`, `gap`, `objective`, `iterations`, `converged`, `history`, `dual`.

    Raises
    ------
    TypeError
        Where A is no operator, y no complex array, R no regularizer, or `stop` no rule.
    ValueError
        For k-space, penalties or rules that cannot be meant.

    References
    ----------
    J. Eckstein and D. P. Bertsekas (1992), Math. Program. 55, 293–318, theorem 8.
    S. Boyd et al. (2011), Found. Trends Mach. Learn. 3, 1–122, section 3.4.
    """
    target = problem(A, y, regularizer, fidelity=fidelity)
    if rho is not None:
        rho = require_positive("rho", rho)
    if not 0 < relaxation < 2:
        raise ValueError(
            f"got relaxation={relaxation!r}, expected a number between 0 and 2, outside of which "
            "the iteration diverges; 1.8 is a good choice and 1 the plain algorithm"
        )
    return solve(
        "ADMM",
        target,
        lambda p, start: admm_box(p.f, p.regularizer, start, rho, relaxation),
        iterations=iterations,
        stop=stop,
        x0=x0,
        callback=callback,
    )


def admm_box(
    f: Fidelity, regularizer: Regularizer, start: Iterate, rho: float | None, relaxation: float
) -> Iterator[Iterate]:
    """The iteration for a problem, with the fastest update and splitting that fit it."""
    g, K = regularizer.split()
    if rho is None and regularizer.only_step is not None:
        rho = 1 / regularizer.only_step
    penalty = BalancedPenalty(K.norm_bound()) if rho is None else FixedPenalty()
    first = next(value for value in (rho, start.rho, FIRST) if value is not None)
    state = splitting(g, K, start, first)
    split_is_image = isinstance(K, Identity) and isinstance(f, LeastSquares)
    return admm_iterates(nearest(f, K, start.x), state, penalty, relaxation, split_is_image)


def admm_iterates(
    nearest: Nearest, s: Splitting, penalty: Penalty, alpha: float, split_is_image: bool
) -> Iterator[Iterate]:
    """Yield (x₁, p₁), (x₂, p₂), … of min f(x) + g(K x) without end.

    Where K = I the split z is an image too, and the sparse one: it is the one to show.
    """
    while True:
        x = nearest(s.target, s.rho)  # argmin f(x) + ρ/2 ‖K x − (2z − w)‖²
        s = penalty.step(s, x, alpha)  # w ← w + α(K x − z), z ← prox_{g/ρ}(w)
        yield Iterate(s.split if split_is_image else x, s.dual, s.rho)
