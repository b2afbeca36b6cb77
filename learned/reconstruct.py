"""Trained networks as reconstructions: NumPy in, NumPy out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from torch import nn

from csmri.fidelity import least_squares
from csmri.operators import MaskedFourier
from learned.checkpoint import Record, load_network
from learned.environment import bfloat16_pays
from learned.unrolled import Unrolled

SHIPPED = (
    "refined",
    "refined_colin27",
    "refined_twice",
    "refined_twice_colin27",
    "refined_long",
    "refined_long_colin27",
    "refined_unet",
    "refined_unet_colin27",
    "unet",
    "unet_colin27",
    "unrolled",
    "unrolled_colin27",
    "wavelet",
    "wavelet_colin27",
)
"""Names of the trained networks that come with the package."""

CONTAINED = {
    "refined": ("refined_long", 6),
    "refined_colin27": ("refined_long_colin27", 6),
    "refined_twice": ("refined_long", 12),
    "refined_twice_colin27": ("refined_long_colin27", 12),
}
"""Those that are the first steps of a longer one, and have no file of their own."""


@final
@dataclass(frozen=True, eq=False)
class LearnedReconstruction:
    """A network as `csmri.reconstruction.Reconstruct`: (y, mask, maps) → image.

    It computes in float32, unless asked otherwise, and gives the same bits whenever it is asked
    again on one machine at one number of threads. Scaling the data scales the image.

    Parameters
    ----------
    network : Module
        Called as ``network(y, mask)`` or ``network(y, mask, maps)`` with torch tensors.
    record : Record
        How it was trained.
    mixed_precision : bool
        Convolve in bfloat16 where that is faster (`bfloat16_pays`), the rest in float32.
    """

    network: nn.Module
    record: Record
    mixed_precision: bool = False

    @property
    def parameters(self) -> int:
        """The number of learned numbers."""
        return sum(parameter.numel() for parameter in self.network.parameters())

    def __repr__(self) -> str:
        kind, persons = type(self.network).__name__, ", ".join(self.record.persons)
        return (
            f"LearnedReconstruction({kind}, {self.parameters:,} parameters, trained on {persons})"
        )

    def first(self, steps: int) -> "LearnedReconstruction":
        """The unrolled network of the first steps alone, where it is one of its own.

        Parameters
        ----------
        steps : int
            As many as were judged in training (`Recipe.lengths`), or as a network had that this
            one began with, and kept.

        Raises
        ------
        ValueError
            Where there was none of so many, or the network is none of unrolled steps.
        """
        if not isinstance(self.network, Unrolled):
            raise ValueError(f"got a {type(self.network).__name__}, expected an Unrolled network")
        lengths = {length_of(record): record for record in kept_records(self.record)}
        if steps not in lengths:
            raise ValueError(
                f"got {steps} steps, expected as many as were judged in training, or as a network "
                f"had that this one began with and kept: {sorted(lengths)}"
            )
        return replace(self, network=self.network.first(steps), record=lengths[steps])

    def unlike_training(self, mask: np.ndarray, maps: np.ndarray | None = None) -> str:
        """What of a measurement is unlike any that it was trained on, in words; "" for nothing.

        Known of networks that were trained on simulated scans, of one coil and column masks. What
        is in the image nobody asks: see the columns away from heads in the README's table.
        """
        accelerations = self.record.masks.get("accelerations")
        if not accelerations:
            return ""
        found = []
        if maps is not None:
            found.append(f"{maps.shape[-3]} coils, not one")
        if mask.ndim > 1 and not (mask == mask[..., :1, :]).all():
            found.append("samples that are not whole columns")
        acceleration = mask.size / max(int(mask.sum()), 1)
        low, high = min(accelerations), max(accelerations)
        if not 0.75 * low <= acceleration <= 1.5 * high:
            found.append(f"an acceleration of {acceleration:.1f}, not {low:g} to {high:g}")
        return "; ".join(found)

    def __call__(
        self, y: np.ndarray, mask: np.ndarray, maps: np.ndarray | None = None, /
    ) -> np.ndarray:
        """Reconstruct images (..., H, W), in the units and the dtype of the data.

        Where nothing was measured but zeros, the image is zero.

        Parameters
        ----------
        y : (..., H, W) or (..., C, H, W) complex
            Measured k-space, centred, zero where it was not sampled.
        mask : (W,) or (..., H, W) bool
            Where it was sampled.
        maps : (..., C, H, W) complex, optional
            Coil sensitivities.

        Raises
        ------
        TypeError
            Where y is not complex or the mask not bool.
        ValueError
            Where the shapes do not fit, or y is not finite or not zero off the mask.
        """
        y, mask = np.asarray(y), np.asarray(mask)
        maps = None if maps is None else np.asarray(maps)
        least_squares(MaskedFourier(mask, maps), y)  # refuses what cannot have been measured
        measured = np.any(y, axis=(-2, -1), keepdims=True)
        if maps is not None:
            measured = np.any(measured, axis=-3)
        if not np.any(measured):
            return np.zeros((*measured.shape[:-2], *y.shape[-2:]), y.dtype)
        device = next(self.network.parameters()).device
        arguments = [torch.tensor(y, dtype=torch.complex64), torch.tensor(mask)]
        if maps is not None:
            arguments.append(torch.tensor(maps, dtype=torch.complex64))
        mixed = self.mixed_precision and bfloat16_pays(device)
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=mixed):
            image = self.network(*(argument.to(device) for argument in arguments))
        return np.where(measured, image.cpu().numpy(), 0).astype(y.dtype, copy=False)


def load(
    source: str | Path,
    *,
    evaluate_on: Iterable[str] = (),
    allow_seen: bool = False,
    mixed_precision: bool = False,
) -> LearnedReconstruction:
    """Load a trained network: a shipped one by name, or an own one by path.

    Parameters
    ----------
    source : str or path
        A name in `learned.SHIPPED`, or the path of a file written by `learned.train`.
    evaluate_on : iterable of str, or str
        Persons whose images it shall be judged on; a str is one of them.
    allow_seen : bool
        Judge it on persons it was trained on all the same.
    mixed_precision : bool
        Convolve in bfloat16 where that is faster: on a CPU with such instructions in some three
        fifths of the time, with images that are within 0.01 dB as good. Others' machines, without
        them, then give other bits.

    Raises
    ------
    FileNotFoundError
        Where there is no such file.
    ValueError
        Where the file is no network of this package, is damaged, or was trained on a
        person of `evaluate_on`.

    Examples
    --------
    >>> reconstruct = learned.load("unrolled", evaluate_on=["colin27"])
    >>> image = reconstruct(y, mask)
    """
    options: Any = {"evaluate_on": evaluate_on, "allow_seen": allow_seen}
    if source not in SHIPPED:
        if not Path(source).is_file():
            raise FileNotFoundError(
                f"got {source}, expected the name of a network that comes with the package "
                f"({', '.join(SHIPPED)}), or a file of one; train one with learned.train"
            )
        return _reconstruction(*load_network(source, **options), mixed_precision)
    with as_file(weights_of(str(source))) as path:
        found = _reconstruction(*load_network(path, **options), mixed_precision)
    _, steps = CONTAINED.get(str(source), ("", 0))
    return found.first(steps) if steps else found


def _reconstruction(
    network: nn.Module, record: Record, mixed_precision: bool
) -> LearnedReconstruction:
    """The network in the order of pixels that convolutions on CPUs like, as it was trained."""
    network = network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    return LearnedReconstruction(network, record, mixed_precision)


def weights_of(name: str) -> Traversable:
    """The file with the weights of a shipped network.

    Parameters
    ----------
    name : str
        One of `SHIPPED`.

    Returns
    -------
    Traversable
        A file in safetensors' format, which may hold other networks as its first steps.
    """
    stem, _ = CONTAINED.get(name, (name, 0))
    return files("learned") / "weights" / f"{stem}.safetensors"


def kept_records(record: Record) -> Iterator[Record]:
    """The records of the networks that the first steps of one are, all of them included."""
    while True:
        yield record
        for length in record.training.get("lengths", ()):
            yield replace(record, architecture=replace(record.architecture, iterations=length))  # pyright: ignore[reportCallIssue]
        before = record.begun_with
        if before is None or not 0 < length_of(before) < length_of(record):
            return
        record = before


def length_of(record: Record) -> int:
    """How many unrolled steps the network has; 0 of others."""
    return getattr(record.architecture, "iterations", 0)
