"""What networks take an image relative to: its own magnitude, and its own smooth phase."""

import torch
from torch import Tensor

from csmri.fidelity import LeastSquares
from csmri.operators import MaskedFourier

PHASE_BANDWIDTH = 3.0
"""Standard deviation of the low-pass filter of `magnitude_and_phase`, samples of k-space."""


def largest_magnitude(image: Tensor) -> Tensor:
    """Return the largest modulus of each complex image (..., H, W) as (..., 1, 1); 1 for zeros."""
    scale = torch.amax(torch.abs(image), dim=(-2, -1), keepdim=True)
    return torch.where(scale > 0, scale, torch.ones_like(scale))


def unit_scale(image: Tensor) -> Tensor:
    """Return ones: the network then sees the data in the units they came in."""
    return torch.ones_like(image.real[..., :1, :1])


def in_units_of(scale: Tensor, A: MaskedFourier, y: Tensor) -> LeastSquares:
    """Return the data term of an image divided by its scale (..., 1, 1)."""
    return LeastSquares(A, y / (scale if A.maps is None else scale[..., None, :, :]))


def magnitude_and_phase(image: Tensor) -> Tensor:
    """Return the largest modulus times the phase factor of the low-pass filtered image.

    An image (..., H, W) divided by it is real but for fine structure, noise and aliasing:
    a network need not learn that all phases are alike. The low frequencies come from the full
    centre of the mask, as in homodyne detection (Noll, Nishimura and Macovski, 1991).
    """
    low = torch.fft.ifft2(torch.fft.fft2(image) * low_pass(image))
    modulus = torch.abs(low)
    phase = torch.where(modulus > 0, low / torch.where(modulus > 0, modulus, 1), 1)
    return largest_magnitude(image) * phase


def low_pass(image: Tensor) -> Tensor:
    """Return a Gaussian over the un-centred k-space of an image, (H, W)."""
    height, width = (
        torch.fft.fftfreq(size, 1 / size, device=image.device, dtype=image.real.dtype)
        for size in image.shape[-2:]
    )
    return torch.exp(-(height[:, None] ** 2 + width**2) / (2 * PHASE_BANDWIDTH**2))
