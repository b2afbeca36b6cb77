"""One network, asked about an image and about its mirror images."""

from dataclasses import dataclass
from itertools import product
from typing import Any, final

import numpy as np

from csmri.reconstruction import Reconstruct


@final
@dataclass(frozen=True)
class OverFlips:
    """The mean of what a method makes of a scan and of its three mirror images, mirrored back.

    Mirrored along either axis, k-space and mask are those of the mirrored object. What prefers no
    direction gives the same image; networks differ in their errors, of which the mean cancels some,
    for four times the work and no training.

    Parameters
    ----------
    reconstruct : callable
        ``f(y, mask, maps)``, as `csmri.reconstruction.Reconstruct`.

    References
    ----------
    B. Lim et al. (2017), Enhanced deep residual networks for single image super-resolution, CVPR
    Workshops, section 3.4 (self-ensemble).
    """

    reconstruct: Reconstruct

    def __call__(
        self, y: np.ndarray, mask: np.ndarray, maps: np.ndarray | None = None, /
    ) -> np.ndarray:
        """Reconstruct images (..., H, W) from k-space (..., H, W) or (..., C, H, W)."""
        images = []
        for axes in product((False, True), repeat=2):
            flipped = (None if part is None else mirrored(part, axes) for part in (y, mask, maps))
            images.append(mirrored(self.reconstruct(*flipped), axes))
        return np.mean(images, axis=0, dtype=images[0].dtype)


def mirrored(array: Any, axes: tuple[bool, ...]) -> np.ndarray:
    """Mirrored about the pixel N//2 of the last two axes, where wanted: k-space or image alike."""
    array = np.asarray(array)
    for axis, wanted in zip((-2, -1), axes, strict=True):
        if wanted and array.ndim >= -axis:
            array = np.roll(np.flip(array, axis), 1 - array.shape[axis] % 2, axis)
    return np.ascontiguousarray(array)
