"""The classical reconstructions of the comparison: a regularizer, a solver, and tuned numbers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, final

from csmri import L1, MaskedFourier, TotalVariation, UndecimatedWavelet, Wavelet
from csmri.arrays import Array, to_numpy
from csmri.regularizers import Regularizer
from solvers import RelativeGap, Result, admm, fista


class Solve(Protocol):
    """A reconstruction that shows what its solver found."""

    def solve(self, y: Array, mask: Array, maps: Array | None = None) -> Result:
        """The solver's result; `x` is the image and `gap`, where there is one, the proof."""
        ...

    def __call__(self, y: Array, mask: Array, maps: Array | None = None, /) -> Array:
        """The image."""
        ...


@final
@dataclass(frozen=True)
class WaveletReconstruction:
    """ADMM on ½‖Ax − y‖² + λ‖Wx‖₁ with an orthonormal wavelet, to a certified gap.

    Parameters
    ----------
    wavelet : str
        An orthogonal wavelet of PyWavelets.
    weight : float
        λ, for images whose maximum is about 1.
    levels : int
        Of the transform.
    gap : float
        Stop once the objective is proved to be within this fraction of its optimum.
    iterations : int
        The most to make.
    """

    wavelet: str
    weight: float
    levels: int = 4
    gap: float = 1e-3
    iterations: int = 2000

    def solve(self, y: Array, mask: Array, maps: Array | None = None) -> Result:
        """The solver's result; `x` is the image and `gap` the proof."""
        regularizer = self.weight * (L1() @ Wavelet(self.wavelet, levels=self.levels))
        return _certified(y, mask, maps, regularizer, self.gap, self.iterations)

    def __call__(self, y: Array, mask: Array, maps: Array | None = None, /) -> Array:
        """The image."""
        return self.solve(y, mask, maps).x


@final
@dataclass(frozen=True)
class ShiftedWaveletReconstruction:
    """FISTA on ½‖Ax − y‖² + λ‖Wx‖₁, the wavelet shifted at random in every iteration.

    Also called cycle spinning: a heuristic that has no fixed objective and hence no gap, but
    mends the blocks of an orthonormal wavelet.

    Parameters
    ----------
    wavelet, weight, levels
        As for `WaveletReconstruction`.
    iterations : int
        How many to make.
    """

    wavelet: str
    weight: float
    levels: int = 4
    iterations: int = 150

    def solve(self, y: Array, mask: Array, maps: Array | None = None) -> Result:
        """The solver's result; `x` is the image."""
        regularizer = self.weight * (L1() @ Wavelet(self.wavelet, levels=self.levels))
        return fista(
            MaskedFourier(mask, maps), y, regularizer, iterations=self.iterations, shifts=0
        )

    def __call__(self, y: Array, mask: Array, maps: Array | None = None, /) -> Array:
        """The image."""
        return self.solve(y, mask, maps).x


@final
@dataclass(frozen=True)
class UndecimatedWaveletReconstruction:
    """ADMM on ½‖Ax − y‖² + λ · the mean of ‖Wx‖₁ over all shifts of W, to a certified gap.

    Parameters
    ----------
    wavelet, weight, levels, gap, iterations
        As for `WaveletReconstruction`. An iteration costs ten times as much; a gap of 1 % is
        within 0.1 dB of the optimum's PSNR.
    """

    wavelet: str
    weight: float
    levels: int = 4
    gap: float = 1e-2
    iterations: int = 1000

    def solve(self, y: Array, mask: Array, maps: Array | None = None) -> Result:
        """The solver's result; `x` is the image and `gap` the proof."""
        W = UndecimatedWavelet(self.wavelet, levels=self.levels)
        regularizer = self.weight * (L1(W.band_weights()) @ W)
        return _certified(y, mask, maps, regularizer, self.gap, self.iterations)

    def __call__(self, y: Array, mask: Array, maps: Array | None = None, /) -> Array:
        """The image."""
        return self.solve(y, mask, maps).x


@final
@dataclass(frozen=True)
class TotalVariationReconstruction:
    """ADMM on ½‖Ax − y‖² + λ (TV(x) + ratio · ‖x‖₁), to a certified gap.

    Parameters
    ----------
    weight : float
        λ, for images whose maximum is about 1.
    ratio : float
        Of the weight on the pixels themselves, which empties the background, to that of their
        differences; 0 is total variation alone.
    gap, iterations
        As for `WaveletReconstruction`. With so small a λ as fits simulated data the PSNR still
        rises by some tenths of a decibel between a gap of 1e-3 and one of 1e-4.
    """

    weight: float
    ratio: float = 0.0
    gap: float = 1e-4
    iterations: int = 4000

    def solve(
        self,
        y: Array,
        mask: Array,
        maps: Array | None = None,
        *,
        start: Result | None = None,
    ) -> Result:
        """The solver's result; `x` is the image and `gap` the proof.

        `start` is the result of a similar problem, to begin with.
        """
        regularizer = self.weight * TotalVariation()
        if self.ratio:
            regularizer = regularizer + self.weight * self.ratio * L1()
        return _certified(y, mask, maps, regularizer, self.gap, self.iterations, start)

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

    tuned: Mapping[float, Solve]

    def at(self, mask: Array) -> Solve:
        """The reconstruction tuned nearest to this mask's acceleration."""
        achieved = 1 / float(to_numpy(mask).mean())
        return self.tuned[min(self.tuned, key=lambda known: abs(math.log(known / achieved)))]

    def solve(self, y: Array, mask: Array, maps: Array | None = None) -> Result:
        """The solver's result."""
        return self.at(mask).solve(y, mask, maps)

    def __call__(self, y: Array, mask: Array, maps: Array | None = None, /) -> Array:
        """The image."""
        return self.solve(y, mask, maps).x


def _certified(
    y: Array,
    mask: Array,
    maps: Array | None,
    regularizer: Regularizer,
    gap: float,
    iterations: int,
    start: Result | None = None,
) -> Result:
    return admm(
        MaskedFourier(mask, maps),
        y,
        regularizer,
        iterations=iterations,
        stop=RelativeGap(gap),
        x0=start,
    )
