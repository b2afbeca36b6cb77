from dataclasses import replace

import numpy as np
import pytest
import torch

from csmri.operators import MaskedFourier
from learned.data import Augmentation, ColumnMasks, Simulation


def test_masks_have_the_exact_count_and_centre_of_their_acceleration():
    rng, masks = np.random.default_rng(0), ColumnMasks()
    counts = {int(masks.draw(256, rng).sum()) for _ in range(40)}
    assert counts == {64, 32}


def test_the_share_decides_how_often_an_acceleration_is_drawn():
    rng = np.random.default_rng(0)
    only_eight = ColumnMasks(shares=(0.0, 1.0))
    assert {int(only_eight.draw(64, rng).sum()) for _ in range(10)} == {8}


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


def test_augmentation_keeps_images_in_range_and_its_input_as_it_was(small_images):
    image = small_images("s1")[10]
    before, rng = image.copy(), np.random.default_rng(0)
    changed = [Augmentation()(image, rng) for _ in range(5)]
    assert np.array_equal(image, before)
    for one in changed:
        assert one.dtype == np.float32
        assert one.min() >= 0
        assert one.max() <= 1
        assert np.abs(one - image).mean() > 1e-3


def test_augmentation_with_nothing_to_do_returns_the_image(small_images):
    image = small_images("s1")[10]
    nothing = Augmentation(
        flips=False, shift=0, rotation=0, zoom=0, gamma=0, contrast=0, sharpness=(0, 0)
    )
    np.testing.assert_allclose(nothing(image, np.random.default_rng(0)), image, atol=1e-6)


def finest_detail(image: np.ndarray) -> float:
    """Return the energy above half of the highest frequency along either axis."""
    spectrum = np.abs(np.fft.fftshift(np.fft.fft2(image))) ** 2
    quarter = len(image) // 4
    return spectrum.sum() - spectrum[quarter:-quarter, quarter:-quarter].sum()


def test_moving_an_image_by_cubic_splines_keeps_the_detail_that_linear_ones_lose(small_images):
    image = small_images("s1")[10]
    only_moved = Augmentation(flips=False, zoom=0, gamma=0, contrast=0, sharpness=(0, 0))
    kept = {
        order: np.mean(
            [
                finest_detail(
                    replace(only_moved, interpolation=order)(image, np.random.default_rng(seed))
                )
                for seed in range(8)
            ]
        )
        / finest_detail(image)
        for order in (1, 3)
    }
    assert kept[3] > 1.2 * kept[1]


@pytest.mark.parametrize(("amount", "finer"), [(1.0, True), (-0.5, False)])
def test_sharpness_adds_fine_detail_or_takes_it(small_images, amount, finer):
    image = small_images("s1")[10]
    changed = Augmentation(
        flips=False, shift=0, rotation=0, zoom=0, gamma=0, contrast=0, sharpness=(amount, amount)
    )(image, np.random.default_rng(0))
    assert (finest_detail(changed) > finest_detail(image)) == finer
