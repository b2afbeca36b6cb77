"""The driver: it decides what is solved alone and what together."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

import numpy as np

from csmri.arguments import whole
from csmri.arrays import Array
from csmri.operators.stack import Parts
from solvers.batches import solve_together
from solvers.iterate import Iterate
from solvers.problem import Problem
from solvers.progress import Callback
from solvers.result import Result
from solvers.run import run
from solvers.stopping import StoppingRule, require_rule

Box = Callable[[Problem, Iterate], Iterator[Iterate]]
"""A solver's iteration: from a problem and a start to x₁, x₂, … without end."""


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

    Other libraries' batches go through one box: there, large arrays are what is fast. Images
    (N, H, W) that are done leave it, unless a callback watches.

    Raises
    ------
    TypeError
        For a number of iterations that is not whole.
    ValueError
        For a negative one, and for a rule that asks for a gap where there is none.
    """
    iterations = whole("iterations", iterations, 0)
    _require_proof(problem, stop)
    if not problem.solves_images_alone():
        start = _start(problem, x0)
        if stop is not None and callback is None and len(problem.batch_shape) == 1:
            return solve_together(solver, problem, box, start, iterations, stop)
        return run(solver, problem, box(problem, start), start, iterations, stop, callback)

    start = None if x0 is None else _start(problem, x0)

    x = np.empty(problem.f.image_shape, problem.f.y.dtype)

    def one(index: tuple[int, ...], image: Problem) -> Result:
        own = _start_of_image(x0, start, image, index, problem.batch_shape)
        part = run(solver, image, box(image, own), own, iterations, stop, callback, index)
        x[index] = part.x
        return replace(part, problem=image.anew(), iterate=Iterate(x[index], part.iterate.dual))

    return _gathered(solver, problem, x, in_parallel(one, problem.images()))


def in_parallel(
    function: Callable[..., Result], arguments: Iterable[tuple[Any, ...]]
) -> tuple[Result, ...]:
    """The results in order, from `thread_count()` threads; the first error ends all that waits.

    The calling thread sleeps until the end: woken at every result, it would keep the interpreter
    from the threads that work. With one thread it works itself.
    """
    if thread_count() == 1:
        return tuple(function(*each) for each in arguments)
    with ThreadPoolExecutor(thread_count()) as pool:
        tasks = [pool.submit(function, *each) for each in arguments]
        try:
            wait(tasks, return_when=FIRST_EXCEPTION)
        finally:
            for task in tasks:
                task.cancel()
    return tuple(task.result() for task in tasks)


def _start(problem: Problem, x0: Array | Result | None) -> Iterate:
    """The iterate to start from, its image checked."""
    if isinstance(x0, Result):
        # The penalty is left behind: where one run ended is a poor start for the next (measured).
        return Iterate(problem.start(x0.x), _fitting(x0.iterate.p, problem, x0.x))
    return Iterate(problem.start(x0))


def _start_of_image(
    x0: Array | Result | None,
    start: Iterate | None,
    image: Problem,
    index: tuple[int, ...],
    shape: tuple[int, ...],
) -> Iterate:
    """The start of one image of a batch, with its own dual where x0 is a result of that batch."""
    if start is None:
        return Iterate(image.start(None))
    if isinstance(x0, Result) and x0.parts:
        own = x0.parts[int(np.ravel_multi_index(index, shape))].iterate
        return Iterate(start.x[index], _fitting(own.p, image, start.x[index]))
    return Iterate(start.x[index])


def _fitting(dual: Any, problem: Problem, x: Array) -> Any:
    """The dual of another problem where it is one of K x here, too; else none."""
    if dual is None:
        return None
    _, K = problem.regularizer.split()
    return dual if _shapes(dual) == _shapes(K(x)) else None


def _shapes(z: Any) -> list[tuple[int, ...]]:
    """The shape of an array, or those of stacked ones."""
    return [tuple(part.shape) for part in (z.parts if isinstance(z, Parts) else (z,))]


def thread_count() -> int:
    """Threads over the images of a batch: CSMRI_THREADS, or the cores this process may use."""
    asked = os.environ.get("CSMRI_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    if asked:
        raise ValueError(f"CSMRI_THREADS is {asked!r}, expected a whole number of at least 1")
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _require_proof(problem: Problem, stop: StoppingRule | None) -> None:
    require_rule(stop)
    if stop is None:
        return
    if stop.asks_for_gap() and problem.certificate is None:
        raise ValueError(
            f"there is no proof of the gap of {problem!r} for this operator, so RelativeGap cannot "
            "stop on it; use RelativeChange, or a number of iterations"
        )


def _gathered(solver: str, problem: Problem, x: Array, parts: Sequence[Result]) -> Result:
    shape = problem.batch_shape
    return Result(
        solver,
        problem,
        Iterate(x, lambda: _stacked(parts)),
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
