"""The best of a positive number: on a geometric grid that grows, then is refined."""

import math
from collections.abc import Callable, Mapping, Sequence

Score = Callable[[float], float]
"""Takes a number to what is made as large as possible."""

LONGEST = 3  # times the grid's own length; where λ hardly matters, 0 may be nearly the best


def bracket(
    score: Score, coarse: Sequence[float], known: Mapping[float, float] | None = None
) -> dict[float, float]:
    """Scores on a geometric grid, continued until its best number lies inside.

    Parameters
    ----------
    score : callable
        Of a positive number; has one maximum. Called once for each number tried.
    coarse : sequence of float
        The grid to begin with, ascending, at least two numbers of a constant ratio. It is
        continued, for at most three times its own length, where its end scores highest.
    known : mapping, optional
        Scores that need not be found again.

    Returns
    -------
    dict
        The numbers that were tried, and their scores.
    """
    known = {} if known is None else known
    scores = {x: known[x] if x in known else score(x) for x in coarse}
    ratio = coarse[1] / coarse[0]
    for _ in range(LONGEST * len(coarse)):
        best = max(scores, key=scores.__getitem__)
        if min(scores) < best < max(scores):
            break
        beyond = best / ratio if best == min(scores) else best * ratio
        scores[beyond] = score(beyond)
    return scores


def refine(score: Score, scores: dict[float, float], ratio: float, times: int) -> float:
    """The best number once the distance to its neighbours was halved some times.

    Parameters
    ----------
    score : callable
        As for `bracket`.
    scores : dict
        What `bracket` found; what is tried here is added to it.
    ratio : float
        Of neighbouring numbers.
    times : int
        How often to halve the logarithmic distance.
    """
    for _ in range(times):
        ratio = math.sqrt(ratio)
        best = max(scores, key=scores.__getitem__)
        for near in (best / ratio, best * ratio):
            scores[near] = score(near)
    return max(scores, key=scores.__getitem__)
