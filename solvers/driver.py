"""The driver: it alone counts iterations, asks whether to stop, watches and times."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from time import perf_counter
from typing import Any

import numpy as np

from csmri.arrays import Array
from csmri.operators.stack import Parts
from solvers.iterate import Iterate
from solvers.problem import Problem
from solvers.progress import Callback, Progress, Record
from solvers.stopping import StoppingRule, all_true

Box = Callable[[Problem, Iterate], Iterator[Iterate]]
"""A solver's iteration: from a problem and a start to x₁, x₂, … without end."""


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """What a solver found.

    Attributes
    ----------
    x : (..., H, W) complex
        The image, of the library, device and dtype of the k-space.
    iterations : int, or int array for a batch solved image by image
        Iterations made.
    converged : bool, or bool array for a batch
        Whether the stopping rule was met; False where there was none.
    history : tuple of Record, or tuple of them for each image of a batch
        What was measured on the way: iteration, seconds, objective, gap, metrics.
    choice : str
        Which solver `minimise` chose and why; empty for a solver called by name.
    dual : array, Parts or None
        The dual variable p, where the solver has one, with R's dual norm at most 1.
    objective : float, or array for a batch
        F(x), in double precision; None where the solver follows a heuristic without one.
    gap : float, or array for a batch
        A proven bound of (F(x) − min F)/F(x); None where there is no proof.

    Notes
    -----
    `objective` and `gap` are computed when first asked for.
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
        gap = self.gap
        proof = "no proof of the gap" if gap is None else f"gap ≤ {np.max(gap):.2g}"
        return (
            f"{self.solver}: min {self.problem!r}; {np.max(self.iterations)} iterations, "
            f"objective {np.sum(self.objective):.8g}, {proof}"
        )


def solve(
    solver: str,
    problem: Problem,
    box: Box,
    *,
    iterations: int,
    stop: StoppingRule | None = None,
    x0: Array | Result | None = None,
    callback: Callback | None = None,
) -> Result:
    """Run a solver's box on one image, or on each image of a NumPy batch.

    Other libraries' batches go through one box: there, large arrays are what is fast.

    Raises
    ------
    ValueError
        For a negative number of iterations, and for a rule that asks for a gap where there is none.
    """
    if isinstance(iterations, bool) or not isinstance(iterations, int) or iterations < 0:
        raise ValueError(f"got iterations={iterations!r}, expected a whole number of at least 0")
    start = _start(problem, x0)
    _require_proof(problem, stop)
    if not problem.solves_images_alone():
        return run(solver, problem, box(problem, start), start, iterations, stop, callback)

    def one(index: tuple[int, ...], image: Problem) -> Result:
        own = _start_of_image(x0, start, index, problem.batch_shape)
        return run(solver, image, box(image, own), own, iterations, stop, callback, index)

    with ThreadPoolExecutor(thread_count()) as pool:
        parts = tuple(pool.map(lambda pair: one(*pair), problem.images()))
    return _gathered(solver, problem, parts)


def run(
    solver: str,
    problem: Problem,
    iterates: Iterator[Iterate],
    start: Iterate,
    iterations: int,
    stop: StoppingRule | None,
    callback: Callback | None,
    image: tuple[int, ...] = (),
) -> Result:
    """Take iterates until the rule, the callback or the count says stop."""
    iterate, x_previous, iteration = start, None, 0
    converged: Any = False
    history: list[Record] = []
    seconds, since = 0.0, perf_counter()
    for iteration, iterate in enumerate(islice(iterates, iterations), start=1):
        seconds += perf_counter() - since
        if stop or callback:
            progress = Progress(
                problem, iteration, iterate.x, x_previous, iterate.dual, image, seconds, history
            )
            converged = stop(progress) if stop else False
            if _says_true(callback(progress) if callback else None) or all_true(converged):
                break
        x_previous, since = iterate.x, perf_counter()
    return Result(
        solver,
        problem,
        iterate,
        iteration,
        _for_each_image(converged, problem),
        tuple(history),
    )


def _start(problem: Problem, x0: Array | Result | None) -> Iterate:
    """The iterate to start from, its image checked."""
    if isinstance(x0, Result):
        # The penalty is left behind: where one run ended is a poor start for the next (measured).
        return Iterate(problem.start(x0.x), x0.iterate.dual)
    return Iterate(problem.start(x0))


def _start_of_image(
    x0: Array | Result | None, start: Iterate, index: tuple[int, ...], shape: tuple[int, ...]
) -> Iterate:
    """The start of one image of a batch, with its own dual where x0 is a result of that batch."""
    if isinstance(x0, Result) and x0.parts:
        own = x0.parts[int(np.ravel_multi_index(index, shape))].iterate
        return Iterate(start.x[index], own.dual)
    return Iterate(start.x[index])


def thread_count() -> int:
    """Threads over the images of a batch: CSMRI_THREADS, or the cores this process may use."""
    asked = os.environ.get("CSMRI_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    if asked:
        raise ValueError(f"CSMRI_THREADS is {asked!r}, expected a whole number of at least 1")
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _says_true(answer: Any) -> bool:
    """Whether a callback returned True: a bool, NumPy's own included, and nothing else."""
    return isinstance(answer, bool | np.bool_) and bool(answer)


def _require_proof(problem: Problem, stop: StoppingRule | None) -> None:
    if stop is None:
        return
    if not isinstance(stop, StoppingRule):
        raise TypeError(
            f"got stop of type {type(stop).__name__}, expected a rule such as RelativeGap(1e-4)"
        )
    if stop.asks_for_gap() and problem.certificate is None:
        raise ValueError(
            f"there is no proof of the gap of {problem!r} for this operator, so RelativeGap cannot "
            "stop on it; use RelativeChange, or a number of iterations"
        )


def _for_each_image(converged: np.ndarray | bool, problem: Problem) -> Any:
    """A bool for one image, a bool array for a batch."""
    shape = problem.batch_shape
    return np.broadcast_to(converged, shape).copy() if shape else bool(converged)


def _gathered(solver: str, problem: Problem, parts: Sequence[Result]) -> Result:
    shape = problem.batch_shape
    x = np.stack([part.x for part in parts]) if parts else np.empty_like(problem.f.zero_filled)
    return Result(
        solver,
        problem,
        Iterate(x.reshape(problem.f.zero_filled.shape), lambda: _stacked(parts)),
        np.reshape([part.iterations for part in parts], shape).astype(int),
        np.reshape([part.converged for part in parts], shape).astype(bool),
        tuple(part.history for part in parts),
        parts=tuple(parts),
    )


def _stacked(parts: Sequence[Result]) -> Any:
    """The duals of a batch in one array (for one batch axis), None where there are none."""
    duals = [part.dual for part in parts]
    if not duals or duals[0] is None:
        return None
    if isinstance(duals[0], Parts):
        return duals[0].map(lambda *columns: np.stack(columns), *duals[1:])
    return np.stack(duals)
