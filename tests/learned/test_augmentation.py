from dataclasses import replace

import numpy as np
import pytest

from learned.augmentation import Augmentation, Stack, smooth_displacement
from learned.data import Simulation

NOTHING = Augmentation(
    flips=False, shift=0, rotation=0, zoom=0, gamma=0, contrast=0, sharpness=(0, 0)
)


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
    np.testing.assert_allclose(NOTHING(image, np.random.default_rng(0)), image, atol=1e-6)


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
    changed = replace(NOTHING, sharpness=(amount, amount))(image, np.random.default_rng(0))
    assert (finest_detail(changed) > finest_detail(image)) == finer


def slab(count=9, side=48):
    """Slices of a volume whose value is linear in its height: 0.1 at the first, 0.9 at the last."""
    return np.broadcast_to(np.linspace(0.1, 0.9, count)[:, None, None], (count, side, side))


def test_planes_go_through_the_slices_and_between_them():
    rng = np.random.default_rng(0)
    slices = rng.random((5, 16, 16)).astype(np.float32)
    stack, places = Stack(slices), np.indices((16, 16)).astype(float)
    for index in range(5):
        plane = stack.plane(np.full((16, 16), float(index)), places)
        np.testing.assert_allclose(plane, slices[index], atol=1e-5)
    beyond = stack.plane(np.full((16, 16), 5.0), places)  # mirrored at the last slice
    np.testing.assert_allclose(beyond, slices[3], atol=1e-5)
    smooth = Stack(slab())
    half = smooth.plane(np.full((48, 48), 4.5), np.indices((48, 48)).astype(float))
    np.testing.assert_allclose(half, 0.55, atol=1e-3)


def test_a_single_slice_is_a_stack():
    image = np.random.default_rng(0).random((1, 16, 16)).astype(np.float32)
    plane = Stack(image).plane(np.full((16, 16), 0.7), np.indices((16, 16)).astype(float))
    np.testing.assert_allclose(plane, image[0], atol=1e-5)


@pytest.mark.parametrize("spacing", [1.0, 2.0])
def test_a_tilted_plane_rises_by_the_tangent_of_its_tilt(spacing):
    tilt = replace(NOTHING, tilt=8.0, spacing=spacing)
    steepest = 0.0
    for seed in range(20):
        image = tilt.plane(Stack(slab(41)), 20, np.random.default_rng(seed))
        rise = np.gradient(image.astype(float))
        steepest = max(steepest, *(float(np.abs(part).max()) for part in rise))
        assert image[23:25, 23:25].mean() == pytest.approx(0.5, abs=5e-3)
    most = np.tan(np.deg2rad(8)) / spacing * 0.8 / 40
    assert 0.8 * most < steepest < 1.01 * most


def test_deformation_bends_smoothly_and_by_no_more_than_was_asked_for():
    rng = np.random.default_rng(0)
    moves = np.stack([smooth_displacement((96, 64), rng) for _ in range(50)])
    assert moves.shape == (50, 2, 96, 64)
    assert 0.5 < moves.std() < 1.2
    assert np.abs(np.diff(moves, axis=-1)).max() < 0.3
    ramp = np.tile(np.linspace(0, 1, 64), (96, 1))  # its value is the place along the last axis
    bent = replace(NOTHING, deformation=3.0)(ramp, rng)
    inside = np.abs(bent - ramp)[10:-10, 12:-12] * 63
    assert 0.1 < inside.max() < 3 * 3.0


def test_planes_are_drawn_inside_the_stack_of_one_person():
    low, high = np.full((4, 32, 32), 0.25, np.float32), np.full((6, 32, 32), 0.75, np.float32)
    simulation = Simulation(
        np.concatenate([low, high]),
        batch_size=12,
        augmentation=replace(NOTHING, tilt=30.0),
        stacks=(4, 6),
    )
    truth = simulation.draw(0, 0).truth.abs().numpy()
    assert {round(float(value), 2) for value in np.unique(truth.round(2))} == {0.25, 0.75}
    assert all(np.ptp(image) < 1e-3 for image in truth)
    with pytest.raises(ValueError, match=r"stacks of \(4, 5\) slices for 10 images"):
        replace(simulation, stacks=(4, 5))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spacing": 0.0}, "spacing=0, expected the distance"),
        ({"tilt": 90.0}, "tilt=90.0"),
        ({"zoom": 1.5}, "zoom=1.5"),
        ({"shift": -1.0}, "shift=-1"),
        ({"interpolation": 6}, "interpolation=6"),
        ({"sharpness": (1.0,)}, "sharpness=.*two numbers"),
        ({"sharpness": (1.0, 0.5)}, "the lower one first"),
    ],
)
def test_changes_that_are_none_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Augmentation(**change)
