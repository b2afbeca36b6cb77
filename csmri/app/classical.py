"""The classical reconstructions of the comparison: a regularizer, a solver, and tuned numbers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from csmri import L1, MaskedFourier, TotalVariation, Wavelet
from csmri.arrays import Array, to_numpy
from solvers import RelativeGap, Result, admm, fista


@final
@dataclass(frozen=True)
class WaveletReconstruction:
    """FISTA on ½‖Ax − y‖² + λ‖Wx‖₁.

    Parameters
    ----------
    wavelet : str
        An orthogonal wavelet of PyWavelets.
    weight : float
        λ, for images whose maximum is about 1.
    shifts : bool
        Shift the transform at random in every iteration (cycle spinning): a heuristic that has
        no fixed objective and hence no gap, but mends the blocks of an orthonormal wavelet.
    levels, iterations : int
        Of the transform, and of FISTA.
    """

    wavelet: str
    weight: float
    shifts: bool
    levels: int = 4
    iterations: int = 150

    def solve(self, y: Array, mask: Array, maps: Array | None = None) -> Result:
        """The solver's result; `x` is the image."""
        regularizer = self.weight * (L1() @ Wavelet(self.wavelet, levels=self.levels))
        return fista(
            MaskedFourier(mask, maps),
            y,
            regularizer,
            iterations=self.iterations,
            shifts=0 if self.shifts else None,
        )

    def __call__(self, y: Array, mask: Array, maps: Array | None = None, /) -> Array:
        """The image."""
        return self.solve(y, mask, maps).x


@final
@dataclass(frozen=True)
class TotalVariationReconstruction:
    """ADMM on ½‖Ax − y‖² + λ TV(x), to a certified gap.

    Parameters
    ----------
    weight : float
        λ, for images whose maximum is about 1.
    gap : float
        Stop once the objective is proved to be within this fraction of its optimum.
    iterations : int
        The most to make.
    """

    weight: float
    gap: float = 1e-3
    iterations: int = 2000

    def solve(self, y: Array, mask: Array, maps: Array | None = None) -> Result:
        """The solver's result; `x` is the image and `gap` the proof."""
        return admm(
            MaskedFourier(mask, maps),
            y,
            self.weight * TotalVariation(),
            iterations=self.iterations,
            stop=RelativeGap(self.gap),
        )

    def __call__(self, y: Array, mask: Array, maps: Array | None = None, /) -> Array:
        """The image."""
        return self.solve(y, mask, maps).x


@final
@dataclass(frozen=True)
class TunedReconstruction:
    """One reconstruction for each acceleration it was tuned at; the mask tells which to use.

    Parameters
    ----------
    tuned : mapping of float to reconstruction
        Accelerations to what was best there. A mask in between takes the nearest, by ratio.
    """

    tuned: Mapping[float, WaveletReconstruction | TotalVariationReconstruction]

    def at(self, mask: Array) -> WaveletReconstruction | TotalVariationReconstruction:
        """The reconstruction tuned nearest to this mask's acceleration."""
        achieved = 1 / float(to_numpy(mask).mean())
        return self.tuned[min(self.tuned, key=lambda known: abs(math.log(known / achieved)))]

    def solve(self, y: Array, mask: Array, maps: Array | None = None) -> Result:
        """The solver's result."""
        return self.at(mask).solve(y, mask, maps)

    def __call__(self, y: Array, mask: Array, maps: Array | None = None, /) -> Array:
        """The image."""
        return self.solve(y, mask, maps).x
