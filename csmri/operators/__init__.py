"""Linear operators: images to k-space, differences, wavelet coefficients."""

from csmri.operators.base import Composition, Identity, LinearOperator
from csmri.operators.coils import Coils
from csmri.operators.finite_differences import FiniteDifferences
from csmri.operators.fourier import Fourier
from csmri.operators.laws import check, estimate_norm
from csmri.operators.masked_fourier import MaskedFourier
from csmri.operators.sampling import Sampling
from csmri.operators.undecimated_wavelet import UndecimatedWavelet
from csmri.operators.wavelet import Wavelet

__all__ = [
    "Coils",
    "Composition",
    "FiniteDifferences",
    "Fourier",
    "Identity",
    "LinearOperator",
    "MaskedFourier",
    "Sampling",
    "UndecimatedWavelet",
    "Wavelet",
    "check",
    "estimate_norm",
]
