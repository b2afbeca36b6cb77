import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from csmri import masks

# The same examples at every run, however slow the machine.
cases = settings(deadline=None, derandomize=True)

RANDOM = [masks.random_columns, masks.variable_density_columns]
widths = st.integers(1, 400)
accelerations = st.floats(1, 20)
fractions = st.floats(0, 1)
seeds = st.integers(0, 2**64)


def centre_of(width, center_fraction):
    """The columns of the full centre, by the documented convention."""
    length = round(width * center_fraction)
    return np.arange(length) + width // 2 - length // 2


@pytest.mark.parametrize("generator", RANDOM)
@cases
@given(width=widths, acceleration=accelerations, center_fraction=fractions, seed=seeds)
def test_random_columns_hold_the_centre_and_count_exactly(
    generator, width, acceleration, center_fraction, seed
):
    count = round(width / acceleration)
    assume(count >= max(round(width * center_fraction), 1))
    mask = generator(width, acceleration=acceleration, center_fraction=center_fraction, seed=seed)
    assert mask.shape == (width,)
    assert mask.dtype == np.bool_
    assert mask.sum() == count
    assert mask[centre_of(width, center_fraction)].all()


@pytest.mark.parametrize("generator", RANDOM)
@cases
@given(
    width=st.integers(8, 400),
    slower=st.floats(1, 4),
    factor=st.floats(1, 4),
    center_fraction=st.floats(0, 0.06),
    seed=seeds,
)
def test_more_acceleration_keeps_a_subset_of_the_columns(
    generator, width, slower, factor, center_fraction, seed
):
    assume(round(width / slower / factor) >= max(round(width * center_fraction), 1))
    less, more = (
        generator(width, acceleration=a, center_fraction=center_fraction, seed=seed)
        for a in (slower, slower * factor)
    )
    assert (less | ~more).all()


@pytest.mark.parametrize("generator", RANDOM)
@pytest.mark.parametrize("seed", range(10))
def test_eightfold_with_half_the_centre_lies_within_fourfold(generator, seed):
    fourfold = generator(256, acceleration=4, center_fraction=0.08, seed=seed)
    eightfold = generator(256, acceleration=8, center_fraction=0.04, seed=seed)
    assert (fourfold | ~eightfold).all()


def test_random_columns_are_equally_likely_outside_the_centre():
    drawn = np.mean(
        [
            masks.random_columns(64, acceleration=4, center_fraction=0.125, seed=seed)
            for seed in range(2000)
        ],
        axis=0,
    )
    outside = np.delete(drawn, centre_of(64, 0.125))
    # 8 of 56 columns are drawn; five standard errors of a mean over 2,000 masks.
    expected = 8 / 56
    assert np.abs(outside - expected).max() < 5 * np.sqrt(expected * (1 - expected) / 2000)


def test_variable_density_falls_towards_the_edge_of_kspace():
    drawn = np.mean(
        [
            masks.variable_density_columns(64, acceleration=4, center_fraction=0, seed=seed)
            for seed in range(1000)
        ],
        axis=0,
    )
    distance = np.abs(np.arange(64) - 32)
    rings = [drawn[(distance >= a) & (distance < a + 8)].mean() for a in (0, 8, 16, 24)]
    assert rings == sorted(rings, reverse=True)
    assert rings[0] > 4 * rings[3]


def test_variable_density_of_power_zero_is_uniform():
    drawn = np.mean(
        [
            masks.variable_density_columns(
                32, acceleration=4, center_fraction=0, seed=seed, power=0
            )
            for seed in range(2000)
        ],
        axis=0,
    )
    assert np.abs(drawn - 0.25).max() < 5 * np.sqrt(0.25 * 0.75 / 2000)


def gaps_around(mask):
    """Numbers of skipped columns between neighbouring measured ones, k-space being periodic."""
    columns = np.flatnonzero(mask)
    return np.diff(columns, append=columns[0] + mask.size) - 1


