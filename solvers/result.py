"""What a solver found."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from csmri.arrays import Array
from solvers.iterate import Iterate
from solvers.problem import Problem


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """What a solver found.

    Attributes
    ----------
    x : (..., H, W) complex
        The image, of the library, device and dtype of the k-space.
    iterations : int, or int array for a batch whose images may stop alone
        Iterations made.
    converged : bool, or bool array for a batch
        Whether the stopping rule was met; False where there was none.
    history : tuple of Record, or tuple of them for each image of a batch
        What was measured on the way: iteration, seconds, objective, gap, metrics.
    choice : str
        Which solver `minimise` chose and why; empty for a solver called by name.
    dual : array, Parts or None
        The dual variable p, where the solver has one, with the dual norm of g at most 1, where
        R = g ∘ K is how R splits: ``g, K = R.split()``. Of a sum, `Parts` of those of its terms.
    objective : float, or array for a batch
        F(x), in double precision; None where the solver follows a heuristic without one.
    gap : float, or array for a batch
        A proven bound of (F(x) − min F)/F(x), 0 where F(x) is but the rounding of an exact fit;
        None where there is no proof.
    solver, problem, iterate : str, Problem, Iterate
        Who solved what, and the last iterate.
    parts : tuple of Result
        Of a batch whose images were solved alone, the result of each.

    Notes
    -----
    `objective` and `gap` are computed when first asked for, from the k-space as it is then: ask
    before its array is filled with other data.
    """

    solver: str
    problem: Problem
    iterate: Iterate
    iterations: Any
    converged: Any
    history: tuple[Any, ...]
    parts: tuple["Result", ...] = field(default=())
    choice: str = ""

    @property
    def x(self) -> Array:
        return self.iterate.x

    @cached_property
    def dual(self) -> Any:
        return self.iterate.p

    @property
    def objective(self) -> Any:
        return self._certified[0]

    @property
    def gap(self) -> Any:
        return self._certified[1]

    @cached_property
    def _certified(self) -> tuple[Any, Any]:
        if not self.parts:
            last = self.history[-1] if self.history and isinstance(self.iterations, int) else None
            if last is not None and last.iteration == self.iterations:
                return last.objective, last.gap
            return self.problem.certify(self.iterate)
        shape = self.problem.batch_shape
        columns = zip(*(part._certified for part in self.parts), strict=True)
        objective, gap = (
            None if None in column else np.reshape(column, shape) for column in columns
        )
        return objective, gap

    def __repr__(self) -> str:
        if not self.problem.has_objective:
            shifts = " with random shifts" if self.problem.regularizer.has_value else ""
            return f"{self.solver}: {self.problem!r}{shifts} (a heuristic, no objective)"
        if 0 in self.problem.batch_shape:
            return f"{self.solver}: min {self.problem!r}; no image"
        gap = self.gap
        proof = "no proof of the gap" if gap is None else f"gap ≤ {np.max(gap):.2g}"
        return (
            f"{self.solver}: min {self.problem!r}; {np.max(self.iterations)} iterations, "
            f"objective {np.sum(self.objective):.8g}, {proof}"
        )
