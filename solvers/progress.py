"""What a stopping rule or a callback sees of a running solver."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from csmri import kernels
from csmri.arrays import Array, to_numpy
from solvers.iterate import Iterate, Shown, coordinates_of, image_of
from solvers.problem import Problem


@dataclass(frozen=True)
class Record:
    """One line of a history: what was measured after an iteration.

    `seconds` is the time spent iterating, without that of measuring. `objective`, `gap` and the
    metrics are floats for one image, arrays for a batch; `gap` is None where there is no proof.
    """

    iteration: int
    seconds: float
    objective: Any
    gap: Any
    metrics: dict[str, Any] = field(default_factory=dict)


@dataclass
class Progress:
    """The state of a solver after an iteration, measured only when asked.

    Attributes
    ----------
    problem, iterate : Problem, Iterate
        What is solved, and what the solver has just made.
    iteration : int
        1 after the first iteration.
    x, x_previous : (..., H, W) complex
        The image now and one iteration ago (None after the first, and where the rule said that it
        would not look, see `StoppingRule.compares`).
    previous : array, Expansion or None
        What `x_previous` is made of.
    dual : array, Parts or None
        The dual variable, of solvers that have one.
    image : tuple of int
        Which image of a batch this is, where images are solved one by one; () otherwise.
    seconds : float
        Time spent iterating so far.
    history : list of Record
        What was measured so far.
    changes : list of (int, array)
        After which iterations `change` was asked for, and what it was.
    """

    problem: Problem
    iteration: int
    iterate: Iterate
    previous: Shown | None
    image: tuple[int, ...]
    seconds: float
    history: list[Record]
    changes: list[tuple[int, Any]] = field(default_factory=list)

    @property
    def x(self) -> Array:
        """The image."""
        return self.iterate.x

    @property
    def x_previous(self) -> Array | None:
        """The image one iteration ago."""
        return None if self.previous is None else image_of(self.previous)

    @property
    def dual(self) -> Any:
        """The dual variable, or what makes it."""
        return self.iterate.dual

    def objective(self) -> Any:
        """F(x) in double precision, None where the solver has no fixed objective."""
        return self.measure().objective

    def gap(self) -> Any:
        """The proven relative distance from the optimum, None where there is no proof."""
        return self.measure().gap

    def change(self) -> Any:
        """‖xₖ − xₖ₋₁‖/‖xₖ‖ of each image, remembered.

        Raises
        ------
        ValueError
            Where there is no `x_previous`.
        """
        if not self.changes or self.changes[-1][0] != self.iteration:
            if self.previous is None:
                raise ValueError(
                    f"got no image from before iteration {self.iteration}, expected one to compare "
                    "with; let `compares` of the rule return True for this iteration"
                )
            coordinates = (coordinates_of(image) for image in (self.iterate.shown, self.previous))
            self.changes.append((self.iteration, relative_change(*coordinates)))
        return self.changes[-1][1]

    def measure(self, metrics: dict[str, Callable[[Array], Any]] | None = None) -> Record:
        """The record of this iteration, written to the history."""
        values = {name: metric(self.x) for name, metric in (metrics or {}).items()}
        if self.history and self.history[-1].iteration == self.iteration:
            last = self.history.pop()
            objective, gap, values = last.objective, last.gap, {**last.metrics, **values}
        else:
            objective, gap = self.problem.certify(self.iterate)
        self.history.append(Record(self.iteration, self.seconds, objective, gap, values))
        return self.history[-1]


def relative_change(x: Array, x_previous: Array) -> np.ndarray:
    """‖x − x_previous‖/‖x‖ of each image, 0 where both are 0, ∞ where one holds NaN."""
    moved, size = (np.sqrt(to_numpy(energy)) for energy in kernels.moved(x, x_previous))
    change = np.where(size > 0, moved / np.where(size > 0, size, 1), np.inf)
    return np.where(moved == 0, 0.0, change)


Callback = Callable[[Progress], Any]
"""Called after every iteration; returning True stops the solver.

One with an attribute ``compares = False`` gets no `x_previous` and keeps no `Progress`, which
spares solvers an image an iteration.
"""
