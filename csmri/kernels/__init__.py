"""The few functions where time goes, each with one definition and perhaps faster twins.

`agnostic` and `agnostic_…` hold the definitions. Where a twin serves the arrays at hand, Numba's on
the CPU or CUDA's on CuPy arrays, a visible `if` picks it: in `differences`, `fft`, `pointwise`,
`penalty`, `proof`, `sense`, `spectra` and `wavelet`, by subject.
`out=` offers arrays to write into: a twin returns them, a definition may return new ones instead,
so what counts is what is returned.
"""

from csmri.kernels.agnostic import group_modulus, project_ball, project_group_ball
from csmri.kernels.compilation import is_number, numba_serves, twins_serve
from csmri.kernels.differences import (
    difference_dual_step,
    difference_rescale,
    difference_shrink_relax,
    forward_differences,
    forward_differences_adjoint,
)
from csmri.kernels.fft import fft, fft2, ifft, ifft2
from csmri.kernels.memory import keep_freed_memory
from csmri.kernels.penalty import (
    difference_step_energies,
    shrunk_rescale,
    shrunk_step,
    step_energies,
)
from csmri.kernels.pointwise import (
    extrapolate,
    group_soft_threshold,
    multiply_add,
    quotients,
    reflect,
    relax,
    replace_samples,
    shifted_product,
    soft_threshold,
)
from csmri.kernels.proof import (
    difference_peak,
    difference_sum,
    modulus_peak,
    modulus_sum,
    moved,
    overlap,
    split_spectrum,
    squared_error,
)
from csmri.kernels.spectra import filter_add, filtered, move_to_data, split_filtered
from csmri.kernels.wavelet import (
    wavelet_analysis,
    wavelet_shrink,
    wavelet_shrink_relax,
    wavelet_synthesis,
)

__all__ = [
    "difference_dual_step",
    "difference_peak",
    "difference_rescale",
    "difference_shrink_relax",
    "difference_step_energies",
    "difference_sum",
    "extrapolate",
    "fft",
    "fft2",
    "filter_add",
    "filtered",
    "forward_differences",
    "forward_differences_adjoint",
    "group_modulus",
    "group_soft_threshold",
    "ifft",
    "ifft2",
    "is_number",
    "modulus_peak",
    "modulus_sum",
    "move_to_data",
    "moved",
    "multiply_add",
    "numba_serves",
    "overlap",
    "project_ball",
    "project_group_ball",
    "quotients",
    "reflect",
    "relax",
    "replace_samples",
    "shifted_product",
    "soft_threshold",
    "split_filtered",
    "split_spectrum",
    "squared_error",
    "shrunk_rescale",
    "shrunk_step",
    "step_energies",
    "twins_serve",
    "wavelet_analysis",
    "wavelet_shrink",
    "wavelet_shrink_relax",
    "wavelet_synthesis",
]


keep_freed_memory()
