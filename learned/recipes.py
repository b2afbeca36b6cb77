"""Recipes: everything that decides a training, and the training itself."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from csmri import datasets, masks
from csmri.arguments import grid, whole
from csmri.kernels.torch_gpu import missing_for_torch
from learned.architectures import Architecture, to_record
from learned.augmentation import Augmentation
from learned.checkpoint import (
    Record,
    names_of,
    refuse_shared_persons,
    require_writable,
    save_network,
)
from learned.data import ColumnMasks, Simulation, require_magnitudes
from learned.environment import device_kind, installed_versions, machine_of
from learned.fingerprint import sha256_of, sha256_of_weights
from learned.initial import initial_network, judge
from learned.reconstruct import LearnedReconstruction
from learned.training import Progress, Schedule, State, fit

STORAGES = ("float32", "float16")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training: the same recipe gives the same weights.

    On one machine at one number of threads, to the bit.

    Parameters
    ----------
    architecture : Architecture
        The network.
    schedule : Schedule
        Budget in steps, and the learning rates.
    persons : tuple of str
        Names of `csmri.datasets` to train on.
    batch_size : int
        Images in a batch.
    column_masks, augmentation, noise, rows
        As for `Simulation`.
    averaging : float, optional
        Decay of the moving average of the weights.
    mixed_precision : bool
        Convolve in bfloat16 while training.
    seed : int
        Of the first weights and of the training examples.
    threads : int
        Of the CPU; the bits of the result depend on it.
    storage : str
        "float32" or "float16", the type of the weights in the file.
    field_of_view : (int, int)
        Pixels to which the embedded images are cropped or padded.
    initial : str
        Name of the network whose weights it begins with: ``NAME.safetensors`` in the folder where
        it is written itself, or else one that comes with the package; empty to begin untrained.
        The network then counts as trained on that one's persons, too. An unrolled network of more
        steps keeps that one's and trains the others, which begin as copies of the last ones: see
        `LearnedReconstruction.first`. A U-Net of fewer levels takes the finest.
    lengths : tuple of int
        Of an unrolled network: after how many steps its image is judged as well as after the last,
        so that its first steps are networks of their own.
    """

    architecture: Architecture
    schedule: Schedule
    persons: tuple[str, ...] = ("s1",)
    batch_size: int = 2
    column_masks: ColumnMasks = field(default_factory=ColumnMasks)
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    noise: tuple[float, float] = (0.003, 0.01)
    rows: tuple[int, ...] | None = None
    averaging: float | None = None
    mixed_precision: bool = True
    seed: int = 0
    threads: int = 1
    storage: str = "float32"
    field_of_view: tuple[int, int] = (256, 256)
    initial: str = ""
    lengths: tuple[int, ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "persons", names_of(self.persons))
        if not self.persons:
            raise ValueError("got no persons, expected at least one to train on")
        for name, least in (("batch_size", 1), ("threads", 1), ("seed", 0)):
            whole(name, getattr(self, name), least)
        grid(self.field_of_view)
        if self.rows is not None and not self.rows:
            raise ValueError("got no rows, expected numbers of them; pass None to take them all")
        for name, counts in (("rows", self.rows or ()), ("lengths", self.lengths)):
            for count in counts:
                whole(name, count, 1)
        if self.averaging is not None and not 0 < self.averaging < 1:
            raise ValueError(
                f"got averaging={self.averaging}, expected a decay between 0 and 1, 0.999 say, or "
                "None for none"
            )
        if len(self.noise) != 2 or not 0 < self.noise[0] <= self.noise[1] < float("inf"):
            raise ValueError(
                f"got noise={self.noise}, expected two positive levels, the lower one first"
            )
        if self.storage not in STORAGES:
            raise ValueError(f"got storage={self.storage!r}, expected one of {', '.join(STORAGES)}")


def train(
    recipe: Recipe,
    path: Path | str,
    *,
    images: Mapping[str, np.ndarray] | None = None,
    held_out: Iterable[str] = (),
    resume: Path | str | None = None,
    callback: Callable[[Progress], Any] | None = None,
    device: torch.device | str = "cpu",
    helpers: int = 0,
    save_every: int = 100,
) -> LearnedReconstruction:
    """Train a network by a recipe and write it to a file that `learned.load` reads.

    Parameters
    ----------
    recipe : Recipe
        Decides everything.
    path : path
        Where the trained network is written, as safetensors.
    images : mapping, optional
        Person to magnitude images (N, H, W) in [0, 1]; by default those of
        `csmri.datasets`, centred in the recipe's field of view.
    held_out : iterable of str
        Persons that shall be tested on: a recipe that trains on one of them is refused.
    resume : path, optional
        File of the training state; where it exists the training goes on from there. That of
        another recipe or of other images is refused; see `Schedule` for other budgets.
    callback : callable, optional
        Sees a `Progress` after each step.
    device : device
        Where to train: "cuda" for a GPU, where the bits are not the same every time.
    helpers, save_every : int
        As for `fit`.

    Returns
    -------
    LearnedReconstruction
        The trained network, as it was before it was stored.

    Raises
    ------
    ValueError
        Where a person is on both sides of the split, the images do not fit together or are not
        in about [0, 1], the state is of another training, or a GPU is asked for and missing.
    OSError
        Where the files could not be written; known before the training begins.
    """
    held_out = names_of(held_out)
    refuse_shared_persons(recipe.persons, held_out)
    if device_kind(device) == "cuda" and (lacking := missing_for_torch()):
        raise ValueError(f"got device={str(device)!r}, but {lacking}; train with device='cpu'")
    if images is None:
        images = {
            person: datasets.centred(datasets.load(person).images, recipe.field_of_view)
            for person in recipe.persons
        }
    simulation = simulation_of(recipe, images)
    require_writable(path)
    if resume is not None:
        require_writable(resume)
    threads = torch.get_num_threads()
    torch.set_num_threads(recipe.threads)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            network = recipe.architecture.build()
        network = network.to(device).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        if recipe.lengths:
            judge(network, recipe.lengths)
        before = initial_network(recipe.initial, network, held_out, Path(path))
        state = fit(
            network,
            simulation,
            recipe.schedule,
            seed=recipe.seed,
            averaging=recipe.averaging,
            mixed_precision=recipe.mixed_precision,
            resume=None if resume is None else Path(resume),
            decisions=decisions_of(recipe, images, network if before else None),
            callback=callback,
            helpers=helpers,
            save_every=save_every,
        )
    finally:
        torch.set_num_threads(threads)
    record = record_of(recipe, images, state, before, device)
    save_network(path, network, record, storage=getattr(torch, recipe.storage))
    return LearnedReconstruction(network, record)


