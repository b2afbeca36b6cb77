"""The kernels of proofs: the visible `if` between `agnostic_proof` and its twins."""

from csmri.arrays import Array
from csmri.kernels import agnostic_proof
from csmri.kernels.compilation import cupy_serves, given, numba_serves, same_shape
from csmri.kernels.differences import fits_differences
from csmri.kernels.pointwise import fits_mask


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


def modulus_sum(x: Array) -> Array:
    """Σ|x| over the last two axes, one number an image: see `agnostic_proof`."""
    if x.ndim >= 2 and numba_serves(x):
        from csmri.kernels import numba_proof

        return numba_proof.modulus_sum(x)
    return agnostic_proof.modulus_sum(x)


def modulus_peak(x: Array) -> Array:
    """max|x| over the last two axes, one number an image: see `agnostic_proof`."""
    if x.ndim >= 2 and numba_serves(x):
        from csmri.kernels import numba_proof

        return numba_proof.modulus_peak(x)
    return agnostic_proof.modulus_peak(x)


def split_spectrum(
    k: Array, data: Array, inside: Array, outside: Array
) -> tuple[Array, Array, Array]:
    """Σ|k|² and Re⟨k, data⟩ inside, one an image, and k · outside: see `agnostic_proof`.

    The symbols inside, (W,), (1, W) or (H, W), and outside, (H, W), are real. The memory of k may
    be used.
    """
    rows = (k.shape[-1:], (1, *k.shape[-1:]), k.shape[-2:])
    fitting = inside.shape in rows and outside.shape == k.shape[-2:] and same_shape(k, data)
    if fitting and numba_serves(k, data, real=(inside, outside)):
        from csmri.kernels import numba_proof

        return numba_proof.split_spectrum(k, data, inside, outside)
    if fitting and cupy_serves(k, data, real=(inside, outside)):
        from csmri.kernels import cupy_proof

        return cupy_proof.split_spectrum(k, data, inside, outside)
    return agnostic_proof.split_spectrum(k, data, inside, outside)


def squared_error(k: Array, data: Array, mask: Array | None = None) -> Array:
    """Σ|k − data|² where the mask is true, everywhere without one: see `agnostic_proof`."""
    fitting = same_shape(k, data) and k.ndim >= 2 and (mask is None or fits_mask(k, mask))
    if fitting and numba_serves(k, data, masks=given(mask)):
        from csmri.kernels import numba_proof

        return numba_proof.squared_error(k, data, mask)
    if fitting and cupy_serves(k, data, masks=given(mask)):
        from csmri.kernels import cupy_proof

        return cupy_proof.squared_error(k, data, mask)
    return agnostic_proof.squared_error(k, data, mask)


def moved(x: Array, x_previous: Array) -> tuple[Array, Array]:
    """Σ|x − x_previous|² and Σ|x|², one number an image each: see `agnostic_proof`."""
    fitting = same_shape(x, x_previous) and x.ndim >= 2
    if fitting and numba_serves(x, x_previous):
        from csmri.kernels import numba_proof

        return numba_proof.moved(x, x_previous)
    if fitting and cupy_serves(x, x_previous):
        return squared_error(x, x_previous), overlap(x, x)
    return agnostic_proof.moved(x, x_previous)


def overlap(a: Array, b: Array) -> Array:
    """Re⟨a, b⟩ over the last two axes, one number an image: see `agnostic_proof`."""
    if same_shape(a, b) and a.ndim >= 2 and numba_serves(a, b):
        from csmri.kernels import numba_proof

        return numba_proof.overlap(a, b)
    if same_shape(a, b) and a.ndim >= 2 and cupy_serves(a, b):
        from csmri.kernels import cupy_proof

        return cupy_proof.overlap(a, b)
    return agnostic_proof.overlap(a, b)
