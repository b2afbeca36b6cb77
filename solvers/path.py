"""A path of solutions: one for each weight, each begun where the last one ended."""

import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from csmri.arrays import Array
from csmri.operators.base import LinearOperator
from csmri.regularizers.base import Regularizer, as_weight
from solvers.admm import admm
from solvers.result import Result
from solvers.warm_start import warm_start

Solver = Callable[..., Result]
"""Any solver of this package: ``solver(A, y, regularizer, x0=..., **options)``."""


class PathPoint(NamedTuple):
    """A weight λ and the solution there.

    Parameters
    ----------
    weight : float
        λ.
    result : Result
        What the solver made of it.
    """

    weight: float
    result: Result


def path(
    A: LinearOperator,
    y: Array,
    R: Regularizer,
    weights: Iterable[float],
    *,
    solver: Solver = admm,
    **options: Any,
) -> tuple[PathPoint, ...]:
    """Minimise ½‖A x − y‖² + λ R(x) for every weight λ, from the largest to the smallest.

    Each solve is a warm start: it goes on from the image of the one before and from its dual
    variable, scaled to the new weight. With a rule in `stop` and weights that lie within a factor
    two, that saves about half of the iterations; without one every iteration is made.

    Parameters
    ----------
    A : LinearOperator
        Forward model, images (..., H, W) to k-space (..., H, W) or (..., C, H, W).
    y : (..., H, W) or (..., C, H, W) complex
        Measured k-space, zero where it was not sampled; leading axes are a batch.
    R : Regularizer
        R of weight 1: ``TotalVariation()``, ``L1() @ Wavelet("db4")``.
    weights : iterable of float
        λ > 0, in any order; fractions of `csmri.weights.largest` for instance.
    solver : callable
        `admm` by default, or another solver of this package.
    **options
        Passed to the solver: ``iterations=``, ``stop=RelativeGap(1e-3)``, and so on. An `x0` starts
        the first solve.

    Returns
    -------
    tuple of PathPoint
        ``(weight, result)``, from the largest weight to the smallest.

    Raises
    ------
    ValueError
        Without weights, or where one is not positive.

    References
    ----------
    J. Friedman, T. Hastie and R. Tibshirani (2010), J. Stat. Softw. 33(1), 1–22, section 2.5.
    """
    ordered = sorted({require_weight(weight) for weight in weights}, reverse=True)
    if not ordered:
        raise ValueError("got no weights, expected at least one λ > 0")
    x0 = options.pop("x0", None)
    points: list[PathPoint] = []
    for weight in ordered:
        if points:
            x0 = warm_start(points[-1].result, scale=weight / points[-1].weight)
        points.append(PathPoint(weight, solver(A, y, weight * R, x0=x0, **options)))
    return tuple(points)


def require_weight(weight: Any) -> float:
    """The weight as a positive float."""
    value = as_weight(weight)
    if value > 0:
        return value
    raise ValueError(
        f"got the weight {weight!r}, expected λ > 0: without a penalty there is no single solution"
    )


def require_noise(sigma: float) -> float:
    """σ as a positive finite float."""
    several = math.prod(getattr(sigma, "shape", ())) != 1
    if isinstance(sigma, bool) or several or not hasattr(sigma, "__float__"):
        raise TypeError(
            f"got sigma of type {type(sigma).__name__}, expected one number √E|n|² for all images; "
            "a batch of unlike noise is solved image by image"
        )
    if not 0 < sigma < math.inf:
        raise ValueError(
            f"got sigma={sigma!r}, expected the positive √E|n|² of a sample of k-space; "
            "csmri.weights.noise_level estimates it"
        )
    return float(sigma)
