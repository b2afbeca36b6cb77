"""Training examples, simulated afresh at every draw from magnitude images."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.ndimage import affine_transform, gaussian_filter
from torch import Tensor

from csmri import masks
from csmri.datasets import complex_noise, smooth_phase
from csmri.operators import MaskedFourier
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
class Augmentation:
    """Random changes of a magnitude image that leave it a plausible image.

    Parameters
    ----------
    flips : bool
        Mirror each axis with probability one half.
    shift : float
        Largest shift along each axis, pixels.
    rotation : float
        Largest rotation, degrees.
    zoom : float
        Largest relative change of size.
    gamma : float
        Largest |log γ| of the contrast change x ↦ x^γ.
    contrast : float
        Largest displacement of the two inner knots of a piecewise linear contrast curve.
    sharpness : (float, float)
        Range of s in x + s (x − G x), G a Gaussian blur of one pixel: persons are scanned and
        averaged differently, and their images differ most in the finest detail.
    interpolation : int
        Order of the splines that move an image. Order 1 takes half of the energy between half and
        three quarters of the highest frequency, order 3 a tenth.
    """

    flips: bool = True
    shift: float = 16.0
    rotation: float = 8.0
    zoom: float = 0.15
    gamma: float = 0.4
    contrast: float = 0.15
    sharpness: tuple[float, float] = (-0.5, 1.5)
    interpolation: int = 3

    def __call__(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return a changed copy of an image (H, W) in [0, 1]."""
        if self.flips:
            for axis in (0, 1):
                if rng.random() < 0.5:
                    image = np.flip(image, axis)
        image = self._moved(image, rng)
        knots = np.array([0, 1 / 3, 2 / 3, 1])
        values = knots + self.contrast * np.array([0, *rng.uniform(-1, 1, 2), 0])
        image = np.interp(image, knots, values)
        image = image ** np.exp(self.gamma * rng.uniform(-1, 1))
        if any(self.sharpness):
            fine = image - gaussian_filter(image, 1.0)
            image = np.clip(image + rng.uniform(*self.sharpness) * fine, 0, 1)
        return image.astype(np.float32)

    def _moved(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        angle = np.deg2rad(self.rotation) * rng.uniform(-1, 1)
        factor = 1 + self.zoom * rng.uniform(-1, 1)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / factor
        middle = (np.array(image.shape) - 1) / 2
        offset = middle - turn @ (middle + self.shift * rng.uniform(-1, 1, 2))
        moved = affine_transform(
            image,
            turn,
            offset,  # pyright: ignore[reportArgumentType]  (SciPy's annotation knows one number)
            order=self.interpolation,
        )
        return np.maximum(moved, 0)


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
    """

    images: np.ndarray
    batch_size: int = 2
    column_masks: ColumnMasks = field(default_factory=ColumnMasks)
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    noise: tuple[float, float] = (0.003, 0.01)
    rows: tuple[int, ...] | None = None

    def __post_init__(self):
        if self.batch_size < 1:
            raise ValueError(f"got a batch of {self.batch_size}, expected at least 1")

    def fingerprint(self) -> dict[str, Any]:
        """Return everything that decides the examples but for the seed."""
        return {
            "images": sha256_of(self.images),
            "batch_size": self.batch_size,
            "column_masks": self.column_masks,
            "augmentation": self.augmentation,
            "noise": self.noise,
            "rows": self.rows,
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
        image = self.images[rng.integers(len(self.images))]
        if self.augmentation is not None:
            image = self.augmentation(image, rng)
        image = image * np.exp(1j * smooth_phase(image.shape, rng))
        if rows is not None:
            first = rng.integers(image.shape[0] - rows + 1)
            image = image[first : first + rows]
        return image.astype(np.complex64)


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
