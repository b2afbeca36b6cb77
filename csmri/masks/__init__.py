"""Sampling masks: which part of k-space is measured.

Every mask is a NumPy array of bool with zero frequency at N//2, a pure function of its arguments:
the same shape, acceleration and seed give the same bits. Counts are exact, so that an acceleration
of 4 measures a fourth of k-space and not a fourth on average. Different generators draw from
independent random streams, also where they are given the same seed.

- Whole columns, (W,): `random_columns`, `variable_density_columns`, `equispaced_columns`.
- Whole columns of a series, (T, 1, W): `random_columns_k_t`.
- Single samples of two phase encodes, (H, W): `poisson_disc`, `gaussian_2d`.
- A star on the grid, (H, W): `radial_lines`.
- Those of fastMRI with their very numbers, for comparing with what was published: module `fastmri`.
- Of any mask: `acceleration` that it achieves, `digest` that names it.
"""

from csmri.masks import fastmri
from csmri.masks.columns import (
    equispaced_columns,
    random_columns,
    random_columns_k_t,
    variable_density_columns,
)
from csmri.masks.measures import acceleration, digest
from csmri.masks.planar import gaussian_2d, poisson_disc
from csmri.masks.radial import radial_lines

__all__ = [
    "random_columns",
    "random_columns_k_t",
    "variable_density_columns",
    "equispaced_columns",
    "poisson_disc",
    "gaussian_2d",
    "radial_lines",
    "fastmri",
    "acceleration",
    "digest",
]
