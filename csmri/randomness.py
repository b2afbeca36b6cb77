"""Random numbers from named seeds: one independent stream for each purpose.

Two generators that are given the same seed must not share their numbers, or a mask would be
correlated with the noise that is simulated on it. A stream is therefore keyed by its purpose and
by whatever else it depends on, not by the seed alone.
"""

import hashlib
from numbers import Integral

import numpy as np


def stream(purpose: str, seed: int | tuple[int | str, ...], *key: int) -> np.random.Generator:
    """A generator for this purpose, seed and key, independent of every other one.

    Parameters
    ----------
    purpose : str
        What the numbers are for, by convention the name of the function that draws them.
    seed : int or tuple of int and str
        The seed, at least 0, or a tuple such as ``("S1", 17)`` that names what is drawn.
    *key : int
        Further whole numbers, at least 0, that set streams apart: a shape, for instance.

    Raises
    ------
    TypeError
        If the seed is neither a whole number nor a tuple of whole numbers and strings.
    ValueError
        If the seed or a part of it is negative, or the tuple is empty.
    """
    parts = seed if isinstance(seed, tuple) else (seed,)
    if not parts:
        raise ValueError("got an empty tuple as seed, expected at least one part; pass an int")
    # Every part is tagged with its kind and closed, so that no two seeds spell the same text.
    spelled = "".join(f"{_spelled(part)};" for part in (purpose, *parts, *key))
    digest = hashlib.sha256(spelled.encode()).digest()
    return np.random.default_rng(np.random.SeedSequence(list(digest)))


def _spelled(part: object) -> str:
    if isinstance(part, str):
        return f"str{len(part)}:{part}"
    if isinstance(part, Integral) and not isinstance(part, bool):
        if part < 0:
            raise ValueError(
                f"got seed {part}, expected at least 0; pass a seed that is not negative"
            )
        return f"int:{int(part)}"
    raise TypeError(
        f"got a seed of type {type(part).__name__}, expected an int; "
        "pass a fixed whole number, so that the same call draws the same numbers again"
    )
