"""The problems that every solver is given, and the one evaluator of what they return.

The evaluator is plain NumPy and PyWavelets in double precision, so that no toolkit, ours included,
judges itself.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import final

import numpy as np
import pywt

from csmri import L1, MaskedFourier, TotalVariation, Wavelet, datasets, masks, phantoms

WAVELET, LEVELS = "db4", 4
IMAGES, SIZES, PENALTIES, WEIGHTS = (
    ("phantom", "slice"),
    (256, 320),
    ("wavelet", "tv"),
    (0.002, 0.01),
)
SLICES = {"slice": ("colin27", 24), "head": ("s1", 46)}
NOISE, SEED = 0.005, 0


@final
@dataclass(frozen=True, eq=False)
class Instance:
    """min ½‖M F x − y‖² + weight · R(x), with R = ‖Wx‖₁ ("wavelet") or isotropic TV ("tv")."""

    image: str
    penalty: str
    weight: float
    mask: np.ndarray
    kspace: np.ndarray

    @property
    def name(self):
        return f"{self.image} {self.size}² {self.penalty} {self.weight:g}"

    @property
    def size(self):
        return self.kspace.shape[-1]

    @property
    def A(self):
        return MaskedFourier(self.mask)

    @property
    def regularizer(self):
        """λR as csmri says it."""
        R = (
            L1() @ Wavelet(WAVELET, levels=LEVELS)
            if self.penalty == "wavelet"
            else TotalVariation()
        )
        return self.weight * R

    @cached_property
    def zero_filled(self):
        """Aᴴy in complex64: where everybody starts who lets us choose."""
        return inverse_fourier(self.kspace.astype(np.complex128)).astype(np.complex64)

    @cached_property
    def digest(self):
        """Names the problem: another mask, k-space, penalty or weight has another one."""
        content = hashlib.sha256(self.kspace.tobytes() + np.packbits(self.mask).tobytes())
        content.update(f"{self.penalty} {WAVELET} {LEVELS} {self.weight!r}".encode())
        return content.hexdigest()

    def objective(self, x):
        """F(x) in double precision, whatever the precision of x."""
        x = np.asarray(x, np.complex128)
        if x.shape != self.kspace.shape:
            raise ValueError(f"got an image of shape {x.shape}, expected {self.kspace.shape}")
        residual = np.where(self.mask, fourier(x), 0) - self.kspace
        return 0.5 * np.sum(np.abs(residual) ** 2) + self.weight * self.penalty_value(x)

    def penalty_value(self, x):
        if self.penalty == "tv":
            down, right = np.roll(x, -1, axis=0) - x, np.roll(x, -1, axis=1) - x
            return np.sum(np.sqrt(np.abs(down) ** 2 + np.abs(right) ** 2))
        coarse, *details = pywt.wavedec2(x, WAVELET, "periodization", LEVELS)
        bands = [coarse, *(band for level in details for band in level)]
        return sum(np.sum(np.abs(band)) for band in bands)


def instances(images=IMAGES, sizes=SIZES, penalties=PENALTIES, weights=WEIGHTS):
    """Every combination: 4-fold columns, 8 % of them in the middle, a smooth phase, noise."""
    for image, size in product(images, sizes):
        mask, kspace = acquired(image, size)
        for penalty, weight in product(penalties, weights):
            yield Instance(image, penalty, weight, mask, kspace)


def acquired(image, size, seed=SEED):
    """The mask and the simulated k-space of a phantom, or of a real slice padded to the matrix."""
    mask = masks.random_columns(size, acceleration=4, center_fraction=0.08, seed=seed)
    return mask, datasets.simulate(magnitude(image, size), mask, noise=NOISE, seed=seed).kspace


def magnitude(image, size):
    if image == "phantom":
        return phantoms.shepp_logan(size)
    person, index = SLICES["slice" if size <= 256 else "head"]
    return datasets.load(person, (size, size)).images[index]


def fourier(x):
    return np.fft.fftshift(np.fft.fft2(np.fft.ifftshift(x), norm="ortho"))


def inverse_fourier(y):
    return np.fft.fftshift(np.fft.ifft2(np.fft.ifftshift(y), norm="ortho"))
