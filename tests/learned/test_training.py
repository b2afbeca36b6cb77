import math
from functools import partial

import numpy as np
import pytest
import torch

from csmri.metrics import psnr
from learned import MinutesSchedule, UnrolledArchitecture, ValidationPSNR
from learned.losses import magnitude_l1_ssim
from learned.recipes import simulation_of
from learned.training import Schedule, fit


class Stop(Exception):
    pass


@pytest.fixture
def training(small_images, small_recipe):
    """Train the small network for some steps; keywords go to `fit`."""

    def train(steps, batch=1, schedule=None, **keywords):
        torch.manual_seed(3)
        recipe = small_recipe(steps, batch_size=batch)
        network = recipe.architecture.build()
        simulation = simulation_of(recipe, {"s1": small_images("s1")})
        keywords = {"mixed_precision": False} | keywords
        return network, fit(network, simulation, schedule or recipe.schedule, **keywords)

    return train


def weights(network):
    return [tensor.clone() for tensor in network.state_dict().values()]


def equal(first, second):
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_the_rate_warms_up_holds_and_falls_by_a_cosine_to_two_percent():
    schedule = Schedule(steps=1000, learning_rate=1.0, warm_up=10, hold=0.5)
    assert schedule.rate(0) == pytest.approx(0.1)
    assert schedule.rate(9) == schedule.rate(499) == 1.0
    assert schedule.rate(750) == pytest.approx((1 + 0.02) / 2)
    assert schedule.rate(1000) == pytest.approx(0.02)


def test_a_held_run_does_not_depend_on_its_budget_before_the_cosine():
    short, long = Schedule(100, hold=0.5), Schedule(200, hold=0.5)
    assert [short.rate(k) for k in range(50)] == [long.rate(k) for k in range(50)]


def test_a_schedule_may_be_followed_by_another_one():
    schedule = Schedule(100, warm_up=10, then=Schedule(50, learning_rate=0.5, warm_up=0))
    assert schedule.total == 150
    assert schedule.rate(99) < 1e-4
    assert schedule.rate(100) == pytest.approx(0.5)
    assert schedule.rate(149) < 0.02


def test_a_budget_of_no_steps_is_refused():
    with pytest.raises(ValueError, match="steps=0"):
        Schedule(0)


def test_a_budget_of_minutes_warms_up_by_steps_and_falls_by_its_own_fraction():
    schedule = MinutesSchedule(minutes=10, learning_rate=1.0, warm_up=10, hold=0.5)
    assert schedule.total is None
    assert schedule.rate(4, 1.0) == pytest.approx(0.5)
    assert schedule.rate(20, 299.0) == 1.0
    assert schedule.rate(20, 450.0) == pytest.approx((1 + 0.02) / 2)
    assert schedule.rate(10**6, 600.0) == pytest.approx(0.02)
    assert schedule.fraction(10**6, 300.0) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="0 minutes"):
        MinutesSchedule(0)


def test_a_state_without_averaged_weights_is_not_taken_for_one_with_them(training, tmp_path):
    training(2, resume=tmp_path / "state")
    with pytest.raises(ValueError, match=r"differs in averaging \(null then, 0\.9 now\); remove"):
        training(4, resume=tmp_path / "state", averaging=0.9)


def test_a_training_by_minutes_ends_when_they_are_spent_and_may_be_resumed(training, tmp_path):
    schedule, path = MinutesSchedule(minutes=0.1 / 60, warm_up=10**6), tmp_path / "state"
    _, state = training(1, schedule=schedule, resume=path)
    assert state.step >= 1
    assert state.seconds >= 0.1
    _, again = training(1, schedule=schedule, resume=path)
    assert again.step == state.step
    longer = MinutesSchedule(1.01 * state.seconds / 60, warm_up=10**6)
    assert training(1, schedule=longer, resume=path)[1].step > state.step
    with pytest.raises(ValueError, match="it made step 1 at the learning rate"):
        training(1, schedule=MinutesSchedule(1, warm_up=2), resume=path)


