"""How k-space is undersampled in the comparison: the mask, the acceleration and the noise."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import final

import numpy as np

from csmri import datasets, masks
from csmri.app.volumes import Volume

CENTER_TIMES_ACCELERATION = 0.32  # a full centre of 8 % at 4x, of 4 % at 8x
NOISE = 0.005
FILE = ".npy"

MaskOf = Callable[["Case", tuple[int, int], int], np.ndarray]
"""Takes a case, the shape (H, W) and a seed to a mask."""


@final
@dataclass(frozen=True)
class Case:
    """How k-space is undersampled: the kind of mask, its acceleration, and noise.

    Parameters
    ----------
    acceleration : float
        One column (or sample) in so many is measured, counted exactly.
    center_fraction : float, optional
        Share of all columns that is measured in the middle; 0.32 / acceleration by default.
        Masks of single samples have a full centre of their own, 8 by 8.
    noise : float
        Root mean square of the complex noise on a sample, where the volume's maximum is 1.
    mask_kind : str
        One of `MASKS`, or the path of a .npy file with a mask of your own, which every slice gets.

    Raises
    ------
    ValueError
        For an unknown kind of mask, and a file that holds none.
    """

    acceleration: float
    center_fraction: float | None = None
    noise: float = NOISE
    mask_kind: str = "random"

    def __post_init__(self) -> None:
        if self.is_own:
            own_mask(self.mask_kind)
        elif self.mask_kind not in MASKS:
            raise ValueError(
                f"got a mask of kind {self.mask_kind!r}, expected one of {', '.join(MASKS)}, or a "
                f"file *{FILE}"
            )
        if self.center_fraction is None:
            default = round(CENTER_TIMES_ACCELERATION / self.acceleration, 4)
            object.__setattr__(self, "center_fraction", default)

    @property
    def name(self) -> str:
        """``4x``, or ``equispaced 4x``, or ``4x, noise 0.02``, for instance."""
        named = Path(self.mask_kind).stem if self.is_own else self.mask_kind
        kind = "" if self.mask_kind == "random" else f"{named} "
        noise = "" if self.noise == NOISE else f", noise {self.noise:g}"
        usual = self.center_fraction == Case(self.acceleration).center_fraction
        center = "" if usual else f", centre {self.center_fraction:g}"
        return f"{kind}{self.acceleration:g}x{center}{noise}"

    @property
    def is_own(self) -> bool:
        """Whether the mask is read from a file."""
        return self.mask_kind.endswith(FILE)

    @property
    def is_fitted(self) -> bool:
        """Whether the methods were tuned and trained at this very case."""
        return self in CASES

    def mask(self, volume: Volume, index: int) -> np.ndarray:
        """(W,) or (H, W) bool: what is measured of slice `index`, the same for every method."""
        shape = (volume.images.shape[-2], volume.images.shape[-1])
        if self.is_own:
            return _fitting(own_mask(self.mask_kind), shape, self.mask_kind)
        return MASKS[self.mask_kind](self, shape, seed_of(volume.person, index))

    def acquire(self, volume: Volume, index: int) -> datasets.Acquisition:
        """Simulate the measurement of slice `index` of the volume's person."""
        return datasets.simulate(
            volume.image(index),
            self.mask(volume, index),
            noise=self.noise,
            seed=seed_of(volume.person, index),
        )


def _random(case: Case, shape: tuple[int, int], seed: int) -> np.ndarray:
    return masks.random_columns(
        shape[1], acceleration=case.acceleration, center_fraction=_center(case), seed=seed
    )


def _variable_density(case: Case, shape: tuple[int, int], seed: int) -> np.ndarray:
    return masks.variable_density_columns(
        shape[1], acceleration=case.acceleration, center_fraction=_center(case), seed=seed
    )


def _equispaced(case: Case, shape: tuple[int, int], seed: int) -> np.ndarray:
    return masks.equispaced_columns(
        shape[1], acceleration=case.acceleration, center_fraction=_center(case), offset=seed % 997
    )


