"""What a comparison found: records of single images, pictures, and all of it together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np

from csmri.app.cases import Case, Volume
from csmri.app.methods import Method


@final
@dataclass(frozen=True)
class Record:
    """One image of one method.

    Attributes
    ----------
    method, case, person : str
    slice : int
        Its number in the person's data set.
    psnr, ssim : float
        With the largest value of the person's volume as range.
    nmse, hfen : float
    ssim_body : float
        SSIM over windows centred inside the body.
    seconds : float
        Of this reconstruction.
    gap : float or None
        Certified relative distance of the objective from its optimum, where there is one.
    iterations : int or None
        Of an iterative method.
    """

    method: str
    case: str
    person: str
    slice: int
    psnr: float
    ssim: float
    nmse: float
    hfen: float
    ssim_body: float
    seconds: float
    gap: float | None
    iterations: int | None


@final
@dataclass(frozen=True, eq=False)
class Picture:
    """One slice as every method saw it, for the figure.

    Attributes
    ----------
    case, person : str
    slice : int
    peak : float
        The range of PSNR and SSIM.
    truth : (H, W) float32
    mask : (W,) bool
    images : mapping of str to (H, W) float32
        Magnitudes by the methods' names.
    """

    case: str
    person: str
    slice: int
    peak: float
    truth: np.ndarray
    mask: np.ndarray
    images: Mapping[str, np.ndarray]


@final
@dataclass(frozen=True, eq=False)
class Comparison:
    """What `compare` found, and all that is needed to repeat it.

    Attributes
    ----------
    methods : tuple of Method
    cases : tuple of Case
    volumes : tuple of Volume
    records : tuple of Record
        One for each case, volume, slice and method, in this order.
    pictures : tuple of Picture
        The middle slice of every volume at every case.
    masks : mapping
        Case, person and slice to the mask's digest.
    versions : mapping
        Of the software.
    """

    methods: tuple[Method, ...]
    cases: tuple[Case, ...]
    volumes: tuple[Volume, ...]
    records: tuple[Record, ...]
    pictures: tuple[Picture, ...]
    masks: Mapping[str, Mapping[str, Mapping[str, str]]]
    versions: Mapping[str, str]
