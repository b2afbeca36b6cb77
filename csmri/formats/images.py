"""What the image writers share: volumes (S, H, W), and magnitudes in whole numbers."""

import numpy as np

from csmri.formats.errors import FileError


def volume(image: np.ndarray) -> np.ndarray:
    """The image as (S, H, W), real or complex.

    Raises
    ------
    FileError
        For anything but (H, W) and (S, H, W).
    """
    image = np.asarray(image)
    if image.ndim not in (2, 3) or image.size == 0 or image.dtype.kind not in "fciu":
        raise FileError(
            f"got an image of {image.shape} {image.dtype}, expected (H, W) or (S, H, W) numbers; "
            "write each frame of a series alone"
        )
    return image.reshape((-1, *image.shape[-2:]))


def magnitude(image: np.ndarray) -> np.ndarray:
    """|image| as float32, 0 where it is not finite."""
    return np.nan_to_num(np.abs(image), nan=0.0, posinf=0.0, neginf=0.0).astype(np.float32)


def whole_numbers(image: np.ndarray, most: int) -> tuple[np.ndarray, float]:
    """|image| in 0 … `most`, and the value of one step."""
    modulus = magnitude(image).astype(np.float64)
    largest = float(modulus.max())
    step = largest / most if largest > 0 else 1.0
    return np.round(modulus / step).astype(np.uint8 if most < 256 else np.uint16), step
