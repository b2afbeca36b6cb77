"""Training examples drawn ahead of time by helper processes, while the network learns."""

from collections.abc import Iterator
from itertools import count
from typing import Any, Protocol, final

from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

BATCHES_AHEAD = 4
"""How many batches each helper keeps ready."""


class Draws(Protocol):
    """Anything that makes the batch of a training step from a seed, `Simulation` for one."""

    def draw(self, seed: int, step: int) -> tuple[Tensor, ...]:
        """Return (y, mask, truth), or (y, mask, truth, maps), of step 0, 1, ….

        The same batch whenever it is asked again.
        """
        ...


def batches(draws: Draws, seed: int, first: int, helpers: int) -> Iterator[tuple[Tensor, ...]]:
    """Yield the batches of step `first`, first + 1, … without end, whoever draws them.

    Parameters
    ----------
    draws : Draws
        Where they come from; with helpers each gets a copy, so that it must be picklable.
    seed : int
        Of the examples.
    first : int
        The first step.
    helpers : int
        Processes that draw; with 0 this one does, one batch at a time. A script that asks for
        helpers begins them below ``if __name__ == "__main__":``.
    """
    if helpers < 0:
        raise ValueError(f"got helpers={helpers}, expected at least 0")
    steps = Steps(draws, seed, first)
    if helpers == 0:
        return iter(steps)
    loader = DataLoader(
        steps,
        batch_size=None,
        num_workers=helpers,
        prefetch_factor=BATCHES_AHEAD,
        collate_fn=as_they_are,
        multiprocessing_context="spawn",  # a fork would take along the threads of CUDA and MKL
    )
    return iter(loader)


@final
class Steps(IterableDataset[tuple[Tensor, ...]]):
    """The batches of all steps; of several helpers, each draws every so many-th."""

    def __init__(self, draws: Draws, seed: int, first: int):
        self._draws, self._seed, self._first = draws, seed, first

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        helper = get_worker_info()
        number, helpers = (0, 1) if helper is None else (helper.id, helper.num_workers)
        for step in count(self._first + number, helpers):
            yield self._draws.draw(self._seed, step)


def as_they_are(batch: Any) -> Any:
    """Batches come drawn as a whole; nothing is left to put together."""
    return batch
