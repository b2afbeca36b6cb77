"""A short training, run as a program of its own: killed in the middle, or one of several workers.

python training_script.py FOLDER [between | writing]
"""

import os
import signal
import sys
from pathlib import Path

import numpy as np
import torch

from learned import ColumnMasks, Schedule, Simulation, UnrolledArchitecture, fit, joined_workers

STEPS, SAVE_EVERY = 6, 2


def small_training(folder, seed=3, steps=STEPS, **keywords):
    """Train a tiny network in a folder; the same in every program."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    images = np.random.default_rng(0).random((4, 32, 32)).astype(np.float32)
    masks = ColumnMasks((3.0,), (0.12,), (1.0,))
    draws = Simulation(images, batch_size=4, column_masks=masks)
    network = UnrolledArchitecture(2, 8, 3).build()
    fit(
        network,
        draws,
        Schedule(steps, warm_up=2),
        mixed_precision=False,
        resume=None if folder is None else folder / "state",
        save_every=SAVE_EVERY,
        **keywords,
    )
    return network


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


def killed_between_steps(folder):
    small_training(folder, callback=lambda progress: progress.step == 5 and kill())


def killed_while_writing(folder):
    calls, fsync = [], os.fsync

    def interrupted(descriptor):
        calls.append(descriptor)
        return kill() if len(calls) == 2 else fsync(descriptor)

    os.fsync = interrupted
    small_training(folder)


def one_of_several(folder):
    """Make one step together with others, from weights that differ until they meet."""
    with joined_workers() as workers:
        network = small_training(
            None, seed=3 + workers.rank, steps=1, clip=float("inf"), workers=workers
        )
        if workers.is_first:
            torch.save([parameter.grad for parameter in network.parameters()], folder / "gradient")


if __name__ == "__main__":
    {"between": killed_between_steps, "writing": killed_while_writing, "together": one_of_several}[
        sys.argv[2]
    ](Path(sys.argv[1]))
