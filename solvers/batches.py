"""Batches that are solved at once, as on a GPU: images that are done leave the others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from csmri.arrays import Array, array_namespace, device
from csmri.operators.stack import Parts
from solvers.iterate import Iterate
from solvers.problem import Problem
from solvers.progress import Record
from solvers.result import Result
from solvers.run import run
from solvers.stopping import LEAVE, StoppingRule


def solve_together(
    solver: str,
    problem: Problem,
    box: Callable[[Problem, Iterate], Iterator[Iterate]],
    start: Iterate,
    iterations: int,
    stop: StoppingRule,
) -> Result:
    """Run a box on images (N, H, W) at once; when half of them are done, the rest goes on alone.

    What goes on starts from its image, its dual and its penalty: ADMM hardly notices, momentum is
    gathered anew.
    """
    at_work, made, current = np.arange(problem.batch_shape[0]), 0, problem
    history: list[Record] = []
    left: list[Left] = []
    records: list[tuple[np.ndarray, Record]] = []
    while True:
        known = len(history)
        part = run(
            solver,
            current,
            box(current, start),
            start,
            iterations,
            stop,
            None,
            enough=lambda done: bool(np.mean(done) >= LEAVE),
            made=made,
            history=history,
        )
        records += [(at_work, record) for record in part.history[known:]]
        made, done = part.iterations, part.converged
        if made >= iterations or done.all():
            left.append(Left(at_work, part.iterate, made, done))
            return gathered(solver, problem, left, records)
        left.append(Left(at_work[done], taken(part.iterate, done), made, done[done]))
        start, at_work, current = taken(part.iterate, ~done), at_work[~done], current.part(~done)
        history = [taken_record(part.history[-1], ~done)] if part.history else []


@final
@dataclass(frozen=True)
class Left:
    """Images that left the batch together: which, as what, after how many iterations, and why."""

    images: np.ndarray
    iterate: Iterate
    iterations: int
    converged: np.ndarray


def gathered(
    solver: str, problem: Problem, left: list[Left], records: list[tuple[np.ndarray, Record]]
) -> Result:
    """The result of the batch, its images in their old order."""
    images = np.concatenate([part.images for part in left])
    order = np.argsort(images)
    iterates = [part.iterate for part in left]
    x = ordered([iterate.x for iterate in iterates], order)
    counts = np.concatenate([np.full(len(part.images), part.iterations) for part in left])
    converged = np.concatenate([part.converged for part in left])
    return Result(
        solver,
        problem,
        Iterate(x, lambda: ordered([iterate.p for iterate in iterates], order)),
        counts[order],
        converged[order],
        tuple(whole_records(records, len(images))),
    )


def ordered(parts: list[Any], order: np.ndarray) -> Any:
    """The parts of a batch one after the other, then in this order; None where there are none."""
    if parts[0] is None:
        return None
    if isinstance(parts[0], Parts):
        return parts[0].map(lambda *columns: ordered(list(columns), order), *parts[1:])
    return rows(array_namespace(*parts).concat(parts, axis=0), order)


def taken(iterate: Iterate, chosen: np.ndarray) -> Iterate:
    """The iterate of some images of a batch, with their penalties."""
    index = np.flatnonzero(chosen)
    p, rho = iterate.p, iterate.rho
    if isinstance(p, Parts):
        p = p.map(lambda part: rows(part, index))
    elif p is not None:
        p = rows(p, index)
    return Iterate(rows(iterate.x, index), p, rows(rho, index) if hasattr(rho, "ndim") else rho)


def rows(array: Array, index: np.ndarray) -> Array:
    """Entries along the first axis; all of them where there is but one for all images."""
    if array.shape[0] == 1:
        return array
    xp = array_namespace(array)
    return xp.take(array, xp.asarray(index, device=device(array)), axis=0)


def taken_record(record: Record, chosen: np.ndarray) -> Record:
    """What was measured of some images of a batch."""
    return each_value(record, lambda _, value: value[chosen])


def whole_records(records: list[tuple[np.ndarray, Record]], images: int) -> Iterator[Record]:
    """Records of the whole batch: an image that left keeps what was measured of it last."""
    last: dict[str, np.ndarray] = {}
    for at_work, record in records:

        def spread(name: str, value: np.ndarray, at_work: np.ndarray = at_work) -> np.ndarray:
            whole = last.get(name, np.full(images, np.nan)).copy()
            whole[at_work] = value
            last[name] = whole
            return whole

        yield each_value(record, spread)


def each_value(record: Record, change: Callable[[str, np.ndarray], np.ndarray]) -> Record:
    """The record with every array of one value an image changed."""

    def changed(name: str, value: Any) -> Any:
        return change(name, value) if isinstance(value, np.ndarray) and value.ndim == 1 else value

    return replace(
        record,
        objective=changed("objective", record.objective),
        gap=changed("gap", record.gap),
        metrics={name: changed(f"metric {name}", v) for name, v in record.metrics.items()},
    )
