"""Linear operators: images to k-space, differences, wavelet coefficients."""

from csmri.operators.base import Composition, Identity, LinearOperator
from csmri.operators.coil_sets import CoilSets
from csmri.operators.coils import Coils
from csmri.operators.finite_differences import FiniteDifferences
from csmri.operators.fourier import Fourier, slices_along_readout
from csmri.operators.frames import Frames, TemporalDifferences, TemporalFourier
from csmri.operators.laws import check, estimate_norm
from csmri.operators.masked_fourier import MaskedFourier
from csmri.operators.sampling import Sampling
from csmri.operators.undecimated_wavelet import UndecimatedWavelet
from csmri.operators.wavelet import Wavelet

__all__ = [
    "CoilSets",
    "Coils",
    "Composition",
    "FiniteDifferences",
    "Fourier",
    "Frames",
    "Identity",
    "LinearOperator",
    "MaskedFourier",
    "Sampling",
    "TemporalDifferences",
    "TemporalFourier",
    "UndecimatedWavelet",
    "Wavelet",
    "check",
    "estimate_norm",
    "slices_along_readout",
]
