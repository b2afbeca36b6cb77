"""ISTA with random shifts."""

import numpy as np
import pytest
from cases import case
from properties import assert_close

from csmri.operators import MaskedFourier, UndecimatedWavelet, Wavelet
from csmri.regularizers import L1
from solvers import RelativeGap, admm, ista


def test_shifts_are_the_same_for_the_same_seed_and_others_for_another(xp):
    A, y, R = case("haar").problem(xp)
    first, again, other = (ista(A, y, R, iterations=7, shifts=seed).x for seed in (5, 5, 6))
    assert bool(xp.all(first == again))
    assert bool(xp.any(first != other))


def test_shifts_of_a_penalty_that_shifts_do_not_change_change_nothing():
    A, y, R = case("identity").problem()
    assert_close(ista(A, y, R, iterations=9, shifts=0).x, ista(A, y, R, iterations=9).x, 1e-13)


def test_shifts_have_neither_objective_nor_gap():
    A, y, R = case("haar").problem()
    result = ista(A, y, R, iterations=3, shifts=0)
    assert result.objective is None
    assert result.gap is None
    with pytest.raises(ValueError, match="gap"):
        ista(A, y, R, shifts=0, stop=RelativeGap(1e-3))


def test_with_short_steps_shifts_come_near_the_undecimated_wavelet():
    c = case("haar", shape=(16, 16), weight=0.3)
    A, y = MaskedFourier(c.mask), c.y
    U = UndecimatedWavelet("haar", levels=2)
    aim = admm(A, y, 0.3 * (L1(U.band_weights()) @ U), iterations=500).x
    R = 0.3 * (L1() @ Wavelet("haar", levels=2))
    shifted = ista(A, y, R, iterations=2000, step=0.02, shifts=0).x
    plain = ista(A, y, R, iterations=2000, step=0.02).x
    assert np.linalg.norm(shifted - aim) < 0.3 * np.linalg.norm(plain - aim)