@pytest.mark.parametrize("averaging", [None, 0.8])
def test_validation_sees_the_final_weights_and_leaves_the_training_as_it_was(training, averaging):
    seen = []

    def validate(network):
        assert not network.training
        torch.rand(())  # a validation may draw random numbers
        seen.append(weights(network))
        return {"psnr": float(len(seen))}

    progress = []
    network, _ = training(
        5, averaging=averaging, validate=validate, validate_every=2, callback=progress.append
    )
    assert equal(weights(network), weights(training(5, averaging=averaging)[0]))
    assert len(seen) == 3
    assert equal(seen[-1], weights(network))
    assert [one.validated for one in progress] == [False, True, False, True, True]
    assert [one.metrics.get("psnr") for one in progress] == [None, 1.0, 1.0, 2.0, 3.0]
    assert progress[1].fraction == pytest.approx(0.4)


def test_the_validation_psnr_is_that_of_the_images(training, small_images, small_recipe):
    network, _ = training(1)
    recipe = small_recipe(1, augmentation=None)
    draws = simulation_of(recipe, {"s1": small_images("colin27")})
    validate = ValidationPSNR(draws, batches=2, seed=9)
    expected = []
    for step in range(2):
        y, mask, truth = draws.draw(9, step)
        estimates = network(y, mask).detach().abs().numpy()
        expected += [psnr(a, b) for a, b in zip(estimates, truth.abs().numpy(), strict=True)]
    assert validate(network)["psnr"] == pytest.approx(np.mean(expected), rel=1e-6)
    assert validate(network) == validate(network)


def test_maps_of_several_coils_reach_the_network():
    class Coils:
        def draw(self, seed, step):
            maps = torch.ones(2, 3, 8, 8, dtype=torch.complex64) / math.sqrt(3)
            y = torch.ones(2, 3, 8, 8, dtype=torch.complex64)
            return y, torch.ones(8, dtype=torch.bool), torch.ones(2, 8, 8), maps

    network = UnrolledArchitecture(1, 4, 2).build()
    state = fit(network, Coils(), Schedule(2, warm_up=0), mixed_precision=False)
    assert all(math.isfinite(loss) for loss in state.losses)


def test_the_loss_falls(training):
    _, state = training(40, batch=2)
    assert len(state.losses) == 40
    assert np.mean(state.losses[-8:]) < 0.8 * np.mean(state.losses[:8])


def test_the_same_seeds_give_the_same_weights_and_others_do_not(training):
    first, again, other = training(3)[0], training(3)[0], training(3, seed=1)[0]
    assert equal(weights(first), weights(again))
    assert not equal(weights(first), weights(other))


@pytest.mark.parametrize("averaging", [None, 0.8])
@pytest.mark.parametrize("mixed_precision", [False, True])
def test_a_resumed_training_equals_an_uninterrupted_one_bit_for_bit(
    training, tmp_path, averaging, mixed_precision
):
    keywords = {"averaging": averaging, "mixed_precision": mixed_precision}
    whole, whole_state = training(7, **keywords)

    def interrupt(progress):
        if progress.step == 5:
            raise Stop

    path = tmp_path / "state"
    with pytest.raises(Stop):
        training(7, resume=path, save_every=3, callback=interrupt, **keywords)
    resumed, resumed_state = training(7, resume=path, **keywords)
    assert equal(weights(whole), weights(resumed))
    assert whole_state.losses == resumed_state.losses
    assert [child.name for child in tmp_path.iterdir()] == ["state"]


def test_a_finished_training_is_not_trained_further(training, tmp_path):
    path = tmp_path / "state"
    first, _ = training(3, resume=path)
    again, state = training(3, resume=path)
    assert equal(weights(first), weights(again))
    assert state.step == 3


@pytest.mark.parametrize("content", [b"", b"not a state", b"PK\x03\x04 nor this"])
def test_a_damaged_state_is_refused(training, tmp_path, content):
    path = tmp_path / "state"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="cannot resume"):
        training(3, resume=path)


def test_a_truncated_state_is_refused(training, tmp_path):
    path = tmp_path / "state"
    training(1, resume=path)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(ValueError, match="cannot resume"):
        training(3, resume=path)


def test_the_state_of_another_network_is_refused(training, tmp_path):
    path = tmp_path / "state"
    training(1, resume=path)
    content = torch.load(path, weights_only=True)
    torch.save(content | {"network": {"weight": torch.ones(2)}}, path)
    with pytest.raises(ValueError, match="belongs to another network"):
        training(3, resume=path)


