from dataclasses import replace

import numpy as np
import pytest
import torch
from properties import assert_close

import learned
from csmri import L1, MaskedFourier, TotalVariation
from csmri.fidelity import LeastSquares
from csmri.kernels.torch_gpu import missing_for_torch
from learned.checkpoint import load_weights, named_tensors
from learned.classical_start import ClassicalStart
from learned.direct import Direct
from learned.scales import unit_scale
from learned.unet import UNet
from learned.unrolled import Unrolled, continued
from solvers import minimise

START = ClassicalStart(iterations=12, weight=0.05, ratio=2.0)


class Nothing(torch.nn.Module):
    def forward(self, v):
        return 0 * v


@pytest.mark.parametrize("coils", [None, 3])
def test_an_untrained_network_moves_the_classical_image_to_the_data(small_problem, coils):
    y, mask, maps = small_problem(shape=(32, 30), coils=coils)
    network = Unrolled([Nothing()], scale=unit_scale, begin=START)
    arguments = torch.tensor(y), torch.tensor(mask), None if maps is None else torch.tensor(maps)

    image = network(*arguments)

    A = MaskedFourier(mask, maps)
    R = 0.05 * TotalVariation() + 0.1 * L1()
    x = minimise(A, y, R, iterations=12, stop=None).x
    assert image.dtype == torch.complex64
    assert_close(image.detach().numpy(), LeastSquares(A, y).gradient_step(x, 1.0), 1e-5)
    assert not torch.allclose(image, network(*arguments, start=0 * image))


@pytest.mark.parametrize("coils", [None, 3])
def test_an_untrained_unet_returns_the_classical_image_in_the_units_of_the_data(
    small_problem, coils
):
    y, mask, maps = small_problem(shape=(32, 30), coils=coils)
    A = MaskedFourier(mask, maps)
    network = Direct(UNet((8, 16)), begin=START)
    arguments = torch.tensor(y), torch.tensor(mask), None if maps is None else torch.tensor(maps)

    image = network(*arguments)

    unit = np.abs(A.adjoint(y)).max()
    R = unit * 0.05 * (TotalVariation() + 2 * L1())
    assert image.dtype == torch.complex64
    assert_close(image.detach().numpy(), minimise(A, y, R, iterations=12, stop=None).x, 1e-4)


def test_images_of_a_batch_with_masks_of_their_own_begin_each_for_itself(small_problem):
    problems = [small_problem(seed=seed)[:2] for seed in range(2)]
    looped = [START(data_term(y, mask)) for y, mask in problems]
    y, mask = (np.stack(parts) for parts in zip(*problems, strict=True))
    together = START(data_term(y, mask[:, None]))
    assert_close(together.numpy(), torch.stack(looped).numpy(), 1e-5)


def test_the_start_on_a_gpu_is_that_on_the_cpu(small_problem):
    if lacking := missing_for_torch():
        pytest.skip(lacking)
    parts = [torch.tensor(part) for part in small_problem()[:2]]
    expected = START(LeastSquares(MaskedFourier(parts[1]), parts[0]))
    y, mask = (part.cuda() for part in parts)
    found = START(LeastSquares(MaskedFourier(mask), y))
    assert found.device == y.device
    assert_close(found.cpu().numpy(), expected.numpy(), 1e-4)


def test_no_gradient_flows_through_the_start(small_problem):
    y, mask, _ = small_problem()
    y = torch.tensor(y, requires_grad=True)
    assert not START(LeastSquares(MaskedFourier(torch.tensor(mask)), y)).requires_grad


@pytest.mark.parametrize(
    "architecture",
    [
        learned.UnrolledArchitecture(2, 8, 3, start_iterations=5),
        learned.UNetArchitecture((8, 16), consistency="hard", start_iterations=5),
    ],
)
def test_scaling_the_data_scales_the_image(small_problem, architecture):
    network = learned.LearnedReconstruction(architecture.build(), learned.Record(architecture))
    y, mask, _ = small_problem()
    assert_close(network(1e-6 * y, mask), 1e-6 * network(y, mask), 1e-5)


