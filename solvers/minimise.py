"""The front door: the fastest solver that fits, and why."""

from collections.abc import Callable
from dataclasses import replace

from csmri.arrays import Array
from csmri.fidelity import LeastSquares, check_kinds
from csmri.operators.base import LinearOperator
from csmri.regularizers.base import Regularizer
from solvers.admm import admm
from solvers.certificate import certificate_for
from solvers.fista import fista
from solvers.nested import nested
from solvers.pogm import pogm
from solvers.primal_dual import primal_dual
from solvers.problem import require_regularizer
from solvers.progress import Callback
from solvers.result import Result
from solvers.stopping import RelativeChange, RelativeGap, StoppingRule, require_rule

PROVEN = RelativeGap(1e-3)
CHANGED = RelativeChange(1e-5, every=5)


def minimise(
    A: LinearOperator,
    y: Array,
    regularizer: Regularizer,
    *,
    iterations: int = 1000,
    stop: StoppingRule | None = PROVEN,
    x0: Array | Result | None = None,
    callback: Callback | None = None,
) -> Result:
    """Minimise ½‖A x − y‖² + R(x) by the fastest solver here that fits A and R.

    Parameters
    ----------
    A : LinearOperator
        Forward model, images (..., H, W) to k-space (..., H, W) or (..., C, H, W).
    y : (..., H, W) or (..., C, H, W) complex
        Measured k-space, zero where it was not sampled; leading axes are a batch.
    regularizer : Regularizer
        R, weighted: ``0.002 * TotalVariation()``, for instance.
    iterations : int
        The most iterations to make.
    stop : StoppingRule, optional
        By default a proven gap of 1e-3; where there is no proof, a relative change of 1e-5. A rule
        of your own stays as it is, and is refused where it asks for a gap that has no proof.
    x0 : (..., H, W) complex, or Result, optional
        Start; the zero-filled image Aᴴy by default.
    callback : callable, optional
        Called with a `Progress` after every iteration; returning True stops.

    Returns
    -------
    Result
        `x`, `gap`, `objective`, …, and in `choice` which solver it was and why.

    Raises
    ------
    TypeError
        Where A is no operator, y no complex array, R no regularizer, or `stop` no rule.
    ValueError
        For k-space or rules that cannot be meant.
    """
    check_kinds(A, y)  # the solver itself looks at the samples
    require_regularizer(regularizer)
    require_rule(stop)
    f = LeastSquares(A, y)
    proven = stop is not None and stop.asks_for_gap() and has_proof(f, regularizer)
    solver, why = choose(A, regularizer, f.image_size, proven=proven)
    if stop is PROVEN and not proven:
        stop, why = CHANGED, f"{why}; no proof of the gap, so the change decides"
    result = solver(A, y, regularizer, iterations=iterations, stop=stop, x0=x0, callback=callback)
    return replace(result, choice=f"{result.solver}: {why}")


def has_proof(f: LeastSquares, regularizer: Regularizer) -> bool:
    """Whether there is a certificate for the problem."""
    return regularizer.has_value and certificate_for(f, regularizer) is not None


def choose(
    A: LinearOperator, regularizer: Regularizer, shape: tuple[int, int], *, proven: bool
) -> tuple[Callable[..., Result], str]:
    """The solver for A, R and images of `shape`, and the reason in words.

    `proven` asks for the one whose gap closes soonest, which need not be the one whose image is
    there first.
    """
    _, K = regularizer.split()
    a, k = A.normal_symbol(shape), K.normal_symbol(shape)
    if a is not None and k is not None:
        return admm, "AᴴA and KᴴK are diagonal in Fourier space, so the image is solved for exactly"
    if K.is_unitary and regularizer.only_step is not None:
        return fista, "AᴴA is not diagonal, and R has a prox for one step alone, which FISTA keeps"
    if K.is_unitary:
        return pogm, "R has a prox and AᴴA is not diagonal, so gradients and momentum are fastest"
    if a is None and proven:
        return admm, "AᴴA is not diagonal, and of what solves this its dual proves the most"
    if a is None and k is not None:
        return nested, "AᴴA costs most and is not diagonal: few applications, inner steps for R"
    if a is not None:
        return admm, "conjugate gradients with a Fourier preconditioner solve for the image"
    return primal_dual, "nothing is known of A and K but how to apply them"
