import numpy as np
import pytest
import torch

from csmri.operators import MaskedFourier
from learned.data import ColumnMasks, Simulation


def test_masks_have_the_exact_count_and_centre_of_their_acceleration():
    rng, masks = np.random.default_rng(0), ColumnMasks()
    counts = {int(masks.draw(256, rng).sum()) for _ in range(40)}
    assert counts == {64, 32}


def test_the_share_decides_how_often_an_acceleration_is_drawn():
    rng = np.random.default_rng(0)
    only_eight = ColumnMasks(shares=(0.0, 1.0))
    assert {int(only_eight.draw(64, rng).sum()) for _ in range(10)} == {8}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shares": (1.0,)}, "2 accelerations, 2 centre fractions and 1 shares"),
        ({"shares": (0.2, 0.2)}, "sum to 0.4"),
        ({"accelerations": (0.5, 8.0)}, "accelerations=0.5"),
        ({"accelerations": (), "center_fractions": (), "shares": ()}, "0 accelerations"),
    ],
)
def test_masks_that_cannot_be_drawn_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        ColumnMasks(**change)


def test_more_rows_than_there_are_cannot_be_taken(small_images):
    with pytest.raises(ValueError, match=r"rows=\(128,\) of images of 64"):
        Simulation(small_images("s1"), rows=(128,))


def test_a_batch_is_the_measurement_of_its_truth_with_the_stated_noise(small_images):
    simulation = Simulation(small_images("s1"), batch_size=4, noise=(0.02, 0.02))
    y, mask, truth = (part.numpy() for part in simulation.draw(seed=1, step=5))
    assert (y.shape, mask.shape, truth.shape) == ((4, 64, 64), (4, 1, 64), (4, 64, 64))
    assert (y.dtype, mask.dtype, truth.dtype) == (np.complex64, bool, np.complex64)
    sampled = np.broadcast_to(mask, y.shape)
    assert not y[~sampled].any()
    noise = (y - MaskedFourier(mask)(truth))[sampled]
    assert np.sqrt(np.mean(np.abs(noise) ** 2)) == pytest.approx(0.02, rel=0.05)
    assert abs(np.mean(noise**2)) < 0.1 * 0.02**2


def test_the_batch_of_a_step_is_always_the_same_and_differs_from_all_others(small_images):
    simulation = Simulation(small_images("s1"))
    first, again = simulation.draw(0, 3), simulation.draw(0, 3)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    for seed, step in [(0, 4), (1, 3)]:
        other = simulation.draw(seed, step)
        assert not torch.equal(first.truth, other.truth)
        assert not torch.equal(first.mask, other.mask)


def test_rows_are_cropped_to_one_of_the_numbers_asked_for(small_images):
    simulation = Simulation(small_images("s1"), rows=(24, 64))
    heights = {simulation.draw(0, step).truth.shape[-2] for step in range(12)}
    assert heights == {24, 64}