def test_the_state_of_an_earlier_version_is_refused(training, tmp_path):
    path = tmp_path / "state"
    training(1, resume=path)
    content = torch.load(path, weights_only=True)
    del content["fingerprint"]
    torch.save(content, path)
    with pytest.raises(ValueError, match=r"an earlier version wrote it.*; remove it"):
        training(3, resume=path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 5}, r"seed \(0 then, 5 now\)"),
        ({"clip": 2.0}, "clip"),
        ({"batch": 2}, r"examples\.batch_size"),
        ({"mixed_precision": True}, "mixed_precision"),
        ({"loss": magnitude_l1_ssim}, "loss"),
        ({"optimizer": torch.optim.RMSprop}, "optimizer"),
        ({"decisions": {"persons": ("bert",)}}, "persons"),
    ],
)
def test_the_state_of_another_training_is_refused(training, tmp_path, change, message):
    path = tmp_path / "state"
    keywords = {"decisions": {"persons": ("anna",)}}
    training(1, resume=path, **keywords)
    with pytest.raises(ValueError, match=f"another training, which differs in {message}"):
        training(1, resume=path, **(keywords | change))


def test_a_budget_may_change_until_the_rate_falls(training, tmp_path):
    path = tmp_path / "state"
    held = {"learning_rate": 1e-3, "warm_up": 1, "hold": 0.75}
    training(1, schedule=Schedule(4, **held), resume=path)
    with pytest.raises(ValueError, match="it made 4 steps, of which the budget has only 3 now"):
        training(1, schedule=Schedule(3, **(held | {"hold": 1.0})), resume=path)
    whole, _ = training(1, schedule=Schedule(6, **held))
    longer, state = training(1, schedule=Schedule(6, **held), resume=path)
    assert state.step == 6
    assert equal(weights(longer), weights(whole))
    with pytest.raises(ValueError, match=r"step 6 at the learning rate .* until the rate begins"):
        training(1, schedule=Schedule(9, **held), resume=path)
    with pytest.raises(ValueError, match=r"step 1 at the learning rate 0\.001, which is 0\.01 now"):
        training(1, schedule=Schedule(6, 1e-2, warm_up=1, hold=0.75), resume=path)


@pytest.mark.parametrize("optimizer", [torch.optim.RMSprop, partial(torch.optim.SGD, momentum=0.9)])
def test_any_optimiser_class_can_be_passed(training, optimizer):
    network, state = training(4, optimizer=optimizer, loss=magnitude_l1_ssim)
    assert all(math.isfinite(loss) for loss in state.losses)
    assert any(bool(denoiser[-1].weight.any()) for denoiser in network.denoisers)


def test_averaged_weights_lie_between_the_first_and_the_last_ones(training):
    first, last = training(1)[0], training(6)[0]
    frozen = training(6, averaging=1.0)[0]
    following = training(6, averaging=0.0)[0]
    assert equal(weights(following), weights(last))
    assert not any(bool(denoiser[-1].weight.any()) for denoiser in frozen.denoisers)
    assert not equal(weights(first), weights(frozen))


def test_gradients_are_clipped_to_the_norm_asked_for(training):
    sgd = partial(torch.optim.SGD, momentum=0.0)
    start = weights(training(1, averaging=1.0)[0])
    moved = weights(training(1, optimizer=sgd, clip=1e-3)[0])
    length = math.sqrt(sum(float(((a - b) ** 2).sum()) for a, b in zip(start, moved, strict=True)))
    assert length == pytest.approx(3e-3 / 5 * 1e-3, rel=0.02)  # rate of the first step times clip


def test_a_loss_that_is_not_finite_stops_the_training(training):
    with pytest.raises(FloatingPointError, match="loss of step 1 is nan"):
        training(3, loss=lambda estimate, truth: (estimate - truth).abs().sum() * math.nan)


def test_the_callback_sees_every_step(training):
    seen = []
    training(3, callback=lambda progress: seen.append((progress.step, progress.loss)))
    assert [step for step, _ in seen] == [1, 2, 3]
    assert all(loss > 0 for _, loss in seen)