def decisions_of(
    recipe: Recipe, images: Mapping[str, np.ndarray], begun: torch.nn.Module | None = None
) -> dict[str, Any]:
    """Return what decides a training and only the recipe tells; `begun` has the initial weights."""
    return {
        "architecture": to_record(recipe.architecture),
        "persons": {person: sha256_of(images[person]) for person in recipe.persons},
        "initial": recipe.initial,
        **({} if begun is None else {"initial weights": sha256_of_weights(begun)}),
        "threads": recipe.threads,
        **({"lengths": recipe.lengths} if recipe.lengths else {}),
    }


def simulation_of(recipe: Recipe, images: Mapping[str, np.ndarray]) -> Simulation:
    """Return the source of training examples of a recipe."""
    if not isinstance(images, Mapping):
        raise TypeError(
            f"got images of type {type(images).__name__}, expected a mapping from each person's "
            "name to magnitudes (slices, H, W)"
        )
    missing = [person for person in recipe.persons if person not in images]
    if missing:
        raise ValueError(
            f"got no images of {missing}, but of {sorted(images)}; pass images for all persons of "
            f"the recipe, or name yours in it: Recipe(persons={tuple(sorted(images))})"
        )
    shapes = {images[person].shape[1:] for person in recipe.persons}
    if len(shapes) > 1:
        raise ValueError(
            f"got images of shapes {sorted(shapes)}, expected one shape; "
            "bring them to one field of view with csmri.datasets.centred"
        )
    for person in recipe.persons:
        require_magnitudes(images[person], person)
    return Simulation(
        np.concatenate([images[person] for person in recipe.persons]),
        batch_size=recipe.batch_size,
        column_masks=recipe.column_masks,
        augmentation=recipe.augmentation,
        noise=recipe.noise,
        rows=recipe.rows,
        stacks=tuple(len(images[person]) for person in recipe.persons),
    )


def record_of(
    recipe: Recipe,
    images: Mapping[str, np.ndarray],
    state: State,
    initial: Record | None = None,
    device: torch.device | str = "cpu",
) -> Record:
    """Return what the checkpoint says of a training that began with the network of `initial`."""
    before = () if initial is None else initial.persons
    decisions = asdict(recipe)
    hashes = {person: sha256_of(images[person]) for person in recipe.persons}
    width = images[recipe.persons[0]].shape[-1]
    rng = np.random.default_rng(recipe.seed)
    drawn = [recipe.column_masks.draw(width, rng) for _ in range(16)]
    record = Record(
        architecture=recipe.architecture,
        persons=tuple(dict.fromkeys(recipe.persons + before)),
        data={
            "sha256": hashes,
            "slices": sum(len(images[person]) for person in recipe.persons),
            **{key: decisions[key] for key in ("augmentation", "noise", "rows")},
        },
        masks={
            **decisions["column_masks"],
            "recipe_sha256": sha256_of(json.dumps(decisions["column_masks"], sort_keys=True)),
            "first_masks": [masks.digest(mask) for mask in drawn],
        },
        training={
            "steps": recipe.schedule.total,
            "schedule": decisions["schedule"],
            **{key: decisions[key] for key in ("averaging", "batch_size", "mixed_precision")},
            "loss": "magnitude_l1",
            "optimizer": "Adam",
            "threads": recipe.threads,
            "seconds": round(state.seconds, 1),
            **({} if initial is None else {"initial": recipe.initial}),
            **({"lengths": recipe.lengths} if recipe.lengths else {}),
            "machine": machine_of(device),
        },
        seeds={"network": recipe.seed, "examples": recipe.seed},
        versions=installed_versions(),
        metrics={"loss_of_last_100_steps": float(np.mean(state.losses[-100:]))},
        initial={} if initial is None else initial.to_plain(),
    )
    return Record.from_json(record.to_json())  # as it will be read again
