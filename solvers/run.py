"""The loop around every box: it alone counts iterations, asks whether to stop, and times."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from time import perf_counter
from typing import Any

import numpy as np

from csmri.arrays import is_numpy_array
from solvers.iterate import Iterate, coordinates_of
from solvers.problem import Problem
from solvers.progress import Callback, Progress, Record
from solvers.result import Result
from solvers.stopping import StoppingRule, all_true

TRIED_WITH = "try your own with csmri.regularizers.check and csmri.operators.check"


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
        if iteration == made + 1 and iterate.at_hand is not None:
            _require_image(iterate, problem)
        seen = iterate, previous, image, seconds, history, changes
        progress = Progress(problem, iteration, *seen)
        converged = stop(progress) if stop else False
        if _says_true(callback(progress) if callback else None) or enough(converged):
            break
        compares = watches or (stop and stop.compares(iteration + 1, progress))
        previous, since = iterate.shown if compares else None, perf_counter()
    _require_image(iterate, problem)
    _warn_of_nonsense(iterate, problem)
    return Result(
        solver,
        problem,
        iterate,
        iteration,
        _for_each_image(converged, problem),
        tuple(history),
    )


def _require_image(iterate: Iterate, problem: Problem) -> None:
    """Refuse what an iteration made of an image where a prox or an adjoint changed its form."""
    shown, y = coordinates_of(iterate.shown), problem.f.y
    if tuple(shown.shape) != problem.f.image_shape or shown.dtype != y.dtype:
        raise ValueError(
            f"got an image of {shown.dtype} and shape {tuple(shown.shape)} after an iteration, "
            f"expected {y.dtype} and {problem.f.image_shape}, as before it: a prox has to keep "
            f"shape and dtype; {TRIED_WITH}"
        )


def _warn_of_nonsense(iterate: Iterate, problem: Problem) -> None:
    """Say so where an image on the host holds NaN or infinity."""
    x = iterate.x
    if is_numpy_array(x) and not np.isfinite(x).all():
        warnings.warn(
            f"the image of {problem!r} is not finite: a prox, the operator or its adjoint gives "
            f"NaN, or norm_bound is too small; {TRIED_WITH}",
            RuntimeWarning,
            stacklevel=2,
        )


def _says_true(answer: Any) -> bool:
    """Whether a callback returned True: a bool, NumPy's own included, and nothing else."""
    return isinstance(answer, bool | np.bool_) and bool(answer)


def _for_each_image(converged: np.ndarray | bool, problem: Problem) -> Any:
    """A bool for one image, a bool array for a batch."""
    shape = problem.batch_shape
    return np.broadcast_to(converged, shape).copy() if shape else bool(converged)
