"""Rules that stop: what each asks for, how they combine, and what they refuse."""

from dataclasses import dataclass

import numpy as np
import pytest
from cases import case
from properties import random_complex

from csmri import L1, MaskedFourier, TotalVariation, Wavelet, masks
from csmri.arrays import to_numpy
from csmri.datasets import simulate
from csmri.operators import FiniteDifferences
from csmri.phantoms import shepp_logan
from csmri.regularizers import Ridge
from solvers import (
    RelativeChange,
    RelativeGap,
    StoppingRule,
    Trace,
    admm,
    conjugate_gradient,
    fista,
    ista,
    primal_dual,
)
from solvers.iterate import Iterate
from solvers.progress import Progress, Record, relative_change
from solvers.stopping import LOOK, all_true, foretold_gap


@dataclass(frozen=True)
class After(StoppingRule):
    """A user's rule: enough after so many iterations."""

    iterations: int

    def __call__(self, progress):
        return progress.iteration >= self.iterations


def problem(xp=np, penalty="haar"):
    return case(penalty, sampling="points", weight=0.6).problem(xp)


def test_a_proven_gap_stops(xp):
    result = fista(*problem(xp), iterations=5000, stop=RelativeGap(1e-4))
    assert result.converged is True
    assert result.gap <= 1e-4
    assert result.iterations < 5000
    assert result.history[-1].gap <= 1e-4
    assert result.history[-1].iteration == result.iterations


def test_a_smaller_gap_takes_longer():
    iterations = [
        fista(*problem(), iterations=5000, stop=RelativeGap(tolerance, every=1)).iterations
        for tolerance in (1e-1, 1e-3, 1e-6)
    ]
    assert iterations[0] < iterations[1] < iterations[2] < 5000


def test_the_gap_is_computed_seldom_and_first_after_every_iterations():
    result = fista(*problem(), iterations=400, stop=RelativeGap(0.0, every=7))
    computed = [record.iteration for record in result.history]
    assert computed[0] == 7
    assert len(computed) < 100
    assert (np.diff(computed) >= 1).all()
    assert not result.converged
    assert result.iterations == 400


@pytest.mark.parametrize("weight", [0.01, 0.002])
@pytest.mark.parametrize("make", [TotalVariation, lambda: L1() @ Wavelet("db4", 3)])
def test_the_change_foretells_the_gap_so_that_proofs_are_few(make, weight):
    mask = masks.random_columns(96, acceleration=3, center_fraction=0.1, seed=0)
    y = simulate(shepp_logan(96), mask, seed=0).kspace
    rule = RelativeGap(1e-3)
    result = admm(MaskedFourier(mask), y, weight * make(), iterations=1000, stop=rule)
    assert result.converged
    assert len(result.history) <= 2
    assert all(record.metrics["change"] > 0 for record in result.history)


def test_what_is_far_off_is_looked_at_seldom():
    mask = masks.random_columns(96, acceleration=3, center_fraction=0.1, seed=0)
    y = simulate(shepp_logan(96), mask, seed=0).kspace
    compared, looks = [], []

    def watch(progress):
        if progress.x_previous is not None:
            compared.append(progress.iteration)
        looks[:] = progress.changes

    watch.compares = False
    R = 0.002 * (L1() @ Wavelet("db4", 3))
    result = admm(
        MaskedFourier(mask), y, R, iterations=1000, stop=RelativeGap(1e-3), callback=watch
    )
    assert result.converged
    assert compared == [iteration for iteration, _ in looks]
    assert all(iteration % LOOK == 0 for iteration in compared)
    assert len(compared) <= (result.iterations - compared[0]) / LOOK / 2


def seen(iteration=2, *, x, x_previous, problem=None, kind=Progress):
    """What a rule sees of a solver between two images."""
    return kind(problem, iteration, Iterate(x), x_previous, (), 0.0, [])


def test_a_gap_that_is_never_foretold_is_computed_after_a_while():
    class Restless(Progress):
        def measure(self, metrics):
            change = metrics["change"](self.x)
            self.history.append(Record(self.iteration, 0.0, 1.0, 1e-2, {"change": change}))
            return self.history[-1]

    target = admm(*problem(), iterations=1).problem
    x = random_complex(np, (8, 8))
    progress = seen(x=x, x_previous=-x, problem=target, kind=Restless)
    for progress.iteration in range(1, 1001):
        assert not np.any(RelativeGap(1e-3)(progress))
    assert [record.iteration for record in progress.history] == [92, 184, 368, 736]