def _gaussian(case: Case, shape: tuple[int, int], seed: int) -> np.ndarray:
    return masks.gaussian_2d(shape, acceleration=case.acceleration, seed=seed)


def _poisson(case: Case, shape: tuple[int, int], seed: int) -> np.ndarray:
    return masks.poisson_disc(shape, acceleration=case.acceleration, seed=seed)


def _center(case: Case) -> float:
    return float(case.center_fraction or 0)  # a case that was made has a number there


MASKS: Mapping[str, MaskOf] = {
    "random": _random,
    "equispaced": _equispaced,
    "variable-density": _variable_density,
    "gaussian-2d": _gaussian,
    "poisson-disc": _poisson,
}
"""Kinds of masks by name: three of whole columns, two of single samples."""

CASES = (Case(4), Case(8))
"""What λ is tuned and networks are trained at."""

OTHER_CASES = (
    Case(12),
    Case(4, mask_kind="equispaced"),
    Case(4, mask_kind="variable-density"),
    Case(4, mask_kind="gaussian-2d"),
    Case(4, noise=4 * NOISE),
)
"""What nothing was fitted to: another acceleration, other masks, four times the noise."""

FURTHER_CASES = (Case(2), Case(6), Case(4, mask_kind="poisson-disc"), Case(8, noise=4 * NOISE))
"""More of it, for a comparison that may take its time."""


@lru_cache
def own_mask(path: str) -> np.ndarray:
    """The mask in a .npy file, (W,) or (H, W) bool: True, or 1, where k-space is measured.

    Raises
    ------
    ValueError
        Where the file is missing or damaged, or holds no mask or an empty one.
    """
    try:
        mask = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(
            f"got the mask {path}, which cannot be read ({error}); write it with numpy.save"
        ) from error
    if mask.ndim not in (1, 2) or not np.isin(mask, (0, 1)).all() or not mask.any():
        raise ValueError(
            f"got the mask {path} of {mask.dtype} and shape {mask.shape}, expected (W,) or (H, W) "
            "of True and False, with the centre of k-space in the middle and some of it measured"
        )
    return mask.astype(bool)


def _fitting(mask: np.ndarray, shape: tuple[int, int], path: str) -> np.ndarray:
    if mask.shape not in (shape, shape[1:]):
        raise ValueError(
            f"got the mask {path} of shape {mask.shape} for slices of {shape}, expected "
            f"{shape[1:]} or {shape}; name persons whose slices fit, with --persons"
        )
    return mask


def parsed_case(text: str, noise: float = NOISE) -> Case:
    """The case that ``4``, ``8x``, ``equispaced:4``, ``random:4:0.08`` or ``mask.npy`` means.

    Parameters
    ----------
    text : str
        [KIND:]ACCELERATION[:CENTRE], KIND one of `MASKS`, CENTRE the full centre's share; or the
        path of a .npy file with a mask of your own.
    noise : float
        As in `Case`.

    Raises
    ------
    ValueError
        Where the text means none.
    """
    if text.endswith(FILE):
        mask = own_mask(text)
        return Case(round(mask.size / int(mask.sum()), 2), noise=noise, mask_kind=text)
    parts = text.split(":")
    kind = "random" if parts[0].rstrip("x").replace(".", "", 1).isdigit() else parts.pop(0)
    try:
        numbers = [float(part.rstrip("x")) for part in parts]
        if kind not in MASKS or not 1 <= len(numbers) <= 2:
            raise ValueError
    except ValueError:
        raise ValueError(
            f"got --masks {text}, expected [KIND:]ACCELERATION[:CENTRE], as in 4 or equispaced:4 "
            f"or random:4:0.08, with one of the kinds {', '.join(MASKS)}"
        ) from None
    if numbers[0] < 1:
        raise ValueError(f"got the acceleration {numbers[0]:g} in --masks {text}, expected ≥ 1")
    return Case(numbers[0], *numbers[1:], noise=noise, mask_kind=kind)


def seed_of(person: str, index: int) -> int:
    """The seed of one slice's mask, phase and noise: a hash that is the same everywhere."""
    return zlib.crc32(f"{person}/{index}".encode())
