import numpy as np
import pytest
import torch
from properties import assert_close
from torch import nn

from csmri import L1, MaskedFourier, Wavelet
from csmri.fidelity import LeastSquares
from learned.blocks import Convolutions
from learned.scales import unit_scale
from learned.unrolled import Unrolled
from solvers import fista


@pytest.fixture
def trained_like():
    """A small unrolled network whose weights are all random."""
    network = Unrolled([Convolutions(8, 3) for _ in range(3)])
    with torch.no_grad():
        for denoiser in network.denoisers:
            nn.init.normal_(denoiser[-1].weight, std=0.02)
        network.momenta.copy_(torch.tensor([0.1, 0.3, 0.5]))
    return network


@pytest.mark.parametrize("coils", [None, 4])
@pytest.mark.parametrize("autocast", [False, True])
def test_an_untrained_network_makes_gradient_steps_in_float32(small_problem, coils, autocast):
    y, mask, maps = small_problem(shape=(3, 1, 32, 30) if coils else (3, 32, 30), coils=coils)
    y = y[:, 0] if coils and y.ndim == 5 else y
    steps = [1.0, 0.7, 0.3, 0.9]
    network = Unrolled([Convolutions(16, 3) for _ in steps])
    with torch.no_grad():
        network.steps.copy_(torch.tensor(steps))
    start = torch.randn(3, 32, 30, dtype=torch.complex64)

    arguments = torch.tensor(y), torch.tensor(mask), None if maps is None else torch.tensor(maps)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        image = network(*arguments, start=start)

    f = LeastSquares(MaskedFourier(mask, maps), y)
    x = start.numpy()
    for step in steps:
        x = f.gradient_step(x, step)
    assert image.dtype == torch.complex64
    assert_close(image.detach().numpy(), x, 2e-6)


def test_with_the_classical_prox_the_network_is_fista(small_problem):
    y, mask, _ = small_problem(shape=(32, 32), dtype=np.complex128)
    regularizer, iterations = 0.3 * (L1() @ Wavelet("haar", levels=2)), 7
    network = Unrolled([ProxResidual(regularizer, 1.0)] * iterations, scale=unit_scale).double()
    with torch.no_grad():
        network.momenta.copy_(torch.tensor(nesterov(iterations)))

    image = network(torch.tensor(y), torch.tensor(mask))

    expected = fista(MaskedFourier(mask), y, regularizer, iterations=iterations).x
    assert_close(image.detach().numpy(), expected, 1e-12)


def test_scaling_the_data_scales_the_image(trained_like, small_problem):
    y, mask, _ = small_problem(shape=(2, 32, 32))
    image = trained_like(torch.tensor(y), torch.tensor(mask))
    scaled = trained_like(torch.tensor(1e6 * y), torch.tensor(mask))
    assert_close(scaled.detach().numpy(), 1e6 * image.detach().numpy(), 1e-5)


def test_images_of_a_batch_are_reconstructed_each_for_itself(trained_like, small_problem):
    y, mask, maps = small_problem(shape=(3, 1, 33, 30), coils=2)
    y = torch.tensor(y).reshape(3, 2, 33, 30)
    mask, maps = torch.tensor(mask), torch.tensor(maps)
    looped = torch.stack([trained_like(one, mask, maps) for one in y])
    assert_close(trained_like(y, mask, maps).detach().numpy(), looped.detach().numpy(), 1e-5)


def test_each_image_of_a_batch_may_have_its_own_mask(trained_like, small_problem):
    (y1, mask1, _), (y2, mask2, _) = small_problem(seed=1), small_problem(seed=2)
    both = trained_like(
        torch.tensor(np.stack([y1, y2])), torch.tensor(np.stack([mask1, mask2])[:, None])
    )
    second = trained_like(torch.tensor(y2), torch.tensor(mask2))
    assert_close(both[1].detach().numpy(), second.detach().numpy(), 1e-5)


def test_gradients_reach_every_weight(trained_like, small_problem):
    y, mask, _ = small_problem()
    trained_like(torch.tensor(y), torch.tensor(mask)).abs().sum().backward()
    still = [n for n, p in trained_like.named_parameters() if p.grad is None or not p.grad.any()]
    # The last momentum makes a point that no step uses any more.
    assert still == []
    assert trained_like.momenta.grad[-1] == 0


def test_recomputing_features_gives_the_same_gradients(trained_like, small_problem):
    y, mask, _ = small_problem()
    gradients = []
    for recompute in (False, True):
        trained_like.recompute = recompute
        trained_like.zero_grad()
        trained_like(torch.tensor(y), torch.tensor(mask)).abs().sum().backward()
        gradients.append([parameter.grad.clone() for parameter in trained_like.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))


def test_shared_denoisers_are_counted_once():
    shared = Unrolled([Convolutions(8, 3)] * 4)
    single = Unrolled([Convolutions(8, 3)])
    assert sum(p.numel() for p in shared.denoisers.parameters()) == sum(
        p.numel() for p in single.denoisers.parameters()
    )


def test_a_network_without_steps_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        Unrolled([])


def nesterov(iterations):
    t = [1.0]
    for _ in range(iterations):
        t.append((1 + np.sqrt(1 + 4 * t[-1] ** 2)) / 2)
    return [(t[k] - 1) / t[k + 1] for k in range(iterations)]


class ProxResidual(nn.Module):
    """D = prox − 1, on two channels."""

    def __init__(self, regularizer, step):
        super().__init__()
        self.regularizer, self.step = regularizer, step

    def forward(self, channels):
        v = torch.complex(channels[:, 0], channels[:, 1])
        residual = self.regularizer.prox(v, self.step) - v
        return torch.stack([residual.real, residual.imag], dim=1)
