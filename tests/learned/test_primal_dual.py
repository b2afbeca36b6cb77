import numpy as np
import pytest
import torch
from properties import assert_close

from csmri import MaskedFourier, TotalVariation
from learned import LearnedReconstruction, PrimalDualArchitecture, Record, UnrolledPrimalDual
from learned.primal_dual import SIGMA, StackedConvolutions, apply_to_stack, into_ball
from learned.scales import unit_scale
from solvers import primal_dual

SMALL = PrimalDualArchitecture(3, channels=8, layers=2)


@pytest.fixture
def trained_like():
    """A small network whose weights are all random."""
    network = SMALL.build()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(1 + 0.1 * torch.randn_like(parameter))
        for convolutions in (*network.primal, *network.dual):
            torch.nn.init.normal_(convolutions[-1].weight, std=0.02)
    return network


@pytest.mark.parametrize("coils", [None, 3])
def test_an_untrained_network_makes_the_iterations_of_the_solver(small_problem, coils):
    y, mask, maps = small_problem(shape=(32, 30), coils=coils, dtype=np.complex128)
    iterations, weight = 9, 0.2
    network = PrimalDualArchitecture(iterations, 8, 2, weight=weight).build().double()
    network.scale = unit_scale
    rng = np.random.default_rng(5)
    start = rng.standard_normal((32, 30)) + 1j * rng.standard_normal((32, 30))

    arguments = torch.tensor(y), torch.tensor(mask), None if maps is None else torch.tensor(maps)
    image = network(*arguments, start=torch.tensor(start)).detach().numpy()

    solved = primal_dual(
        MaskedFourier(mask, maps),
        y,
        weight * TotalVariation(),
        iterations=iterations,
        x0=start,
        sigma=SIGMA,
        tau=1 / (0.5 + 8 * SIGMA),
    )
    assert_close(image, solved.x, 1e-7)  # the logarithm of λ was kept in float32


def test_more_steps_lower_the_objective_of_an_untrained_network(small_problem):
    y, mask, _ = small_problem()
    A, R = MaskedFourier(mask), 0.02 * TotalVariation()
    objectives = []
    for iterations in (1, 4, 16):
        network = PrimalDualArchitecture(iterations, 8, 2, weight=0.02).build()
        network.scale = unit_scale
        x = network(torch.tensor(y), torch.tensor(mask)).detach().numpy()
        objectives.append(0.5 * np.sum(np.abs(A(x) - y) ** 2) + R.value(x))
    assert objectives == sorted(objectives, reverse=True)


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


def test_gradients_reach_every_weight_but_those_after_the_last_image(trained_like, small_problem):
    y, mask, _ = small_problem()
    trained_like(torch.tensor(y), torch.tensor(mask)).abs().sum().backward()
    still = {n for n, p in trained_like.named_parameters() if p.grad is None or not p.grad.any()}
    last = {name for name, _ in trained_like.named_parameters() if name.startswith("dual.2.")}
    assert still == last


def test_an_image_of_zeros_has_a_finite_gradient(trained_like):
    y, mask = torch.zeros(8, 8, dtype=torch.complex64), torch.ones(8, dtype=torch.bool)
    trained_like(y, mask).abs().sum().backward()
    gradients = [p.grad for p in trained_like.parameters() if p.grad is not None]
    assert all(bool(torch.isfinite(gradient).all()) for gradient in gradients)


def test_the_dual_ball_keeps_directions():
    p = torch.tensor([[[3 + 0j, 0.3 + 0j]], [[4j, 0.4j]]])
    expected = torch.tensor([[[0.6 + 0j, 0.3 + 0j]], [[0.8j, 0.4j]]])
    torch.testing.assert_close(into_ball(p, torch.tensor(1.0)), expected)


def test_complex_images_lie_side_by_side_in_the_channels():
    images = torch.randn(2, 3, 4, 5, 6, dtype=torch.complex64)
    seen = []

    class Look(torch.nn.Module):
        def forward(self, x):
            seen.append(x)
            return x[:, 2:4]

    (second,) = apply_to_stack(Look(), images).unbind(-3)
    assert torch.equal(second, images[:, :, 1])
    assert torch.equal(seen[0][4, 6], images[1, 1, 3].real)
    assert torch.equal(seen[0][4, 7], images[1, 1, 3].imag)


def test_it_serves_as_a_reconstruction(small_problem):
    y, mask, maps = small_problem(coils=2)
    image = LearnedReconstruction(SMALL.build(), Record(SMALL))(y, mask, maps)
    assert (image.shape, image.dtype) == ((64, 64), np.complex64)


def test_what_cannot_be_built_is_refused():
    with pytest.raises(ValueError, match="1 primal and 0 dual"):
        UnrolledPrimalDual([StackedConvolutions(4, 2)], [])
    with pytest.raises(ValueError, match="weight 0"):
        PrimalDualArchitecture(weight=0).build()
    with pytest.raises(ValueError, match="1 layers"):
        StackedConvolutions(4, 2, layers=1)