def test_a_training_goes_on_from_another_network_and_has_seen_its_persons(
    small_images, small_recipe, tmp_path
):
    images = {"s1": small_images("s1"), "colin27": small_images("colin27")}
    first = learned.train(small_recipe(3), tmp_path / "first.safetensors", images=images)
    follows = small_recipe(1, persons=("colin27",), initial="first")
    weights = []
    second = learned.train(
        follows,
        tmp_path / "second",
        images=images,
        callback=lambda progress: weights.append(progress.learning_rate),
    )
    assert second.record.persons == ("colin27", "s1")
    assert second.record.training["initial"] == "first"
    assert second.record.begun_with == first.record
    moved = [
        float((a - b).detach().abs().max())
        for a, b in zip(first.network.parameters(), second.network.parameters(), strict=True)
    ]
    assert 0 < max(moved) <= 1.01 * weights[0]  # Adam's first step is as long as its rate
    with pytest.raises(ValueError, match="s1 both for training"):
        learned.train(follows, tmp_path / "third", images=images, held_out=("S1",))


def test_a_training_does_not_go_on_where_what_it_began_with_was_replaced(
    small_images, small_recipe, tmp_path
):
    images, first, state = (
        {"s1": small_images("s1")},
        tmp_path / "first.safetensors",
        tmp_path / "s",
    )
    follows = small_recipe(1, initial="first", seed=1)
    learned.train(small_recipe(1), first, images=images)
    begun = learned.train(follows, tmp_path / "second", images=images, resume=state)
    learned.train(small_recipe(2), first, images=images)
    with pytest.raises(ValueError, match="differs in initial weights; remove it"):
        learned.train(follows, tmp_path / "second", images=images, resume=state)
    learned.train(small_recipe(1), first, images=images)  # the same bits again
    again = learned.train(follows, tmp_path / "second", images=images, resume=state)
    for a, b in zip(begun.network.parameters(), again.network.parameters(), strict=True):
        assert a.equal(b)


def test_a_unet_of_fewer_levels_begins_with_the_finest_of_another(
    small_images, small_recipe, tmp_path
):
    images = {"s1": small_images("s1")}
    deep = learned.UNetArchitecture(widths=(8, 16, 16), consistency="hard", finish=2)
    flat = replace(deep, widths=(8, 16), start_iterations=5)
    first = learned.train(
        small_recipe(2, architecture=deep), tmp_path / "deep.safetensors", images=images
    )
    second = learned.train(
        small_recipe(1, architecture=flat, initial="deep", averaging=1 - 1e-9),  # keeps the first
        tmp_path / "flat",
        images=images,
    )
    theirs, own = named_tensors(first.network), named_tensors(second.network)
    assert len(own) < len(theirs)
    for name, tensor in own.items():
        assert_close(tensor.detach().numpy(), theirs[name].detach().numpy(), 1e-5)


def test_a_longer_network_keeps_the_steps_it_begins_with_and_trains_the_others(
    small_images, small_recipe, small_problem, tmp_path
):
    images = {"s1": small_images("s1")}
    first = learned.train(small_recipe(3), tmp_path / "first.safetensors", images=images)
    architecture = learned.UnrolledArchitecture(iterations=7, channels=16, layers=3)
    longer = small_recipe(2, architecture=architecture, initial="first")
    second = learned.train(longer, tmp_path / "second", images=images)

    kept, found = first.network, second.network
    for k, denoiser in enumerate(found.denoisers):
        before = kept.denoisers[k % 3].state_dict()
        same = [torch.equal(value, before[name]) for name, value in denoiser.state_dict().items()]
        assert all(same) if k < 3 else not all(same)
    for values, before in ((found.steps, kept.steps), (found.momenta, kept.momenta)):
        assert torch.equal(values[:3], before)
        assert not torch.equal(values[3:6], before)
    assert second.record.architecture == architecture
    found = learned.load(tmp_path / "second").first(3)
    assert found.record == first.record
    y, mask, _ = small_problem()
    assert np.array_equal(found(y, mask), learned.load(tmp_path / "first.safetensors")(y, mask))
    with pytest.raises(ValueError, match=r"got 4 steps, expected .* \[3, 7\]"):
        second.first(4)


