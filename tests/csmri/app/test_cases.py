import pytest

from csmri import masks
from csmri.app.cases import CASES, FURTHER_CASES, OTHER_CASES, Case, parsed_case, seed_of
from csmri.app.volumes import SHAPE, volume

EVERY = (*CASES, *OTHER_CASES, *FURTHER_CASES)


@pytest.fixture(scope="module")
def person():
    return volume("macaque", 1)


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.name)
def test_masks_have_exact_counts(case, person):
    mask = case.mask(person, 0)
    assert mask.sum() == round(mask.size / case.acceleration)
    assert mask.shape == (SHAPE if case.mask_kind in ("gaussian-2d", "poisson-disc") else (256,))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_columns_have_full_centres(case, person):
    mask = case.mask(person, 0)
    width = round(case.center_fraction * SHAPE[1])
    first = SHAPE[1] // 2 - width // 2
    assert mask[first : first + width].all()


def test_what_was_fitted_to_is_known_by_its_numbers():
    assert Case(4) == Case(4, 0.08)
    assert Case(8.0).is_fitted
    assert not any(case.is_fitted for case in (*OTHER_CASES, *FURTHER_CASES))


def test_a_name_tells_what_is_unusual():
    names = [case.name for case in (*CASES, *OTHER_CASES)]
    assert names == [
        "4x", "8x", "12x", "equispaced 4x", "variable-density 4x", "gaussian-2d 4x",
        "4x, noise 0.02",
    ]  # fmt: skip
    assert Case(4, 0.1).name == "4x, centre 0.1"


@pytest.mark.parametrize(
    ("text", "case"),
    [
        ("4", Case(4)),
        ("8x", Case(8)),
        ("2.5", Case(2.5)),
        ("equispaced:4", Case(4, mask_kind="equispaced")),
        ("random:4:0.1", Case(4, 0.1)),
    ],
)
def test_a_case_is_read_from_a_word(text, case):
    assert parsed_case(text) == case


@pytest.mark.parametrize("text", ["", "many", "spiral:4", "random", "random:4:0.1:3", "4:x:y"])
def test_a_word_that_is_no_case_is_refused_with_examples(text):
    with pytest.raises(ValueError, match=r"\[KIND:\]ACCELERATION\[:CENTRE\], as in 4 or"):
        parsed_case(text)


def test_an_acceleration_below_one_is_refused():
    with pytest.raises(ValueError, match=r"got the acceleration 0\.5"):
        parsed_case("0.5")


def test_an_unknown_kind_of_mask_is_refused():
    with pytest.raises(ValueError, match="got a mask of kind 'spiral', expected one of random"):
        Case(4, mask_kind="spiral")


def test_a_slice_is_measured_alike_whoever_asks(volumes, cases):
    first, again = (cases[0].acquire(volumes[0], 1) for _ in range(2))
    assert (first.kspace == again.kspace).all()
    other = cases[0].acquire(volumes[0], 2)
    assert masks.digest(first.mask) != masks.digest(other.mask)


def test_seeds_are_pinned_for_ever():
    assert seed_of("colin27", 1) == 4144451999
