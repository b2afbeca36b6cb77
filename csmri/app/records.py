"""What a comparison found: records of single images, pictures, and all of it together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np

from csmri.app.methods import Method
from csmri.app.plan import Test


@final
@dataclass(frozen=True)
class Record:
    """One image of one method.

    Attributes
    ----------
    method, case, person : str
    slice : int
        Its number in the person's data set.
    fitted_on : str
        Whose images the method was tuned or trained on; empty for nobody's.
    psnr, ssim : float
        With the largest value of the person's volume as range; 150 dB, about what single precision
        can tell, where the PSNR is more or infinite.
    nmse, hfen : float
    psnr_body, ssim_body : float
        PSNR of the pixels inside the body, SSIM over windows centred there.
    seconds : float
        Of the processor, for this reconstruction.
    gap : float or None
        Certified relative distance of the objective from its optimum, where there is one.
    iterations : int or None
        Of an iterative method.
    """

    method: str
    case: str
    person: str
    slice: int
    fitted_on: str
    psnr: float
    ssim: float
    nmse: float
    hfen: float
    psnr_body: float
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
    test : Test
        The case and the volume.
    slice : int
    peak : float
        The range of PSNR and SSIM.
    truth : (H, W) float32
    mask : (W,) or (H, W) bool
    images : mapping of str to (H, W) float32
        Magnitudes by the methods' names.
    """

    test: Test
    slice: int
    peak: float
    truth: np.ndarray
    mask: np.ndarray
    images: Mapping[str, np.ndarray]

    @property
    def case(self) -> str:
        """The case's name."""
        return self.test.case.name

    @property
    def person(self) -> str:
        """The person's name."""
        return self.test.volume.person


@final
@dataclass(frozen=True, eq=False)
class Comparison:
    """What `compare` found, and all that is needed to repeat it.

    Attributes
    ----------
    methods : tuple of Method
    tests : tuple of Test
    records : tuple of Record
        One for each test, slice and method, in this order.
    pictures : tuple of Picture
        The middle slice of every test.
    masks : mapping
        Test and slice to the mask's digest.
    versions : mapping
        Of the software.
    leave_out : bool
        Whether methods were left out of tests on persons they had seen.
    notes : tuple of str
        What was left out.
    """

    methods: tuple[Method, ...]
    tests: tuple[Test, ...]
    records: tuple[Record, ...]
    pictures: tuple[Picture, ...]
    masks: Mapping[str, Mapping[str, str]]
    versions: Mapping[str, str]
    leave_out: bool = False
    notes: tuple[str, ...] = ()