@pytest.mark.parametrize("rule", [RelativeGap(1e-3), RelativeGap(1e-3, every=10)])
@pytest.mark.parametrize("every", [1, 3])
def test_a_history_does_not_keep_a_gap_from_stopping(rule, every):
    A, y, R = problem()
    alone = admm(A, y, R, iterations=400, stop=rule)
    watched = admm(A, y, R, iterations=400, stop=rule, callback=Trace(every))
    assert alone.converged
    assert watched.converged
    assert watched.iterations <= alone.iterations + 4


def test_a_gap_is_computed_where_the_change_is_but_rounding():
    A, y, R = problem()
    result = admm(A, y.astype("complex64"), R, iterations=1000, stop=RelativeGap(2e-6))
    assert result.converged
    assert result.iterations < 600


def test_what_is_foretold_agrees_with_the_last_gap():
    A, y, R = problem()
    last = Record(40, 0.1, 1.0, 3e-3, {"change": np.asarray(2e-4)})
    target = admm(A, y, R, iterations=1).problem
    assert foretold_gap(np.asarray(2e-4), target, [last]) == pytest.approx(3e-3)
    assert foretold_gap(np.asarray(1e-4), target, [last]) < 3e-3


def test_images_of_zeros_have_not_moved():
    zeros = np.zeros((2, 8, 8), np.complex64)
    change = relative_change(zeros, zeros)
    assert change.tolist() == [0, 0]
    assert np.isinf(relative_change(zeros, zeros + 1)).all()


def test_a_small_change_stops(xp):
    A, y, R = problem(xp)
    result = ista(A, y, R, iterations=5000, stop=RelativeChange(1e-4))
    assert result.converged is True
    before = ista(A, y, R, iterations=result.iterations - 1)
    change = np.linalg.norm(to_numpy(result.x - before.x))
    assert change <= 1e-4 * np.linalg.norm(to_numpy(result.x))
    assert result.history == ()


def test_a_change_may_be_looked_for_now_and_then():
    A, y, R = problem(np)
    often = ista(A, y, R, iterations=5000, stop=RelativeChange(1e-4)).iterations
    seldom = ista(A, y, R, iterations=5000, stop=RelativeChange(1e-4, every=50)).iterations
    assert seldom % 50 == 0
    assert often <= seldom < often + 50
    with pytest.raises(ValueError, match="got every=0, expected at least 1"):
        RelativeChange(1e-4, every=0)


def test_what_does_not_move_has_converged_at_the_second_iteration(xp):
    A, y, R = problem(xp)
    result = fista(A, 0 * y, R, stop=RelativeChange(0.0))
    assert result.iterations == 2
    assert result.converged


def test_either_rule_stops_and_both_wait_for_each_other():
    def iterations(stop):
        return fista(*problem(), iterations=60, stop=stop).iterations

    assert iterations(After(5) | After(9)) == 5
    assert iterations(After(5) & After(9)) == 9
    assert iterations((After(5) & After(9)) | After(7)) == 7
    assert iterations(RelativeGap(0.0) | After(12)) == 12
    assert iterations(RelativeChange(0.0) & After(3)) == 60


@pytest.mark.parametrize(
    "stop",
    [
        RelativeGap(1e-2) | RelativeChange(1e-12),
        RelativeChange(1e-12) | RelativeGap(1e-2),
        RelativeGap(1e-2) & RelativeChange(1e-1),
        RelativeChange(1e-1) & RelativeGap(1e-2),
        RelativeGap(1e-2) | After(10_000),
        After(1) & RelativeChange(1e-2),
    ],
)
def test_rules_combine_over_a_batch_of_every_array_library(xp, stop):
    A, y, R = problem(xp)
    result = fista(A, xp.stack([y, 2 * y], axis=0), R, iterations=3000, stop=stop)
    assert isinstance(result.converged, np.ndarray)
    assert result.converged.tolist() == [True, True]
    assert np.max(result.iterations) < 3000


