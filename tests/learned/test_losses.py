import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from learned.losses import magnitude_l1, magnitude_l1_ssim, structural_dissimilarity


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    truth = rng.random((24, 20)).astype(np.float32)
    estimate = truth + 0.1 * rng.standard_normal((24, 20)).astype(np.float32)
    return np.abs(estimate), truth


def as_batch(image):
    return torch.tensor(image, dtype=torch.complex64)[None]


def test_the_phase_of_an_image_costs_nothing():
    x = torch.randn(2, 8, 8, dtype=torch.complex64)
    assert magnitude_l1(1j * x, x) == pytest.approx(0, abs=1e-7)
    assert magnitude_l1(x * 2, x).item() == pytest.approx(x.abs().mean().item(), rel=1e-6)


def test_dissimilarity_is_one_minus_ssim_with_uniform_windows(pair):
    estimate, truth = pair
    ssim = structural_similarity(
        estimate, truth, win_size=7, gaussian_weights=False, data_range=float(truth.max())
    )
    found = structural_dissimilarity(as_batch(estimate), as_batch(truth)).item()
    assert found == pytest.approx(1 - float(ssim), abs=1e-5)


def test_the_joint_loss_weighs_the_dissimilarity(pair):
    estimate, truth = (as_batch(image) for image in pair)
    expected = magnitude_l1(estimate, truth) + 0.3 * structural_dissimilarity(estimate, truth)
    assert magnitude_l1_ssim(estimate, truth, weight=0.3).item() == pytest.approx(expected.item())


def test_the_gradient_is_finite_where_an_image_is_zero():
    x = torch.zeros(1, 8, 8, dtype=torch.complex64, requires_grad=True)
    magnitude_l1_ssim(x, torch.ones(1, 8, 8, dtype=torch.complex64)).backward()
    assert x.grad is not None
    assert torch.isfinite(torch.view_as_real(x.grad)).all()
