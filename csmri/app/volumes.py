"""Whose slices are compared: the two persons of the folds, other anatomy, a phantom, own scans."""

import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np

import csmri
from csmri import datasets, phantoms

SHAPE = (256, 256)
TRAINING_PERSON = "s1"
UNSEEN_PERSON = "colin27"
FOLDS = (TRAINING_PERSON, UNSEEN_PERSON)
"""Each is trained and tuned on in one fold, and judged on in the other."""
OTHER_ANATOMY = ("macaque", "shoulder")
PHANTOM = "shepp-logan"
SLICES = 16

SCANS_VARIABLE = "CSMRI_SCANS"
SCANS_BESIDE = Path(csmri.__file__).resolve().parents[2] / "shared" / "data" / "images"
SAME_AS_SHIPPED = ("pydicom_shoulder",)  # a finer version of the shoulder


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

    @property
    def is_fitted(self) -> bool:
        """Whether other methods of a fold were fitted to this very person."""
        return self.person in FOLDS

    @property
    def kind(self) -> str:
        """How it differs from what methods are fitted to, in two words for a heading."""
        if self.is_fitted:
            return "never seen"
        if self.person in OTHER_ANATOMY:
            return "other anatomy"
        return "phantom" if self.person == PHANTOM else "another scan"

    def image(self, index: int) -> np.ndarray:
        """(H, W) float32: one true slice."""
        return self.images[index]


def volume(person: str, slices: int | None = SLICES) -> Volume:
    """Load a person's slices, centred on the comparison's field of view.

    Parameters
    ----------
    person : str
        One of `datasets.names()`, ``"shepp-logan"``, or the name of a scan that `scans` finds.
    slices : int, optional
        How many evenly spaced slices to take; None, or as many as there are, takes all.

    Raises
    ------
    ValueError
        For an unknown person or fewer than one slice.
    """
    if slices is not None and slices < 1:
        raise ValueError(f"got {slices} slices to compare on, expected at least 1 or all of them")
    if person == PHANTOM:
        images = phantoms.shepp_logan(SHAPE)[None]
        identity, sha256 = PHANTOM, hashlib.sha256(images.tobytes()).hexdigest()
    elif person in datasets.names():
        data = datasets.load(person, SHAPE)
        images, identity, sha256 = data.images, data.person, data.sha256
    elif (path := scans().get(person)) is not None:
        content = path.read_bytes()
        images, identity = _scan(content, path), person
        sha256 = hashlib.sha256(content).hexdigest()
    else:
        known = (*datasets.names(), PHANTOM, *scans())
        raise ValueError(f"got the person {person!r}, expected one of {', '.join(known)}")
    return Volume(
        person=person,
        identity=identity,
        slices=evenly_spaced(len(images), slices),
        images=images,
        peak=float(images.max()),
        sha256=sha256,
    )


def scans() -> dict[str, Path]:
    """Magnitude images beside the project that do not ship with it, by name.

    Files ``NAME.npy`` of (n, H, W) real numbers in the folder that the environment variable
    CSMRI_SCANS names, or else in ``shared/data/images`` beside the checkout. Empty where there
    is no such folder.
    """
    named = os.environ.get(SCANS_VARIABLE)
    folder = Path(named) if named else SCANS_BESIDE
    return {
        path.stem: path for path in sorted(folder.glob("*.npy")) if path.stem not in SAME_AS_SHIPPED
    }


def evenly_spaced(available: int, wanted: int | None) -> tuple[int, ...]:
    """`wanted` of 0 … available − 1, in the middles of as many equal parts."""
    if wanted is None or wanted >= available:
        return tuple(range(available))
    return tuple(int((k + 0.5) * available / wanted) for k in range(wanted))


def _scan(content: bytes, path: Path) -> np.ndarray:
    """(n, *SHAPE) float32 with a maximum of 1: reduced in k-space where larger, and padded."""
    try:
        images = np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path} is no NumPy file of numbers ({error}); save it again") from error
    if images.ndim != 3 or images.dtype.kind not in "fiu":
        raise ValueError(
            f"{path} holds {images.dtype} of shape {images.shape}, expected real magnitudes "
            "(n, H, W); save abs(images)"
        )
    images = np.clip(images.astype(np.float32), 0, None)
    if not np.isfinite(images).all() or not images.any():
        raise ValueError(f"{path} holds nothing but zeros, or what is not finite; save it again")
    height, width = images.shape[1:]
    scale = min(1.0, *(wanted / size for wanted, size in zip(SHAPE, (height, width), strict=True)))
    if scale < 1:
        images = datasets.reduced(images, (round(height * scale), round(width * scale)))
    images = datasets.centred(images, SHAPE)
    return images / images.max()
