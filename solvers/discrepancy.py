"""Morozov's discrepancy principle: the weight that leaves as much residual as there is noise."""

import math
from typing import Any, NamedTuple

import numpy as np

from csmri.arrays import Array, as_double, to_numpy
from csmri.operators import Composition, LinearOperator, MaskedFourier, Sampling
from csmri.regularizers.base import Regularizer
from solvers.admm import admm
from solvers.path import PathPoint, Solver, require_noise
from solvers.result import Result
from solvers.warm_start import warm_start

MOST_SOLVES = 30
LARGEST_STRIDE = math.log(10)


class Discrepancy(NamedTuple):
    """The solution whose residual is that of the noise.

    Attributes
    ----------
    result : Result
        The solution.
    weight : float
        Its λ.
    ratio : float
        ‖A x − y‖ / (σ √m), within the tolerance of 1.
    tried : tuple of PathPoint
        Every weight that was tried, in that order, with its result.
    """

    result: Result
    weight: float
    ratio: float
    tried: tuple[PathPoint, ...]


def discrepancy(
    A: LinearOperator,
    y: Array,
    R: Regularizer,
    sigma: float,
    *,
    tolerance: float = 0.01,
    samples: int | None = None,
    solver: Solver = admm,
    **options: Any,
) -> Discrepancy:
    """Find λ with ‖A x − y‖² = m σ² for the minimiser x of ½‖A x − y‖² + λ R(x).

    The residual never decreases with λ, so that a secant search on the logarithms of both finds the
    weight, usually in 4 to 7 solves. Each goes on from the one before (a warm start).

    Parameters
    ----------
    A : LinearOperator
        Forward model, images (..., H, W) to k-space (..., H, W) or (..., C, H, W).
    y : (..., H, W) or (..., C, H, W) complex
        Measured k-space, zero where it was not sampled. A batch gets one λ for all its images.
    R : Regularizer
        R of weight 1: ``TotalVariation()``, ``L1() @ Wavelet("db4")``.
    sigma : float
        √E|n|² of a measured complex sample, see `csmri.weights.noise_level`.
    tolerance : float
        How near to 1 the ratio ‖A x − y‖ / (σ √m) has to come.
    samples : int, optional
        m, the number of measured complex samples; counted from the mask of `MaskedFourier` and of
        `Sampling`, and needed for other operators.
    solver : callable
        `admm` by default, or another solver of this package.
    **options
        Passed to the solver. A rule such as ``stop=RelativeGap(1e-3)`` makes it quick.

    Returns
    -------
    Discrepancy
        ``(result, weight, ratio, tried)``.

    Raises
    ------
    TypeError
        For a σ that is not one number.
    ValueError
        For a tolerance or a number of samples that cannot be meant, and where no weight leaves
        such a residual: with a σ larger than the data themselves, or smaller than what no image
        explains.

    Notes
    -----
    An image with the noise's whole residual is rather too smooth: the fit follows some of the
    noise, as the truth does not. A weight somewhat below is often the better picture.

    References
    ----------
    V. A. Morozov (1966), Soviet Math. Dokl. 7, 414–417.
    """
    if not 0 < tolerance < 1:
        raise ValueError(f"got tolerance={tolerance!r}, expected a number between 0 and 1")
    if samples is not None and not samples >= 1:
        raise ValueError(f"got samples={samples!r}, expected at least 1, or None for the mask's")
    found = measured_samples(A, y) if samples is None else samples
    goal = require_noise(sigma) * math.sqrt(found)
    x0, log_weight = options.pop("x0", None), math.log(sigma)
    search, ratio = Search(), math.nan
    tried: list[PathPoint] = []
    for _ in range(MOST_SOLVES):
        weight = math.exp(log_weight)
        if tried:
            x0 = warm_start(tried[-1].result, scale=weight / tried[-1].weight)
        result = solver(A, y, weight * R, x0=x0, **options)
        tried.append(PathPoint(weight, result))
        ratio = residual(A, y, result.x) / goal
        if abs(ratio - 1) <= tolerance:
            return Discrepancy(result, weight, ratio, tuple(tried))
        log_weight = search.next(log_weight, math.log(max(ratio, 1e-300)))
    raise ValueError(
        f"got sigma={sigma:.4g}, expected a residual of {goal:.4g} for some weight, but from "
        f"λ = {min(p.weight for p in tried):.3g} to {max(p.weight for p in tried):.3g} none left "
        f"it (the last: {ratio * goal:.4g}); check σ, or give the solver more iterations"
    )


class Search:
    """A secant search for the root of an increasing function, kept inside its bracket."""

    def __init__(self):
        self._below: tuple[float, float] | None = None  # the last point with a negative value
        self._above: tuple[float, float] | None = None
        self._before: tuple[float, float] | None = None
        self._same_side = 0

    def next(self, t: float, value: float) -> float:
        """Where to look next, after the function was found to be `value` at t."""
        if value < 0:
            self._same_side = max(self._same_side, 0) + 1
            self._below = (t, value)
        else:
            self._same_side = min(self._same_side, 0) - 1
            self._above = (t, value)
        guess = t - value / self._slope(t, value)
        self._before = (t, value)
        if self._below is None or self._above is None:
            return min(max(guess, t - LARGEST_STRIDE), t + LARGEST_STRIDE)
        low, high = self._below[0], self._above[0]
        margin = 0.05 * (high - low)
        if abs(self._same_side) > 2 or not low + margin <= guess <= high - margin:
            return (low + high) / 2
        return guess

    def _slope(self, t: float, value: float) -> float:
        """That of the last two points; the residual grows about as √λ to begin with."""
        if self._before is None or self._before[0] == t:
            return 0.5
        return max((value - self._before[1]) / (t - self._before[0]), 0.05)


def residual(A: LinearOperator, y: Array, x: Array) -> float:
    """‖A x − y‖ over everything, in double precision."""
    return float(np.linalg.norm(to_numpy(A(as_double(x)) - as_double(y)).ravel()))


def measured_samples(A: LinearOperator, y: Array) -> int:
    """How many complex samples of y were measured, by the mask of A."""
    outermost = A.outer if isinstance(A, Composition) else A
    if isinstance(outermost, MaskedFourier | Sampling):
        return int(np.broadcast_to(to_numpy(outermost.mask), tuple(y.shape)).sum())
    raise ValueError(
        f"got an operator of type {type(A).__name__}, of which the number of measured samples is "
        "not known, expected MaskedFourier or Sampling; pass samples="
    )
