"""The column masks of the fastMRI challenges, with their very numbers.

They are for comparing with what was published on fastMRI: the same seed gives the same columns as
the package ``fastmri``. Their counts differ from the acceleration asked for: the random mask hits
it in expectation only, the equispaced and magic ones add the centre on top. For work of one's own
take `csmri.masks.random_columns` and `equispaced_columns`, which count exactly.

A full centre of n = round(W · center_fraction) columns begins at (W − n + 1)//2, one column further
than in the other masks for an odd width and an even n. Seeds are those of NumPy's legacy generator,
whose numbers are frozen.

References
----------
J. Zbontar et al. (2018), fastMRI: an open dataset and benchmarks for accelerated MRI,
arXiv:1811.08839, section 4.9.
A. Defazio (2019), Offset sampling improves deep learning based accelerated MRI reconstructions by
exploiting symmetry, arXiv:1912.01101.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from csmri.arguments import real, whole

__all__ = ["equispaced", "equispaced_fraction", "magic", "random", "seed_of"]

Seed = int | Sequence[int]

MaskFunction = Callable[..., np.ndarray]
"""(width, *, acceleration, center_fraction, seed) to (W,) bool."""


def seed_of(path: Path | str) -> tuple[int, ...]:
    """Return the seed by which fastMRI masks a volume for validation: the letters of its name."""
    return tuple(map(ord, Path(path).name))


def random(width: int, *, acceleration: float, center_fraction: float, seed: Seed) -> np.ndarray:
    """Each column outside the centre alone, with one probability.

    Parameters
    ----------
    width : int
        Number of columns W.
    acceleration : float
        W/acceleration columns are measured in expectation, the centre included.
    center_fraction : float
        From 0 to 1; round(W · center_fraction) columns in the middle are always measured.
    seed : int or sequence of int
        Of NumPy's legacy generator; `seed_of` makes one of a file's name.

    Returns
    -------
    (W,) bool

    Raises
    ------
    ValueError, TypeError
        Where a number is out of its range.
    """
    mask, centre = _centre(width, acceleration, center_fraction)
    probability = (width / acceleration - centre) / (width - centre) if width > centre else 0.0
    return mask | (_generator(seed).uniform(size=width) < probability)


def equispaced(
    width: int,
    *,
    acceleration: int,
    center_fraction: float,
    seed: Seed = 0,
    offset: int | None = None,
) -> np.ndarray:
    """Every `acceleration`-th column, and the centre besides.

    Parameters
    ----------
    width, center_fraction, seed
        As for `random`.
    acceleration : int
        The distance of the columns; more than W/acceleration are measured.
    offset : int, optional
        The first column; drawn from the seed where it is not given.

    Returns
    -------
    (W,) bool
    """
    mask, _ = _centre(width, acceleration, center_fraction)
    distance = whole("acceleration", acceleration, 1)
    first = _generator(seed).randint(0, distance) if offset is None else whole("offset", offset, 0)
    mask[first::distance] = True
    return mask


def equispaced_fraction(
    width: int,
    *,
    acceleration: float,
    center_fraction: float,
    seed: Seed = 0,
    offset: int | None = None,
) -> np.ndarray:
    """Columns at a distance that makes their number, with the centre, about W/acceleration.

    The distance is no whole number, so that columns are rounded to the grid: the gaps differ.
    These are the masks of the public multi-coil test data.

    Parameters
    ----------
    width, acceleration, center_fraction, seed
        As for `random`.
    offset : int, optional
        The first column; drawn from the seed where it is not given.

    Returns
    -------
    (W,) bool

    Raises
    ------
    ValueError
        Where the centre alone holds W/acceleration columns or more.
    """
    mask, centre = _centre(width, acceleration, center_fraction)
    if centre * acceleration >= width:
        raise ValueError(
            f"got center_fraction={center_fraction:g}, whose {centre} columns leave none of "
            f"{width}/{acceleration:g} for the rest; take a smaller centre or acceleration"
        )
    distance = acceleration * (centre - width) / (centre * acceleration - width)
    first = (
        _generator(seed).randint(0, round(distance))
        if offset is None
        else whole("offset", offset, 0)
    )
    mask[np.around(np.arange(first, width - 1, distance)).astype(int)] = True
    return mask


def magic(
    width: int,
    *,
    acceleration: int,
    center_fraction: float,
    seed: Seed = 0,
    offset: int | None = None,
) -> np.ndarray:
    """Every `acceleration`-th column on both sides, so that neither side mirrors the other.

    Where an image is almost real, a column tells of its mirror image, too: the combs of the two
    sides are shifted against each other so that they tell of different ones.

    Parameters
    ----------
    width, center_fraction, seed
        As for `random`.
    acceleration : int
        The distance of the columns; more than W/acceleration are measured.
    offset : int, optional
        Which pair of combs; drawn from the seed where it is not given.

    Returns
    -------
    (W,) bool
    """
    mask, _ = _centre(width, acceleration, center_fraction)
    distance = whole("acceleration", acceleration, 1)
    pair = _generator(seed).randint(0, distance) if offset is None else whole("offset", offset, 0)
    # Distances from zero frequency of the first column on the right, and from −1 on the left.
    right, left = (pair + 2, pair - 1) if pair % 2 else (pair + 1, pair + 2)
    middle = width // 2
    mask[middle + right :: distance] = True
    mask[:middle][::-1][left::distance] = True
    return mask


FUNCTIONS: dict[str, MaskFunction] = {
    "random": random,
    "equispaced": equispaced,
    "equispaced_fraction": equispaced_fraction,
    "magic": magic,
}
"""The masks by the names that fastMRI's commands take."""


def _centre(width: int, acceleration: float, center_fraction: float) -> tuple[np.ndarray, int]:
    """The mask of the full centre, and its columns."""
    width = whole("width", width, 1)
    real("acceleration", acceleration, 1)
    count = round(width * real("center_fraction", center_fraction, 0, 1))
    mask = np.zeros(width, dtype=bool)
    first = (width - count + 1) // 2
    mask[first : first + count] = True
    return mask, count


def _generator(seed: Seed) -> np.random.RandomState:
    """The legacy generator of a seed, after the draw that picks one of one acceleration."""
    generator = np.random.RandomState(seed)
    generator.randint(1)
    return generator
