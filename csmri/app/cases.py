"""The fixed tests of the comparison: whose slices, how undersampled, with which mask and noise."""

import zlib
from dataclasses import dataclass
from typing import final

import numpy as np

from csmri import datasets, masks

SHAPE = (256, 256)
TRAINING_PERSON = "s1"
UNSEEN_PERSON = "colin27"
OTHER_ANATOMY = ("macaque", "shoulder")
SLICES = 16


@final
@dataclass(frozen=True)
class Case:
    """How k-space is undersampled: random columns around a full centre, and noise.

    Parameters
    ----------
    acceleration : int
        One column in so many is measured, counted exactly.
    center_fraction : float
        Share of all columns that is measured in the middle.
    noise : float
        Root mean square of the complex noise on a sample, where the volume's maximum is 1.
    """

    acceleration: int
    center_fraction: float
    noise: float = 0.005

    @property
    def name(self) -> str:
        """``4x``, for instance."""
        return f"{self.acceleration}x"

    def mask(self, volume: "Volume", index: int) -> np.ndarray:
        """(W,) bool: the columns measured of slice `index`, the same for every method."""
        return masks.random_columns(
            volume.images.shape[-1],
            acceleration=self.acceleration,
            center_fraction=self.center_fraction,
            seed=seed_of(volume.person, index),
        )

    def acquire(self, volume: "Volume", index: int) -> datasets.Acquisition:
        """Simulate the measurement of slice `index` of the volume's person."""
        return datasets.simulate(
            volume.image(index),
            self.mask(volume, index),
            noise=self.noise,
            seed=seed_of(volume.person, index),
        )


CASES = (Case(4, 0.08), Case(8, 0.04))


@final
@dataclass(frozen=True, eq=False)
class Volume:
    """One person's slices in the field of view of the comparison.

    Attributes
    ----------
    person : str
        Name of the data set, as the records call it.
    identity : str
        Whose slices they are, as the records of trained networks call it.
    slices : tuple of int
        The slices to reconstruct, by their number in the data set.
    images : (n, H, W) float32
        All slices of the data set.
    peak : float
        The largest value of all slices: the range of PSNR and SSIM.
    sha256 : str
        Of the data set's file.
    """

    person: str
    identity: str
    slices: tuple[int, ...]
    images: np.ndarray
    peak: float
    sha256: str

    def image(self, index: int) -> np.ndarray:
        """(H, W) float32: one true slice."""
        return self.images[index]


def volume(person: str, slices: int | None = SLICES) -> Volume:
    """Load a person's slices, centred on the comparison's field of view.

    Parameters
    ----------
    person : str
        One of `datasets.names()`.
    slices : int, optional
        How many evenly spaced slices to take; None, or as many as there are, takes all.

    Raises
    ------
    ValueError
        For an unknown person or fewer than one slice.
    """
    if slices is not None and slices < 1:
        raise ValueError(f"got {slices} slices to compare on, expected at least 1 or all of them")
    data = datasets.load(person, SHAPE)
    return Volume(
        person=person,
        identity=data.person,
        slices=evenly_spaced(len(data.images), slices),
        images=data.images,
        peak=float(data.images.max()),
        sha256=data.sha256,
    )


def evenly_spaced(available: int, wanted: int | None) -> tuple[int, ...]:
    """`wanted` of 0 … available − 1, in the middles of as many equal parts."""
    if wanted is None or wanted >= available:
        return tuple(range(available))
    return tuple(int((k + 0.5) * available / wanted) for k in range(wanted))


def seed_of(person: str, index: int) -> int:
    """The seed of one slice's mask, phase and noise: a hash that is the same everywhere."""
    return zlib.crc32(f"{person}/{index}".encode())