def test_steps_that_were_all_trained_on_hold_no_shorter_network(
    small_images, small_recipe, tmp_path
):
    images = {"s1": small_images("s1")}
    longer = learned.UnrolledArchitecture(iterations=4, channels=16, layers=3)
    learned.train(small_recipe(1), tmp_path / "short.safetensors", images=images)
    once = small_recipe(1, architecture=longer, initial="short")
    learned.train(once, tmp_path / "long.safetensors", images=images)
    again = learned.train(replace(once, initial="long"), tmp_path / "again", images=images)
    with pytest.raises(ValueError, match=r"got 3 steps, .* \[4\]"):
        again.first(3)


def test_steps_that_share_a_denoiser_cannot_be_kept():
    network = learned.UnrolledArchitecture(4, 8, 2, shared=True).build()
    with pytest.raises(ValueError, match="expected 2 steps with their own"):
        network.freeze(2)


def test_copied_steps_go_on_where_the_first_ones_ended(small_problem):
    architecture = learned.UnrolledArchitecture(iterations=2, channels=8, layers=2)
    once, twice = architecture.build(), replace(architecture, iterations=4).build()
    with torch.no_grad():
        for tensor in once.parameters():
            tensor.add_(0.1 * torch.randn(tensor.shape))
        once.momenta[-1] = 0  # what follows the last step is never used, nor trained
    load_weights(twice, continued(named_tensors(once), 2, 4), source="the first steps")
    y, mask, _ = small_problem()
    y, mask = torch.tensor(y), torch.tensor(mask)
    assert_close(
        twice(y, mask).detach().numpy(),
        once(y, mask, start=once(y, mask)).detach().numpy(),
        1e-4,
    )


def data_term(y, mask):
    return LeastSquares(MaskedFourier(torch.tensor(mask)), torch.tensor(y))


def test_steps_judged_together_are_networks_of_their_own(small_images, small_recipe, tmp_path):
    path, images = tmp_path / "judged.safetensors", {"s1": small_images("s1")}
    architecture = learned.UnrolledArchitecture(iterations=5, channels=16, layers=3)
    recipe = small_recipe(2, architecture=architecture, lengths=(2, 4))
    trained = learned.train(recipe, path, images=images)
    loaded = learned.load(path)
    for steps in (2, 4, 5):
        short = loaded.first(steps)
        assert len(short.network.denoisers) == steps
        assert short.record.architecture == replace(architecture, iterations=steps)
        assert short.record.training == trained.record.training
    with pytest.raises(ValueError, match=r"got 3 steps, .* \[2, 4, 5\]"):
        loaded.first(3)
    with pytest.raises(ValueError, match=r"got \(5,\) steps of 5 to judge"):
        learned.train(replace(recipe, lengths=(5,)), tmp_path / "n", images=images)
    unet = small_recipe(1, architecture=learned.UNetArchitecture(widths=(8, 8)), lengths=(1,))
    with pytest.raises(ValueError, match=r"got lengths=\(1,\) for a Direct"):
        learned.train(unet, tmp_path / "n", images=images)


def test_a_network_is_judged_by_the_images_of_its_first_steps_too(small_problem):
    y, mask, _ = small_problem()
    inputs = torch.tensor(y), torch.tensor(mask)
    network = learned.UnrolledArchitecture(iterations=4, channels=16, layers=3).build()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
        network.judge((1, 3))
        images = network.train()(*inputs)
        assert images.shape == (3, *y.shape)
        for image, steps in zip(images, (1, 3, 4), strict=True):
            assert torch.equal(image, network.first(steps).eval()(*inputs))
        assert torch.equal(network.eval()(*inputs), images[-1])


def test_what_a_recipe_begins_with_has_to_be_there(small_images, small_recipe, tmp_path):
    path = tmp_path / "nobody.safetensors"
    with pytest.raises(FileNotFoundError, match=r"initial='nobody', .* train that one into"):
        learned.train(small_recipe(1, initial="nobody"), tmp_path / "n")
    learned.train(small_recipe(1), path, images={"s1": small_images("s1")})
    with pytest.raises(FileNotFoundError, match="initial='nobody'"):  # not with itself
        learned.train(small_recipe(1, initial="nobody"), path)
