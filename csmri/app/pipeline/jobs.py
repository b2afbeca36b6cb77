"""Slices as work that can be sent anywhere: where they are read, and what comes back."""

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, final

import numpy as np

from csmri import formats
from csmri.app.pipeline.recipe import Noise, Recipe, reconstruct_slice
from csmri.formats import FileError, Scan

NONZERO = "nonzero"


@final
@dataclass(frozen=True)
class Reading:
    """How an input is read.

    Parameters
    ----------
    axes : tuple of str, optional
        Names of the axes, for kinds that do not say.
    mask : str, optional
        A file with a mask, or "nonzero": what is not 0 was measured.
    """

    axes: tuple[str, ...] | None = None
    mask: str | None = None

    def open(self, path: Path) -> Scan:
        """The scan, its k-space not yet read."""
        scan = formats.read(path, axes=self.axes)
        if self.mask is None:
            return scan
        if self.mask != NONZERO:
            return scan.with_mask(_mask_from(Path(self.mask)))
        filled = [(one.kspace != 0).any(axis=0) for one in scan]
        mask = np.stack(filled).reshape(*scan.batch_shape, 1, *scan.shape[-2:])
        if (mask == mask.reshape(-1, *scan.shape[-2:])[0]).all():
            whole = filled[0]
            mask = whole[0] if (whole == whole[:1]).all() else whole
        return scan.with_mask(mask)

    def files(self, path: Path) -> tuple[Path, ...]:
        """All files that a scan is read from: those of the input, and of the mask."""
        given = () if self.mask in (None, NONZERO) else (Path(self.mask),)
        return (*formats.files_of(path), *given)

    def mask_facts(self) -> dict[str, str] | str | None:
        """What tells this mask from another: the content of its file, not its name alone."""
        if self.mask is None or self.mask == NONZERO:
            return self.mask
        path = Path(self.mask)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return {"file": str(path.resolve()), "sha256": digest}


@final
@dataclass(frozen=True, eq=False)
class Job:
    """One slice to reconstruct.

    Parameters
    ----------
    path : Path
        The input; it must be readable where the work is done.
    number : int
        Which slice.
    recipe : Recipe
        How.
    noise : Noise
        Of the whole input.
    reading : Reading
        How the input is read.
    """

    path: Path
    number: int
    recipe: Recipe
    noise: Noise
    reading: Reading = field(default_factory=Reading)


@final
@dataclass(frozen=True, eq=False)
class Answer:
    """What became of a job: an image with facts, or the reason why there is none."""

    image: np.ndarray | None
    facts: dict[str, Any]
    fault: str = ""


def work(job: Job) -> Answer:
    """Read and reconstruct one slice; what is wrong with the slice is an answer, not an error."""
    try:
        one = _opened(job.path, job.reading, _stamp(job)).slice(job.number)
        image, facts = reconstruct_slice(one, job.recipe, job.noise)
    except (ValueError, TypeError, OSError, MemoryError, np.linalg.LinAlgError) as error:
        return Answer(None, {}, f"{type(error).__name__}: {error}")
    if not np.isfinite(image).all():
        return Answer(None, facts, "the image is not finite; look at the slice with csmri doctor")
    return Answer(image, facts)


@lru_cache(maxsize=4)
def _opened(path: Path, reading: Reading, stamp: tuple[tuple[int, int], ...]) -> Scan:
    """An input is opened once in each process, not once for each slice."""
    return reading.open(path)


def _stamp(job: Job) -> tuple[tuple[int, int], ...]:
    """When each file was last written, and its size: what was replaced is opened anew."""
    found = (path.stat() for path in job.reading.files(job.path) if path.exists())
    return tuple((facts.st_mtime_ns, facts.st_size) for facts in found)


def _mask_from(path: Path) -> np.ndarray:
    if path.suffix != ".npy":
        raise FileError(f"got the mask {path}, expected a .npy file of bool, or 'nonzero'")
    try:
        mask = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise FileError(f"the mask {path} could not be read ({error})") from error
    if mask.dtype != bool and not np.isin(mask, (0, 1)).all():
        raise FileError(f"got a mask of {mask.dtype}, expected bool, or numbers 0 and 1")
    return mask.astype(bool)
