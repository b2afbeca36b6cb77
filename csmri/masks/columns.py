"""Masks of whole columns: phase encoding along the last axis, the readout fully sampled."""

import numpy as np

from csmri.arguments import real, whole
from csmri.masks.checks import first, middle, race, samples
from csmri.randomness import stream


def random_columns(
    width: int, *, acceleration: float, center_fraction: float, seed: int
) -> np.ndarray:
    """Columns at random, all equally likely, around a full centre.

    Parameters
    ----------
    width : int
        Number of columns W.
    acceleration : float
        At least 1; exactly round(W / acceleration) columns are measured, the centre included.
    center_fraction : float
        From 0 to 1; the round(W · center_fraction) columns around W//2 are always measured,
        from W//2 − n//2 on if they are n.
    seed : int
        Names the draw, at least 0.

    Returns
    -------
    (W,) bool
        True where a column is measured; zero frequency at W//2.

    Raises
    ------
    ValueError
        If a number is out of its range, or the centre alone exceeds what the acceleration allows.
    TypeError
        If `width` or `seed` is no whole number.

    Notes
    -----
    Masks of one width and seed are nested: fewer columns around the same or a smaller centre are
    a subset, as long as no more of them lie outside it. So the 8-fold mask with half of the centre
    lies within the 4-fold one.
    """
    width, count, centre = _columns(width, acceleration, center_fraction)
    # One ranking of all columns, whatever the acceleration and the centre: hence the nesting.
    keys = stream("random_columns", seed, width).random(width)
    return first(keys, centre, count)


def variable_density_columns(
    width: int, *, acceleration: float, center_fraction: float, seed: int, power: float = 2.0
) -> np.ndarray:
    """Columns at random, rarer towards the edge of k-space, around a full centre.

    Outside the centre, columns are drawn without replacement with weights (1 − |k|)^power, where
    |k| grows from 0 at zero frequency to just under 1 at the edge (Lustig et al. 2007, section
    on variable-density sampling).

    Parameters
    ----------
    width, acceleration, center_fraction, seed
        As for `random_columns`.
    power : float
        How fast the density falls, at least 0; 0 draws all columns with equal weight.

    Returns
    -------
    (W,) bool
        Exactly round(W / acceleration) columns, zero frequency at W//2. Nested over
        acceleration and centre as those of `random_columns`, for one seed and power.

    Raises
    ------
    ValueError, TypeError
        As for `random_columns`.

    References
    ----------
    M. Lustig, D. Donoho and J. M. Pauly (2007), Magn. Reson. Med. 58, 1182–1195.
    """
    width, count, centre = _columns(width, acceleration, center_fraction)
    power = real("power", power, 0)
    distance = np.abs(np.arange(width) - width // 2) / (width // 2 + 1)
    keys = race(stream("variable_density_columns", seed, width), power * np.log(1 - distance))
    return first(keys, centre, count)


def random_columns_k_t(
    frames: int, width: int, *, acceleration: float, center_fraction: float, seed: int
) -> np.ndarray:
    """Columns for a series: a full centre in every frame, and others at random, dealt out anew.

    The outer columns of consecutive frames come from random orders of all of them, one order after
    the other, so that as few as possible are measured again before all others had their turn.

    Parameters
    ----------
    frames : int
        Number of frames T.
    width, acceleration, center_fraction, seed
        As for `random_columns`.

    Returns
    -------
    (T, 1, W) bool
        Exactly round(W / acceleration) columns in every frame; ``mask[:, None]`` for several coils.

    Raises
    ------
    ValueError, TypeError
        As for `random_columns`.
    """
    frames = whole("frames", frames, 1)
    width, count, centre = _columns(width, acceleration, center_fraction)
    outer, rng = np.flatnonzero(~centre), stream("random_columns_k_t", seed, width)
    wanted, waiting = count - int(centre.sum()), np.empty(0, dtype=int)
    mask = np.repeat(centre[None], frames, axis=0)
    for t in range(frames):
        if waiting.size < wanted:  # the rest of the old order first, then others of a new one
            order = rng.permutation(outer)
            waiting = np.concatenate([waiting, order[~np.isin(order, waiting)]])
        mask[t, waiting[:wanted]] = True
        waiting = waiting[wanted:]
    return mask[:, None]


def equispaced_columns(
    width: int, *, acceleration: float, center_fraction: float, offset: int = 0
) -> np.ndarray:
    """Columns at equal distances around a full centre, as equal as whole numbers allow.

    The skipped columns are dealt out evenly to the gaps between neighbouring measured columns,
    those beside the centre included; k-space is taken as periodic, so that the outermost gap
    continues from the last column to the first. All gaps then differ by at most one column.

    Parameters
    ----------
    width, acceleration, center_fraction
        As for `random_columns`; without a centre the comb starts at zero frequency.
    offset : int
        Which of the equally even combs: the order of wider and narrower gaps is turned by so many
        gaps. It changes nothing where all gaps are equal.

    Returns
    -------
    (W,) bool
        Exactly round(W / acceleration) columns, zero frequency at W//2.

    Raises
    ------
    ValueError, TypeError
        As for `random_columns`.
    """
    width, count, centre = _columns(width, acceleration, center_fraction)
    if isinstance(offset, bool) or not isinstance(offset, (int, np.integer)):
        raise TypeError(
            f"got offset of type {type(offset).__name__}, expected a whole number; pass an int"
        )
    if not centre.any():
        centre[width // 2] = True
    block = int(centre.sum())
    gaps = count - block + 1
    # Gap i spans floor((i+1) s) − floor(i s) skipped columns with s = skipped/gaps.
    marks = (np.arange(gaps + 1) + int(offset) % gaps) * (width - count) // gaps
    steps = np.diff(marks)[:-1] + 1
    last_of_centre = np.flatnonzero(centre)[-1]
    mask = centre.copy()
    mask[(last_of_centre + np.cumsum(steps)) % width] = True
    return mask


def _columns(
    width: int, acceleration: float, center_fraction: float
) -> tuple[int, int, np.ndarray]:
    """The width, the exact count, and which columns the full centre holds."""
    width = whole("width", width, 1)
    length = round(width * real("center_fraction", center_fraction, 0, 1))
    count = samples(width, acceleration, length, "columns")
    centre = np.zeros(width, dtype=bool)
    centre[middle(length, width)] = True
    return width, count, centre
