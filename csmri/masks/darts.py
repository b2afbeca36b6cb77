"""Relaxation dart throwing: points on a grid that keep a distance, exactly as many as wanted."""

from functools import cache, partial

import numpy as np

RELAXATION = 0.95  # what the distances shrink by when no more darts fit
# Darts thrown at random until none fits cover about 0.547 of the plane with discs of half their
# distance r (Rényi's packing in two dimensions), which makes 0.7/r² of them a unit area.
JAMMED = 0.7


def throw(held: np.ndarray, count: int, spacing: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Add darts to those held until there are `count`.

    Parameters
    ----------
    held : (H, W) bool
        Darts that hold from the beginning, at most `count` of them.
    count : int
        How many there shall be, at most H·W.
    spacing : (H, W) float
        The distance kept around each point, up to a common factor.
    order : (H·W,) int
        The order in which the points are tried.

    Returns
    -------
    (H, W) bool
    """
    darts = np.flatnonzero(held).tolist()
    wanted = count - len(darts)
    if wanted == 0:
        return held.copy()
    # Begin at distances that let about half of the darts in.
    scale = np.sqrt(JAMMED * np.sum(spacing[~held] ** -2.0) / (0.5 * wanted))
    while len(darts) < count:
        _throw_until_none_fits(darts, count, scale * spacing, order)
        scale *= RELAXATION
    mask = np.zeros(held.size, dtype=bool)
    mask[darts] = True
    return mask.reshape(held.shape)


def _throw_until_none_fits(
    darts: list[int], count: int, radius: np.ndarray, order: np.ndarray
) -> None:
    """Append to `darts` what fits at these distances, `count` in all at the most."""
    height, width = radius.shape
    # A disc reaches over the edge: into a margin on the left and right, which every row shares
    # with the next one, and into rows above and below.
    margin = min(int(radius.max()) + 1, max(height, width))
    stride = width + margin
    padded = (np.arange(height)[:, None] + margin) * stride + np.arange(width) + margin
    padded = padded.ravel()
    # One memory seen twice: plain bytes are the fastest to look up one at a time.
    is_blocked = bytearray((height + 2 * margin) * stride + 2 * margin)
    blocked = np.frombuffer(is_blocked, dtype=bool)
    disc = cache(partial(_disc, margin=margin, stride=stride))
    kinds = np.ceil(radius.ravel() ** 2).astype(int)  # points with the same kind block alike
    for kind in np.unique(kinds[darts]) if darts else ():
        points = padded[darts][kinds[darts] == kind]
        blocked[np.add.outer(points, disc(int(kind)))] = True

    free = order[~blocked[padded[order]]]
    for point, place, kind in zip(
        free.tolist(), padded[free].tolist(), kinds[free].tolist(), strict=True
    ):
        if is_blocked[place]:
            continue
        darts.append(point)
        if len(darts) == count:
            return
        blocked[place + disc(kind)] = True


def _disc(kind: int, margin: int, stride: int) -> np.ndarray:
    """Offsets (dy · stride + dx) of the grid points with dy² + dx² < kind."""
    reach = min(int(np.sqrt(kind)) + 1, margin)
    step = np.arange(-reach, reach + 1)
    down, across = np.nonzero(np.add.outer(step**2, step**2) < kind)
    return step[down] * stride + step[across]
