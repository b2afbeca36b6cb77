import numpy as np
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


def test_a_mask_of_ones_own_is_read_from_a_file(tmp_path, person):
    columns, points = np.zeros(256, bool), np.zeros(SHAPE, int)
    columns[::4] = points[::3, ::2] = True
    for name, own in (("scanner", columns), ("points", points)):
        np.save(tmp_path / f"{name}.npy", own)
        case = parsed_case(str(tmp_path / f"{name}.npy"), 0.01)
        assert case.noise == 0.01
        assert not case.is_fitted
        np.testing.assert_array_equal(case.mask(person, 0), own.astype(bool))
    assert parsed_case(str(tmp_path / "scanner.npy")).name == "scanner 4x"
    np.save(tmp_path / "random.npy", columns)
    assert parsed_case(str(tmp_path / "random.npy")).name == "random 4x"  # not the standard case


@pytest.mark.parametrize(
    "wrong", [np.zeros(256, bool), np.full(256, 0.5), np.ones((2, 3, 4), bool), np.array(["a"])]
)
def test_a_file_that_holds_no_mask_is_refused(tmp_path, wrong):
    np.save(tmp_path / "wrong.npy", wrong)
    with pytest.raises(ValueError, match=r"expected \(W,\) or \(H, W\) of True and False"):
        parsed_case(str(tmp_path / "wrong.npy"))


def test_a_mask_that_cannot_be_read_or_does_not_fit_is_refused(tmp_path, person):
    (tmp_path / "cut.npy").write_bytes(b"\x93NUMPY")
    for name in ("cut.npy", "absent.npy"):
        with pytest.raises(ValueError, match=r"which cannot be read .*; write it with numpy.save"):
            parsed_case(str(tmp_path / name))
    np.save(tmp_path / "narrow.npy", np.ones(100, bool))
    with pytest.raises(ValueError, match=r"of shape \(100,\) for slices of .* with --persons"):
        parsed_case(str(tmp_path / "narrow.npy")).mask(person, 0)
