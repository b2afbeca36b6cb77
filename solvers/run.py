"""The loop around every box: it alone counts iterations, asks whether to stop, and times."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from time import perf_counter
from typing import Any

import numpy as np

from solvers.iterate import Iterate
from solvers.problem import Problem
from solvers.progress import Callback, Progress, Record
from solvers.result import Result
from solvers.stopping import StoppingRule, all_true


def run(
    solver: str,
    problem: Problem,
    iterates: Iterator[Iterate],
    start: Iterate,
    iterations: int,
    stop: StoppingRule | None,
    callback: Callback | None,
    image: tuple[int, ...] = (),
    *,
    enough: Callable[[np.ndarray | bool], bool] = all_true,
    made: int = 0,
    history: Sequence[Record] = (),
) -> Result:
    """Take iterates until the rule, the callback or the count says stop.

    A run that goes on where another ended is told how many iterations were made, and what was
    measured. `enough` says of the images that are done whether they are enough to stop.
    """
    iterate, previous, iteration = start, None, made
    converged: Any = False
    history, changes = list(history), []
    watches = callback is not None and getattr(callback, "compares", True)
    seconds, since = history[-1].seconds if history else 0.0, perf_counter()
    for iteration, iterate in enumerate(islice(iterates, iterations - made), start=made + 1):
        seconds += perf_counter() - since
        seen = iterate, previous, image, seconds, history, changes
        progress = Progress(problem, iteration, *seen)
        converged = stop(progress) if stop else False
        if _says_true(callback(progress) if callback else None) or enough(converged):
            break
        compares = watches or (stop and stop.compares(iteration + 1, progress))
        previous, since = iterate.shown if compares else None, perf_counter()
    return Result(
        solver,
        problem,
        iterate,
        iteration,
        _for_each_image(converged, problem),
        tuple(history),
    )


def _says_true(answer: Any) -> bool:
    """Whether a callback returned True: a bool, NumPy's own included, and nothing else."""
    return isinstance(answer, bool | np.bool_) and bool(answer)


def _for_each_image(converged: np.ndarray | bool, problem: Problem) -> Any:
    """A bool for one image, a bool array for a batch."""
    shape = problem.batch_shape
    return np.broadcast_to(converged, shape).copy() if shape else bool(converged)
