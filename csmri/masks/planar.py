"""Masks of single samples in a plane of two phase encodes: Gaussian density and Poisson disc."""

import numpy as np

from csmri.arguments import grid, real, whole
from csmri.masks.checks import first, middle, race, samples
from csmri.masks.darts import throw
from csmri.randomness import stream


def gaussian_2d(
    shape: tuple[int, int],
    *,
    acceleration: float,
    seed: int,
    center: tuple[int, int] = (8, 8),
    standard_deviation: float = 0.35,
) -> np.ndarray:
    """Samples at random with Gaussian density, around a full centre.

    Parameters
    ----------
    shape : (H, W)
        Size of k-space.
    acceleration : float
        At least 1; exactly round(H·W / acceleration) samples are measured, the centre included.
    seed : int
        Names the draw, at least 0.
    center : (h, w)
        The block around (H//2, W//2) that is always measured, in samples; (0, 0) for none.
    standard_deviation : float
        Of the density, in units of the distance from zero frequency to the edge of k-space;
        above 0. Samples are drawn without replacement with these weights.

    Returns
    -------
    (H, W) bool
        True where a sample is measured; zero frequency at (H//2, W//2). Masks of one shape, seed,
        centre and density are nested over the acceleration.

    Raises
    ------
    ValueError
        If a number is out of its range, or the centre alone exceeds what the acceleration allows.
    TypeError
        If a size or the seed is no whole number.
    """
    shape, count, centre = _plane(shape, acceleration, center)
    if real("standard_deviation", standard_deviation, 0) == 0:
        raise ValueError(
            "got standard_deviation=0, expected a number above 0; pass 0.35 for instance"
        )
    log_density = -0.5 * (_distance(shape) / standard_deviation) ** 2
    return first(race(stream("gaussian_2d", seed, *shape), log_density), centre, count)


def poisson_disc(
    shape: tuple[int, int],
    *,
    acceleration: float,
    seed: int,
    center: tuple[int, int] = (8, 8),
    edge_spacing: float = 4.0,
) -> np.ndarray:
    """Samples at random that keep a distance from each other, rarer towards the edge of k-space.

    Parameters
    ----------
    shape, acceleration, seed, center
        As for `gaussian_2d`.
    edge_spacing : float
        The distance kept at the edge of k-space over the one kept at zero frequency, at least 1;
        it grows linearly between them. 1 gives a uniform density.

    Returns
    -------
    (H, W) bool
        Exactly round(H·W / acceleration) samples; zero frequency at (H//2, W//2).

    Raises
    ------
    ValueError, TypeError
        As for `gaussian_2d`.

    Notes
    -----
    Darts are thrown at the grid points in random order, and hold where no earlier dart is closer
    than the distance kept there. When no more fit, the distance shrinks by 5 % everywhere and the
    throwing goes on, until the count is reached (relaxation dart throwing, McCool and Fiume
    1992). It always ends: at a distance of one sample every dart holds.

    References
    ----------
    M. McCool and E. Fiume (1992), Proc. Graphics Interface, 94–105.
    """
    shape, count, centre = _plane(shape, acceleration, center)
    spacing = 1 + (real("edge_spacing", edge_spacing, 1) - 1) * _distance(shape)
    order = np.argsort(stream("poisson_disc", seed, *shape).random(spacing.size), kind="stable")
    return throw(centre, count, spacing, order)


def _plane(
    shape: tuple[int, int], acceleration: float, center: tuple[int, int]
) -> tuple[tuple[int, int], int, np.ndarray]:
    """The shape, the exact count, and which samples the full centre holds."""
    height, width = grid(shape)
    try:
        rows, columns = center
    except (TypeError, ValueError):
        raise ValueError(
            f"got center={center!r}, expected (h, w), two whole numbers; pass (8, 8) for instance"
        ) from None
    rows = whole("the height of center", rows, 0)
    columns = whole("the width of center", columns, 0)
    if rows > height or columns > width:
        raise ValueError(
            f"got center=({rows}, {columns}), expected at most the shape ({height}, {width}); "
            "pass a smaller centre"
        )
    count = samples(height * width, acceleration, rows * columns, "samples")
    centre = np.zeros((height, width), dtype=bool)
    centre[middle(rows, height), middle(columns, width)] = True
    return (height, width), count, centre


def _distance(shape: tuple[int, int]) -> np.ndarray:
    """Distance from zero frequency, 1 at the middle of each edge of k-space."""
    down, across = ((np.arange(size) - size // 2) / (size / 2) for size in shape)
    return np.hypot(down[:, None], across)
