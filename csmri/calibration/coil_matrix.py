"""Linear mixing of coils: every virtual coil is a weighted sum of the real ones."""

import math

from csmri.arguments import whole
from csmri.arrays import COIL_AXIS, Array, array_namespace, as_complex, beside, require_finite


def mix_coils(matrix: Array, kspace: Array) -> Array:
    """Σ_c matrix[v, c] kspace[c]: virtual coils out of real ones.

    Parameters
    ----------
    matrix : (V, C) complex
    kspace : (..., C, H, W) complex
        K-space or images of the coils. What is zero in all coils stays zero.

    Returns
    -------
    (..., V, H, W) complex, of the precision of `kspace`.
    """
    xp = array_namespace(kspace)
    *leading, coils, height, width = kspace.shape
    if tuple(matrix.shape[-1:]) != (coils,):
        raise ValueError(
            f"got a matrix of shape {tuple(matrix.shape)} for k-space of {tuple(kspace.shape)}, "
            f"expected (V, {coils}): one column for each coil on axis -3; use the matrix that was "
            "made from these coils"
        )
    own = xp.astype(beside(matrix, kspace), kspace.dtype, copy=False)
    mixed = xp.matmul(own, xp.reshape(kspace, (*leading, coils, height * width)))
    return xp.reshape(mixed, (*leading, matrix.shape[0], height, width))


def coil_samples(kspace: Array) -> Array:
    """(C, N): every sample of every image of (..., C, H, W), coil by coil."""
    xp = array_namespace(kspace)
    return xp.reshape(xp.moveaxis(kspace, COIL_AXIS, 0), (kspace.shape[COIL_AXIS], -1))


def require_coils(kspace: Array) -> Array:
    """The k-space as complex numbers, refused where it has no coil axis or is not finite."""
    if not hasattr(kspace, "ndim"):
        raise TypeError(
            f"got k-space of type {type(kspace).__name__}, expected an array (..., C, H, W)"
        )
    if kspace.ndim < 3 or math.prod(kspace.shape) == 0:
        raise ValueError(
            f"got k-space of shape {tuple(kspace.shape)}, expected (..., C, H, W) with at least "
            "one coil on axis -3; move the coil axis there, or pass kspace[None] for a single coil"
        )
    require_finite("the k-space", kspace)
    return as_complex(kspace)


def require_count(name: str, count: int, most: int, of: str) -> int:
    """A whole number from 1 to `most`."""
    count = whole(name, count, 1)
    if count > most:
        raise ValueError(f"got {name}={count}, expected 1 to {most}, {of}; choose another")
    return count
