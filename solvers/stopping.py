"""When to stop: rules that are objects, and combine with ``|`` and ``&``."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import final

import numpy as np

from csmri.arguments import whole
from csmri.arrays import Array, is_single
from csmri.operators.base import Identity
from csmri.operators.stack import Stack
from solvers.problem import Problem
from solvers.progress import Progress, Record

LEAVE = 0.5
"""Share of a batch that is done before the others go on alone, since that costs a new start."""

LOOK = 4
"""A rule that waits for a small change looks at it after a multiple of so many iterations."""

FALL = 1 / 4
"""A gap that is r times too large is looked at again after rᶠ times as many iterations.

From 24 iterations on the gap of ADMM falls as k⁻² to k⁻⁴ (sixteen problems of wavelets and of total
variation).
"""

GAP_OF_CHANGE = {"image": (2.5, 1.0), "sum": (0.24, 0.645), "differences": (2.6, 0.77)}
"""(c, a) of gap ≈ c · changeᵃ while ADMM runs: where K = I, for sums, and for any other K.

Fitted to 800 gaps of sixteen regularizers, on a phantom and on a slice: from 1e-2 to 1e-5 they lie
within a factor of about 2 of it, those of sums within 4.
"""


class StoppingRule(ABC):
    """Says after each iteration which images of the batch are done."""

    @abstractmethod
    def __call__(self, progress: Progress) -> np.ndarray | bool:
        """True where an image is done: one bool, or a NumPy array of one for each of a batch."""

    def asks_for_gap(self) -> bool:
        """Whether the rule needs a certificate, which not every problem has."""
        return False

    def compares(self, iteration: int, progress: Progress) -> bool:
        """Whether after so many iterations it may look at the image before the last, too.

        That image may have to be made for the purpose, so this is asked one iteration earlier, of
        which `progress` tells.
        """
        return True

    def __or__(self, other: "StoppingRule") -> "StoppingRule":
        return Either(self, other)

    def __and__(self, other: "StoppingRule") -> "StoppingRule":
        return Both(self, other)


@final
@dataclass(frozen=True)
class RelativeGap(StoppingRule):
    """Stop once (F(x) − bound)/F(x) ≤ tolerance: x is then *proven* that close to the optimum.

    Parameters
    ----------
    tolerance : float
        The largest relative gap to accept.
    every : int, optional
        The gap is first computed after this many iterations, and then when its last value says,
        since it falls about as k⁻². A small number proves sooner, and costs more. By default the
        change of the image foretells the gap: proofs stay few, often one, and their records hold
        that change as the metric "change".
    """

    tolerance: float
    every: int | None = None

    def __post_init__(self):
        require_tolerance(self.tolerance)
        if self.every is not None:
            whole("every", self.every, 1)

    def asks_for_gap(self) -> bool:
        return True

    def compares(self, iteration: int, progress: Progress) -> bool:
        looks = self.every is None and iteration % LOOK == 0
        return looks and iteration >= self._next_look(progress)

    def __call__(self, progress: Progress) -> np.ndarray | bool:
        measured = gaps_of(progress.history)
        if self.every is not None:
            if progress.iteration < self._due(self.every, measured):
                return False
            gap = progress.gap()
        else:
            change = self._change(progress, measured)
            if change is None:
                return False
            gap = progress.measure({"change": lambda x: change}).gap
        return False if gap is None else gap <= self.tolerance

    def _due(self, first: int, measured: Sequence[Record]) -> int:
        """The iteration at which the gap is worth computing, by what it was before."""
        if not measured:
            return first
        last = measured[-1]
        if self._is_met(last):
            return 0
        ratio = middle(last.gap) / max(self.tolerance, 1e-16)
        growth = min(1.05 * max(ratio, 1.0) ** (1 / 2), 3.0)
        return last.iteration + math.ceil(last.iteration * (growth - 1))

    def _change(self, progress: Progress, measured: Sequence[Record]) -> np.ndarray | None:
        """How far the image has just moved, where that makes the gap worth computing.

        A gap that was computed before corrects what is foretold; those that a callback computed do
        not, but one that is small enough asks for another. Where the tolerance is never foretold,
        a gap is computed after a while all the same, later and later, and somewhat more often where
        the change is but rounding. Of a batch, half the images decide.
        """
        own = [record for record in measured if "change" in record.metrics]
        last, met = own[-1].iteration if own else 0, bool(measured) and self._is_met(measured[-1])
        if progress.previous is None or not self.compares(progress.iteration, progress):
            return None
        if progress.iteration < 1.1 * last and not met:
            return None
        change = progress.change()
        smallest = rounding(progress.problem.f.y)
        rounded = progress.iteration >= 1.3 * last and is_mostly(change <= smallest)
        if met or rounded or progress.iteration >= self._latest(own):
            return change
        foretold = foretold_gap(change, progress.problem, own)
        return change if is_mostly(foretold <= self.tolerance) else None

    def _next_look(self, progress: Progress) -> float:
        """The iteration before which the tolerance is hardly met, by the change seen last."""
        measured = gaps_of(progress.history)
        if not progress.changes or (measured and self._is_met(measured[-1])):
            return LOOK
        own = [record for record in measured if "change" in record.metrics]
        iteration, change = progress.changes[-1]
        foretold = middle(foretold_gap(change, progress.problem, own))
        growth = max(foretold / max(self.tolerance, 1e-16), 1.0) ** FALL
        return min(self._latest(own), iteration * growth)

    def _latest(self, own: Sequence[Record]) -> float:
        """The iteration at which a gap is computed, whatever is foretold."""
        return 2 * (own[-1].iteration if own else self._usual())

    def _is_met(self, record: Record) -> bool:
        """Whether a gap was small enough."""
        return is_mostly(np.asarray(record.gap) <= self.tolerance)

    def _usual(self) -> int:
        """46 iterations to 1e-3 and 145 to 1e-4 (total variation and wavelets at 256² and 320²)."""
        return min(max(10, round(46 * (1e-3 / max(self.tolerance, 1e-9)) ** (1 / 2))), 400)


@final
@dataclass(frozen=True)
class RelativeChange(StoppingRule):
    """Stop once ‖xₖ − xₖ₋₁‖ ≤ tolerance · ‖xₖ‖: cheap, and no proof of anything.

    Parameters
    ----------
    tolerance : float
        The largest relative change to accept.
    every : int
        How often to look. On a GPU each look waits for the image, so that 10 is better than 1.
    """

    tolerance: float
    every: int = 1

    def __post_init__(self):
        require_tolerance(self.tolerance)
        whole("every", self.every, 1)

    def compares(self, iteration: int, progress: Progress) -> bool:
        return iteration % self.every == 0

    def __call__(self, progress: Progress) -> np.ndarray | bool:
        if progress.previous is None or not self.compares(progress.iteration, progress):
            return False
        return progress.change() <= self.tolerance


@dataclass(frozen=True)
class Pair(StoppingRule):
    """Two rules that look at the same run."""

    first: StoppingRule
    second: StoppingRule

    def asks_for_gap(self) -> bool:
        return self.first.asks_for_gap() or self.second.asks_for_gap()

    def compares(self, iteration: int, progress: Progress) -> bool:
        return any(rule.compares(iteration, progress) for rule in (self.first, self.second))


@final
@dataclass(frozen=True)
class Either(Pair):
    """Stop once one of two rules says so."""

    def __call__(self, progress: Progress) -> np.ndarray | bool:
        return self.first(progress) | self.second(progress)


@final
@dataclass(frozen=True)
class Both(Pair):
    """Stop once two rules say so after the same iteration."""

    def __call__(self, progress: Progress) -> np.ndarray | bool:
        return self.first(progress) & self.second(progress)


def foretold_gap(change: np.ndarray, problem: Problem, measured: Sequence[Record]) -> np.ndarray:
    """What the gap of each image may be, by how far it has just moved and by its last gap."""
    _, K = problem.regularizer.split()
    kind = {Identity: "image", Stack: "sum"}.get(type(K), "differences")
    factor, power = GAP_OF_CHANGE[kind]
    if measured and "change" in measured[-1].metrics:
        last = measured[-1]
        before = np.asarray(last.metrics["change"])
        factor = np.where(before > 0, last.gap / np.where(before > 0, before, 1) ** power, factor)
    return factor * change**power


def gaps_of(history: Sequence[Record]) -> list[Record]:
    """The records of a history that hold a gap."""
    return [record for record in history if record.gap is not None]


def rounding(x: Array) -> float:
    """The relative change below which an image's change says nothing."""
    return 8 * float(np.finfo(np.float32 if is_single(x) else np.float64).eps)


def is_mostly(true: np.ndarray | bool) -> bool:
    """Whether so many images are done that the others go on alone."""
    return bool(np.mean(true) >= LEAVE)


def middle(values: np.ndarray | float) -> float:
    """The median of a batch; the number itself of one image."""
    return float(np.median(values) if np.ndim(values) else values)


def all_true(done: np.ndarray | bool) -> bool:
    """Whether every image is done."""
    return done if isinstance(done, bool) else bool(np.all(done))


def require_rule(stop: StoppingRule | None) -> None:
    """Refuse what is no rule."""
    if stop is not None and not isinstance(stop, StoppingRule):
        raise TypeError(
            f"got stop of type {type(stop).__name__}, expected a rule such as RelativeGap(1e-4)"
        )


def require_tolerance(tolerance: float) -> None:
    """Refuse a tolerance that is negative or no finite number."""
    if not (isinstance(tolerance, Real) and 0 <= tolerance < math.inf):
        raise ValueError(f"got the tolerance {tolerance!r}, expected a finite number ≥ 0")
