"""Batches of fastMRI's slices, undersampled afresh at every draw."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, final

import numpy as np
import torch
from torch import Tensor

from csmri.arguments import real
from csmri.calibration import walsh
from csmri.formats import FileError
from csmri.masks import fastmri as fastmri_masks
from learned.data import ColumnMasks
from learned.fastmri import FastMRISlices, Slice

CALIBRATION_ROWS = 24
ATTEMPTS = 100
"""How many batches may fail to be read before the data are given up."""
SLICES_TRIED = 20
"""How many slices that cannot be read, or are zero, are passed over for one image of a batch."""


class DrawsMasks(Protocol):
    """`ColumnMasks`, or `FastMRIMasks`."""

    def draw(self, width: int, rng: np.random.Generator) -> np.ndarray:
        """Return a mask (W,) of bool."""
        ...


@final
@dataclass(frozen=True)
class FastMRIMasks:
    """fastMRI's masks: each draw picks one (acceleration, centre fraction), all equally likely.

    Parameters
    ----------
    kind : str
        A key of `csmri.masks.fastmri.FUNCTIONS`: "random", "equispaced", "equispaced_fraction"
        or "magic".
    accelerations, center_fractions : tuple
        As many of both.
    """

    kind: str = "random"
    accelerations: tuple[float, ...] = (4, 8)
    center_fractions: tuple[float, ...] = (0.08, 0.04)

    def __post_init__(self):
        if self.kind not in fastmri_masks.FUNCTIONS:
            raise ValueError(
                f"got masks of kind {self.kind!r}, expected one of "
                f"{', '.join(fastmri_masks.FUNCTIONS)}"
            )
        if not self.accelerations or len(self.accelerations) != len(self.center_fractions):
            raise ValueError(
                f"got {len(self.accelerations)} accelerations and {len(self.center_fractions)} "
                "centre fractions, expected as many of both; give one fraction an acceleration"
            )
        for acceleration, fraction in zip(self.accelerations, self.center_fractions, strict=True):
            real("acceleration", acceleration, 1)
            real("center_fraction", fraction, 0, 1)

    def draw(self, width: int, rng: np.random.Generator) -> np.ndarray:
        """Return a mask (W,) of bool."""
        choice = int(rng.integers(len(self.accelerations)))
        return self._make(width, choice, int(rng.integers(2**31)))

    def of_volume(self, width: int, path: Path | str) -> np.ndarray:
        """Return the mask by which fastMRI judges a volume: the first kind, seeded by its name."""
        return self._make(width, 0, fastmri_masks.seed_of(path))

    def _make(self, width: int, choice: int, seed: fastmri_masks.Seed) -> np.ndarray:
        acceleration = self.accelerations[choice]
        whole = int(acceleration) if acceleration == int(acceleration) else acceleration
        return fastmri_masks.FUNCTIONS[self.kind](
            width,
            acceleration=whole,
            center_fraction=self.center_fractions[choice],
            seed=seed,
        )


@final
class FastMRIDraws:
    """Draws batches of acquisitions that are undersampled afresh; for `learned.fit`.

    The random numbers of step n come from (seed, n) alone. k-space and truth are divided by the
    largest value of their volume. Of several coils the sensitivities are estimated from the
    centre of the mask, as they would be in use, and the truth is the root-sum-of-squares. A slice
    that cannot be read or is zero is noted in ``slices.faults`` and another one is taken: always
    the same one, whatever was drawn before.

    Parameters
    ----------
    slices : FastMRISlices
        The training data.
    batch_size : int
        Images in a batch, of one shape.
    column_masks : DrawsMasks
        What masks to draw, one for each image.
    calibrate : callable
        (k-space, calibration=(rows, columns)) to maps: `csmri.calibration.walsh` or `espirit`.
    """

    def __init__(
        self,
        slices: FastMRISlices,
        *,
        batch_size: int = 1,
        column_masks: DrawsMasks | None = None,
        calibrate: Callable[..., np.ndarray] = walsh,
    ):
        if batch_size < 1:
            raise ValueError(f"got a batch of {batch_size}, expected at least 1")
        self.slices, self.batch_size, self.calibrate = slices, batch_size, calibrate
        self.column_masks = ColumnMasks() if column_masks is None else column_masks
        self._groups = slices.groups()

    def fingerprint(self) -> dict[str, Any]:
        """Return everything that decides the examples but for the seed."""
        return {
            "files": self.slices.digests(),
            "batch_size": self.batch_size,
            "column_masks": self.column_masks,
            "calibrate": self.calibrate,
        }

    def draw(self, seed: int, step: int) -> tuple[Tensor, ...]:
        """Return (y, mask, truth) of one coil, or (y, mask, truth, maps) of several."""
        rng = np.random.default_rng([seed, step])
        sizes = np.array([len(group) for group in self._groups])
        for _ in range(ATTEMPTS):
            group = self._groups[rng.choice(len(sizes), p=sizes / sizes.sum())]
            found = [self._readable(group, rng) for _ in range(self.batch_size)]
            readable = [one for one in found if one is not None]
            if len(readable) == self.batch_size:
                columns = zip(*(self._example(one, rng) for one in readable), strict=True)
                return tuple(torch.from_numpy(np.stack(column)) for column in columns)
        raise FileError(
            f"no slice could be used in {ATTEMPTS} attempts; the last fault: "
            f"{next(reversed(self.slices.faults.values()), 'unknown')}"
        )

    def _example(self, one: Slice, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        scale = one.largest or float(np.abs(one.truth).max()) or 1.0
        mask = self.column_masks.draw(one.kspace.shape[-1], rng)
        return acquisition(one, mask, self.calibrate, scale=scale)

    def _readable(self, group: np.ndarray, rng: np.random.Generator) -> Slice | None:
        """A slice of a group, None where so many draws met broken ones alone.

        Earlier faults do not count: a training that is resumed does not know them.
        """
        for _ in range(SLICES_TRIED):
            number = int(rng.choice(group))
            path = str(self.slices.path_of(number))
            try:
                one = self.slices[number]
                if one.kspace.any():
                    return one
                raise FileError(
                    f"{path}: got a slice whose k-space is zero, expected a measurement"
                )
            except FileError as fault:
                self.slices.faults[path] = str(fault)
        return None


def acquisition(
    one: Slice, mask: np.ndarray, calibrate: Callable[..., np.ndarray], *, scale: float = 1.0
) -> tuple[np.ndarray, ...]:
    """Return (y, mask, truth), or (y, mask, truth, maps), of a slice measured by a mask (W,).

    Parameters
    ----------
    one : Slice
        Fully sampled k-space (C, H, W), and the truth (H, W) that follows from it.
    mask : (W,) bool
        The columns to measure; what the slice itself lacks is left out.
    calibrate : callable
        Called as ``calibrate(y, calibration=(rows, columns))`` for the sensitivity maps (C, H, W)
        of several coils.
    scale : float
        What k-space and truth are divided by.

    Returns
    -------
    tuple of arrays
        y (H, W), mask (1, W) and truth of one coil; y and maps (C, H, W), mask (1, 1, W) and truth
        of several. All but the masks are complex64.

    Raises
    ------
    ValueError
        Where there are several coils and the mask has no centre to calibrate them from.
    """
    mask = mask & one.measured
    y = (np.where(mask, one.kspace, 0) / scale).astype(np.complex64)
    truth = (one.truth / scale).astype(np.complex64)
    if len(y) == 1:
        return y[0], mask[None], truth
    rows, columns = min(CALIBRATION_ROWS, y.shape[-2]), centre_of(mask)
    if columns < 1:
        raise ValueError(
            f"got a mask without its middle column for {len(y)} coils, expected some measured in "
            "the middle, from which sensitivities are estimated; choose a larger centre fraction, "
            "0.08 say"
        )
    maps = calibrate(y, calibration=(rows, columns))
    return y, mask[None, None], truth, maps


def centre_of(mask: np.ndarray) -> int:
    """Return how many columns around W//2 are measured without a gap."""
    middle, count = len(mask) // 2, 0
    while count < len(mask):
        first = middle - (count + 1) // 2
        if first < 0 or not mask[first : first + count + 1].all():
            break
        count += 1
    return count
