"""The kernels of proofs: the visible `if` between `agnostic_proof` and its twins."""

from csmri.arrays import Array
from csmri.kernels import agnostic_proof
from csmri.kernels.compilation import cupy_serves, numba_serves
from csmri.kernels.differences import fits_differences


def difference_sum(x: Array, *, isotropic: bool, periodic: bool) -> Array:
    """Σ|∇x|, one number an image: see `agnostic_proof`."""
    if numba_serves(x) and x.ndim >= 2:
        from csmri.kernels import numba_proof

        return numba_proof.difference_sum(x, isotropic=isotropic, periodic=periodic)
    if cupy_serves(x) and x.ndim >= 2:
        from csmri.kernels import cupy_differences

        return cupy_differences.difference_sum(x, isotropic=isotropic, periodic=periodic)
    return agnostic_proof.difference_sum(x, isotropic=isotropic, periodic=periodic)


def difference_peak(p: Array, x: Array, *, isotropic: bool, periodic: bool) -> Array:
    """max|p − ∇x|, one number an image: see `agnostic_proof`."""
    fitting = fits_differences(p, x, None)
    if fitting and numba_serves(p, x):
        from csmri.kernels import numba_proof

        return numba_proof.difference_peak(p, x, isotropic=isotropic, periodic=periodic)
    if fitting and cupy_serves(p, x):
        from csmri.kernels import cupy_differences

        return cupy_differences.difference_peak(p, x, isotropic=isotropic, periodic=periodic)
    return agnostic_proof.difference_peak(p, x, isotropic=isotropic, periodic=periodic)


def split_spectrum(k: Array, inside: Array, outside: Array) -> tuple[Array, Array]:
    """Σ|k|² inside, one number an image, and k · outside, for real symbols: see `agnostic_proof`.

    Inside is (W,), (1, W) or (H, W), outside (H, W). The memory of k may be used.
    """
    rows = (k.shape[-1:], (1, *k.shape[-1:]), k.shape[-2:])
    fitting = inside.shape in rows and outside.shape == k.shape[-2:]
    if fitting and numba_serves(k, real=(inside, outside)):
        from csmri.kernels import numba_proof

        return numba_proof.split_spectrum(k, inside, outside)
    return agnostic_proof.split_spectrum(k, inside, outside)
