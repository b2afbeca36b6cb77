"""ISTA and FISTA reach the independent optimum, on every array library, in batches, with coils."""

import numpy as np
import pytest
from cases import case
from properties import assert_close, random_complex

from csmri.arrays import IMAGE_AXES, array_namespace, to_numpy
from csmri.operators import Fourier, MaskedFourier, Wavelet
from csmri.regularizers import L1, Regularizer, Ridge
from solvers import RelativeChange, RelativeGap, fista, ista, primal_dual
from solvers.fista import Momentum

PROBLEMS = {
    "columns": case("identity", sampling="columns", shape=(6, 10)),
    "points": case("identity", sampling="points", weight=0.5),
    "coils, columns": case("identity", sampling="columns", coils=3, weight=0.1),
    "wavelet": case("haar", sampling="points", weight=0.6),
    "wavelet, coils, columns": case("haar", sampling="columns", coils=3),
    "wavelet, coils, points": case("db2", sampling="points", coils=2),
}
SOLVERS = {
    "ista": (ista, {}),
    "ista, long steps": (ista, {"step": 1.7}),
    "fista": (fista, {}),
    "fista, restarted": (fista, {"restart": True}),
    "primal-dual": (primal_dual, {"sigma": 0.35}),
}


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("name", PROBLEMS)
def test_every_solver_reaches_the_independent_optimum(solver, name):
    c = PROBLEMS[name]
    solve, options = SOLVERS[solver]
    result = solve(*c.problem(), iterations=2000, stop=RelativeChange(1e-10), **options)
    assert result.converged
    assert result.objective == pytest.approx(c.optimum.value, rel=1e-8)
    assert result.objective >= c.optimum.value * (1 - 1e-12)
    assert 1 - c.optimum.value / result.objective - 1e-12 <= result.gap < 1e-6


@pytest.mark.parametrize("name", ["columns", "wavelet", "wavelet, coils, columns"])
def test_every_array_library_reaches_the_same_optimum(xp, name):
    c = PROBLEMS[name]
    A, y, R = c.problem(xp)
    result = fista(A, y, R, iterations=1000, stop=RelativeChange(1e-8), restart=True)
    assert array_namespace(result.x) is array_namespace(y)
    assert result.objective == pytest.approx(c.optimum.value, rel=1e-8)


@pytest.mark.parametrize("penalty", ["identity", "haar", "db2"])
def test_one_iteration_solves_fully_sampled_data(xp, penalty):
    """Where F is fully sampled, x = Wᴴ soft(W Fᴴ y, λ) is the optimum, and proven so."""
    c = case(penalty, sampling="full")
    A, y, R = c.problem(xp)
    expected = R.prox(Fourier().adjoint(y), 1.0)
    for solver in (ista, fista):
        result = solver(A, y, R, iterations=1)
        assert_close(result.x, expected, 1e-14)
        assert result.objective == pytest.approx(c.optimum.value, rel=1e-12)
        assert abs(result.gap) < 1e-12


def test_momentum_is_nesterovs():
    momentum = Momentum()
    x = np.zeros((1, 1))
    t = [1.0]
    for _ in range(5):
        t.append((1 + np.sqrt(1 + 4 * t[-1] ** 2)) / 2)
    found = [momentum(x, x, x) for _ in range(5)]
    assert found == pytest.approx([(t[k] - 1) / t[k + 1] for k in range(5)])
    assert found[1] == pytest.approx(0.2817, abs=1e-4)


def test_momentum_is_faster_and_restarts_faster_still():
    problem = PROBLEMS["points"].problem()
    plain = ista(*problem, iterations=40).objective
    accelerated = fista(*problem, iterations=40).objective
    restarted = fista(*problem, iterations=40, restart=True).objective
    best = PROBLEMS["points"].optimum.value
    assert restarted - best < (accelerated - best) / 3 < (plain - best) / 9


def test_ista_never_climbs():
    A, y, R = case("haar", sampling="points").problem()
    objectives = []
    ista(A, y, R, iterations=40, callback=lambda p: objectives.append(p.objective()))
    assert len(objectives) == 40
    assert (np.diff(objectives) <= 1e-13 * objectives[0]).all()


@pytest.mark.parametrize("coils", [0, 2])
@pytest.mark.parametrize("options", [{}, {"restart": True}, {"shifts": 3}])
def test_a_batch_gives_what_its_images_give_alone(xp, coils, options):
    A, y, R = case("haar", coils=coils, sampling="points").problem(xp)
    factors = [0.3, 1.0, 2.5]
    batch = xp.stack([factor * y for factor in factors], axis=0)
    together = fista(A, batch, R, iterations=15, **options)
    assert tuple(together.x.shape) == (3, 8, 8)
    for i, factor in enumerate(factors):
        alone = fista(A, factor * y, R, iterations=15, **options)
        assert_close(together.x[i, ...], alone.x, 1e-12)
        if "shifts" not in options:
            assert together.objective[i] == pytest.approx(alone.objective, rel=1e-12)
            assert together.gap[i] == pytest.approx(alone.gap, abs=1e-10)


