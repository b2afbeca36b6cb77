"""Several processes that train one network together, started by torchrun.

    torchrun --nproc-per-node 2 train.py

Each process takes its share of every batch, and gradients are averaged before each step: the
training is that of one process with the whole batch, but for rounding.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import final

import torch
from torch import Tensor, distributed, nn

from learned.checkpoint import named_tensors


@final
@dataclass(frozen=True)
class Workers:
    """The processes that train together, seen from one of them; one alone by default.

    Parameters
    ----------
    rank : int
        Which one this is, from 0. The first one writes files and reports.
    count : int
        How many there are.
    device : device
        Where this one computes: a GPU of its own, or the CPU.
    """

    rank: int = 0
    count: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def is_first(self) -> bool:
        """Whether this one writes files and reports."""
        return self.rank == 0

    def share(self, batch: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return the examples of a batch that fall to this process.

        Raises
        ------
        ValueError
            Where the batch cannot be shared evenly.
        """
        size = len(batch[0])
        if size % self.count:
            raise ValueError(
                f"got a batch of {size} for {self.count} processes, expected a multiple of "
                f"{self.count}; choose another batch size, or other --nproc-per-node"
            )
        return tuple(part[self.rank :: self.count] for part in batch)

    def mean(self, value: Tensor) -> Tensor:
        """Return the mean of a tensor over the processes, the same in each."""
        if self.count == 1:
            return value
        total = value.clone()
        distributed.all_reduce(total)
        return total / self.count

    def agreed(self, seconds: float) -> float:
        """Return the mean of each process's seconds, so that all end by the same clock."""
        if self.count == 1:
            return seconds
        return self.mean(torch.tensor(seconds, dtype=torch.float64, device=self.device)).item()

    def average_gradients(self, network: nn.Module) -> None:
        """Replace each gradient by its mean over the processes."""
        if self.count == 1:
            return
        gradients = [p.grad for p in network.parameters() if p.grad is not None]
        flat = self.mean(torch.cat([gradient.reshape(-1) for gradient in gradients]))
        shares = torch.split(flat, [gradient.numel() for gradient in gradients])
        for gradient, share in zip(gradients, shares, strict=True):
            gradient.copy_(share.reshape(gradient.shape))

    def start_alike(self, network: nn.Module) -> None:
        """Give every process the weights of the first one."""
        if self.count == 1:
            return
        with torch.no_grad():
            for tensor in named_tensors(network).values():
                contiguous = tensor.contiguous()
                distributed.broadcast(contiguous, 0)
                tensor.copy_(contiguous)


@contextmanager
def joined_workers() -> Iterator[Workers]:
    """The processes that torchrun started, by its variables RANK and WORLD_SIZE; else one alone.

    They compute on GPUs where there are any, each on its own, and talk by NCCL then; on the CPU
    and by Gloo otherwise.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Workers(device=torch.device("cuda" if torch.cuda.is_available() else "cpu"))
        return
    on_gpus = torch.cuda.is_available() and distributed.is_nccl_available()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if on_gpus else None
    distributed.init_process_group("nccl" if on_gpus else "gloo", device_id=device)
    try:
        yield Workers(distributed.get_rank(), count, device or torch.device("cpu"))
        distributed.barrier()  # nobody leaves while another is still talking
    finally:
        distributed.destroy_process_group()
