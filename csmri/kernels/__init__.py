"""The few functions where time goes, each with one definition and perhaps faster twins.

`agnostic` holds the definitions. Where a twin serves the arrays at hand, an `if` below picks it.
`out=` offers arrays to write into: a twin returns them, a definition may return new ones instead,
so what counts is what is returned.
"""

from csmri.arrays import Array
from csmri.kernels import agnostic
from csmri.kernels.agnostic import (
    forward_differences,
    forward_differences_adjoint,
    group_modulus,
    group_soft_threshold,
    multiply_add,
    project_ball,
    project_group_ball,
    reflect,
    relax,
    soft_threshold,
    step_energies,
    wavelet_analysis,
    wavelet_synthesis,
)
from csmri.kernels.compilation import is_number, numba_serves
from csmri.kernels.fft import fft, fft2, ifft, ifft2

__all__ = [
    "difference_shrink_relax",
    "fft",
    "fft2",
    "forward_differences",
    "forward_differences_adjoint",
    "group_modulus",
    "group_soft_threshold",
    "ifft",
    "ifft2",
    "is_number",
    "multiply_add",
    "numba_serves",
    "project_ball",
    "project_group_ball",
    "reflect",
    "relax",
    "soft_threshold",
    "step_energies",
    "wavelet_analysis",
    "wavelet_synthesis",
]


def difference_shrink_relax(
    w: Array,
    x: Array,
    threshold: Array | float,
    *,
    alpha: Array | float,
    isotropic: bool = True,
    periodic: bool = True,
    out: tuple[Array, Array] | None = None,
) -> tuple[Array, Array]:
    """w ← w + α(∇x − shrink(w)) and t = ∇ᴴ(2 shrink(w) − w): see `agnostic`.

    `out` is (w, t), where w may be the state itself and t overlaps nothing else.
    """
    fitting = x.ndim >= 2 and w.shape == (*x.shape[:-2], 2, *x.shape[-2:])
    if fitting and is_number(threshold, alpha) and numba_serves(x, w, *(out or ())):
        from csmri.kernels import numba_differences

        return numba_differences.difference_shrink_relax(
            w, x, threshold, alpha=alpha, isotropic=isotropic, periodic=periodic, out=out
        )
    return agnostic.difference_shrink_relax(
        w, x, threshold, alpha=alpha, isotropic=isotropic, periodic=periodic
    )
