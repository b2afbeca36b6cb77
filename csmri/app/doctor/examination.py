"""What the doctor hands back, and what it looks at: one slice with what is often asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from scipy import ndimage

from csmri.formats import Scan
from csmri.operators import Fourier


@final
@dataclass(frozen=True)
class Finding:
    """One thing that looks wrong.

    Attributes
    ----------
    name : str
        What kind of fault it is; the same words for the same fault.
    seen : str
        What was seen, with numbers.
    remedy : str
        One line: what to do.
    """

    name: str
    seen: str
    remedy: str


@final
@dataclass(frozen=True)
class Examination:
    """What a file holds, and what looks wrong.

    Attributes
    ----------
    facts : mapping of str to str
        What is in it, in the order of a report.
    findings : tuple of Finding
        Empty for a sound file.
    """

    facts: Mapping[str, str]
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        return not self.findings


@final
@dataclass(frozen=True, eq=False)
class Slice:
    """One slice of a scan under examination; its k-space is finite.

    Parameters
    ----------
    number : int
        Which.
    scan : Scan
        Of this slice alone.
    """

    number: int
    scan: Scan

    @property
    def kspace(self) -> np.ndarray:
        """(C, H, W) complex."""
        return self.scan.kspace

    @cached_property
    def energy(self) -> np.ndarray:
        """(H, W): the squared moduli of all coils together, relative to the largest."""
        scale = float(np.abs(self.kspace).max()) or 1.0
        return np.sum(np.abs(self.kspace / scale).astype(float) ** 2, axis=0)

    @cached_property
    def filled(self) -> np.ndarray:
        """(H, W) bool: where any coil is not exactly 0."""
        return (self.kspace != 0).any(axis=0)

    @cached_property
    def mask(self) -> np.ndarray | None:
        """(H, W) bool: where it was measured, None where the file does not say."""
        if self.scan.mask is None:
            return None
        return np.array(np.broadcast_to(self.scan.mask, self.scan.shape)[0])

    @cached_property
    def measured(self) -> np.ndarray:
        """(H, W) bool: the mask, or where there is anything if there is no mask."""
        return self.filled if self.mask is None else self.mask

    @cached_property
    def peak(self) -> tuple[int, int]:
        """(row, column) of the largest energy: zero frequency, wherever it lies.

        A median over neighbours finds the place, for a spike has none; the largest energy near it
        is then the one.
        """
        smooth = ndimage.median_filter(self.energy, 3, mode="wrap")
        rows, columns = self.energy.shape
        row, column = np.unravel_index(int(np.argmax(smooth)), smooth.shape)
        near = np.arange(-2, 3)
        block = self.energy[np.ix_((row + near) % rows, (column + near) % columns)]
        down, right = np.unravel_index(int(np.argmax(block)), block.shape)
        return int(row + down - 2) % rows, int(column + right - 2) % columns

    @cached_property
    def coil_images(self) -> np.ndarray:
        """(C, H, W): moduli of the zero-filled images of the coils."""
        return np.abs(Fourier().adjoint(self.kspace))
