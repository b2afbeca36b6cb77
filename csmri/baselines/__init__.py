"""What a reader expects beside compressed sensing: parallel imaging and partial Fourier, linear.

`grappa` fills missing columns from measured ones, `homodyne` and `projections` the missing side of
a partial Fourier scan; `noise_map` and `g_factor` tell what any reconstruction does to noise.
"""

from csmri.baselines.grappa import grappa, root_sum_of_squares
from csmri.baselines.partial_fourier import homodyne, projections
from csmri.baselines.replicas import g_factor, noise_map

__all__ = [
    "g_factor",
    "grappa",
    "homodyne",
    "noise_map",
    "projections",
    "root_sum_of_squares",
]
