"""POGM reaches the independent optimum, and does so sooner than FISTA."""

import numpy as np
import pytest
from cases import case

from solvers import RelativeChange, fista, pogm

PROBLEMS = {
    "points": case("identity", sampling="points"),
    "wavelet, coils": case("haar", coils=3),
    "wavelet": case("db2", sampling="points", weight=0.5),
}


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("name", PROBLEMS)
def test_pogm_reaches_the_independent_optimum(name, restart):
    c = PROBLEMS[name]
    result = pogm(*c.problem(), iterations=3000, stop=RelativeChange(1e-11), restart=restart)
    assert result.objective == pytest.approx(c.optimum.value, rel=1e-8)
    assert 1 - c.optimum.value / result.objective - 1e-12 <= result.gap < 1e-6


@pytest.mark.parametrize("name", PROBLEMS)
def test_pogm_is_nearer_than_fista_after_as_many_iterations(name):
    c = PROBLEMS[name]
    errors = [
        solver(*c.problem(), iterations=15, restart=False).objective - c.optimum.value
        for solver in (pogm, fista)
    ]
    assert errors[0] < errors[1]


def test_pogm_on_every_array_library(xp):
    c = PROBLEMS["wavelet, coils"]
    result = pogm(*c.problem(xp), iterations=300)
    assert result.objective == pytest.approx(c.optimum.value, rel=1e-8)


def test_random_shifts_give_the_same_bits_for_the_same_seed():
    c = PROBLEMS["wavelet"]
    first, again, other = (pogm(*c.problem(), iterations=10, shifts=s).x for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_steps_beyond_the_largest_are_refused():
    with pytest.raises(ValueError, match="step"):
        pogm(*PROBLEMS["points"].problem(), step=1.5)
