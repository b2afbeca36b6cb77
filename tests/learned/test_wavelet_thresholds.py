from itertools import product

import numpy as np
import pytest
import torch
from properties import assert_close

import learned
from csmri import L1, MaskedFourier, UndecimatedWavelet, Wavelet
from csmri.kernels import soft_threshold
from csmri.regularizers import Regularizer
from learned import WaveletThresholdsArchitecture
from learned.scales import unit_scale
from learned.wavelet_thresholds import WaveletThresholds
from solvers import fista, ista

ITERATIONS = 6


def random_images(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def as_complex(channels):
    return torch.complex(channels[:, 0], channels[:, 1])


class MeanOverShifts(Regularizer):
    """A regularizer whose prox is the mean over all shifts of that of ‖Wx‖₁ (no known value)."""

    def __init__(self, name, levels, weight):
        self.inner, self.period = weight * (L1() @ Wavelet(name, levels)), 2**levels

    def value(self, x):
        return 0 * np.sum(np.abs(x), axis=(-2, -1))

    def prox(self, x, step):
        total = 0
        for shift in product(range(self.period), repeat=2):
            back = tuple(-n for n in shift)
            shrunk = self.inner.prox(np.roll(x, shift, axis=(-2, -1)), step)
            total = total + np.roll(shrunk, back, axis=(-2, -1))
        return total / self.period**2


@pytest.mark.parametrize("name", ["haar", "db2"])
def test_with_equal_thresholds_and_nesterovs_momenta_it_is_fista_with_all_shifts(
    small_problem, name
):
    y, mask, _ = small_problem(shape=(32, 32), dtype=np.complex128)
    network = WaveletThresholdsArchitecture(ITERATIONS, (name,), levels=2, threshold=0.3).build()
    network.double().scale = unit_scale
    image = network(torch.tensor(y), torch.tensor(mask)).detach().numpy()
    regularizer = MeanOverShifts(name, levels=2, weight=0.3)
    expected = fista(MaskedFourier(mask), y, regularizer, iterations=ITERATIONS).x
    assert_close(image, expected, 1e-7)  # the logarithm of the threshold was kept in float32


def test_without_momenta_it_is_ista(small_problem):
    y, mask, _ = small_problem(shape=(2, 32, 32), dtype=np.complex128)
    network = WaveletThresholdsArchitecture(ITERATIONS, levels=1, threshold=0.5).build().double()
    network.scale = unit_scale
    torch.nn.init.zeros_(network.momenta)
    image = network(torch.tensor(y), torch.tensor(mask)).detach().numpy()
    regularizer = MeanOverShifts("haar", levels=1, weight=0.5)
    expected = ista(MaskedFourier(mask), y, regularizer, iterations=ITERATIONS).x
    assert_close(image, expected, 1e-7)


@pytest.mark.parametrize("name", ["haar", "db4", "coif1"])
@pytest.mark.parametrize("shape", [(32, 48), (27, 19)])
def test_each_band_of_the_undecimated_wavelet_is_cut_at_its_own_threshold(name, shape):
    v, W = random_images(2, 2, *shape), UndecimatedWavelet(name, levels=3)
    denoiser = WaveletThresholds(name, levels=3).double()
    with torch.no_grad():
        denoiser.log_thresholds.copy_(torch.linspace(-3, 0.5, 10))
    thresholds = torch.exp(denoiser.log_thresholds.detach()).numpy()[:, None, None]
    image = as_complex(v).numpy()
    shrunk = W.adjoint(soft_threshold(W(image), W.band_weights() * thresholds))
    assert_close(as_complex(denoiser(v)).detach().numpy(), shrunk - image, 1e-12)


def test_vanishing_thresholds_change_nothing():
    v = random_images(1, 2, 24, 20)
    assert WaveletThresholds("db2", threshold=1e-30).double()(v).abs().max() < 1e-12


def test_of_several_wavelets_each_step_takes_the_mean():
    v = random_images(1, 2, 16, 24)
    both = WaveletThresholdsArchitecture(1, ("haar", "db2"), threshold=0.5).build().double()
    one, other = (WaveletThresholds(name, threshold=0.5).double()(v) for name in ("haar", "db2"))
    torch.testing.assert_close(both.denoisers[0](v), (one + other) / 2)


def test_thresholds_act_on_a_batch_image_by_image_and_shifts_commute():
    v, denoiser = random_images(3, 2, 20, 24), WaveletThresholds(threshold=0.4).double()
    looped = torch.cat([denoiser(image[None]) for image in v])
    torch.testing.assert_close(denoiser(v), looped)
    shifted = torch.roll(denoiser(v), (3, 5), (-2, -1))
    torch.testing.assert_close(denoiser(torch.roll(v, (3, 5), (-2, -1))), shifted)


def test_the_gradient_is_the_derivative():
    v, denoiser = random_images(1, 2, 8, 8), WaveletThresholds(levels=1, threshold=0.2).double()
    v.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda v, cuts: torch.func.functional_call(denoiser, {"log_thresholds": cuts}, v),
        (v, denoiser.log_thresholds),
    )


def test_coefficients_of_zero_have_a_finite_gradient():
    v = torch.zeros(1, 2, 16, 16, requires_grad=True)
    WaveletThresholds()(v).abs().sum().backward()
    assert v.grad is not None
    assert torch.isfinite(v.grad).all()


@pytest.mark.parametrize(("shared", "count"), [(False, 5 * 13 * 2 + 10), (True, 13 * 2 + 10)])
def test_the_learned_numbers_are_counted(shared, count):
    architecture = WaveletThresholdsArchitecture(5, ("haar", "db2"), levels=4, shared=shared)
    assert sum(p.numel() for p in architecture.build().parameters()) == count


def test_training_lowers_the_loss_of_fista(small_images, small_recipe, tmp_path):
    recipe = small_recipe(
        40,
        architecture=WaveletThresholdsArchitecture(4, levels=3),
        schedule=learned.Schedule(40, learning_rate=5e-2, warm_up=3),
        batch_size=4,
    )
    losses = []
    path = tmp_path / "thresholds.safetensors"
    images = {"s1": small_images("s1")}
    learned.train(recipe, path, images=images, callback=lambda seen: losses.append(seen.loss))
    assert np.mean(losses[-10:]) < 0.95 * np.mean(losses[:3])
    assert learned.load(path).parameters == 4 * 10 + 8


def test_what_cannot_be_a_threshold_or_a_wavelet_is_refused():
    with pytest.raises(ValueError, match="threshold of 0"):
        WaveletThresholds(threshold=0)
    with pytest.raises(ValueError, match="not orthogonal"):
        WaveletThresholds("bior2.2")
    with pytest.raises(ValueError, match="levels=0"):
        WaveletThresholds(levels=0)
    with pytest.raises(ValueError, match="no wavelets"):
        WaveletThresholdsArchitecture(wavelets=()).build()
