"""Random changes of magnitude images that leave them plausible images of somebody."""

from dataclasses import dataclass
from math import inf
from typing import final

import numpy as np
from scipy.ndimage import affine_transform, gaussian_filter, map_coordinates, spline_filter

from csmri.arguments import real, whole

ORDER = 3  # of the splines through a stack

LARGEST = {
    "shift": inf,
    "rotation": 180.0,
    "zoom": 0.9,
    "gamma": 3.0,
    "contrast": 1.0,
    "deformation": inf,
    "tilt": 60.0,
}
"""What the largest change may be at most; none may be below 0."""


@final
class Stack:
    """Neighbouring slices (N, H, W) of one person, and the planes between and across them."""

    def __init__(self, slices: np.ndarray):
        self.shape: tuple[int, int] = (slices.shape[-2], slices.shape[-1])
        self._splines = spline_filter(slices, ORDER).astype(np.float32)

    def __len__(self) -> int:
        return len(self._splines)

    def plane(self, heights: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Image at heights (H, W), in slices, and places (2, H, W); mirrored at either end."""
        last = len(self) - 1
        heights = last - np.abs(last - heights % (2 * last)) if last else np.zeros_like(heights)
        return map_coordinates(self._splines, [heights, *places], order=ORDER, prefilter=False)


@dataclass(frozen=True)
class Augmentation:
    """Random changes of a magnitude image that leave it a plausible image.

    Parameters
    ----------
    flips : bool
        Mirror each axis with probability one half.
    shift : float
        Largest shift along each axis, pixels.
    rotation : float
        Largest rotation, degrees.
    zoom : float
        Largest relative change of size.
    gamma : float
        Largest |log γ| of the contrast change x ↦ x^γ.
    contrast : float
        Largest displacement of the two inner knots of a piecewise linear contrast curve.
    sharpness : (float, float)
        Range of s in x + s (x − G x), G a Gaussian blur of one pixel: persons are scanned and
        averaged differently, and their images differ most in the finest detail.
    interpolation : int
        Order of the splines that move an image. Order 1 takes half of the energy between half and
        three quarters of the highest frequency, order 3 a tenth.
    deformation : float
        Largest standard deviation of a smooth random displacement, pixels: anatomy as it might be
        in somebody else.
    tilt : float
        Largest tilt of the plane about either axis, degrees: the image is taken from the volume of
        the neighbouring slices, by splines of order 3.
    spacing : float
        Distance of these slices, pixels.

    References
    ----------
    P. Simard, D. Steinkraus and J. Platt (2003), Best practices for convolutional neural networks
    applied to visual document analysis, ICDAR, section 2 (deformation).
    """

    flips: bool = True
    shift: float = 16.0
    rotation: float = 8.0
    zoom: float = 0.15
    gamma: float = 0.4
    contrast: float = 0.15
    sharpness: tuple[float, float] = (-0.5, 1.5)
    interpolation: int = 3
    deformation: float = 0.0
    tilt: float = 0.0
    spacing: float = 1.0

    def __post_init__(self):
        for name, most in LARGEST.items():
            real(name, getattr(self, name), 0, most)
        if whole("interpolation", self.interpolation, 0) > 5:
            raise ValueError(f"got interpolation={self.interpolation}, expected an order up to 5")
        if not real("spacing", self.spacing, 0):
            raise ValueError("got spacing=0, expected the distance of two slices; pass 1 pixel")
        if len(self.sharpness) != 2 or not -1 <= self.sharpness[0] <= self.sharpness[1] < inf:
            raise ValueError(
                f"got sharpness={self.sharpness}, expected two numbers from -1, the lower one "
                "first; pass (0, 0) for none"
            )

    def __call__(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return a changed copy of an image (H, W) in [0, 1]."""
        return self._toned(self._moved(self._flipped(image, rng), rng), rng)

    def plane(self, stack: Stack, index: int, rng: np.random.Generator) -> np.ndarray:
        """Return a changed and tilted plane of a stack, whose middle is in the slice `index`."""
        places = self._displaced(*self._placement(stack.shape, rng), stack.shape, rng)
        slopes = np.tan(np.deg2rad(self.tilt) * rng.uniform(-1, 1, 2)) / self.spacing
        middle = (np.array(stack.shape) - 1) / 2
        heights = index + np.tensordot(slopes, places - middle[:, None, None], 1)
        image = np.maximum(stack.plane(heights, places), 0)
        return self._toned(self._flipped(image, rng), rng)

    def _flipped(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        if self.flips:
            for axis in (0, 1):
                if rng.random() < 0.5:
                    image = np.flip(image, axis)
        return image

    def _moved(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        turn, offset = self._placement(image.shape, rng)
        if self.deformation:
            places = self._displaced(turn, offset, image.shape, rng)
            moved = map_coordinates(image, places, order=self.interpolation)
        else:
            moved = affine_transform(
                image,
                turn,
                offset,  # pyright: ignore[reportArgumentType]  (SciPy's annotation knows one number)
                order=self.interpolation,
            )
        return np.maximum(moved, 0)

    def _placement(
        self, shape: tuple[int, ...], rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw the matrix and the offset that take places in the new image to those in the old."""
        angle = np.deg2rad(self.rotation) * rng.uniform(-1, 1)
        factor = 1 + self.zoom * rng.uniform(-1, 1)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / factor
        middle = (np.array(shape) - 1) / 2
        return turn, middle - turn @ (middle + self.shift * rng.uniform(-1, 1, 2))

    def _displaced(
        self,
        turn: np.ndarray,
        offset: np.ndarray,
        shape: tuple[int, ...],
        rng: np.random.Generator,
    ) -> np.ndarray:
        places = np.tensordot(turn, np.indices(shape), 1) + offset[:, None, None]
        return places + self.deformation * rng.random() * smooth_displacement(shape, rng)

    def _toned(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        knots = np.array([0, 1 / 3, 2 / 3, 1])
        values = knots + self.contrast * np.array([0, *rng.uniform(-1, 1, 2), 0])
        image = np.interp(image, knots, values)
        image = image ** np.exp(self.gamma * rng.uniform(-1, 1))
        if any(self.sharpness):
            fine = image - gaussian_filter(image, 1.0)
            image = np.clip(image + rng.uniform(*self.sharpness) * fine, 0, 1)
        return image.astype(np.float32)


def smooth_displacement(
    shape: tuple[int, ...], rng: np.random.Generator, knots: float = 32.0
) -> np.ndarray:
    """Draw displacements (2, H, W) of variance about 1 that bend over `knots` pixels."""
    coarse = [int(np.ceil(side / knots)) + 3 for side in shape]
    grid = np.meshgrid(*(1 + np.arange(side) / knots for side in shape), indexing="ij")
    return np.stack([map_coordinates(rng.normal(size=coarse), grid, order=3) for _ in range(2)])
