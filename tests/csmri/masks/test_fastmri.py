import importlib.util
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from csmri.masks import fastmri

SETTINGS = [(368, 4, 0.08), (372, 8, 0.04), (320, 6, 0.06), (41, 4, 0.1), (40, 5, 0.1)]


def columns(mask):
    return np.flatnonzero(mask).tolist()


@pytest.fixture(scope="module")
def package():
    """The masks of the package fastmri, whose other modules need more than torch."""
    found = importlib.util.find_spec("fastmri")
    if found is None or found.origin is None:
        pytest.skip("fastmri is not installed")
    path = Path(found.origin).with_name("data") / "subsample.py"
    spec = importlib.util.spec_from_file_location("fastmri_subsample", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_masks_are_those_of_the_package(package):
    for name, (width, acceleration, center_fraction) in product(fastmri.FUNCTIONS, SETTINGS):
        make = package.create_mask_for_mask_type(name, [center_fraction], [acceleration])
        options = {"acceleration": acceleration, "center_fraction": center_fraction}
        for seed in (0, 11, fastmri.seed_of("file1000000.h5")):
            theirs = make((1, width, 2), seed=seed)[0].numpy().reshape(-1) > 0
            assert np.array_equal(fastmri.FUNCTIONS[name](width, seed=seed, **options), theirs)


def test_the_random_mask_takes_what_falls_below_its_probability():
    mask = fastmri.random(24, acceleration=4, center_fraction=0.17, seed=3)
    drawn = np.random.RandomState(3).uniform(size=24)
    outside = [k for k in range(24) if drawn[k] < (24 / 4 - 4) / (24 - 4)]
    assert columns(mask) == sorted({10, 11, 12, 13, *outside}) == [8, 10, 11, 12, 13, 16]


def test_the_equispaced_mask_is_a_comb_with_a_centre():
    mask = fastmri.equispaced(24, acceleration=4, center_fraction=0.17, offset=2)
    assert columns(mask) == [2, 6, 10, 11, 12, 13, 14, 18, 22]


def test_the_fraction_mask_spreads_its_columns_so_that_the_count_is_about_right():
    # 4 of 24 columns in the centre: the distance of the others is 4 (4 − 24)/(4 · 4 − 24) = 10.
    mask = fastmri.equispaced_fraction(24, acceleration=4, center_fraction=0.17, offset=1)
    assert columns(mask) == [1, 10, 11, 12, 13, 21]


@pytest.mark.parametrize(
    ("offset", "outside"),
    [
        (0, {13, 17, 21, 9, 5, 1}),  # 1 + 4k to the right of 12, 2 + 4k to the left of 11
        (1, {15, 19, 23, 11, 7, 3}),
        (2, {15, 19, 23, 7, 3}),
        (3, {17, 21, 9, 5, 1}),
    ],
)
def test_the_two_sides_of_the_magic_mask_are_no_mirror_images(offset, outside):
    mask = fastmri.magic(24, acceleration=4, center_fraction=0, offset=offset)
    assert set(columns(mask)) == outside
    mirrored = {(24 - k) % 24 for k in outside}
    assert not mirrored & outside


@pytest.mark.parametrize(
    ("width", "count", "first"), [(10, 3, 4), (10, 4, 3), (11, 3, 4), (11, 4, 4)]
)
def test_the_centre_lies_where_fastmri_has_it(width, count, first):
    mask = fastmri.equispaced(width, acceleration=1000, center_fraction=count / width, offset=999)
    assert columns(mask) == list(range(first, first + count))


@pytest.mark.parametrize("name", fastmri.FUNCTIONS)
def test_a_seed_names_a_mask(name):
    settings = {"acceleration": 4, "center_fraction": 0.08}
    make = fastmri.FUNCTIONS[name]
    masks = [make(320, seed=seed, **settings) for seed in range(16)]
    assert np.array_equal(masks[5], make(320, seed=5, **settings))
    assert len({mask.tobytes() for mask in masks}) > 1
    assert all(mask.dtype == bool and mask.shape == (320,) for mask in masks)


def test_the_random_mask_hits_its_acceleration_in_expectation():
    counts = [
        fastmri.random(368, acceleration=4, center_fraction=0.08, seed=seed).sum()
        for seed in range(200)
    ]
    assert np.mean(counts) == pytest.approx(92, abs=2)
    assert len(set(counts)) > 1


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="leave none of 24/4"):
        fastmri.equispaced_fraction(24, acceleration=4, center_fraction=0.25)
    with pytest.raises(TypeError, match="expected a whole number"):
        fastmri.magic(24, acceleration=4.5, center_fraction=0.1)
    with pytest.raises(ValueError, match="center_fraction=2"):
        fastmri.random(24, acceleration=4, center_fraction=2, seed=0)
