"""The few functions where time goes, each with one definition and perhaps faster twins."""

from csmri.kernels.agnostic import (
    forward_differences,
    forward_differences_adjoint,
    group_modulus,
    group_soft_threshold,
    project_ball,
    project_group_ball,
    soft_threshold,
    wavelet_analysis,
    wavelet_synthesis,
)
from csmri.kernels.fft import fft, fft2, ifft, ifft2

__all__ = [
    "fft",
    "fft2",
    "forward_differences",
    "forward_differences_adjoint",
    "group_modulus",
    "group_soft_threshold",
    "ifft",
    "ifft2",
    "project_ball",
    "project_group_ball",
    "soft_threshold",
    "wavelet_analysis",
    "wavelet_synthesis",
]
