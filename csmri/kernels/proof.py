"""The kernels of proofs: the visible `if` between `agnostic_proof` and its twins."""

from csmri.arrays import Array
from csmri.kernels import agnostic_proof
from csmri.kernels.compilation import numba_serves


def difference_sum(x: Array, *, isotropic: bool, periodic: bool) -> Array:
    """Σ|∇x|, one number an image: see `agnostic_proof`."""
    if numba_serves(x) and x.ndim >= 2:
        from csmri.kernels import numba_proof

        return numba_proof.difference_sum(x, isotropic=isotropic, periodic=periodic)
    return agnostic_proof.difference_sum(x, isotropic=isotropic, periodic=periodic)


def difference_peak(p: Array, x: Array, *, isotropic: bool, periodic: bool) -> Array:
    """max|p − ∇x|, one number an image: see `agnostic_proof`."""
    if numba_serves(p, x) and p.shape == (*x.shape[:-2], 2, *x.shape[-2:]):
        from csmri.kernels import numba_proof

        return numba_proof.difference_peak(p, x, isotropic=isotropic, periodic=periodic)
    return agnostic_proof.difference_peak(p, x, isotropic=isotropic, periodic=periodic)
