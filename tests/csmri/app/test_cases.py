import numpy as np
import pytest

from csmri.app.cases import CASES, SHAPE, UNSEEN_PERSON, evenly_spaced, seed_of, volume


def test_sixteen_slices_of_the_unseen_person_fill_the_field_of_view():
    found = volume(UNSEEN_PERSON)
    assert len(found.slices) == 16
    assert found.image(found.slices[0]).shape == SHAPE
    assert found.peak == found.images.max() == 1


def test_all_slices_can_be_asked_for():
    assert volume("macaque", None).slices == tuple(range(12))


def test_slices_lie_in_the_middles_of_equal_parts():
    assert evenly_spaced(48, 16) == tuple(range(1, 48, 3))
    assert evenly_spaced(3, 16) == (0, 1, 2)


def test_fewer_than_one_slice_is_refused():
    with pytest.raises(ValueError, match="got 0 slices"):
        volume(UNSEEN_PERSON, 0)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_masks_have_exact_counts_and_full_centres(case):
    mask = case.mask(volume("macaque", 1), 0)
    assert mask.sum() == SHAPE[1] // case.acceleration
    width = round(case.center_fraction * SHAPE[1])
    first = SHAPE[1] // 2 - width // 2
    assert mask[first : first + width].all()


def test_a_slice_is_measured_alike_whoever_asks(volumes, cases):
    first, again = (cases[0].acquire(volumes[0], 1) for _ in range(2))
    np.testing.assert_array_equal(first.kspace, again.kspace)
    other = cases[0].acquire(volumes[0], 2)
    assert (first.mask != other.mask).any()


def test_seeds_are_pinned_for_ever():
    assert seed_of("colin27", 1) == 4144451999
