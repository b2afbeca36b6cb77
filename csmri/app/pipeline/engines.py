"""Where the slices are worked on: threads of this machine, or workers of Dask distributed."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import Any

from csmri.app.pipeline.jobs import Answer, Job, work

Engine = Callable[[Sequence[Job]], Iterator[tuple[Job, Answer]]]
"""Takes jobs to their answers, in the order in which they are done."""


def threads(count: int) -> Engine:
    """Threads of this process, one slice each."""

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
        for future in distributed.as_completed(futures):
            yield by_key[future.key], _answer(future)
            future.release()


def _answer(future: Any) -> Answer:
    """The answer, or why the workers gave none: one slice that kills each worker, for instance."""
    if future.status == "finished":
        return future.result()
    error = future.exception() if future.status == "error" else future.status
    return Answer(None, {}, f"the workers gave it up: {error}")
