import numpy as np
import torch

from csmri.datasets import smooth_phase
from learned.scales import largest_magnitude, magnitude_and_phase, unit_scale


def test_the_scale_is_the_largest_modulus_of_each_image_and_one_for_nothing():
    x = torch.zeros(2, 4, 4, dtype=torch.complex64)
    x[1, 2, 3] = 3 + 4j
    assert largest_magnitude(x).flatten().tolist() == [1.0, 5.0]
    assert unit_scale(x).flatten().tolist() == [1.0, 1.0]


def test_an_image_of_smooth_phase_is_real_relative_to_its_own_phase():
    phase = smooth_phase((64, 64), np.random.default_rng(0), variation=0.5)
    window = np.hanning(64)[:, None] * np.hanning(64)
    x = torch.tensor((1 + window) * np.exp(1j * phase))
    relative = (x / magnitude_and_phase(x))[16:48, 16:48]
    assert (relative.imag.abs() / relative.real).max() < 0.2
    assert relative.real.min() > 0


def test_the_phase_scale_follows_any_factor_of_the_image():
    x = torch.randn(3, 16, 17, dtype=torch.complex128)
    factor = torch.tensor(-2e3 + 1e3j, dtype=torch.complex128)
    torch.testing.assert_close(magnitude_and_phase(factor * x), factor * magnitude_and_phase(x))


def test_an_empty_image_has_a_phase_of_zero():
    x = torch.zeros(8, 8, dtype=torch.complex64)
    assert torch.equal(magnitude_and_phase(x), torch.ones_like(x))
