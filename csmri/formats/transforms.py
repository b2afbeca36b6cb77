"""The centred unitary Fourier transform along one axis, as readers need it."""

from typing import Any

import numpy as np
from scipy import fft


def to_image(k: np.ndarray, axis: int) -> np.ndarray:
    """The inverse transform along `axis`, zero frequency and origin at N//2, in k's precision."""
    moved: Any = fft.ifft(np.fft.ifftshift(k, axis), axis=axis, norm="ortho")
    return np.fft.fftshift(moved, axis)


def to_kspace(x: np.ndarray, axis: int) -> np.ndarray:
    """The transform along `axis`: the inverse of `to_image`."""
    moved: Any = fft.fft(np.fft.ifftshift(x, axis), axis=axis, norm="ortho")
    return np.fft.fftshift(moved, axis)
