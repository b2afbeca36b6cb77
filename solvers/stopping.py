"""When to stop: rules that are objects, and combine with ``|`` and ``&``."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from csmri.arrays import norm, to_numpy
from solvers.progress import Progress, Record

MARGIN = 1.05
"""How much later than predicted the gap is computed: a proof that just fails costs more."""


class StoppingRule(ABC):
    """Says after each iteration which images of the batch are done."""

    @abstractmethod
    def __call__(self, progress: Progress) -> np.ndarray | bool:
        """True where an image is done: one bool, or a NumPy array of one for each of a batch."""

    def asks_for_gap(self) -> bool:
        """Whether the rule needs a certificate, which not every problem has."""
        return False

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
        The gap is first computed after this many iterations, by default after about as many as
        ADMM needs for the tolerance. When to compute it next is judged from its last value, since
        it falls about as k⁻²: proofs stay few. A smaller number proves sooner, and costs more.
    """

    tolerance: float
    every: int | None = None

    def __post_init__(self):
        require_tolerance(self.tolerance)
        if self.every is not None:
            require_interval(self.every)

    def asks_for_gap(self) -> bool:
        return True

    def __call__(self, progress: Progress) -> np.ndarray | bool:
        if progress.iteration < self._due(progress.history):
            return False
        gap = progress.gap()
        return False if gap is None else gap <= self.tolerance

    def _due(self, history: Sequence[Record]) -> int:
        """The iteration at which the gap is worth computing, by what it was before."""
        measured = [record for record in history if record.gap is not None]
        if not measured:
            return self.every or self._usual()
        last = measured[-1]
        ratio = float(np.max(last.gap)) / max(self.tolerance, 1e-16)
        growth = min(MARGIN * max(ratio, 1.0) ** (1 / 2), 3.0)
        return last.iteration + math.ceil(last.iteration * (growth - 1))

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
        require_interval(self.every)

    def __call__(self, progress: Progress) -> np.ndarray | bool:
        x, x_previous = progress.x, progress.x_previous
        if x_previous is None or progress.iteration % self.every:
            return False
        return to_numpy(norm(x - x_previous) <= self.tolerance * norm(x))[..., 0, 0]


@final
@dataclass(frozen=True)
class Either(StoppingRule):
    """Stop once one of two rules says so."""

    first: StoppingRule
    second: StoppingRule

    def asks_for_gap(self) -> bool:
        return self.first.asks_for_gap() or self.second.asks_for_gap()

    def __call__(self, progress: Progress) -> np.ndarray | bool:
        return self.first(progress) | self.second(progress)


@final
@dataclass(frozen=True)
class Both(StoppingRule):
    """Stop once two rules say so after the same iteration."""

    first: StoppingRule
    second: StoppingRule

    def asks_for_gap(self) -> bool:
        return self.first.asks_for_gap() or self.second.asks_for_gap()

    def __call__(self, progress: Progress) -> np.ndarray | bool:
        return self.first(progress) & self.second(progress)


def all_true(done: np.ndarray | bool) -> bool:
    """Whether every image is done."""
    return bool(np.all(done))


def require_interval(every: int) -> None:
    """Refuse what is no whole number of at least 1."""
    if not isinstance(every, int) or every < 1:
        raise ValueError(f"got every={every!r}, expected a whole number of at least 1")


def require_tolerance(tolerance: float) -> None:
    """Refuse a tolerance that is negative or no finite number."""
    if not (isinstance(tolerance, int | float) and 0 <= tolerance < math.inf):
        raise ValueError(f"got the tolerance {tolerance!r}, expected a finite number ≥ 0")