@cases
@given(
    width=widths,
    acceleration=accelerations,
    center_fraction=fractions,
    offset=st.integers(-1000, 1000),
)
def test_equispaced_columns_count_exactly_and_their_gaps_differ_by_at_most_one(
    width, acceleration, center_fraction, offset
):
    count, centre = round(width / acceleration), centre_of(width, center_fraction)
    assume(count >= max(centre.size, 1))
    mask = masks.equispaced_columns(
        width, acceleration=acceleration, center_fraction=center_fraction, offset=offset
    )
    assert mask.shape == (width,)
    assert mask.dtype == np.bool_
    assert mask.sum() == count
    assert mask[centre].all()
    assert mask[width // 2]
    # Within a centre of n columns there are n − 1 gaps of none; all the others count.
    gaps = np.sort(gaps_around(mask))[max(centre.size - 1, 0) :]
    assert gaps.max() - gaps.min() <= 1


def test_equispaced_columns_without_a_centre_are_a_regular_comb():
    mask = masks.equispaced_columns(24, acceleration=4, center_fraction=0)
    assert np.flatnonzero(mask).tolist() == [0, 4, 8, 12, 16, 20]


def test_the_offset_turns_the_order_of_the_gaps():
    combs = [
        masks.equispaced_columns(256, acceleration=4, center_fraction=0.08, offset=offset)
        for offset in (0, 1, 45)
    ]
    assert (combs[0] != combs[1]).any()
    np.testing.assert_array_equal(combs[0], combs[2])  # there are 45 gaps


@pytest.mark.parametrize("center_fraction", [0, 0.08])
def test_acceleration_one_measures_everything(center_fraction):
    for generator in RANDOM:
        assert generator(33, acceleration=1, center_fraction=center_fraction, seed=0).all()
    assert masks.equispaced_columns(33, acceleration=1, center_fraction=center_fraction).all()


def test_a_seed_draws_the_same_bits_again_and_another_seed_others():
    for generator in RANDOM:
        first, again, other = (
            generator(256, acceleration=4, center_fraction=0.08, seed=seed) for seed in (3, 3, 4)
        )
        np.testing.assert_array_equal(first, again)
        assert (first != other).any()


def test_the_global_random_state_is_neither_used_nor_changed():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    masks.random_columns(64, acceleration=4, center_fraction=0.1, seed=0)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("generator", RANDOM)
def test_a_centre_that_does_not_fit_names_the_highest_acceleration_that_does(generator):
    with pytest.raises(
        ValueError,
        match=r"acceleration=8, which leaves 32 of 256 columns, expected at least the 51 of the "
        r"full centre; use an acceleration of at most 5\.01, or .* at most 32 columns",
    ):
        generator(256, acceleration=8, center_fraction=0.2, seed=0)
    assert generator(256, acceleration=5.01, center_fraction=0.2, seed=0).sum() == 51


@cases
@given(width=widths, acceleration=accelerations, center_fraction=fractions)
def test_the_acceleration_that_the_error_names_can_be_met(width, acceleration, center_fraction):
    arguments = {"center_fraction": center_fraction, "seed": 0}
    try:
        masks.random_columns(width, acceleration=acceleration, **arguments)
    except ValueError as error:
        advised = float(str(error).split("acceleration of at most ")[1].split(",")[0])
        assert masks.random_columns(width, acceleration=advised, **arguments).any()


def test_an_acceleration_that_leaves_no_column_is_refused():
    with pytest.raises(ValueError, match=r"leaves 0 of 4 columns.*at most 4$"):
        masks.random_columns(4, acceleration=100, center_fraction=0, seed=0)


VALID = {"width": 64, "acceleration": 4, "center_fraction": 0.1, "seed": 0}


@pytest.mark.parametrize("generator", RANDOM)
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"width": 0}, ValueError, "got width=0, expected at least 1"),
        ({"width": -3}, ValueError, "got width=-3, expected at least 1"),
        ({"width": 64.0}, TypeError, "got width of type float, expected a whole number"),
        ({"width": True}, TypeError, "got width of type bool"),
        ({"acceleration": 0.5}, ValueError, r"got acceleration=0\.5, expected a number at least 1"),
        ({"acceleration": float("nan")}, ValueError, "got acceleration=nan"),
        ({"acceleration": float("inf")}, ValueError, "got acceleration=inf"),
        ({"acceleration": "4"}, TypeError, "got acceleration of type str"),
        ({"center_fraction": -0.1}, ValueError, r"center_fraction=-0\.1, .* from 0 to 1"),
        ({"center_fraction": 1.5}, ValueError, r"center_fraction=1\.5, .* from 0 to 1"),
        ({"center_fraction": None}, TypeError, "got center_fraction of type NoneType"),
        ({"seed": 0.5}, TypeError, "got a seed of type float, expected an int"),
        ({"seed": None}, TypeError, "got a seed of type NoneType, expected an int"),
        ({"seed": True}, TypeError, "got a seed of type bool"),
        ({"seed": -1}, ValueError, "got seed -1, expected at least 0"),
    ],
)
def test_a_wrong_argument_is_refused_by_name(generator, wrong, error, message):
    arguments = VALID | wrong
    with pytest.raises(error, match=message):
        generator(arguments.pop("width"), **arguments)


def test_a_wrong_power_or_offset_is_refused_by_name():
    with pytest.raises(ValueError, match="got power=-1, expected a number at least 0"):
        masks.variable_density_columns(64, acceleration=4, center_fraction=0.1, seed=0, power=-1)
    with pytest.raises(TypeError, match="got offset of type float"):
        masks.equispaced_columns(64, acceleration=4, center_fraction=0.1, offset=0.5)


def test_numpy_integers_are_whole_numbers():
    plain = masks.random_columns(64, acceleration=4, center_fraction=0.1, seed=7)
    numpy = masks.random_columns(
        np.int32(64), acceleration=np.float32(4), center_fraction=np.float64(0.1), seed=np.int64(7)
    )
    np.testing.assert_array_equal(plain, numpy)