def test_every_image_of_a_batch_says_whether_it_converged(xp):
    """Also where the rule was not asked after the last iteration, or there is none."""
    A, y, R = problem(xp)
    batch = xp.stack([y, 2 * y], axis=0)
    for stop in (None, RelativeGap(1e-12), RelativeChange(1e-12), After(99)):
        result = fista(A, batch, R, iterations=3, stop=stop)
        assert isinstance(result.converged, np.ndarray)
        assert result.converged.tolist() == [False, False]


def test_images_solved_together_all_come_to_their_end(xp):
    A, y, R = problem(xp)
    batch = xp.stack([y, 0 * y], axis=0)
    result = fista(A, batch, R, iterations=3000, stop=RelativeGap(1e-3))
    assert result.converged.all()
    assert (result.gap <= 1e-3).all()
    assert result.iterations[1] <= result.iterations[0] < 3000


def test_a_rule_without_proof_is_refused_before_the_first_iteration():
    A, y, _ = case("TV").problem()
    R = Ridge(0.1) @ FiniteDifferences()
    for stop in (
        RelativeGap(1e-3),
        RelativeGap(1e-3) | RelativeChange(1e-3),
        After(1) & RelativeGap(1e-3),
    ):
        with pytest.raises(ValueError, match=r"no proof of the gap.*use RelativeChange, or a num"):
            primal_dual(A, y, R, stop=stop)
    assert primal_dual(A, y, R, stop=RelativeChange(1e-3) | After(5)).converged


@pytest.mark.parametrize("stop", ["gap", 1e-3, RelativeGap, lambda progress: True])
def test_what_is_no_rule_is_refused(stop):
    with pytest.raises(TypeError, match=r"got stop of type \w+, expected a rule"):
        fista(*problem(), stop=stop)


@pytest.mark.parametrize("tolerance", [-1e-3, float("nan"), float("inf"), "small", None])
@pytest.mark.parametrize("rule", [RelativeGap, RelativeChange])
def test_tolerances_are_finite_and_not_negative(rule, tolerance):
    with pytest.raises(ValueError, match=r"got the tolerance .* expected a finite number ≥ 0"):
        rule(tolerance)


@pytest.mark.parametrize(("every", "error"), [(0, ValueError), (-1, ValueError), (1.5, TypeError)])
def test_the_gap_is_computed_after_a_whole_number_of_iterations(every, error):
    with pytest.raises(error, match=r"got every.*at least 1"):
        RelativeGap(1e-3, every=every)


def test_there_is_no_change_before_the_second_image(xp):
    x = random_complex(xp, (4, 4))
    rule = RelativeChange(0.1)
    assert rule(seen(x=x, x_previous=None)) is False
    assert rule(seen(x=x, x_previous=0.95 * x))
    assert not rule(seen(x=x, x_previous=0.8 * x))
    pair, before = xp.stack([x, x]), xp.stack([0.95 * x, 0.8 * x])
    both = rule(seen(x=pair, x_previous=before))
    assert both.tolist() == [True, False]


def test_an_image_of_nan_has_moved_and_is_looked_at_again():
    target = admm(*problem(), iterations=1).problem
    x = np.full((8, 8), np.nan + 0j)
    progress = seen(24, x=x, x_previous=x, problem=target)
    assert np.isinf(progress.change())
    assert not RelativeChange(1e-3)(progress)
    assert not RelativeGap(1e-3).compares(28, progress)
    assert RelativeGap(1e-3).compares(92, progress)


def test_a_change_wants_an_image_from_before():
    x = random_complex(np, (4, 4))
    with pytest.raises(ValueError, match="got no image from before iteration 2, expected one"):
        seen(x=x, x_previous=None).change()


def test_all_images_must_be_done():
    assert all_true(True)
    assert not all_true(False)
    assert all_true(np.asarray([True, True]))
    assert not all_true(np.asarray([True, False]))


@pytest.mark.parametrize("solver", [ista, fista, primal_dual])
def test_every_solver_takes_a_users_rule(solver):
    result = solver(*problem(), iterations=50, stop=After(4))
    assert result.iterations == 4
    assert result.converged


def test_conjugate_gradients_take_a_users_rule():
    A, y, _ = problem()
    assert conjugate_gradient(A, y, stop=After(4)).iterations == 4
