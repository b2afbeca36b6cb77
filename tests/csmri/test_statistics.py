import math

import numpy as np
import pytest

from csmri import statistics


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(0).standard_normal(16)
    first = statistics.mean_interval(values, seed=3)
    assert first == statistics.mean_interval(values, seed=3)
    assert first != statistics.mean_interval(values, seed=4)


def test_the_interval_of_independent_values_is_the_normal_one():
    values = np.random.default_rng(1).standard_normal(400)
    found = statistics.mean_interval(values, block_length=1)
    half = 1.96 * values.std() / math.sqrt(400)
    assert found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_neighbours_that_resemble_each_other_widen_the_interval():
    values = np.repeat(np.random.default_rng(2).standard_normal(16), 4)
    blocks = statistics.mean_interval(values, block_length=8)
    alone = statistics.mean_interval(values, block_length=1)
    assert blocks.high - blocks.low > 1.3 * (alone.high - alone.low)


def test_from_five_persons_on_whole_persons_are_resampled():
    persons = [name for name in "abcde" for _ in range(10)]
    values = np.repeat([1.0, 2.0, 3.0, 4.0, 5.0], 10)
    found = statistics.mean_interval(values, persons)
    assert found.method == "bootstrap over 5 persons, widened as Student's t is"
    student = 2.776  # of 4 degrees of freedom
    assert found.low == pytest.approx(3 - student * math.sqrt(2.5 / 5), abs=0.3)


def test_few_persons_are_labelled_as_such():
    found = statistics.mean_interval(np.arange(16.0), ["a"] * 8 + ["b"] * 8)
    assert found.method.startswith(
        "bootstrap over blocks of 2 neighbouring slices within 2 persons"
    )
    assert "nothing of other persons" in found.method


def test_between_persons_nothing_is_exchanged_when_they_are_few():
    values = np.repeat([0.0, 10.0], 8)
    found = statistics.mean_interval(values, ["a"] * 8 + ["b"] * 8)
    assert (found.low, found.mean, found.high) == (5.0, 5.0, 5.0)


def test_a_single_slice_has_no_interval():
    found = statistics.mean_interval([3.0])
    assert found.mean == 3.0
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert found.method == "one slice: no interval"
    assert str(found) == "3.00"


def test_few_slices_have_no_interval():
    found = statistics.mean_interval([1.0, 2.0, 3.0, 6.0])
    assert (found.mean, found.n) == (3, 4)
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert found.method == "4 slices: no interval"


def test_blocks_longer_than_half_leave_some_width():
    found = statistics.mean_interval([1.0, 2.0, 1.0, 2.0, 1.0], block_length=5)
    assert found.low < found.mean < found.high


@pytest.mark.parametrize(("correlation", "least"), [(0.0, 0.91), (0.6, 0.78)])
@pytest.mark.parametrize("count", [8, 16])
def test_an_interval_holds_the_mean_as_often_as_it_says(count, correlation, least):
    """Of values of mean 0 whose neighbours are correlated, as slices are."""
    rng, draws, held = np.random.default_rng(0), 300, 0
    for seed in range(draws):
        values = rng.standard_normal(count)
        for k in range(1, count):
            values[k] = correlation * values[k - 1] + (1 - correlation**2) ** 0.5 * values[k]
        found = statistics.mean_interval(values, resamples=300, seed=seed)
        held += found.low <= 0 <= found.high
    assert least <= held / draws <= 0.995


def test_a_constant_difference_has_an_interval_of_no_width():
    found = statistics.paired_bootstrap([0.5] * 6)
    assert (found.low, found.high) == (0.5, 0.5)


def test_wilcoxon_of_six_wins_is_two_in_sixty_four():
    assert statistics.wilcoxon([1, 2, 3, 4, 5, 6]) == pytest.approx(2 / 64)


def test_wilcoxon_knows_ties_zeros_and_nothing():
    assert statistics.wilcoxon([0.0, 0.0]) == 1.0
    assert statistics.wilcoxon([1.0] * 20) < 1e-4
    assert statistics.wilcoxon([1.0, -1.0, 0.0]) == pytest.approx(1.0)


def test_a_tie_is_half_a_win():
    assert statistics.win_rate([1.0, 2.0, -1.0, 0.0]) == 0.625


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([],), {}, "one number a slice"),
        (([[1.0]],), {}, "one number a slice"),
        (([1.0, math.inf],), {}, "value 1 is inf"),
        (([1.0, 2.0], ["a"]), {}, "2 values and 1 persons"),
        (([1.0, 2.0],), {"confidence": 95}, "confidence lies between 0 and 1"),
        (([1.0, 2.0],), {"block_length": 0}, "block_length must be at least 1"),
        (([1.0, 2.0],), {"resamples": 0}, "resamples must be at least 1"),
    ],
)
def test_nonsense_is_refused(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        statistics.mean_interval(*arguments, **options)


def test_one_slice_of_each_of_a_few_persons_has_no_interval():
    found = statistics.mean_interval([1.0, 2.0, 6.0], ["a", "b", "c"])
    assert (found.mean, found.n) == (3, 3)
    assert math.isnan(found.low)
    assert found.method == "3 slices: no interval"
