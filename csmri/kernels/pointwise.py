"""The kernels that treat every entry alike: the visible `if` between definitions and twins."""

from csmri.arrays import Array
from csmri.kernels import agnostic
from csmri.kernels.compilation import (
    cupy_serves,
    given,
    is_number,
    is_number_an_image,
    numba_serves,
    same_shape,
)


def soft_threshold(x: Array, threshold: Array | float) -> Array:
    """Shrink every modulus by `threshold`, keep every phase: see `agnostic`."""
    if is_number(threshold) and numba_serves(x):
        from csmri.kernels import numba_pointwise

        return numba_pointwise.soft_threshold(x, threshold)
    if x.ndim > 0 and any_image(threshold, x) and cupy_serves(x):
        from csmri.kernels import cupy_pointwise

        return cupy_pointwise.soft_threshold(x, threshold)
    return agnostic.soft_threshold(x, threshold)


def group_soft_threshold(x: Array, threshold: Array | float, axis: int) -> Array:
    """Shrink the ℓ2 norm along `axis` by `threshold`, keep every direction: see `agnostic`."""
    pairs = axis == -3 and x.ndim >= 3 and x.shape[-3] == 2
    if pairs and is_number(threshold) and numba_serves(x):
        from csmri.kernels import numba_pointwise

        return numba_pointwise.soft_threshold_pairs(x, threshold)
    if pairs and is_number_an_image(threshold, x, axes=3) and cupy_serves(x):
        from csmri.kernels import cupy_pointwise

        return cupy_pointwise.soft_threshold_pairs(x, threshold)
    return agnostic.group_soft_threshold(x, threshold, axis)


def relax(w: Array, x: Array, z: Array, alpha: Array | float) -> Array:
    """w + α(x − z): an over-relaxed step."""
    fitting = same_shape(w, x, z) and is_number(alpha)
    if fitting and numba_serves(w, x, z):
        from csmri.kernels import numba_pointwise

        return numba_pointwise.relax(w, x, z, alpha)
    if fitting and cupy_serves(w, x, z):
        from csmri.kernels import cupy_pointwise

        return cupy_pointwise.relax(w, x, z, alpha)
    return agnostic.relax(w, x, z, alpha)


def reflect(z: Array, w: Array) -> Array:
    """2z − w: w mirrored at z."""
    fitting = same_shape(z, w)
    if fitting and numba_serves(z, w):
        from csmri.kernels import numba_pointwise

        return numba_pointwise.reflect(z, w)
    if fitting and cupy_serves(z, w):
        from csmri.kernels import cupy_pointwise

        return cupy_pointwise.reflect(z, w)
    return agnostic.reflect(z, w)


def extrapolate(x: Array, x_previous: Array, momentum: Array | float) -> Array:
    """x + momentum · (x − x_previous)."""
    fitting = same_shape(x, x_previous)
    if fitting and is_number(momentum) and numba_serves(x, x_previous):
        from csmri.kernels import numba_pointwise

        return numba_pointwise.extrapolate(x, x_previous, momentum)
    if fitting and any_image(momentum, x) and cupy_serves(x, x_previous):
        from csmri.kernels import cupy_pointwise

        return cupy_pointwise.extrapolate(x, x_previous, momentum)
    return agnostic.extrapolate(x, x_previous, momentum)


def quotients(data: Array, a: Array, k: Array, rho: Array | float) -> tuple[Array, Array]:
    """data/(a + ρk) and ρ/(a + ρk), 0 where the divisor is not positive; a and k are real.

    For one number ρ, a is (W,), (1, W) or (H, W), and k is (H, W), the twin makes one pass.
    """
    fitting = fits_mask(data, a) and k.shape == data.shape[-2:] and is_number(rho)
    if fitting and numba_serves(data, real=(a, k)):
        from csmri.kernels import numba_pointwise

        return numba_pointwise.quotients(data, a, k, rho)
    return agnostic.quotients(data, a, k, rho)


def shifted_product(y: Array, rows: Array, columns: Array) -> Array:
    """y, whose middle moves to index 0 along the last two axes, times rows · columns.

    The factors are (H, 1) and (W,), (1, W) or (H, W); the twin serves real ones.
    """
    fitting = fits_mask(y, columns) and rows.shape == (y.shape[-2], 1)
    if fitting and numba_serves(y, real=(rows, columns)):
        from csmri.kernels import numba_pointwise

        return numba_pointwise.shifted_product(y, rows, columns)
    return agnostic.shifted_product(y, rows, columns)


def multiply_add(k: Array, factor: Array, offset: Array, *, out: Array | None = None) -> Array:
    """k · factor + offset, where the factor is real; `out` may be k itself."""
    fitting = same_shape(k, offset, out) and fits_factor(k, factor)
    if fitting and numba_serves(k, offset, *given(out), real=(factor,)):
        from csmri.kernels import numba_pointwise

        return numba_pointwise.multiply_add(k, factor, offset, out=out)
    if fitting and cupy_serves(k, offset, *given(out), real=(factor,)):
        from csmri.kernels import cupy_pointwise

        return cupy_pointwise.multiply_add(k, factor, offset, out=out)
    return agnostic.multiply_add(k, factor, offset)


def replace_samples(
    k: Array, y: Array, mask: Array, step: Array | float, *, out: Array | None = None
) -> Array:
    """k + step · (y − k) where the mask is true, k elsewhere; `out` may be k itself.

    The mask is (W,), (1, W) or (H, W).
    """
    fitting = same_shape(k, y, out) and fits_mask(k, mask)
    if fitting and is_number(step) and numba_serves(k, y, *given(out), masks=(mask,)):
        from csmri.kernels import numba_pointwise

        return numba_pointwise.replace_samples(k, y, mask, step, out=out)
    if (
        fitting
        and is_number_an_image(step, k, axes=2)
        and cupy_serves(k, y, *given(out), masks=(mask,))
    ):
        from csmri.kernels import cupy_pointwise

        return cupy_pointwise.replace_samples(k, y, mask, step, out=out)
    return agnostic.replace_samples(k, y, mask, step)


def any_image(value: Array | float, x: Array) -> bool:
    """Whether there is one number, or one for each image, of however many axes."""
    return any(is_number_an_image(value, x, axes) for axes in range(1, x.ndim + 1))


def fits_factor(k: Array, factor: Array) -> bool:
    """Whether the factor is (H, W), the same for every image, or of the shape of k."""
    return k.ndim >= 2 and factor.shape in (k.shape, k.shape[-2:])


def fits_mask(k: Array, mask: Array) -> bool:
    """Whether the mask is (W,), (1, W) or (H, W), the same for every image."""
    return k.ndim >= 2 and mask.shape in (k.shape[-1:], (1, *k.shape[-1:]), k.shape[-2:])
