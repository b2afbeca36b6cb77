"""Several coils: noise made white, coils made few, sensitivities found.

    kspace = prewhiten(kspace, noise_covariance(noise))   # σ = 1, uncorrelated
    kspace = compress_coils(kspace, 8)
    maps = espirit(kspace)                                # Σ_c |s_c|² = 1, so that ‖A‖ ≤ 1
    A = MaskedFourier(mask, maps)

All take arrays of any library, (..., C, H, W) with the coils on axis -3, and leading axes as a
batch.
"""

from csmri.calibration.coil_matrix import mix_coils
from csmri.calibration.compression import (
    compress_coils,
    compress_coils_along_readout,
    compression_matrix,
)
from csmri.calibration.espirit import espirit, espirit_sets
from csmri.calibration.noise import edge_noise, noise_covariance, prewhiten
from csmri.calibration.walsh import walsh

__all__ = [
    "noise_covariance",
    "edge_noise",
    "prewhiten",
    "compress_coils",
    "compress_coils_along_readout",
    "compression_matrix",
    "mix_coils",
    "espirit",
    "espirit_sets",
    "walsh",
]
