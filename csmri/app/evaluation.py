"""Judging reconstructions on fastMRI's files, as its leaderboard does: by volume."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import Any, final

import numpy as np

from csmri import MaskedFourier, metrics
from csmri.app.networks import learned_package
from csmri.arrays import Array
from csmri.calibration import walsh
from csmri.formats import FileError
from csmri.reconstruction import Reconstruct

MEASURES = ("nmse", "psnr", "ssim")


@final
@dataclass(frozen=True)
class VolumeScore:
    """How well one method did on one volume.

    Attributes
    ----------
    file, method : str
    slices : int
    nmse, psnr, ssim : float
        Over the volume, with its largest true value as the range, of magnitudes that are cropped
        as fastMRI's own reconstruction is.
    seconds : float
        Of reconstruction, a slice.
    """

    file: str
    method: str
    slices: int
    nmse: float
    psnr: float
    ssim: float
    seconds: float


@final
@dataclass(frozen=True)
class Evaluation:
    """The scores of all volumes, and the files that were passed over with what is wrong."""

    masks: dict[str, Any]
    scores: tuple[VolumeScore, ...]
    faults: dict[str, str]

    def means(self) -> dict[str, dict[str, float]]:
        """Each method's mean over the volumes."""
        methods = dict.fromkeys(score.method for score in self.scores)
        return {
            method: {
                name: mean(getattr(s, name) for s in self.scores if s.method == method)
                for name in (*MEASURES, "seconds")
            }
            for method in methods
        }

    def as_json(self) -> str:
        """Everything, as text for a file."""
        return json.dumps(asdict(self) | {"means": self.means()}, indent=1) + "\n"

    def as_csv(self) -> str:
        """One row a volume and method."""
        text = io.StringIO()
        rows = [asdict(score) for score in self.scores]
        writer = csv.DictWriter(text, list(VolumeScore.__annotations__), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()


def zero_filled(y: Array, mask: Array, maps: Array | None = None, /) -> Array:
    """Aᴴy."""
    return MaskedFourier(mask, maps).adjoint(y)


def evaluate(
    methods: Mapping[str, Reconstruct],
    folder: Path,
    *,
    masks: Any,
    watch: Callable[[int, int, str], None] | None = None,
) -> Evaluation:
    """Reconstruct every slice of a folder's volumes by every method, and judge the volumes.

    Each volume has the mask that fastMRI gives it, from the letters of its name. The truth is
    fastMRI's own reconstruction in the file, or where there is none, that of all its columns.

    Parameters
    ----------
    methods : mapping
        Reconstructions by name.
    folder : path
        Of fully sampled .h5 files. Damaged ones are passed over and told in the end.
    masks : learned.FastMRIMasks
        Its first acceleration counts.
    watch : callable, optional
        Told volumes done, volumes in all, and the file.

    Raises
    ------
    FileNotFoundError
        Where the folder has no files.
    ValueError
        Where none of them can be used.
    """
    slices = learned_package("the reader of fastMRI's files").FastMRISlices(folder)
    faults, scores = slices.faults, []
    for done, (path, shape) in enumerate(slices.volumes):
        if watch is not None:
            watch(done, len(slices.volumes), path.name)
        try:
            scores += volume_scores(methods, path, shape, masks)
        except FileError as fault:
            faults[str(path)] = str(fault)
    if not scores:
        raise ValueError(
            f"none of {len(faults)} files could be judged; the first: {next(iter(faults.values()))}"
        )
    return Evaluation(asdict(masks), tuple(scores), dict(faults))


def volume_scores(
    methods: Mapping[str, Reconstruct], path: Path, shape: tuple[int, ...], masks: Any
) -> list[VolumeScore]:
    """The scores of one volume, all its slices read once."""
    files = learned_package("the reader of fastMRI's files")
    mask = masks.of_volume(shape[-1], path)
    truths: list[np.ndarray] = []
    images: dict[str, list[np.ndarray]] = {name: [] for name in methods}
    seconds = dict.fromkeys(methods, 0.0)
    for number in range(shape[0]):
        one = files.read_slice(path, number)
        y, measured, truth, *maps = files.acquisition(one, mask, walsh)
        truth = np.abs(truth) if one.target is None else one.target
        for name, reconstruct in methods.items():
            own = [array.copy() for array in (y, measured.reshape(-1), *maps)]
            begun = perf_counter()
            image = np.abs(reconstruct(*own))
            seconds[name] += perf_counter() - begun
            images[name].append(files.centre_crop(image, truth.shape[-2:]))
        truths.append(truth)
    volume = np.stack(truths)
    if not volume.any():
        raise FileError(f"{path} holds an empty image, zero everywhere; leave it out")
    return [
        VolumeScore(
            path.name,
            name,
            len(volume),
            metrics.volume_nmse(np.stack(images[name]), volume),
            metrics.volume_psnr(np.stack(images[name]), volume),
            metrics.volume_ssim(np.stack(images[name]), volume),
            seconds[name] / len(volume),
        )
        for name in methods
    ]
