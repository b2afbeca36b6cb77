"""Training examples, simulated afresh at every draw from magnitude images."""

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from csmri import masks
from csmri.arguments import real, whole
from csmri.datasets import complex_noise, smooth_phase
from csmri.operators import MaskedFourier
from learned.augmentation import Augmentation, Stack
from learned.fingerprint import sha256_of

SMALLEST, LARGEST = -0.1, (0.1, 1.5)
"""The least value of images in about [0, 1], and between what their largest one may lie."""


class Batch(NamedTuple):
    """Simulated k-space (B, H, W), column masks (B, 1, W) and true complex images (B, H, W)."""

    y: Tensor
    mask: Tensor
    truth: Tensor


@dataclass(frozen=True)
class ColumnMasks:
    """Random column masks: each draw picks one (acceleration, centre fraction) by its share.

    Parameters
    ----------
    accelerations, center_fractions : tuple of float
        In pairs, as `csmri.masks.random_columns` takes them.
    shares : tuple of float
        How often each pair is drawn; they sum to 1.
    """

    accelerations: tuple[float, ...] = (4.0, 8.0)
    center_fractions: tuple[float, ...] = (0.08, 0.04)
    shares: tuple[float, ...] = (0.7, 0.3)

    def __post_init__(self):
        counts = {len(self.accelerations), len(self.center_fractions), len(self.shares)}
        if len(counts) > 1 or not self.shares:
            raise ValueError(
                f"got {len(self.accelerations)} accelerations, {len(self.center_fractions)} centre "
                f"fractions and {len(self.shares)} shares, expected as many of each"
            )
        for name in ("accelerations", "center_fractions", "shares"):
            for value in getattr(self, name):
                real(name, value, *((1,) if name == "accelerations" else (0, 1)))
        if not math.isclose(sum(self.shares), 1, rel_tol=1e-6):
            raise ValueError(
                f"got shares={self.shares}, which sum to {sum(self.shares):g}, expected a sum of 1"
            )

    def draw(self, width: int, rng: np.random.Generator) -> np.ndarray:
        """Return a mask (W,) of bool."""
        choice = rng.choice(len(self.shares), p=self.shares)
        return masks.random_columns(
            width,
            acceleration=self.accelerations[choice],
            center_fraction=self.center_fractions[choice],
            seed=int(rng.integers(2**31)),
        )


@dataclass(frozen=True)
class Simulation:
    """Draws batches of simulated single-coil acquisitions.

    Every draw has fresh slices, augmentation, phase, noise and mask. The random
    numbers of step n come from (seed, n) alone, so training resumes with the very
    batches it would have seen.

    Parameters
    ----------
    images : (N, H, W) float
        Magnitude images in [0, 1] of the training persons.
    batch_size : int
        Images in a batch.
    column_masks : ColumnMasks
        What masks to draw, one for each image.
    augmentation : Augmentation, optional
        Random changes of the images; None for none.
    noise : (float, float)
        Range of the noise level, drawn log-uniformly: E|n|² = level² for each
        sample of k-space, in units of the images.
    rows : tuple of int, optional
        Draw one of these numbers for each batch and take so many neighbouring rows of
        each image. With column masks the rows of an image alias independently, so that
        a crop along them is a valid acquisition, and a cheaper one.
    stacks : tuple of int
        How many images, one after another, are neighbours in the volume of one person: planes are
        tilted inside it. All of them by default.
    """

    images: np.ndarray
    batch_size: int = 2
    column_masks: ColumnMasks = field(default_factory=ColumnMasks)
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    noise: tuple[float, float] = (0.003, 0.01)
    rows: tuple[int, ...] | None = None
    stacks: tuple[int, ...] = ()

    def __post_init__(self):
        whole("batch_size", self.batch_size, 1)
        height = self.images.shape[-2]
        if self.rows is not None and not all(0 < rows <= height for rows in self.rows):
            raise ValueError(
                f"got rows={self.rows} of images of {height}, expected as many or fewer; leave "
                "them out to take them all"
            )
        if self.stacks and sum(self.stacks) != len(self.images):
            raise ValueError(
                f"got stacks of {self.stacks} slices for {len(self.images)} images, expected "
                "numbers that sum to theirs"
            )

    def fingerprint(self) -> dict[str, Any]:
        """Return everything that decides the examples but for the seed."""
        return {
            "images": sha256_of(self.images),
            "batch_size": self.batch_size,
            "column_masks": self.column_masks,
            "augmentation": self.augmentation,
            "noise": self.noise,
            "rows": self.rows,
            "stacks": self.stacks,
        }

    def draw(self, seed: int, step: int) -> Batch:
        """Return the batch of one training step."""
        rng = np.random.default_rng([seed, step])
        rows = None if self.rows is None else int(rng.choice(self.rows))
        truth = np.stack([self._image(rng, rows) for _ in range(self.batch_size)])
        mask = np.stack([self.column_masks.draw(truth.shape[-1], rng) for _ in truth])[:, None]
        level = np.exp(rng.uniform(*np.log(self.noise)))
        # F is unitary, so that noise of the image is noise of k-space; it stays white.
        y = MaskedFourier(mask)(truth + complex_noise(truth.shape, rng, level))
        return Batch(torch.from_numpy(y), torch.from_numpy(mask), torch.from_numpy(truth))

    def _image(self, rng: np.random.Generator, rows: int | None) -> np.ndarray:
        image = self._magnitude(int(rng.integers(len(self.images))), rng)
        image = image * np.exp(1j * smooth_phase(image.shape, rng))
        if rows is not None:
            first = rng.integers(image.shape[0] - rows + 1)
            image = image[first : first + rows]
        return image.astype(np.complex64)

    def _magnitude(self, index: int, rng: np.random.Generator) -> np.ndarray:
        if self.augmentation is None:
            return self.images[index]
        if not self.augmentation.tilt:
            return self.augmentation(self.images[index], rng)
        which = bisect_right(self._ends, index)
        stack = self._volumes[which]
        return self.augmentation.plane(stack, index - self._ends[which] + len(stack), rng)

    @property
    def _ends(self) -> list[int]:
        return list(accumulate(self.stacks or [len(self.images)]))

    @cached_property
    def _volumes(self) -> list[Stack]:
        return [Stack(slices) for slices in np.split(self.images, self._ends[:-1])]


def require_magnitudes(images: np.ndarray, whose: str) -> None:
    """Raise ValueError unless images are magnitudes (N, H, W) in about [0, 1]."""
    if images.ndim != 3 or not images.size:
        raise ValueError(
            f"got images of shape {images.shape} of {whose}, expected (N, H, W) with at least one "
            "image; a single one is image[None]"
        )
    if np.iscomplexobj(images) or not np.isfinite(images).all():
        raise ValueError(
            f"got images of {whose} that are complex or not finite, expected magnitudes in [0, 1]; "
            "take np.abs of them"
        )
    low, high = float(images.min()), float(images.max())
    if low < SMALLEST or not LARGEST[0] <= high <= LARGEST[1]:
        raise ValueError(
            f"got images of {whose} in [{low:.3g}, {high:.3g}], expected about [0, 1], in whose "
            "units the levels of noise are; divide magnitudes by their largest value"
        )
