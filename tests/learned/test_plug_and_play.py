import inspect

import numpy as np
import pytest
import torch
from properties import assert_close
from torch import nn

import learned
import solvers
from csmri import L1, MaskedFourier, TotalVariation, Wavelet, datasets, masks, metrics
from learned import PlugAndPlay
from learned.blocks import Convolutions
from solvers import RelativeGap, admm, fista, minimise, pogm

SHAPE = (24, 20)


class LowPass(nn.Module):
    """A linear denoiser: k-space multiplied by `symbol`."""

    def __init__(self, symbol, residual):
        super().__init__()
        self.register_buffer("symbol", torch.tensor(symbol))
        self.residual = residual

    def forward(self, v):
        k = torch.fft.fft2(torch.complex(v[:, 0], v[:, 1]))
        x = torch.fft.ifft2(self.symbol * k)
        smooth = torch.stack([x.real, x.imag], dim=1)
        return smooth - v if self.residual else smooth


def symbol():
    rows, columns = np.fft.fftfreq(SHAPE[0]), np.fft.fftfreq(SHAPE[1])
    return 1 / (2 + 8 * (rows[:, None] ** 2 + columns**2))


def fixed_point(y, mask, rho=1.0):
    """The x with AᴴAx − Aᴴy + ρ(1/d − 1)x = 0 for the symbol d, as a division in k-space."""
    d, m = symbol(), np.fft.ifftshift(mask)
    k = np.fft.ifftshift(y, axes=(-2, -1)) / (m + rho * (1 / d - 1))
    return np.fft.fftshift(np.fft.ifft2(k, norm="ortho"), axes=(-2, -1))


@pytest.mark.parametrize("residual", [True, False])
def test_with_a_linear_denoiser_fista_reaches_the_known_fixed_point(small_problem, residual):
    y, mask, _ = small_problem(shape=(2, *SHAPE), dtype=np.complex128)
    R = PlugAndPlay(LowPass(symbol(), residual), residual=residual)
    result = fista(MaskedFourier(mask), y, R, iterations=60)
    assert isinstance(result.x, np.ndarray)
    assert_close(result.x, fixed_point(y, mask), 1e-9)


@pytest.mark.parametrize("rho", [1.0, 0.25])
def test_admm_reaches_the_same_one_and_its_penalty_weighs_the_denoiser(small_problem, rho):
    y, mask, _ = small_problem(shape=SHAPE, dtype=np.complex128)
    R = PlugAndPlay(LowPass(symbol(), residual=True), step=1 / rho)
    result = admm(MaskedFourier(mask), y, R, iterations=60, rho=rho)
    assert_close(result.x, fixed_point(y, mask, rho), 1e-9)


def test_nothing_is_claimed_of_objective_and_gap(small_problem):
    y, mask, _ = small_problem(shape=(2, *SHAPE))
    A, R = MaskedFourier(mask), PlugAndPlay(Convolutions(8, 2))
    result = fista(A, y, R, iterations=2)
    assert result.objective is None
    assert result.gap is None
    assert "no objective" in repr(result)
    assert "shifts" not in repr(result)
    with pytest.raises(ValueError, match="no known R"):
        R.value(y)
    with pytest.raises(ValueError, match="no proof of the gap"):
        fista(A, y, R, stop=RelativeGap(1e-3))


def test_a_step_the_denoiser_was_not_meant_for_is_refused(small_problem):
    y, mask, _ = small_problem(shape=SHAPE)
    R = PlugAndPlay(Convolutions(8, 2))
    with pytest.raises(ValueError, match=r"step 0\.5, expected 1.*take admm without rho"):
        admm(MaskedFourier(mask), y, R, rho=2.0)
    with pytest.raises(ValueError, match=r"step 0\.5, expected 1"):
        fista(MaskedFourier(mask), y, R, step=0.5)


@pytest.mark.parametrize("step", [1.0, 4.0])
def test_admm_and_minimise_keep_the_penalty_that_a_denoiser_stands_for(small_problem, step):
    y, mask, _ = small_problem(shape=SHAPE, dtype=np.complex128)
    R = PlugAndPlay(LowPass(symbol(), residual=True), step=step)
    by_hand = admm(MaskedFourier(mask), y, R, iterations=9, rho=1 / step)
    assert np.array_equal(admm(MaskedFourier(mask), y, R, iterations=9).x, by_hand.x)
    both = admm(MaskedFourier(mask), y, 0.0 * TotalVariation() + R, iterations=9)
    assert np.array_equal(
        both.x,
        admm(MaskedFourier(mask), y, 0.0 * TotalVariation() + R, iterations=9, rho=1 / step).x,
    )
    result = minimise(MaskedFourier(mask), y, R)
    assert result.solver == "ADMM"
    assert result.gap is None
    assert_close(result.x, fixed_point(y, mask, 1 / step), 1e-3)