def test_images_with_masks_and_maps_of_their_own_are_solved_with_them(xp):
    single = [case("identity", sampling="points", coils=2, seed=seed) for seed in (0, 10)]
    masks = np.stack([c.mask for c in single])[:, None]
    A = MaskedFourier(xp.asarray(masks), xp.asarray(np.stack([c.maps for c in single])))
    y = xp.asarray(np.stack([c.y for c in single]))
    together = fista(A, y, single[0].regularizer, iterations=150, restart=True)
    for i, c in enumerate(single):
        assert together.objective[i] == pytest.approx(c.optimum.value, rel=1e-8)


def test_two_batch_axes_keep_their_shape():
    A, y, R = case("identity").problem()
    result = fista(A, np.stack([[y, 2 * y, 3 * y], [y, y, y]]), R, iterations=5)
    assert result.x.shape == (2, 3, 8, 8)
    assert result.objective.shape == result.gap.shape == result.iterations.shape == (2, 3)


@pytest.mark.parametrize("solver", [ista, fista])
def test_single_precision_stays_single_and_comes_close(xp, solver):
    c = case("db2", sampling="points", coils=2)
    A, y, R = c.problem(xp, "complex64")
    result = solver(A, y, R, iterations=100)
    assert result.x.dtype == xp.complex64
    assert result.objective == pytest.approx(c.optimum.value, rel=1e-5)
    assert result.gap >= 1 - c.optimum.value / result.objective - 1e-6  # y itself is rounded
    shifted = fista(A, y, R, iterations=3, shifts=0)
    assert shifted.x.dtype == xp.complex64


@pytest.mark.parametrize("solver", [ista, fista])
def test_inputs_are_not_written(xp, solver):
    A, y, R = case("db2").problem(xp)
    x0 = random_complex(xp, (8, 8))
    before = to_numpy(y).copy(), to_numpy(x0).copy()
    solver(A, y, R, iterations=5, x0=x0)
    assert np.array_equal(to_numpy(y), before[0])
    assert np.array_equal(to_numpy(x0), before[1])


@pytest.mark.parametrize("solver", [ista, fista])
def test_a_start_at_the_optimum_stays_there(xp, solver):
    c = case("haar", sampling="points")
    A, y, R = c.problem(xp)
    result = solver(A, y, R, iterations=3, x0=xp.asarray(c.optimum.x))
    assert_close(result.x, c.optimum.x, 1e-9)


@pytest.mark.parametrize("solver", [ista, fista])
def test_any_start_ends_at_the_optimum(solver):
    c = PROBLEMS["coils, columns"]
    result = solver(*c.problem(), iterations=500, x0=10 * random_complex(np, (8, 8), seed=4))
    assert result.objective == pytest.approx(c.optimum.value, rel=1e-8)


def test_a_real_start_is_taken_in_the_precision_of_the_data(xp):
    A, y, R = case("haar").problem(xp)
    result = fista(A, y, R, iterations=1, x0=xp.ones((8, 8), dtype=xp.float32))
    assert result.x.dtype == xp.complex128


def test_starts_that_cannot_be_meant_are_refused(xp):
    A, y, R = case("haar").problem(xp)
    with pytest.raises(ValueError, match=r"x0 of shape \(8, 9\), expected \(8, 8\).*drop x0"):
        fista(A, y, R, x0=xp.zeros((8, 9), dtype=xp.complex128))
    with pytest.raises(ValueError, match=r"x0 holds 64 values .*\(0, 0\)"):
        fista(A, y, R, x0=xp.full((8, 8), float("nan"), dtype=xp.float64))
    with pytest.raises(TypeError, match=r"got x0 of type list, expected an array"):
        fista(A, y, R, x0=[[0.0]])
    with pytest.raises(TypeError, match="expected complex64"):
        fista(A, y, R, x0=xp.ones((8, 8), dtype=xp.int32))


@pytest.mark.parametrize("step", [0, -1, 2, 2.5, float("nan"), float("inf"), "long"])
def test_steps_that_diverge_are_refused(step):
    with pytest.raises(ValueError, match=r"got step=.*expected"):
        ista(*case("haar").problem(), step=step)
    with pytest.raises(ValueError, match=r"got step=.*expected"):
        fista(*case("haar").problem(), step=step)


def test_momentum_allows_no_step_beyond_one_over_the_norm_squared():
    problem = case("haar").problem()
    with pytest.raises(ValueError, match=r"0 < step ≤ 1 = 1/‖A‖², beyond which momentum"):
        fista(*problem, step=1.5)
    assert ista(*problem, step=1.5, iterations=2).iterations == 2
    assert fista(*problem, step=1, iterations=2).iterations == 2


