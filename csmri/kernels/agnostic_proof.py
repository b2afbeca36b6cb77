"""Definitions of what proofs need of finite differences, beside those in `agnostic`."""

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


def split_spectrum(k: Array, inside: Array, outside: Array) -> tuple[Array, Array]:
    """Σ|k|² where `inside` is positive, one number an image, and k times `outside`."""
    xp = array_namespace(k)
    kept = xp.where(inside > 0, k, xp.zeros_like(k))
    return xp.sum(xp.real(kept) ** 2 + xp.imag(kept) ** 2, axis=IMAGE_AXES), outside * k


def _modulus(differences: Array, isotropic: bool) -> Array:
    if isotropic:
        return group_modulus(differences, -3)
    return array_namespace(differences).abs(differences)
