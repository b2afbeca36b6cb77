"""What training minimises: differences of magnitude images."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

Loss = Callable[[Tensor, Tensor], Tensor]
"""(estimate, truth), both (B, H, W) complex, to one number."""


def magnitude_l1(estimate: Tensor, truth: Tensor) -> Tensor:
    """Mean over pixels of ||x̂| − |x||."""
    return torch.mean(torch.abs(torch.abs(estimate) - torch.abs(truth)))


def structural_dissimilarity(estimate: Tensor, truth: Tensor, window: int = 7) -> Tensor:
    """1 − SSIM of the magnitudes, with the truth's largest magnitude as range.

    Uniform windows, K = (0.01, 0.03) and sample covariances, as in the metric of
    fastMRI (Zbontar et al., 2018); the mean is over all whole windows of the batch.
    """
    a, b = torch.abs(estimate)[:, None], torch.abs(truth)[:, None]
    span = torch.amax(b, dim=(-2, -1), keepdim=True)
    c1, c2 = (0.01 * span) ** 2, (0.03 * span) ** 2
    unbiased = window**2 / (window**2 - 1)

    def local(values: Tensor) -> Tensor:
        return functional.avg_pool2d(values, window, stride=1)

    mean_a, mean_b = local(a), local(b)
    variance_a = unbiased * (local(a * a) - mean_a**2)
    variance_b = unbiased * (local(b * b) - mean_b**2)
    covariance = unbiased * (local(a * b) - mean_a * mean_b)
    luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    structure = (2 * covariance + c2) / (variance_a + variance_b + c2)
    return 1 - torch.mean(luminance * structure)


def magnitude_l1_ssim(estimate: Tensor, truth: Tensor, weight: float = 0.1) -> Tensor:
    """Sum of the magnitudes' mean difference and `weight` · (1 − SSIM)."""
    difference = magnitude_l1(estimate, truth)
    return difference + weight * structural_dissimilarity(estimate, truth)
