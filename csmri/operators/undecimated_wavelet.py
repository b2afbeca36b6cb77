"""The undecimated wavelet transform: a tight frame that treats every pixel alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np

from csmri import kernels
from csmri.arguments import whole
from csmri.arrays import Array, Placed, array_namespace, as_complex, is_numpy_array
from csmri.kernels.agnostic_wavelet import highpass
from csmri.operators.base import LinearOperator
from csmri.operators.wavelet import lowpass


@final
@dataclass(frozen=True, eq=False)
class UndecimatedWavelet(LinearOperator):
    """W: image to 3·levels + 1 bands of the image's size, with WᴴW = I.

    Also called stationary or translation-invariant: a shifted image has shifted coefficients, so
    that thresholding leaves no blocks behind. It costs about 3·levels + 1 times `Wavelet`.

    Parameters
    ----------
    name : str
        Any wavelet that `Wavelet` takes: haar, db1 … db38, sym2 … sym20, coif1 … coif17.
    levels : int
        How often the coarse band is split.

    Notes
    -----
    Takes images (..., H, W) to (..., 3·levels + 1, H, W): the coarse band, then from the coarsest
    level to the finest the details across, down and along both diagonals. Images may have any size:
    the dilated filters ("à trous") wrap around the borders as they are, and WᴴW = I holds for all
    sizes. It is not unitary, since W Wᴴ is a projection.

    A coefficient of level ℓ is 2^−ℓ times that of `Wavelet` for the image shifted to its pixel.
    With `band_weights`, which multiply by 2^−ℓ once more, the ℓ1 norm is the mean over all shifts
    of the ℓ1 norm of `Wavelet` (where 2^levels divides both sides). It is what random shifts
    ("cycle spinning") aim at, as an objective that can be minimised and certified::

        W = UndecimatedWavelet("db4", levels=4)
        solvers.admm(A, y, 0.002 * (L1(W.band_weights()) @ W))

    ``L1() @ W`` is the plain norm of the frame, which spares fine details and cuts coarse ones.

    References
    ----------
    R. R. Coifman and D. L. Donoho (1995), Translation-invariant de-noising, in Wavelets and
    Statistics, 125–150, Springer.
    S. Mallat (2009), A Wavelet Tour of Signal Processing, 3rd ed., section 5.2 (à trous).
    """

    name: str = "db4"
    levels: int = 4

    extra_axes = 1

    def __post_init__(self):
        object.__setattr__(self, "levels", whole("levels", self.levels, 1))
        lowpass(self.name)

    def __call__(self, x: Array) -> Array:
        k = kernels.fft2(as_complex(x))
        bands = [kernels.ifft2(symbol * k) for symbol in self._symbols_for(k)]
        return like(x, array_namespace(x).stack(bands, axis=-3))

    def adjoint(self, y: Array) -> Array:
        self._check(y)
        xp = array_namespace(y)
        symbols = self._symbols_for(y)
        spectra = (
            xp.conj(symbol) * kernels.fft2(as_complex(y[..., band, :, :]))
            for band, symbol in enumerate(symbols)
        )
        return like(y, kernels.ifft2(sum(spectra, start=next(spectra))))

    def normal(self, x: Array) -> Array:
        return x

    def norm_bound(self) -> float:
        """‖W‖ = 1."""
        return 1.0

    def normal_symbol(self, shape: tuple[int, int]) -> Array:
        return np.ones((1, 1))

    def band_weights(self, *, coarse: float = 1.0, detail: float = 1.0) -> Array:
        """(3·levels + 1, 1, 1) float64: 2^−level times `coarse` or `detail`, for `L1(weight)`.

        ``L1(W.band_weights()) @ W`` is the mean over shifts of ``L1() @ Wavelet(name, levels)``;
        ``coarse=0`` leaves the coarse band unpenalised.
        """
        level = np.asarray([self.levels, *np.repeat(np.arange(self.levels, 0, -1), 3)])
        weights = detail * 0.5**level
        weights[0] = coarse * 0.5**self.levels
        return weights[:, None, None]

    def _symbols_for(self, x: Array) -> list[Array]:
        """The bands' symbols in the library, device and precision of x."""
        dtype = as_complex(x[..., :1, :1]).dtype
        height, width = x.shape[-2:]
        if is_numpy_array(x):
            return list(band_symbols(self.name, self.levels, height, width, str(dtype)))
        moved = placed_symbols(self.name, self.levels, height, width).beside(x, dtype)
        return [moved[band, :, :] for band in range(moved.shape[0])]

    def _check(self, y: Array) -> None:
        bands = 3 * self.levels + 1
        if y.ndim < 3 or y.shape[-3] != bands:
            raise ValueError(
                f"UndecimatedWavelet of {self.levels} levels has {bands} bands, got coefficients "
                f"of shape {tuple(y.shape)}, expected (..., {bands}, H, W)"
            )


@lru_cache(maxsize=4)
def placed_symbols(name: str, levels: int, height: int, width: int) -> Placed:
    """`band_symbols` in double precision, for other libraries and devices than NumPy's."""
    return Placed(band_symbols(name, levels, height, width, "complex128"))


@lru_cache(maxsize=4)
def band_symbols(name: str, levels: int, height: int, width: int, dtype: str) -> np.ndarray:
    """The bands' transfer functions, (3·levels + 1, H, W), zero frequency first.

    With |ĥ(ω)|² + |ĝ(ω)|² = 2 of an orthonormal pair at every ω, dilated or not, the symbols'
    squared moduli add up to 1.
    """
    low, high = lowpass(name), highpass(lowpass(name))
    coarse = np.ones((height, width), complex)
    details = []
    for level in range(levels):
        (down_low, down_high), (across_low, across_high) = (
            [dilated(filter, 2**level, n) for filter in (low, high)] for n in (height, width)
        )
        pairs = ((down_low, across_high), (down_high, across_low), (down_high, across_high))
        details.append([coarse * down[:, None] * across for down, across in pairs])
        coarse = coarse * down_low[:, None] * across_low
    symbols = np.stack([coarse, *(band for three in reversed(details) for band in three)])
    return symbols.astype(dtype)


def dilated(filter: Sequence[float], dilation: int, n: int) -> np.ndarray:
    """The n-point transfer function of x ↦ Σⱼ f[j] x[i + dilation (L/2 − j)] / √2."""
    offsets = dilation * (len(filter) // 2 - np.arange(len(filter)))
    phase = np.outer(np.arange(n), offsets) % n
    return np.exp(2j * np.pi * phase / n) @ np.asarray(filter) / np.sqrt(2)


def like(x: Array, result: Array) -> Array:
    """The result as it is, its real part where x is real."""
    xp = array_namespace(x)
    return result if xp.isdtype(x.dtype, "complex floating") else xp.real(result)