@pytest.mark.parametrize("solver", [ista, fista])
def test_shorter_steps_reach_the_same_optimum(solver):
    c = case("identity", sampling="points", coils=2)
    result = solver(*c.problem(), iterations=500, step=0.4)
    assert result.objective == pytest.approx(c.optimum.value, rel=1e-8)


@pytest.mark.parametrize("solver", [ista, fista])
def test_regularizers_without_closed_form_are_sent_to_minimise(solver):
    A, y, R = case("TV").problem()
    for regularizer in (R, R + L1()):
        with pytest.raises(ValueError, match=r"no closed-form prox .*solvers\.minimise"):
            solver(A, y, regularizer)


@pytest.mark.parametrize("solver", [ista, fista, primal_dual])
def test_what_is_no_regularizer_is_refused(solver):
    A, y, _ = case("TV").problem()
    for wrong in (0.1, None, Wavelet("haar"), L1):
        with pytest.raises(TypeError, match=r"got a regularizer of type \w+, expected a Regular"):
            solver(A, y, wrong)


def test_a_ridge_has_the_closed_form_of_a_linear_system(xp):
    A, y, _ = case("identity", sampling="full").problem(xp)
    assert_close(fista(A, y, Ridge(0.5), iterations=200).x, A.adjoint(y) / 1.5, 1e-9)


class ElasticNet(Regularizer):
    """A user's class in ten lines: no dual norm, so that nothing is proven."""

    def value(self, x):
        xp = array_namespace(x)
        return xp.sum(xp.abs(x) + xp.abs(x) ** 2 / 2, axis=IMAGE_AXES)

    def prox(self, x, step):
        return L1().prox(x, step) / (1 + step)


@pytest.mark.parametrize("transform", [None, Wavelet("haar", levels=1)])
def test_a_users_regularizer_works_in_every_solver(xp, transform):
    A, y, _ = case("identity", sampling="points").problem(xp)
    R = 0.5 * (ElasticNet() if transform is None else ElasticNet() @ transform)
    batch = xp.stack([y, 2 * y], axis=0)
    results = [
        ista(A, batch, R, iterations=70),
        fista(A, batch, R, iterations=40, restart=True),
        primal_dual(A, batch, R, iterations=100, sigma=0.3),
    ]
    for result in results:
        assert result.gap is None
        assert result.objective == pytest.approx(results[0].objective, rel=1e-8)


# ---- random shifts


def test_shifts_are_the_same_for_the_same_seed_and_others_for_another():
    problem = case("haar", shape=(8, 12)).problem()
    first, again, other = (fista(*problem, iterations=7, shifts=seed) for seed in (5, 5, 6))
    assert first.x.tobytes() == again.x.tobytes()
    assert np.linalg.norm(first.x - other.x) > 1e-6 * np.linalg.norm(first.x)
    assert np.linalg.norm(first.x - fista(*problem, iterations=7).x) > 1e-6


def test_shifts_of_a_penalty_that_shifts_do_not_change_change_nothing(xp):
    A, y, R = case("identity").problem(xp)
    assert_close(fista(A, y, R, iterations=9, shifts=0).x, fista(A, y, R, iterations=9).x, 1e-13)


def test_shifts_are_labelled_as_the_heuristic_they_are():
    problem = case("haar").problem()
    result = fista(*problem, iterations=3, shifts=0, callback=lambda p: p.measure() and None)
    assert result.objective is None
    assert result.gap is None
    assert "random shifts (a heuristic, no objective)" in repr(result)
    assert [record.objective for record in result.history] == [None] * 3
    with pytest.raises(ValueError, match=r"no proof of the gap.*use RelativeChange"):
        fista(*problem, shifts=0, stop=RelativeGap(1e-3))
    assert fista(*problem, shifts=0, iterations=4, stop=RelativeChange(0.0)).iterations == 4


def test_shifts_of_a_batch_have_neither_objective_nor_gap(xp):
    A, y, R = case("haar").problem(xp)
    result = fista(A, xp.stack([y, y], axis=0), R, iterations=2, shifts=1)
    assert result.objective is None
    assert result.gap is None


@pytest.mark.parametrize("seed", [1.5, True, "0"])
def test_seeds_of_shifts_are_whole_numbers(seed):
    with pytest.raises(TypeError, match=r"got shifts of type \w+, expected a whole number"):
        fista(*case("haar").problem(), shifts=seed)


def test_seeds_of_shifts_are_not_negative():
    with pytest.raises(ValueError, match=r"got shifts=-1, expected at least 0"):
        fista(*case("haar").problem(), shifts=-1)
