"""Simulated acquisition: a magnitude image becomes the k-space that a scanner might measure."""

from dataclasses import dataclass
from typing import final

import numpy as np

from csmri.operators import Fourier, Sampling
from csmri.randomness import stream

PHASE_ORDERS = 4  # cosines of order 0 … 3 along each axis


@final
@dataclass(frozen=True, eq=False)
class Acquisition:
    """Simulated single-coil k-space with the image that it came from.

    Parameters
    ----------
    kspace : (H, W) complex64
        M(F x + n): centred, zero where not sampled.
    mask : (W,) or (H, W) bool
        M, as it was given.
    truth : (H, W) complex64
        x, the image with its phase, free of noise.
    noise : float
        √E|n|² of one complex sample.
    """

    kspace: np.ndarray
    mask: np.ndarray
    truth: np.ndarray
    noise: float

    @property
    def magnitude(self) -> np.ndarray:
        """|x| as (H, W) float32: what reconstructed magnitudes are compared with."""
        return np.abs(self.truth)


def simulate(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    noise: float = 0.005,
    phase: float = 1.0,
    seed: int | tuple[int | str, ...],
) -> Acquisition:
    """y = M(F x + n) with x = image · exp(iφ), φ a smooth random phase and n white noise.

    Parameters
    ----------
    image : (H, W) real
        Magnitude image, at least 0. Its scale is kept: that of the shipped slices has the
        largest value 1 over the volume.
    mask : (W,) or (H, W) bool
        What is measured, zero frequency at N//2.
    noise : float
        √E|n|² of each complex sample of k-space, in units of the image. F is unitary, so that
        this is the standard deviation of the fully sampled complex image too. At least 0.
    phase : float
        Variation of the phase in radian, see `smooth_phase`; 0 leaves the image real.
    seed : int or tuple of int and str
        Names the draw, for instance ``(slices.person, index)``. Phase and noise depend on the
        seed and on the image's shape alone: they are the same under every mask, so that nested
        masks give nested data.

    Raises
    ------
    ValueError
        If the image is not one finite image of at least 0, the mask does not fit, or `noise` or
        `phase` is negative or not finite.
    TypeError
        If the mask is not boolean, or the seed neither whole nor a tuple of whole numbers and
        strings.
    """
    image = _magnitude(image)
    for name, value in (("noise", noise), ("phase", phase)):
        if not (np.isfinite(value) and value >= 0):
            raise ValueError(
                f"got {name}={value}, expected a finite number of at least 0; pass 0 for none"
            )
    height, width = image.shape
    truth = image.astype(np.complex64)
    if phase > 0:
        angle = smooth_phase(image.shape, stream("smooth_phase", seed, height, width), phase)
        truth = image * np.exp(1j * angle)
    measured = Fourier()(truth)
    if noise > 0:
        measured = measured + complex_noise(
            image.shape, stream("complex_noise", seed, height, width), noise
        )
    return Acquisition(Sampling(mask)(measured), mask, truth, float(noise))


def smooth_phase(
    shape: tuple[int, int], rng: np.random.Generator, variation: float = 1.0
) -> np.ndarray:
    """A random phase that varies slowly over the image.

    φ = φ₀ + Σ a_pq cos(πpv) cos(πqu) over 1 ≤ p + q ≤ 3, where (v, u) run over the image from 0 to
    1, φ₀ is uniform on [0, 2π) and a_pq is normal with standard deviation variation / (p + q).
    It has no fine structure: smoother than what coils, field and flow leave in real images.

    Parameters
    ----------
    shape : (H, W)
        Size of the image.
    rng : numpy.random.Generator
        Where the random numbers come from.
    variation : float
        Standard deviation of the slowest terms, in radian.

    Returns
    -------
    (H, W) float32
        φ in radian.
    """
    order = np.add.outer(np.arange(PHASE_ORDERS), np.arange(PHASE_ORDERS))
    wanted = (order >= 1) & (order < PHASE_ORDERS)
    scale = np.where(wanted, variation / np.maximum(order, 1), 0)
    amplitudes = scale * rng.standard_normal(scale.shape)
    amplitudes[0, 0] = rng.uniform(0, 2 * np.pi)
    rows, columns = (_cosines(size) for size in shape)
    return (rows @ amplitudes @ columns.T).astype(np.float32)


def complex_noise(shape: tuple[int, ...], rng: np.random.Generator, level: float) -> np.ndarray:
    """White complex Gaussian noise n with E|n|² = level².

    Parameters
    ----------
    shape : tuple of int
        Any.
    rng : numpy.random.Generator
        What it is drawn from.
    level : float
        Its standard deviation, real and imaginary part together, in units of k-space.

    Returns
    -------
    complex64 array of that shape
    """
    parts = rng.standard_normal((*shape, 2), np.float32)
    return np.float32(level / np.sqrt(2)) * parts.view(np.complex64)[..., 0]


def _cosines(size: int) -> np.ndarray:
    """(size, PHASE_ORDERS): cos(πpv) at the pixels' centres."""
    position = (np.arange(size) + 0.5) / size
    return np.cos(np.pi * np.outer(position, np.arange(PHASE_ORDERS)))


def _magnitude(image: np.ndarray) -> np.ndarray:
    image = np.asarray(image)
    if image.ndim != 2:
        raise ValueError(
            f"got an image of shape {image.shape}, expected one image (H, W); "
            "simulate the slices of a volume one by one, each with its own seed"
        )
    if np.iscomplexobj(image):
        raise TypeError(
            f"got an image of {image.dtype}, expected real magnitudes; pass abs(image), "
            "or measure a complex image with MaskedFourier(mask)"
        )
    if not np.isfinite(image).all() or image.min() < 0:
        raise ValueError(
            "got an image with values below 0 or not finite, expected magnitudes of at least 0; "
            "pass abs(image) and replace what is not finite"
        )
    return image.astype(np.float32, copy=False)
