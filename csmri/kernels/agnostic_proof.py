"""Definitions of what proofs need, beside those in `agnostic`."""

from csmri.arrays import IMAGE_AXES, Array, array_namespace
from csmri.kernels.agnostic import forward_differences, group_modulus


def difference_sum(x: Array, *, isotropic: bool, periodic: bool) -> Array:
    """Σ|∇x|, one number an image: the moduli of both directions together, or of each."""
    xp = array_namespace(x)
    modulus = _modulus(forward_differences(x, periodic=periodic), isotropic)
    return xp.sum(modulus, axis=(-3, *IMAGE_AXES))


def difference_peak(p: Array, x: Array, *, isotropic: bool, periodic: bool) -> Array:
    """max|p − ∇x|, one number an image."""
    xp = array_namespace(p)
    modulus = _modulus(p - forward_differences(x, periodic=periodic), isotropic)
    return xp.max(modulus, axis=(-3, *IMAGE_AXES))


def modulus_sum(x: Array) -> Array:
    """Σ|x| over the last two axes, one number an image."""
    xp = array_namespace(x)
    return xp.sum(xp.abs(x), axis=IMAGE_AXES)


def modulus_peak(x: Array) -> Array:
    """max|x| over the last two axes, one number an image."""
    xp = array_namespace(x)
    return xp.max(xp.abs(x), axis=IMAGE_AXES)


def split_spectrum(
    k: Array, data: Array, inside: Array, outside: Array
) -> tuple[Array, Array, Array]:
    """Σ|k|² and Re⟨k, data⟩ where `inside` is positive, one an image, and k times `outside`."""
    xp = array_namespace(k)
    kept = xp.where(inside > 0, k, xp.zeros_like(k))
    return _energy(kept), overlap(kept, data), outside * k


def squared_error(k: Array, data: Array, mask: Array | None = None) -> Array:
    """Σ|k − data|² where the mask is true, everywhere without one; one number an image."""
    xp = array_namespace(k)
    error = k - data
    return _energy(error if mask is None else xp.where(mask, error, xp.zeros_like(k)))


def moved(x: Array, x_previous: Array) -> tuple[Array, Array]:
    """Σ|x − x_previous|² and Σ|x|² over the last two axes, one number an image each."""
    return _energy(x - x_previous), _energy(x)


def _energy(k: Array) -> Array:
    xp = array_namespace(k)
    return xp.sum(xp.real(k) ** 2 + xp.imag(k) ** 2, axis=IMAGE_AXES)


def overlap(a: Array, b: Array) -> Array:
    """Re⟨a, b⟩ over the last two axes, one number an image."""
    xp = array_namespace(a, b)
    flat = (
        xp.reshape(part, (*part.shape[:-2], part.shape[-2] * part.shape[-1])) for part in (a, b)
    )
    return xp.real(xp.vecdot(*flat))


def _modulus(differences: Array, isotropic: bool) -> Array:
    if isotropic:
        return group_modulus(differences, -3)
    return array_namespace(differences).abs(differences)
