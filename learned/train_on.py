"""Training on any source of examples, fastMRI's files for one, to a file that `load` reads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from learned.architectures import to_record
from learned.checkpoint import Record, names_of, require_writable, save_network
from learned.environment import installed_versions, machine_of
from learned.fingerprint import Fingerprinted
from learned.recipes import Recipe
from learned.reconstruct import LearnedReconstruction
from learned.schedule import Budget
from learned.state import State
from learned.training import Draws, Follows, fit
from learned.workers import Workers

OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "rmsprop": torch.optim.RMSprop,
    "sgd": partial(torch.optim.SGD, momentum=0.9),
}
"""The optimisers by the names that checkpoints keep; SGD has a momentum of 0.9."""


def train_on(
    draws: Draws,
    recipe: Recipe,
    path: Path | str,
    *,
    persons: Sequence[str],
    data: Mapping[str, Any],
    schedule: Budget | None = None,
    optimizer: str = "adam",
    validate: Callable[[nn.Module], Mapping[str, float]] | None = None,
    validate_every: int = 200,
    resume: Path | str | None = None,
    save_every: int = 100,
    callback: Follows | None = None,
    workers: Workers = Workers(),  # noqa: B008  a frozen value
) -> LearnedReconstruction:
    """Train a network by a recipe on examples from anywhere, and write it to a file.

    Parameters
    ----------
    draws : Draws
        Makes the batches: `FastMRIDraws`, for instance.
    recipe : Recipe
        Architecture, schedule, averaging, precision, seed, threads and storage; what it says of
        persons, masks and images is not used.
    path : path
        Where the trained network is written, as safetensors.
    persons : sequence of str
        Whose images the draws are made of.
    data : mapping
        What the record shall say of them, as JSON values. Where the draws have no
        ``fingerprint()``, a state is taken over only with the same ones.
    schedule : Schedule or MinutesSchedule, optional
        In place of the recipe's.
    optimizer : str
        A key of `OPTIMIZERS`.
    validate, validate_every, save_every, callback, workers
        As for `fit`.
    resume : path, optional
        File of the training state; where it exists the training goes on from there. That of
        another training is refused; see `Schedule` for other budgets.

    Returns
    -------
    LearnedReconstruction
        The trained network, as it was before it was stored.

    Raises
    ------
    ValueError
        For an unknown optimiser, and as `fit`.
    OSError
        Where the files could not be written; known before the training begins.
    """
    if optimizer not in OPTIMIZERS:
        raise ValueError(
            f"got the optimiser {optimizer!r}, expected one of {', '.join(OPTIMIZERS)}"
        )
    schedule = recipe.schedule if schedule is None else schedule
    persons = names_of(persons)
    if workers.is_first:
        require_writable(path)
        if resume is not None:
            require_writable(resume)
    threads = torch.get_num_threads()
    torch.set_num_threads(recipe.threads)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            network = recipe.architecture.build().to(workers.device)
        state = fit(
            network.to(memory_format=torch.channels_last),  # pyright: ignore[reportCallIssue]
            draws,
            schedule,
            optimizer=OPTIMIZERS[optimizer],
            seed=recipe.seed,
            averaging=recipe.averaging,
            mixed_precision=recipe.mixed_precision,
            resume=None if resume is None else Path(resume),
            decisions={
                "architecture": to_record(recipe.architecture),
                "persons": persons,
                "batch_size": recipe.batch_size,
                "threads": recipe.threads,
                "data": {} if isinstance(draws, Fingerprinted) else data,
            },
            save_every=save_every,
            validate=validate,
            validate_every=validate_every,
            callback=callback,
            workers=workers,
        )
    finally:
        torch.set_num_threads(threads)
    spent = {"kind": type(schedule).__name__, **asdict(schedule)}  # pyright: ignore[reportArgumentType]
    record = record_of(recipe, state, spent, optimizer, workers)
    record = replace(record, persons=persons, data=dict(data))
    record = Record.from_json(record.to_json())  # as it will be read again
    if workers.is_first:
        save_network(path, network, record, storage=getattr(torch, recipe.storage))
    return LearnedReconstruction(network, record)


def record_of(
    recipe: Recipe, state: State, schedule: Mapping[str, Any], optimizer: str, workers: Workers
) -> Record:
    """Return what the checkpoint says of the training itself."""
    return Record(
        architecture=recipe.architecture,
        training={
            "steps": state.step,
            "schedule": dict(schedule),
            "batch_size": recipe.batch_size,
            "averaging": recipe.averaging,
            "mixed_precision": recipe.mixed_precision,
            "loss": "magnitude_l1",
            "optimizer": optimizer,
            "processes": workers.count,
            "threads": recipe.threads,
            "seconds": round(state.seconds, 1),
            "machine": machine_of(workers.device),
        },
        seeds={"network": recipe.seed, "examples": recipe.seed},
        versions=installed_versions(),
        metrics={"loss_of_last_100_steps": float(np.mean(state.losses[-100:]))},
    )
