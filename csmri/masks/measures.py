"""What a mask is: how much it skips, and which one it is."""

import hashlib

import numpy as np


def acceleration(mask: np.ndarray) -> float:
    """The achieved acceleration: entries of the mask over entries that are measured.

    Parameters
    ----------
    mask : bool
        Of any shape; a column mask (W,) counts columns.

    Raises
    ------
    TypeError
        If the mask is not boolean.
    ValueError
        If it measures nothing.
    """
    mask = _boolean(mask)
    if not mask.any():
        raise ValueError(
            f"got a mask of shape {mask.shape} that measures nothing, expected at least one "
            "sample; pass the mask that the data were measured with"
        )
    return mask.size / int(mask.sum())


def digest(mask: np.ndarray) -> str:
    """SHA-256 of the mask's shape and bits, in hexadecimal: the same mask, the same digest.

    Parameters
    ----------
    mask : bool
        Of any shape and memory layout.

    Raises
    ------
    TypeError
        If the mask is not boolean.
    """
    mask = _boolean(mask)
    shape = np.asarray([mask.ndim, *mask.shape], dtype="<i8")
    return hashlib.sha256(shape.tobytes() + np.packbits(mask).tobytes()).hexdigest()


def _boolean(mask: np.ndarray) -> np.ndarray:
    mask = np.asarray(mask)
    if mask.dtype != np.bool_:
        raise TypeError(
            f"got a mask of {mask.dtype}, expected bool; pass mask != 0 if its nonzero entries "
            "are the measured ones"
        )
    return mask
