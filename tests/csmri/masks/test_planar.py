import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from csmri import masks

GENERATORS = [masks.poisson_disc, masks.gaussian_2d]
sizes = st.integers(1, 48)


@pytest.mark.parametrize("generator", GENERATORS)
@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    shape=st.tuples(sizes, sizes),
    acceleration=st.floats(1, 40),
    center=st.tuples(st.integers(0, 12), st.integers(0, 12)),
    seed=st.integers(0, 2**64),
)
def test_planar_masks_hold_the_centre_and_count_exactly(
    generator, shape, acceleration, center, seed
):
    count = round(shape[0] * shape[1] / acceleration)
    assume(center[0] <= shape[0] and center[1] <= shape[1])
    assume(count >= max(center[0] * center[1], 1))
    mask = generator(shape, acceleration=acceleration, center=center, seed=seed)
    assert mask.shape == shape
    assert mask.dtype == np.bool_
    assert mask.sum() == count
    top, left = (size // 2 - length // 2 for size, length in zip(shape, center, strict=True))
    assert mask[top : top + center[0], left : left + center[1]].all()


@pytest.mark.parametrize("acceleration", [1, 1.5, 4, 8.04, 100])
def test_a_poisson_disc_mask_of_320_by_320_counts_exactly(acceleration):
    mask = masks.poisson_disc((320, 320), acceleration=acceleration, seed=1)
    assert mask.sum() == round(320 * 320 / acceleration)


def nearest(mask):
    """Distance from every grid point to the nearest *other* measured sample."""
    from scipy.spatial import cKDTree

    points = np.argwhere(np.ones_like(mask))
    distances, _ = cKDTree(np.argwhere(mask)).query(points, k=2)
    own = mask.ravel()
    return np.where(own, distances[:, 1], distances[:, 0]).reshape(mask.shape)


@pytest.mark.parametrize("seed", range(3))
def test_poisson_disc_samples_keep_their_distance_and_leave_no_holes(seed):
    """A packing and a covering at once, where independent samples would be neither."""
    mask = masks.poisson_disc((96, 96), acceleration=9, seed=seed, center=(0, 0), edge_spacing=1)
    distance = nearest(mask)
    closest, farthest = distance[mask].min(), distance[~mask].max()
    assert closest > 2
    # The distances shrink by 5 % at a time: every point was covered one step before.
    assert farthest <= closest / 0.95 + 1

    rng = np.random.default_rng(seed)
    independent = np.zeros(96 * 96, dtype=bool)
    independent[rng.permutation(96 * 96)[: mask.sum()]] = True
    distance = nearest(independent.reshape(96, 96))
    assert distance[independent.reshape(96, 96)].min() == 1
    assert distance.max() > 1.5 * farthest


def test_poisson_disc_spacing_grows_with_the_distance_from_zero_frequency():
    mask = masks.poisson_disc((192, 192), acceleration=20, seed=0, edge_spacing=4)
    spacing = nearest(mask)
    radius = np.hypot(*(np.indices(mask.shape) - 96)) / 96
    rings = [spacing[mask & (np.abs(radius - r) < 0.05)].mean() for r in (0.3, 0.5, 0.7, 0.9)]
    assert rings == sorted(rings)
    # 1 + 3 r: from 0.3 to 0.9 the distance grows by 3.7/1.9.
    assert rings[3] / rings[0] == pytest.approx(3.7 / 1.9, rel=0.1)


def test_gaussian_density_falls_towards_the_edge_of_kspace():
    drawn = np.mean(
        [
            masks.gaussian_2d((32, 32), acceleration=8, seed=seed, center=(0, 0))
            for seed in range(200)
        ],
        axis=0,
    )
    radius = np.hypot(*(np.indices(drawn.shape) - 16)) / 16
    rings = [drawn[np.abs(radius - r) < 0.1].mean() for r in (0.1, 0.4, 0.7, 1.0)]
    assert rings == sorted(rings, reverse=True)
    assert rings[0] > 10 * rings[3]


def test_gaussian_masks_are_nested_over_the_acceleration():
    fourfold, eightfold = (masks.gaussian_2d((64, 48), acceleration=a, seed=5) for a in (4, 8))
    assert (fourfold | ~eightfold).all()


@pytest.mark.parametrize("generator", GENERATORS)
def test_a_seed_draws_the_same_bits_again_and_another_seed_others(generator):
    first, again, other = (generator((64, 48), acceleration=6, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("generator", GENERATORS)
def test_a_centre_that_does_not_fit_names_the_highest_acceleration_that_does(generator):
    with pytest.raises(
        ValueError,
        match=r"leaves 128 of 1024 samples, expected at least the 144 of the full centre; "
        r"use an acceleration of at most 7\.11, or a full centre of at most 128 samples",
    ):
        generator((32, 32), acceleration=8, center=(12, 12), seed=0)
    mask = generator((32, 32), acceleration=7.11, center=(12, 12), seed=0)
    assert mask.sum() == 144


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"shape": 64}, ValueError, r"got shape=64, expected \(H, W\)"),
        ({"shape": (64, 64, 64)}, ValueError, r"expected \(H, W\)"),
        ({"shape": (0, 64)}, ValueError, "got the height of shape=0, expected at least 1"),
        ({"shape": (64, 6.4)}, TypeError, "got the width of shape of type float"),
        ({"acceleration": 0.9}, ValueError, r"got acceleration=0\.9, expected a number at least 1"),
        ({"acceleration": 1e9}, ValueError, "leaves 0 of 4096 samples"),
        ({"center": 8}, ValueError, r"got center=8, expected \(h, w\)"),
        ({"center": (65, 8)}, ValueError, r"got center=\(65, 8\), expected at most the shape"),
        ({"center": (-1, 8)}, ValueError, "got the height of center=-1, expected at least 0"),
        ({"center": (8, 0.1)}, TypeError, "got the width of center of type float"),
        ({"seed": 1.5}, TypeError, "got a seed of type float, expected an int"),
    ],
)
def test_a_wrong_argument_is_refused_by_name(generator, wrong, error, message):
    arguments = {"shape": (64, 64), "acceleration": 4, "seed": 0, "center": (8, 8)} | wrong
    with pytest.raises(error, match=message):
        generator(arguments.pop("shape"), **arguments)


def test_a_wrong_density_is_refused_by_name():
    with pytest.raises(ValueError, match=r"got edge_spacing=0\.5, expected a number at least 1"):
        masks.poisson_disc((64, 64), acceleration=4, seed=0, edge_spacing=0.5)
    with pytest.raises(ValueError, match="got standard_deviation=0, expected a number above 0"):
        masks.gaussian_2d((64, 64), acceleration=4, seed=0, standard_deviation=0)
