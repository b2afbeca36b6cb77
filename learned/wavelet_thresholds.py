"""Wavelet thresholding with learned thresholds: the denoiser with the fewest parameters."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from csmri.arguments import whole
from csmri.kernels.agnostic_wavelet import highpass
from csmri.operators.wavelet import lowpass

TINY = 1e-20
"""Added to squared moduli, so that the gradient at a coefficient of 0 is 0."""


class WaveletThresholds(nn.Module):
    """D(v) = Wᴴ soft(W v; θ) − v for an undecimated wavelet W, with a learned θ for each band.

    W is `csmri.operators.UndecimatedWavelet`: a tight frame in which a coefficient of level ℓ is
    2^−ℓ times that of the orthonormal `Wavelet` for one of the shifts of the image. It is cut at
    2^−ℓ θ, so that v + D(v) is the mean over all shifts of the prox of Σ θ |coefficient|. Such a
    mean is itself a prox, that of the proximal average (Bauschke et al., 2008): unrolled, with
    equal thresholds and Nesterov's momenta, it is FISTA with a convex regularizer.

    Parameters
    ----------
    name : str
        Any wavelet that `Wavelet` takes: haar, db1 … db38, sym2 … sym20, coif1 … coif17.
    levels : int
        How often the coarse band is split.
    threshold : float
        Every θ before training, in units of the images that it sees.

    Attributes
    ----------
    log_thresholds : (3·levels + 1,) Parameter
        log θ of the bands in the order of `UndecimatedWavelet`: the coarse band, then from the
        coarsest level to the finest the details across, down and along both diagonals.

    Notes
    -----
    Takes and returns (B, 2, H, W), real and imaginary part of images of any size, whose borders
    wrap around. The modulus of each complex coefficient is cut, its phase is kept.

    References
    ----------
    H. H. Bauschke, R. Goebel, Y. Lucet and X. Wang (2008), The proximal average: basic theory,
    SIAM J. Optim. 19(2), 766–785.
    H. Gu et al. (2022), Revisiting ℓ1-wavelet compressed-sensing MRI in the era of deep learning,
    Proc. Natl. Acad. Sci. 119(33), e2201062119.
    """

    def __init__(self, name: str = "haar", levels: int = 4, threshold: float = 0.004):
        super().__init__()
        levels = whole("levels", levels, 1)
        if not threshold > 0 or math.isinf(threshold):
            raise ValueError(
                f"got a threshold of {threshold}, expected a positive one: its logarithm is "
                "learned; start with a small one to cut little"
            )
        low = lowpass(name)
        self.low, self.high = ([tap / math.sqrt(2) for tap in f] for f in (low, highpass(low)))
        self.levels = levels
        self.log_thresholds = nn.Parameter(torch.full((3 * levels + 1,), math.log(threshold)))

    def forward(self, v: Tensor) -> Tensor:
        """Return the residual of images (B, 2, H, W), of the same shape."""
        # Planes of real and imaginary parts are read twice as fast as interleaved ones.
        coarse, details = self.analysis(v.contiguous())
        coarse_cut, *cuts = torch.exp(self.log_thresholds)
        coarse = soft(coarse, 0.5**self.levels * coarse_cut)
        for level in reversed(range(self.levels)):
            across, down, diagonal = (
                soft(band, 0.5 ** (level + 1) * cut)
                for band, cut in zip(details[level], cuts[:3], strict=True)
            )
            coarse, cuts = self.merged(coarse, across, down, diagonal, 2**level), cuts[3:]
        return coarse - v

    def analysis(self, x: Tensor) -> tuple[Tensor, list[tuple[Tensor, Tensor, Tensor]]]:
        """Return the coarse band of x (..., H, W), and from the finest level on the details."""
        details = []
        for dilation in (2**level for level in range(self.levels)):
            low, high = (filtered(x, taps, dilation, -1) for taps in (self.low, self.high))
            across = filtered(high, self.low, dilation, -2)
            down, diagonal = (filtered(band, self.high, dilation, -2) for band in (low, high))
            details.append((across, down, diagonal))
            x = filtered(low, self.low, dilation, -2)
        return x, details

    def merged(
        self, coarse: Tensor, across: Tensor, down: Tensor, diagonal: Tensor, dilation: int
    ) -> Tensor:
        """Return the coarse band of the next finer level: the adjoint of a step of `analysis`."""
        low, high = (
            filtered(one, self.low, -dilation, -2) + filtered(other, self.high, -dilation, -2)
            for one, other in ((coarse, down), (across, diagonal))
        )
        return filtered(low, self.low, -dilation, -1) + filtered(high, self.high, -dilation, -1)


class MeanResidual(nn.Module):
    """The mean of several denoisers: of two wavelets, for instance.

    A mean of proxes is the prox of their proximal average, as `WaveletThresholds` is one of shifts.
    """

    def __init__(self, denoisers: Sequence[nn.Module]):
        super().__init__()
        self.denoisers = nn.ModuleList(denoisers)

    def forward(self, v: Tensor) -> Tensor:
        """Return the residual of images (B, 2, H, W), of the same shape."""
        total = self.denoisers[0](v)
        for denoiser in self.denoisers[1:]:
            total = total + denoiser(v)
        return total / len(self.denoisers)


def filtered(x: Tensor, taps: Sequence[float], dilation: int, axis: int) -> Tensor:
    """Σⱼ taps[j] x[i + dilation (L/2 − j)] along an axis that wraps around; the adjoint for −1×."""
    half = len(taps) // 2
    total = taps[0] * torch.roll(x, -dilation * half, axis)
    for j, tap in enumerate(taps[1:], start=1):
        total = torch.add(total, torch.roll(x, -dilation * (half - j), axis), alpha=tap)
    return total


def soft(bands: Tensor, threshold: Tensor) -> Tensor:
    """Shrink the modulus of (real, imaginary) on axis -3 by `threshold`, keep the direction."""
    squared = torch.sum(bands * bands, dim=-3, keepdim=True)
    return bands * torch.relu(1 - threshold * torch.rsqrt(squared + TINY))


def nesterov(iterations: int) -> list[float]:
    """Return FISTA's momenta: (t₁ − 1)/t₂, (t₂ − 1)/t₃, …, tₖ₊₁ = (1 + √(1 + 4tₖ²))/2, t₁ = 1.

    A. Beck and M. Teboulle (2009), SIAM J. Imaging Sci. 2(1), 183–202, eq. 4.2–4.3.
    """
    t = [1.0]
    for _ in range(iterations):
        t.append((1 + math.sqrt(1 + 4 * t[-1] ** 2)) / 2)
    return [(now - 1) / following for now, following in pairwise(t)]
