"""The orthonormal, periodised 2-D wavelet transform."""

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, final

import numpy as np

from csmri import kernels
from csmri.arguments import whole
from csmri.arrays import Array
from csmri.operators.base import LinearOperator


@final
@dataclass(frozen=True, eq=False)
class Wavelet(LinearOperator):
    """W: image to wavelet coefficients in one array of the same shape, with WᴴW = WWᴴ = I.

    Parameters
    ----------
    name : str
        Any orthogonal wavelet of PyWavelets but dmey (whose truncated filter is not orthogonal
        enough): haar, db1 … db38, sym2 … sym20, coif1 … coif17.
    levels : int
        How often the coarse band is split; H and W must be divisible by 2**levels.

    Notes
    -----
    The coarse band is the top left (H/2^levels, W/2^levels) corner, the bands of level ℓ surround
    those of level ℓ + 1. Equal to PyWavelets' mode "periodization", the only extension that is
    orthonormal: with any other, Wᴴ·soft·W is not a proximal map.

    References
    ----------
    S. Mallat (2009), A Wavelet Tour of Signal Processing, 3rd ed., section 7.7.
    """

    name: str = "db4"
    levels: int = 4

    is_unitary = True

    def __post_init__(self):
        object.__setattr__(self, "levels", whole("levels", self.levels, 1))
        lowpass(self.name)

    def __call__(self, x: Array) -> Array:
        self.require_fitting(tuple(x.shape))
        return kernels.wavelet_analysis(x, lowpass(self.name), self.levels)

    def adjoint(self, y: Array) -> Array:
        self.require_fitting(tuple(y.shape))
        return kernels.wavelet_synthesis(y, lowpass(self.name), self.levels)

    def shrink(self, x: Array, threshold: Array | float) -> Array:
        """Wᴴ soft(W x): the proximal map of threshold · ‖W x‖₁."""
        self.require_fitting(tuple(x.shape))
        return kernels.wavelet_shrink(x, lowpass(self.name), self.levels, threshold)

    def shrink_relax(
        self,
        c: Array,
        x: Array,
        threshold: Array | float,
        *,
        alpha: float,
        out: tuple[Array, Array] | None = None,
    ) -> tuple[Array, Array]:
        """A relaxed step of ADMM for threshold · ‖W x‖₁: `csmri.kernels.wavelet_shrink_relax`."""
        self.require_fitting(tuple(x.shape))
        taps = lowpass(self.name)
        return kernels.wavelet_shrink_relax(
            c, x, taps, self.levels, threshold, alpha=alpha, out=out
        )

    def normal(self, x: Array) -> Array:
        return x

    def norm_bound(self) -> float:
        return 1.0

    def normal_symbol(self, shape: tuple[int, int]) -> Array:
        return np.ones((1, 1))

    def band_weights(self, shape: tuple[int, int], *, coarse: float, detail: float = 1.0) -> Array:
        """(H, W) float64: `coarse` in the coarse band and `detail` elsewhere, for `L1(weight)`.

        ``L1(W.band_weights((256, 256), coarse=0)) @ W`` leaves the coarse band unpenalised.
        Take so many levels that the centre of k-space determines that band, fully sampled along
        W / 2^levels columns. With fewer levels solvers are slow and gaps stay wide.
        """
        self.require_fitting(shape)
        weights = np.full(shape, float(detail))
        weights[: shape[0] >> self.levels, : shape[1] >> self.levels] = coarse
        return weights

    def require_fitting(self, shape: tuple[int, ...]) -> None:
        """Raise ValueError where an image of `shape` cannot be split `levels` times."""
        height, width = shape[-2:]
        if height % 2**self.levels == 0 and width % 2**self.levels == 0:
            return
        largest = 0
        while height % 2 ** (largest + 1) == 0 and width % 2 ** (largest + 1) == 0:
            largest += 1
        remedy = f"use levels={largest}" if largest else "crop the image to an even size"
        raise ValueError(
            f"Wavelet({self.name!r}, levels={self.levels}) splits images whose sides are divisible "
            f"by {2**self.levels}, got ({height}, {width}), where the most levels that fit are "
            f"{largest}; {remedy}"
        )


@cache
def lowpass(name: str) -> tuple[float, ...]:
    """The decomposition low-pass filter of an orthogonal wavelet, from PyWavelets.

    Raises
    ------
    ValueError
        For a name that PyWavelets does not know, and for wavelets that are not orthogonal.
    """
    pywt: Any = import_module("pywt")  # its names are invisible to type checkers
    if name not in pywt.wavelist(kind="discrete"):
        raise ValueError(
            f"got the wavelet {name!r}, expected an orthogonal one of PyWavelets: haar, "
            "db1 … db38, sym2 … sym20, coif1 … coif17"
        )
    wavelet = pywt.Wavelet(name)
    if name == "dmey" or not wavelet.orthogonal:
        raise ValueError(
            f"got the wavelet {name!r}, which is not orthogonal, expected haar, db1 … db38, "
            "sym2 … sym20 or coif1 … coif17; its thresholding would not be a proximal map"
        )
    return tuple(float(h) for h in wavelet.dec_lo)
