"""The penalty ρ of ADMM: on it the speed depends, and no single value is right."""

from math import cbrt, sqrt
from typing import Protocol, final

from csmri import kernels
from csmri.arrays import Array, array_namespace, detached, is_single
from solvers.residuals import Residuals
from solvers.splitting import Splitting

FIRST = 0.1
"""ρ to begin with, for images of magnitude about 1; it is balanced after a few iterations."""


class Penalty(Protocol):
    """Takes ADMM's relaxed step, and may change ρ after it."""

    def step(self, s: Splitting, x: Array, alpha: float) -> Splitting:
        """The state after the image x."""
        ...


@final
class FixedPenalty:
    """ρ stays as it is."""

    def step(self, s: Splitting, x: Array, alpha: float) -> Splitting:
        """The state after the image x."""
        return s.relaxed(x, alpha)


@final
class BalancedPenalty:
    """ρ follows the relative residuals: ρ ← ρ √(weight · primal/dual), by 1.1 to 3 times at once.

    Balanced residuals alone settle on a ρ that is too small. A weight of 3.5∛‖K‖ was found by
    measurement, on a phantom and on real slices and over a range of λ: the number of iterations
    stays near that of the best fixed ρ (tests/benchmarks). A larger weight brings total variation's
    image to 1e-4 a little sooner, and its dual, on which the proof rests, much later.

    ρ is balanced every five iterations, ever more rarely later on, and no more after 400
    iterations, so that ADMM's proof of convergence holds from there. Where a batch is solved at
    once, every image has its own ρ.

    Where λ is so large that z stays 0, nothing is left to balance with: ρ grows as long as u does,
    which is by 1/k of itself in iteration k where ρ is far too small.

    Parameters
    ----------
    norm_bound : float
        ‖K‖, or a bound of it.

    References
    ----------
    S. Boyd et al. (2011), Found. Trends Mach. Learn. 3, 1–122, section 3.4.1.
    B. Wohlberg (2017), arXiv:1704.06209.
    """

    LARGEST_CHANGE = 3.0
    LEAST_CHANGE = 1.1
    STILL_GROWS = 0.25
    LAST = 400

    def __init__(self, norm_bound: float):
        self._weight = 3.5 * cbrt(norm_bound)
        self._iteration = 0
        self._next = 5

    def step(self, s: Splitting, x: Array, alpha: float) -> Splitting:
        """The state after the image x, told by a better ρ where one is due."""
        self._iteration += 1
        if self._iteration < self._next or self._iteration > self.LAST:
            return s.relaxed(x, alpha)
        self._next += max(5, self._iteration // 8)
        after = s.relaxed(x, alpha, keep=True)
        found = after.residuals(s, alpha, batch_axes=x.ndim - 2)
        primal, dual, lag = found
        if not kernels.is_number(primal, dual):
            return after.with_penalty(after.rho * self._changes(found, x))
        if primal == 0 or (dual == 0 and lag * self._iteration < self.STILL_GROWS):
            return after
        change = sqrt(self._weight * primal / dual) if dual > 0 else self.LARGEST_CHANGE
        change = min(max(change, 1 / self.LARGEST_CHANGE), self.LARGEST_CHANGE)
        if 1 / self.LEAST_CHANGE < change < self.LEAST_CHANGE:
            return after  # what depends on ρ, the symbol in Fourier space for one, stays
        return after.with_penalty(after.rho * change)

    def _changes(self, found: Residuals, x: Array) -> Array:
        """The same for each image of a batch, (..., 1, 1), without a look at any value."""
        xp, (primal, dual, lag) = array_namespace(x), found
        some = (primal > 0) & ((dual > 0) | (lag * self._iteration >= self.STILL_GROWS))
        one = xp.ones_like(primal)
        largest = self.LARGEST_CHANGE * one
        change = xp.sqrt(self._weight * primal / xp.where(dual > 0, dual, one))
        change = xp.where(dual > 0, xp.minimum(change, largest), largest)
        change = xp.maximum(change, one / self.LARGEST_CHANGE)
        worthwhile = (change >= self.LEAST_CHANGE) | (change <= 1 / self.LEAST_CHANGE)
        change = detached(xp.where(some & worthwhile, change, one))[..., None, None]
        return xp.astype(change, xp.float32 if is_single(x) else xp.float64, copy=False)
