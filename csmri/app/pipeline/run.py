"""A whole run: inputs to outputs, slice by slice, resumed where one was broken off."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

import numpy as np

import csmri
from csmri import formats
from csmri.app.pipeline.engines import Engine
from csmri.app.pipeline.jobs import Answer, Job, Reading
from csmri.app.pipeline.kept import Kept
from csmri.app.pipeline.recipe import Recipe, noise_of
from csmri.formats import FileError, Scan

Watch = Callable[[int, int, str], None]
SUFFIXES = (".h5", ".hdf5", ".mrd", ".dat", ".cfl", ".npy", ".npz", ".mat")


@final
@dataclass(frozen=True)
class Target:
    """One input and the file its images go to."""

    source: Path
    output: Path


@final
@dataclass(frozen=True)
class Outcome:
    """What a run left.

    Attributes
    ----------
    written : tuple of Path
        Outputs that were written, or were there already.
    done, resumed : int
        Slices reconstructed now, and kept from an earlier run.
    faults : tuple of (str, str)
        Slices and inputs that failed, each with the reason.
    """

    written: tuple[Path, ...]
    done: int
    resumed: int
    faults: tuple[tuple[str, str], ...]


@final
@dataclass(frozen=True, eq=False)
class Open:
    """A target whose slices are being made."""

    target: Target
    scan: Scan
    kept: Kept
    missing: set[int]
    faults: dict[int, str]


def targets(sources: Sequence[Path], output: Path, suffix: str = ".nii.gz") -> list[Target]:
    """Which file each input goes to.

    One file goes to `output` itself, where that has a suffix of images. Several, or a folder,
    go to the folder `output` under their own names with `suffix`.

    Raises
    ------
    FileError
        For an input that is missing, a folder without k-space, two of the same name, or an output
        of a suffix that is not known; or for several inputs, an output that is a file.
    """
    if suffix not in formats.IMAGE_SUFFIXES:
        raise FileError(
            f"got the format {suffix}, expected one of {', '.join(formats.IMAGE_SUFFIXES)}"
        )
    files: list[Path] = []
    for source in sources:
        if source.is_dir():
            inside = sorted(p for p in source.iterdir() if p.suffix in SUFFIXES)
            if not inside:
                raise FileError(f"{source} holds no files ending in {', '.join(SUFFIXES)}")
            files += inside
        else:
            files.append(source)
    if _is_image(output):
        if len(files) == 1 and not sources[0].is_dir():
            return [Target(files[0], output)]
        raise FileError(
            f"got the file {output} for several inputs or a folder, expected a folder; name one "
            "without a suffix, and the files' own by --format"
        )
    found = [Target(path, output / f"{_name_of(path)}{suffix}") for path in files]
    if len({target.output for target in found}) < len(found):
        raise FileError("two inputs have the same name; give them outputs of their own")
    return found


def _is_image(output: Path) -> bool:
    """Whether an output is a file of images; a folder is there already, or has no suffix."""
    if output.is_dir():
        return False
    if any(output.name.endswith(known) for known in formats.IMAGE_SUFFIXES):
        return True
    if output.suffix:
        raise FileError(
            f"got the output {output}, expected a name ending in "
            f"{', '.join(formats.IMAGE_SUFFIXES)} (in small letters), or a folder; give a folder "
            "a name without a suffix, or make it first"
        )
    return False


def _name_of(source: Path) -> str:
    """The name of an input without its suffix; that of BART's pair may be given without one."""
    is_common = source.suffix not in (".cfl", ".hdr") and len(formats.files_of(source)) > 1
    return source.name if is_common else source.stem


