"""Budgets of a training, in steps or in minutes, and how the learning rate moves over them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from csmri.arguments import real, whole


class Budget(Protocol):
    """When a training ends, and its learning rate until then: `Schedule` or `MinutesSchedule`."""

    @property
    def learning_rate(self) -> float:
        """The peak."""
        ...

    @property
    def total(self) -> int | None:
        """The steps in all; None where they are not known beforehand."""
        ...

    def fraction(self, step: int, seconds: float) -> float:
        """How much of the budget is spent, at least 1 where all of it is."""
        ...

    def rate(self, step: int, seconds: float = 0.0) -> float:
        """The learning rate of step 0, 1, … that begins after so many seconds."""
        ...


@dataclass(frozen=True)
class Schedule:
    """How the learning rate moves over a budget of steps.

    Parameters
    ----------
    steps : int
        The budget.
    learning_rate : float
        The peak.
    warm_up : int
        Steps of linear growth to the peak.
    hold : float
        Fraction of the budget at whose end the cosine begins; 0 begins it after the
        warm-up. Until the cosine begins, the steps do not depend on the budget, so that
        a run can still be made shorter or longer; later it is refused.
    final : float
        Fraction of the peak where the cosine ends.
    then : Schedule, optional
        What follows after these steps: a warm restart.
    """

    steps: int
    learning_rate: float = 1e-3
    warm_up: int = 50
    hold: float = 0.0
    final: float = 0.02
    then: "Schedule | None" = None

    def __post_init__(self):
        whole("steps", self.steps, 1)
        require_rates(self)

    @property
    def total(self) -> int:
        """The steps of this schedule and of what follows."""
        return self.steps + (0 if self.then is None else self.then.total)

    def fraction(self, step: int, seconds: float = 0.0) -> float:
        """Return how much of the budget is spent; seconds do not count."""
        return step / self.total

    def rate(self, step: int, seconds: float = 0.0) -> float:
        """Return the learning rate of step 0, 1, …: warm-up, peak, half a cosine.

        The cosine and its restarts are those of Loshchilov and Hutter (2017), SGDR, eq. 5.
        """
        if self.then is not None and step >= self.steps:
            return self.then.rate(step - self.steps)
        if step < self.warm_up:
            return self.learning_rate * (step + 1) / self.warm_up
        start = max(self.warm_up, round(self.hold * self.steps))
        progress = max(0, step - start) / max(1, self.steps - start)
        return self.learning_rate * cosine(progress, self.final)


@dataclass(frozen=True)
class MinutesSchedule:
    """How the learning rate moves over a budget of minutes of computation.

    The same budget makes more steps on a faster or an idler machine: a training by minutes cannot
    be repeated to the bit, and resuming it goes on but gives other weights. Train what shall be
    compared or shipped by a `Schedule`.

    Parameters
    ----------
    minutes : float
        The budget; validation, logging and saving do not count.
    learning_rate, hold, final
        As for `Schedule`, by fraction of the minutes.
    warm_up : int
        Steps of linear growth to the peak.
    """

    minutes: float
    learning_rate: float = 1e-3
    warm_up: int = 50
    hold: float = 0.0
    final: float = 0.02

    def __post_init__(self):
        if not real("minutes", self.minutes, 0):
            raise ValueError("got a budget of 0 minutes, expected more; pass 10 for instance")
        require_rates(self)

    @property
    def total(self) -> None:
        """Not known: steps depend on the machine."""
        return

    def fraction(self, step: int, seconds: float) -> float:
        """Return how much of the budget is spent; steps do not count."""
        return seconds / (60 * self.minutes)

    def rate(self, step: int, seconds: float = 0.0) -> float:
        """Return the learning rate of a step that begins after so many seconds."""
        if step < self.warm_up:
            return self.learning_rate * (step + 1) / self.warm_up
        progress = max(0.0, self.fraction(step, seconds) - self.hold) / max(1e-9, 1 - self.hold)
        return self.learning_rate * cosine(progress, self.final)


def require_rates(schedule: Schedule | MinutesSchedule) -> None:
    """Refuse a peak, a warm-up, and fractions of them that are none."""
    real("learning_rate", schedule.learning_rate, 0)
    whole("warm_up", schedule.warm_up, 0)
    real("hold", schedule.hold, 0, 1)
    real("final", schedule.final, 0, 1)


def departure(schedule: Budget, rates: Sequence[float], starts: Sequence[float]) -> str:
    """Say which of the steps made a schedule would not have made; "" where it would make them all.

    Parameters
    ----------
    schedule : Schedule or MinutesSchedule
        By which a training shall go on.
    rates, starts : sequence of float
        Learning rate of each step made, and the seconds of computation before it.
    """
    for step, (rate, start) in enumerate(zip(rates, starts, strict=True)):
        if schedule.fraction(step, start) >= 1:
            return f"it made {len(rates)} steps, of which the budget has only {step} now"
        now = schedule.rate(step, start)
        if not math.isclose(rate, now, rel_tol=1e-9):
            return (
                f"it made step {step + 1} at the learning rate {rate:.6g}, which is {now:.6g} now; "
                "a budget can be changed only until the rate begins to fall"
            )
    return ""


def cosine(progress: float, final: float) -> float:
    """Half a cosine from 1 to `final` while `progress` goes from 0 to 1."""
    return final + (1 - final) * (1 + math.cos(math.pi * min(1.0, progress))) / 2
