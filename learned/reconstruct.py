"""Trained networks as reconstructions: NumPy in, NumPy out."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import final

import numpy as np
import torch
from torch import nn

from csmri.fidelity import least_squares
from csmri.operators import MaskedFourier
from learned.checkpoint import Record, load_network

SHIPPED = (
    "refined",
    "refined_colin27",
    "refined_twice",
    "refined_twice_colin27",
    "unet",
    "unet_colin27",
    "unrolled",
    "unrolled_colin27",
    "wavelet",
    "wavelet_colin27",
)
"""Names of the trained networks that come with the package."""


@final
@dataclass(frozen=True, eq=False)
class LearnedReconstruction:
    """A network as `csmri.reconstruction.Reconstruct`: (y, mask, maps) → image.

    It computes in float32 and gives the same bits whenever it is asked again on one machine
    at one number of threads. Scaling the data scales the image.

    Parameters
    ----------
    network : Module
        Called as ``network(y, mask)`` or ``network(y, mask, maps)`` with torch tensors.
    record : Record
        How it was trained.
    """

    network: nn.Module
    record: Record

    @property
    def parameters(self) -> int:
        """The number of learned numbers."""
        return sum(parameter.numel() for parameter in self.network.parameters())

    def unlike_training(self, mask: np.ndarray, maps: np.ndarray | None = None) -> str:
        """What of a measurement is unlike any that it was trained on, in words; "" for nothing.

        Known of networks that were trained on simulated scans, of one coil and column masks. What
        is in the image nobody asks: see the rows away from heads in the README's table.
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
        device = next(self.network.parameters()).device
        arguments = [torch.tensor(y, dtype=torch.complex64), torch.tensor(mask)]
        if maps is not None:
            arguments.append(torch.tensor(maps, dtype=torch.complex64))
        with torch.inference_mode():
            image = self.network(*(argument.to(device) for argument in arguments))
        return image.cpu().numpy().astype(y.dtype, copy=False)


def load(
    source: str | Path, *, evaluate_on: Iterable[str] = (), allow_seen: bool = False
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
    if source in SHIPPED:
        with as_file(files("learned") / "weights" / f"{source}.safetensors") as path:
            network, record = load_network(path, evaluate_on=evaluate_on, allow_seen=allow_seen)
    else:
        network, record = load_network(source, evaluate_on=evaluate_on, allow_seen=allow_seen)
    # The order in which convolutions on CPUs like to read, and the one they were trained in.
    return LearnedReconstruction(network.to(memory_format=torch.channels_last), record)  # pyright: ignore[reportCallIssue]
