"""Phantoms: images that are known exactly, made of ellipses of constant intensity."""

from collections.abc import Iterable

import numpy as np

from csmri.arguments import whole
from csmri.randomness import stream

__all__ = ["ellipses", "loop_coils", "shepp_logan"]

Ellipse = tuple[float, float, float, float, float, float]
"""Intensity, two half-axes, centre (x to the right, y upward), turn in degrees, in [−1, 1]²."""

# The ellipses of Shepp and Logan (1974) with the intensities of Toft (1996), which give the soft
# tissue a contrast that can be seen. Intensities are tenths here, so that their sums are exact.
SHEPP_LOGAN: tuple[Ellipse, ...] = (
    (10, 0.69, 0.92, 0, 0, 0),
    (-8, 0.6624, 0.8740, 0, -0.0184, 0),
    (-2, 0.1100, 0.3100, 0.22, 0, -18),
    (-2, 0.1600, 0.4100, -0.22, 0, 18),
    (1, 0.2100, 0.2500, 0, 0.35, 0),
    (1, 0.0460, 0.0460, 0, 0.1, 0),
    (1, 0.0460, 0.0460, 0, -0.1, 0),
    (1, 0.0460, 0.0230, -0.08, -0.605, 0),
    (1, 0.0230, 0.0230, 0, -0.606, 0),
    (1, 0.0230, 0.0460, 0.06, -0.605, 0),
)


def shepp_logan(size: int | tuple[int, int], *, dtype: type = np.float32) -> np.ndarray:
    """The phantom of Shepp and Logan with the modified contrast of Toft.

    Parameters
    ----------
    size : int or (H, W)
        Of the image; an int makes it square.
    dtype : numpy.float32 or numpy.float64
        Of the result.

    Returns
    -------
    (H, W) real
        Values in [0, 1], tenths; the skull is 1 and the surroundings are 0. Pixels are samples
        at points: the outermost ones lie on the border of the square [−1, 1]².

    Raises
    ------
    ValueError
        If a size is below 1 or the dtype is another one.
    TypeError
        If a size is no whole number.

    References
    ----------
    L. A. Shepp and B. F. Logan (1974), IEEE Trans. Nucl. Sci. 21(3), 21–43.
    P. Toft (1996), The Radon Transform, PhD thesis, Technical University of Denmark.
    """
    dtype = _real_dtype(dtype)
    return (_painted(_shape(size), SHEPP_LOGAN) / 10).astype(dtype)


def ellipses(
    shape: int | tuple[int, int], *, count: int = 10, seed: int, dtype: type = np.float32
) -> np.ndarray:
    """Random ellipses on a large one: piecewise constant, another one for every seed.

    Parameters
    ----------
    shape : int or (H, W)
        Of the image; an int makes it square.
    count : int
        Number of ellipses on the large one, at least 0.
    seed : int
        Names the draw, at least 0.
    dtype : numpy.float32 or numpy.float64
        Of the result.

    Returns
    -------
    (H, W) real
        Values in [0, 1], the largest one 1, the surroundings 0.

    Raises
    ------
    ValueError
        If a number is out of its range or the dtype is another one.
    TypeError
        If a size, the count or the seed is no whole number.
    """
    dtype = _real_dtype(dtype)
    shape = _shape(shape)
    count = whole("count", count, 0)
    rng = stream("ellipses", seed)
    outer = (1.0, rng.uniform(0.65, 0.85), rng.uniform(0.75, 0.95), 0.0, 0.0, 0.0)
    inner = [_random_ellipse(rng) for _ in range(count)]
    # Additions may sum to less than nothing, and do not reach beyond the large ellipse.
    image = np.clip(_painted(shape, [outer, *inner]), 0, None) * _painted(shape, [outer])
    return (image / max(image.max(), np.finfo(dtype).tiny)).astype(dtype)


def _random_ellipse(rng: np.random.Generator) -> Ellipse:
    distance, direction = 0.65 * np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
    return (
        rng.uniform(-0.5, 0.5),
        rng.uniform(0.03, 0.3),
        rng.uniform(0.03, 0.3),
        distance * np.cos(direction),
        distance * np.sin(direction),
        rng.uniform(0, 180),
    )


def _painted(shape: tuple[int, int], figures: Iterable[Ellipse]) -> np.ndarray:
    """The sum of the ellipses as float64, row 0 at the top."""
    down, across = (np.linspace(-1, 1, size) if size > 1 else np.zeros(1) for size in shape)
    x, y = across, -down[:, None]
    image = np.zeros(shape)
    for intensity, a, b, x0, y0, degrees in figures:
        cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
        along = cosine * (x - x0) + sine * (y - y0)
        beside = cosine * (y - y0) - sine * (x - x0)
        image += intensity * ((along / a) ** 2 + (beside / b) ** 2 <= 1)
    return image


def _shape(size: int | tuple[int, int]) -> tuple[int, int]:
    sizes = size if isinstance(size, (tuple, list)) else (size, size)
    if len(sizes) != 2:
        raise ValueError(f"got size={size}, expected an int or (H, W); pass 256 for instance")
    height, width = (whole("size", number, 1) for number in sizes)
    return height, width


def _real_dtype(dtype: type) -> type:
    if np.dtype(dtype) not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise ValueError(
            f"got dtype={np.dtype(dtype)}, expected float32 or float64; phantoms are real: "
            "multiply by a phase for a complex image"
        )
    return dtype


def loop_coils(shape: tuple[int, int], coils: int, *, distance: float = 1.3) -> np.ndarray:
    """Sensitivities of small receivers around the image, as smooth as real ones.

    Each falls with the square of the distance from its receiver, on a circle around the image, and
    turns its phase across the image; Σ_c |s_c|² is 1 everywhere.

    Parameters
    ----------
    shape : (H, W)
    coils : int
        How many, at least 1.
    distance : float
        Radius of the circle, where 1 is half of the image's side.

    Returns
    -------
    (coils, H, W) complex64

    Raises
    ------
    ValueError
        For no coil, and receivers within the image's middle.
    """
    if coils < 1 or distance < 0.5:
        raise ValueError(
            f"got coils={coils} and distance={distance}, expected at least 1, and at least 0.5"
        )
    rows, columns = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    maps = []
    for angle in 2 * np.pi * np.arange(coils) / coils:
        down, across = rows - distance * np.sin(angle), columns - distance * np.cos(angle)
        phase = angle + 0.7 * rows * np.cos(angle) - 0.5 * columns * np.sin(2 * angle)
        maps.append(np.exp(1j * phase) / (0.6 + down**2 + across**2))
    stacked = np.stack(maps)
    return (stacked / np.sqrt(np.sum(np.abs(stacked) ** 2, axis=0))).astype(np.complex64)
