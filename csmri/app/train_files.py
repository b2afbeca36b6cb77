"""Training on a folder of fastMRI's files: what the command's options say, as one function."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, final

from csmri.app.networks import learned_package


@final
@dataclass(frozen=True)
class FilesTraining:
    """What to train on a folder of files, and how.

    Parameters
    ----------
    data, validation : path
        Folders of fastMRI's .h5 files; the second one of other persons, to watch the training.
    network : str
        A key of `learned.architectures.FAMILIES`.
    settings : mapping
        Of the architecture, where others than its own are wanted.
    steps : int
        The budget, or else
    minutes : float
        of computation.
    masks, accelerations, center_fractions
        As for `learned.FastMRIMasks`.
    optimizer, learning_rate, batch_size, averaging, seed
        As for `learned.train_on` and its recipe.
    mixed_precision : bool, optional
        Convolve in bfloat16; by default where that is faster.
    threads : int
        Of the CPU, for each process.
    """

    data: Path
    validation: Path | None = None
    network: str = "unrolled"
    settings: dict[str, Any] = field(default_factory=dict)
    steps: int = 1000
    minutes: float | None = None
    masks: str = "random"
    accelerations: tuple[float, ...] = (4, 8)
    center_fractions: tuple[float, ...] = (0.08, 0.04)
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    batch_size: int = 1
    averaging: float | None = None
    mixed_precision: bool | None = None
    seed: int = 0
    threads: int = 1


def train_files(
    wanted: FilesTraining,
    path: Path,
    *,
    log: Path | None = None,
    tensorboard: Path | None = None,
    callback: Callable[[Any], Any] | None = None,
    save_every: int = 20,
    validate_every: int = 200,
) -> dict[str, str]:
    """Train on files and write the network, its state and its log; return the files passed over.

    Under torchrun all processes train together, and the first one writes.

    Parameters
    ----------
    wanted : FilesTraining
        Decides everything.
    path : path
        Of the trained network; the state to go on from has the same name and ".state". That of
        another training, by other data or options, is refused.
    log : path, optional
        A table of losses and metrics.
    tensorboard : path, optional
        A folder for TensorBoard.
    callback : callable, optional
        Sees a `learned.Progress` after each step.
    save_every, validate_every : int
        Steps between two writings of the state, and between two validations.

    Raises
    ------
    ValueError
        Where an option cannot be meant, a person is on both sides, or the state is of another
        training.
    FileNotFoundError
        Where a folder has no files.
    """
    learned = learned_package("what train makes")
    masks = learned.FastMRIMasks(wanted.masks, wanted.accelerations, wanted.center_fractions)
    recipe, schedule = recipe_of(learned, wanted)
    slices = learned.FastMRISlices(wanted.data)
    faults = [slices.faults]
    draws = learned.FastMRIDraws(slices, batch_size=wanted.batch_size, column_masks=masks)
    validate = None
    if wanted.validation is not None:
        others = learned.FastMRISlices(wanted.validation)
        _refuse_shared_persons(learned, slices.persons, others.persons)
        faults.append(others.faults)
        validate = learned.ValidationPSNR(learned.FastMRIDraws(others, column_masks=masks))
    followers = [callback] if callback else []
    with learned.joined_workers() as workers:
        if wanted.mixed_precision is None:
            recipe = replace(recipe, mixed_precision=learned.bfloat16_pays(workers.device))
        if log is not None and workers.is_first:
            followers.append(learned.CsvLog(log))
        if tensorboard is not None and workers.is_first:
            followers.append(learned.TensorBoardLog(tensorboard))
        learned.train_on(
            draws,
            recipe,
            path,
            persons=slices.persons,
            data={
                "kind": "fastMRI",
                "volumes": len(slices.volumes),
                "slices": len(slices),
                "passed_over": sorted(Path(name).name for name in slices.faults),
                "masks": asdict(masks),
            },
            schedule=schedule,
            optimizer=wanted.optimizer,
            validate=validate,
            validate_every=validate_every,
            resume=path.with_suffix(".state"),
            save_every=save_every,
            callback=learned.together(*followers),
            workers=workers,
        )
    return {name: fault for found in faults for name, fault in found.items()}


def _refuse_shared_persons(learned: Any, training: Any, validation: Any) -> None:
    """As `learned` does, with a remedy that these options have."""
    try:
        learned.refuse_shared_persons(training, validation)
    except ValueError as error:
        text = str(error).partition(";")[0]
        raise ValueError(f"{text}; take files of others for --validation") from error


def recipe_of(learned: Any, wanted: FilesTraining) -> tuple[Any, Any]:
    """The recipe and the budget that the options mean."""
    families = learned.FAMILIES
    if wanted.network not in families:
        raise ValueError(
            f"got the network {wanted.network!r}, expected one of {', '.join(families)}"
        )
    rate = wanted.learning_rate
    schedule = learned.Schedule(wanted.steps, learning_rate=rate)
    recipe = learned.Recipe(
        families[wanted.network](**wanted.settings),
        schedule,
        batch_size=wanted.batch_size,
        averaging=wanted.averaging,
        mixed_precision=bool(wanted.mixed_precision),
        seed=wanted.seed,
        threads=wanted.threads,
    )
    if wanted.minutes is None:
        return recipe, schedule
    return recipe, learned.MinutesSchedule(wanted.minutes, learning_rate=rate)