def reconstruct(
    wanted: Sequence[Target],
    recipe: Recipe,
    engine: Engine,
    *,
    reading: Reading | None = None,
    watch: Watch = lambda done, total, what: None,
) -> Outcome:
    """Reconstruct every slice of every input that is not finished yet.

    Finished slices are kept in ``OUTPUT.parts`` until the output is whole; a run that was broken
    off, in whatever way, does only what is missing. A slice or input that fails is reported and
    stops nothing else.

    Parameters
    ----------
    wanted : sequence of Target
        Of `targets`.
    recipe : Recipe
        How each slice is made.
    engine : Engine
        Where: `threads`, `dask_workers` or `dask_scheduler`.
    reading : Reading, optional
        How inputs are read.
    watch : callable
        Called as ``watch(done, total, what)`` after every slice.

    Raises
    ------
    OutputError
        Where the disk is full or may not be written to; slices that are finished stay kept.
    """
    reading = reading or Reading()
    faults: list[tuple[str, str]] = []
    written: list[Path] = []
    opened: dict[Path, Open] = {}
    jobs: list[Job] = []
    resumed = 0
    for target in wanted:
        try:
            one, kept = _open(target, recipe, reading)
            if kept.is_finished():
                written.append(target.output)
                resumed += one.slices
                continue
            noise = noise_of(one)
        except (FileError, ValueError) as error:
            faults.append((str(target.source), str(error)))
            continue
        finished = kept.begin()
        missing = set(range(one.slices)) - finished
        resumed += one.slices - len(missing)
        opened[target.source] = Open(target, one, kept, missing, {})
        jobs += [Job(target.source, n, recipe, noise, reading) for n in sorted(missing)]
    total, done = resumed + len(jobs), 0
    watch(resumed, total, "")
    for entry in [entry for entry in opened.values() if not entry.missing]:
        written += _finish(entry)
    for job, answer in engine(jobs) if jobs else ():
        entry = opened[job.path]
        _keep(entry, job.number, answer)
        done += answer.image is not None
        watch(resumed + done, total, f"{job.path.name}, slice {job.number}")
        if not entry.missing:
            written += _finish(entry)
            faults += [(f"{job.path}, slice {n}", why) for n, why in sorted(entry.faults.items())]
    return Outcome(tuple(written), done, resumed, tuple(faults))


def _open(target: Target, recipe: Recipe, reading: Reading) -> tuple[Scan, Kept]:
    scan = reading.open(target.source)
    manifest: dict[str, Any] = {
        "csmri": csmri.__version__,
        "recipe": recipe.as_json(),
        "input": [_facts_of(path) for path in formats.files_of(target.source)],
        "axes": None if reading.axes is None else list(reading.axes),
        "mask": reading.mask_facts(),
        "slices": scan.slices,
    }
    return scan, Kept(target.output, manifest)


def _facts_of(path: Path) -> dict[str, Any]:
    """What tells a file from what it was before."""
    facts = path.stat()
    return {"file": str(path.resolve()), "bytes": facts.st_size, "time": facts.st_mtime_ns}


def _keep(entry: Open, number: int, answer: Answer) -> None:
    entry.missing.discard(number)
    if answer.image is None:
        entry.faults[number] = answer.fault
    else:
        entry.kept.save(number, answer.image, answer.facts)


def _finish(entry: Open) -> list[Path]:
    """Write the output of a target whose slices are all done; nothing where all of them failed.

    Slices that failed are left empty. The kept ones stay then, so that a next run does only these.
    """
    images: dict[int, np.ndarray] = {}
    facts: dict[str, Any] = {}
    for number in range(entry.scan.slices):
        found = None if number in entry.faults else entry.kept.load(number)
        if found is not None:
            images[number], facts[str(number)] = found
    if not images:
        return []
    first = next(iter(images.values()))
    volume = np.zeros((entry.scan.slices, *first.shape), first.dtype)
    for number, image in images.items():
        volume[number] = image
    frames = entry.scan.batch_shape[0] if len(entry.scan.batch_shape) == 2 else 1
    described = replace(entry.scan, kspace=np.zeros((1, 1, 1), np.complex64), mask=None)
    if frames > 1 and entry.target.output.suffix not in (".npy",):
        described = replace(described, affine=None)
    formats.write(entry.target.output, volume, described)
    entry.kept.finish({"slices": facts, "faults": {str(n): why for n, why in entry.faults.items()}})
    if not entry.faults:
        entry.kept.remove()
    return [entry.target.output]
