"""Where the slices are worked on: threads of this machine, or workers of Dask distributed."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import Any

from csmri.app.pipeline.jobs import Answer, Job, work

LOOK = 5.0
"""Seconds after which Dask's workers are counted where none has answered."""

PATIENCE = 300.0
"""Seconds without any worker, starting ones included, after which a run gives up."""

Engine = Callable[[Sequence[Job]], Iterator[tuple[Job, Answer]]]
"""Takes jobs to their answers, in the order in which they are done."""


def require_workers(count: int) -> None:
    """Refuse a number of workers below 1."""
    if count < 1:
        raise ValueError(
            f"got {count} workers, expected at least 1; leave --workers out for threads"
        )


def threads(count: int) -> Engine:
    """Threads of this process, one slice each."""
    require_workers(count)

    def run(jobs: Sequence[Job]) -> Iterator[tuple[Job, Answer]]:
        pool = ThreadPoolExecutor(count)
        try:
            futures = {pool.submit(work, job): job for job in jobs}
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(cancel_futures=True)

    return run


def dask_workers(count: int) -> Engine:
    """As many worker processes on this machine; one that dies is replaced, its slices redone."""
    require_workers(count)

    def cluster(distributed: Any) -> Any:
        return distributed.LocalCluster(
            n_workers=count, threads_per_worker=1, processes=True, dashboard_address=None
        )

    return _dask(cluster)


def dask_scheduler(address: str) -> Engine:
    """The workers of a running scheduler, which must see the input files under the same names."""
    return _dask(lambda distributed: address)


def _dask(target: Callable[[Any], Any]) -> Engine:
    if find_spec("distributed") is None:
        raise ModuleNotFoundError(
            "--workers and --scheduler need Dask: pip install 'csmri[dask]'", name="distributed"
        )

    def run(jobs: Sequence[Job]) -> Iterator[tuple[Job, Answer]]:
        import distributed

        place = target(distributed)
        if isinstance(place, str):
            yield from _answers(distributed, place, jobs)
            return
        cluster: AbstractContextManager[Any] = place
        with cluster as started:
            yield from _answers(distributed, started, jobs)

    return run


def _answers(distributed: Any, place: Any, jobs: Sequence[Job]) -> Iterator[tuple[Job, Answer]]:
    try:
        client = distributed.Client(place)
    except OSError as error:  # timeouts of the connection are OSErrors too
        raise ValueError(
            f"no Dask scheduler answers at {place} ({error}); start one with dask scheduler, or "
            "use --workers N"
        ) from error
    with client:
        futures = client.map(work, jobs, pure=False)
        by_key = {future.key: job for future, job in zip(futures, jobs, strict=True)}
        for future in _as_done(distributed, client, futures):
            yield by_key[future.key], _answer(future)
            future.release()


def _as_done(distributed: Any, client: Any, futures: Sequence[Any]) -> Iterator[Any]:
    """Each future once it is done; ConnectionError where no worker has been there for long."""
    waiting, alone = set(futures), 0.0
    while waiting:
        try:
            done = distributed.wait(waiting, LOOK, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            alone = 0.0 if client.scheduler_info()["workers"] else alone + LOOK
            if alone >= PATIENCE:
                raise ConnectionError(
                    f"Dask has had no worker for {alone:.0f} s, and {len(waiting)} slices wait; "
                    "see why workers do not start, and run the same command again to go on: "
                    "finished slices are kept"
                ) from None
            continue
        alone = 0.0
        yield from done
        waiting -= done


def _answer(future: Any) -> Answer:
    """The answer, or why the workers gave none: one slice that kills each worker, for instance."""
    if future.status == "finished":
        return future.result()
    error = future.exception() if future.status == "error" else future.status
    return Answer(None, {}, f"the workers gave it up: {error}")
