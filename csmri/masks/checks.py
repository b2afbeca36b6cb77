"""What is asked of the arguments of every mask, and how many samples they allow."""

import math

import numpy as np

from csmri.arguments import real


def middle(length: int, size: int) -> slice:
    """The `length` indices around size//2, where zero frequency lies.

    They run from size//2 − length//2: an odd length lies symmetrically about zero frequency, an
    even one has one more index on the negative side.
    """
    start = size // 2 - length // 2
    return slice(start, start + length)


def samples(total: int, acceleration: float, centre: int, of: str) -> int:
    """round(total / acceleration), refused where the full centre would not fit into it.

    Parameters
    ----------
    total : int
        How many there are to choose from.
    acceleration : float
        At least 1.
    centre : int
        How many of them are always measured.
    of : str
        What is counted, for the message.
    """
    count = round(total / real("acceleration", acceleration, 1))
    if count >= max(centre, 1):
        return count
    # A little below total/centre, so that following the advice is safe from rounding.
    highest = math.floor(100 * total / max(centre, 1)) / 100
    remedy = f"use an acceleration of at most {highest:g}"
    if centre > 1:
        remedy += f", or a full centre of at most {count} {of}"
    raise ValueError(
        f"got acceleration={acceleration:g}, which leaves {count} of {total} {of}, expected at "
        f"least the {max(centre, 1)} of the full centre; {remedy}"
    )


def first(keys: np.ndarray, always: np.ndarray, count: int) -> np.ndarray:
    """`count` entries: those of `always`, then the others in the order of their keys."""
    order = np.argsort(np.where(always, -np.inf, keys), axis=None, kind="stable")
    mask = np.zeros(keys.size, dtype=bool)
    mask[order[:count]] = True
    return mask.reshape(keys.shape)


def race(rng: np.random.Generator, log_weights: np.ndarray) -> np.ndarray:
    """Keys whose order is a weighted draw without replacement (Efraimidis and Spirakis 2006).

    Each entry runs for an exponential time of mean 1/weight; the first n to arrive are the draw.
    The keys are logarithms of these times, so that no weight is too small.
    """
    uniform = np.maximum(rng.random(log_weights.shape), 2.0**-54)
    return np.log(-np.log1p(-uniform)) - log_weights