def test_it_may_stand_beside_total_variation_in_a_sum(small_problem):
    y, mask, _ = small_problem(shape=SHAPE, dtype=np.complex128)
    R = PlugAndPlay(LowPass(symbol(), residual=True)) + 0.0 * TotalVariation()
    result = admm(MaskedFourier(mask), y, R, iterations=80, rho=1.0)
    assert result.objective is None
    assert_close(result.x, fixed_point(y, mask), 1e-6)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_images_keep_their_dtype_and_are_not_written(dtype):
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((3, *SHAPE)) + 1j).astype(dtype)
    before = x.copy()
    network = Convolutions(8, 2)
    nn.init.normal_(network[-1].weight)
    denoised = PlugAndPlay(network).prox(x, 1.0)
    assert denoised.dtype == dtype
    assert np.array_equal(x, before)
    assert not np.array_equal(denoised, x)


def test_torch_images_stay_with_torch(small_problem):
    y, mask, _ = small_problem(shape=SHAPE)
    R = PlugAndPlay(LowPass(symbol().astype(np.float32), residual=True))
    result = fista(MaskedFourier(torch.tensor(mask)), torch.tensor(y), R, iterations=30)
    expected = fista(MaskedFourier(mask), y, R, iterations=30).x
    assert isinstance(result.x, torch.Tensor)
    assert_close(result.x.numpy(), expected, 1e-5)


def test_the_units_of_the_image_do_not_matter():
    network = Convolutions(8, 2)
    nn.init.normal_(network[-1].weight)
    x = torch.randn(*SHAPE, dtype=torch.complex64)
    R = PlugAndPlay(network)
    assert_close(R.prox(1e5 * x, 1.0).numpy(), 1e5 * R.prox(x, 1.0).numpy(), 1e-5)


def test_several_coils_are_taken_by_fista_and_refused_where_steps_change(small_problem):
    y, mask, maps = small_problem(shape=SHAPE, coils=3)
    R = PlugAndPlay(LowPass(symbol().astype(np.float32), residual=True))
    result = fista(MaskedFourier(mask, maps), y, R, iterations=20)
    assert np.isfinite(result.x).all()
    chosen = minimise(MaskedFourier(mask, maps), y, R, iterations=20, stop=None)
    assert chosen.solver == "FISTA"
    assert np.array_equal(chosen.x, result.x)
    with pytest.raises(ValueError, match="prox of step"):
        pogm(MaskedFourier(mask, maps), y, R)


@pytest.fixture(scope="module")
def trained_denoiser(tmp_path_factory):
    """What the example in the documentation of `PlugAndPlay` trains, which runs to its end."""
    _, _, after = inspect.getdoc(PlugAndPlay).partition("::\n")
    example, _, _ = after.partition("\n\nA network is rarely")
    mask = masks.random_columns(64, acceleration=3, center_fraction=0.12, seed=0)
    names = {"learned": learned, "solvers": solvers, "images": reduced_images("s1")}
    names |= {"A": MaskedFourier(mask), "y": np.zeros((64, 64), np.complex64) + mask}
    names["path"] = tmp_path_factory.mktemp("example") / "denoiser.safetensors"
    exec(inspect.cleandoc(example), names)
    assert names["image"].shape == (64, 64)
    return names["R"].network


def reduced_images(name):
    images = datasets.centred(datasets.load(name).images[::4], (256, 256))
    return np.clip(datasets.reduced(images, (64, 64)), 0, 1)


@pytest.mark.parametrize("solve", [fista, admm])
def test_a_trained_denoiser_helps_another_person_in_a_few_iterations(trained_denoiser, solve):
    gains = []
    for index, truth in enumerate(reduced_images("colin27")[::2]):
        mask = masks.random_columns(64, acceleration=3, center_fraction=0.12, seed=index)
        kspace = datasets.simulate(truth, mask, seed=("colin27", index)).kspace
        A = MaskedFourier(mask)
        image = solve(A, kspace, PlugAndPlay(trained_denoiser), iterations=5).x
        gains.append(metrics.psnr(image, truth) - metrics.psnr(A.adjoint(kspace), truth))
    assert np.mean(gains) > 0.5


def test_what_a_denoiser_cannot_be_is_refused():
    R = PlugAndPlay(Convolutions(8, 2))
    with pytest.raises(ValueError, match=r"weight 0\.5"):
        0.5 * R
    assert 1 * R is R
    with pytest.raises(TypeError, match="denoiser of Wavelet"):
        R @ Wavelet("haar")
    for whole in (
        learned.UNetArchitecture(widths=(4, 8)).build(),
        learned.UnrolledArchitecture(1, 4, 2).build(),
        learned.PrimalDualArchitecture(1, 4, 2).build(),
        learned.load("wavelet"),
    ):
        with pytest.raises(TypeError, match="got a whole reconstruction"):
            PlugAndPlay(whole)  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="torch Module"):
        PlugAndPlay(L1())  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="step=0"):
        PlugAndPlay(Convolutions(8, 2), step=0)
