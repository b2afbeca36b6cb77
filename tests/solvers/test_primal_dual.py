"""Primal-dual splitting reaches the independent optimum for every regularizer with a split."""

import numpy as np
import pytest
from cases import PENALTIES, case
from properties import assert_close, random_complex
from reference import difference_matrix, image_optimum, wavelet_matrix

from csmri.arrays import IMAGE_AXES, array_namespace, to_numpy
from csmri.operators import FiniteDifferences, Wavelet
from csmri.regularizers import L1, GroupL1, Regularizer, TotalVariation
from solvers import RelativeChange, fista, primal_dual

VARIATIONS = [name for name in PENALTIES if name.startswith("TV")]
LAYOUTS = {
    "columns": {"sampling": "columns"},
    "points": {"sampling": "points", "shape": (6, 10)},
    "coils": {"sampling": "columns", "coils": 2},
}
STOP = RelativeChange(1e-10)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("penalty", VARIATIONS)
def test_total_variation_reaches_the_independent_optimum(penalty, layout):
    c = case(penalty, weight=0.1, **LAYOUTS[layout])
    result = primal_dual(*c.problem(), iterations=5000, stop=STOP)
    assert result.converged
    assert result.objective == pytest.approx(c.optimum.value, rel=1e-8)
    assert result.objective >= c.optimum.value * (1 - 1e-12)
    assert 1 - c.optimum.value / result.objective - 1e-12 <= result.gap < 1e-6


@pytest.mark.parametrize("penalty", ["TV", "TV anisotropic Neumann"])
def test_every_array_library_reaches_the_same_optimum(xp, penalty):
    c = case(penalty, weight=0.1, coils=2)
    A, y, R = c.problem(xp)
    result = primal_dual(A, y, R, iterations=300)
    assert array_namespace(result.x) is array_namespace(y)
    assert result.objective == pytest.approx(c.optimum.value, rel=1e-8)


def test_full_sampling_denoises_to_the_independent_optimum():
    c = case("TV", sampling="full", weight=0.5)
    result = primal_dual(*c.problem(), iterations=5000, stop=STOP)
    assert result.objective == pytest.approx(c.optimum.value, rel=1e-8)


@pytest.mark.parametrize("sigma", [0.02, 0.1, 1.0])
def test_every_dual_step_reaches_the_same_optimum(sigma):
    c = case("TV", coils=2, weight=0.1)
    result = primal_dual(*c.problem(), iterations=5000, stop=STOP, sigma=sigma)
    assert result.objective == pytest.approx(c.optimum.value, rel=1e-8)


def test_shorter_primal_steps_reach_it_too():
    c = case("TV", coils=2, weight=0.1)
    result = primal_dual(*c.problem(), iterations=5000, stop=STOP, sigma=0.05, tau=0.5)
    assert result.objective == pytest.approx(c.optimum.value, rel=1e-8)


def test_what_has_a_closed_form_prox_ends_where_fista_does():
    A, y, R = case("haar", coils=2).problem()
    accelerated = fista(A, y, R, iterations=150, restart=True)
    splitting = primal_dual(A, y, R, iterations=500, stop=STOP)
    assert splitting.objective == pytest.approx(accelerated.objective, rel=1e-8)
    assert_close(splitting.x, accelerated.x, 1e-5)


def test_sums_reach_the_independent_optimum():
    """TV and ℓ1 of wavelets together: as one matrix, [λ₁ D; λ₁ D'; λ₂ W] with its own groups."""
    c = case("TV anisotropic", weight=0.1, coils=2)
    A, y, R = c.problem()
    both = R + 0.2 * (L1() @ Wavelet("haar", levels=2))
    result = primal_dual(A, y, both, iterations=1500, stop=STOP)
    D, W = difference_matrix(c.shape), wavelet_matrix(c.shape, "haar", 2)
    expected = image_optimum(c.y, c.mask, np.concatenate([0.1 * D, 0.2 * W]), 1.0, maps=c.maps)
    assert expected.stationarity < 1e-10
    assert result.objective == pytest.approx(expected.value, rel=1e-8)
    assert [tuple(part.shape) for part in result.dual.parts] == [(2, 8, 8), (8, 8)]


def test_sums_take_the_same_path_on_every_array_library(xp):
    A, y, R = case("TV", coils=2).problem(xp)
    both = R + 0.2 * (L1() @ Wavelet("haar", levels=1))
    A_, y_, _ = case("TV", coils=2).problem()
    here, there = (primal_dual(*pair, both, iterations=15) for pair in ((A, y), (A_, y_)))
    assert_close(here.x, there.x, 1e-12)


def test_two_terms_of_one_transform_are_one_problem():
    c = case("TV", weight=0.1, coils=2)
    A, y, _ = c.problem()
    apart = 0.1 * TotalVariation() + 0.1 * TotalVariation(isotropic=False)
    together = 0.1 * ((GroupL1() + L1()) @ FiniteDifferences())
    results = [primal_dual(A, y, R, iterations=3000, stop=STOP) for R in (apart, together)]
    assert results[0].objective == pytest.approx(results[1].objective, rel=1e-8)


def test_the_dual_ends_in_its_ball_and_balances_the_data(xp):
    c = case("TV", weight=0.1, coils=2)
    A, y, R = c.problem(xp)
    result = primal_dual(A, y, R, iterations=300)
    g, K = R.split()
    assert float(g.dual_norm(result.dual)) <= 1 + 1e-12
    gradient = A.normal(result.x) - A.adjoint(y)
    assert_close(K.adjoint(result.dual), -1 * gradient, 1e-7)
    overlap = np.vdot(to_numpy(result.dual), to_numpy(K(result.x))).real
    assert overlap == pytest.approx(float(R.value(result.x)), rel=1e-7)


@pytest.mark.parametrize("coils", [0, 2])
@pytest.mark.parametrize("penalty", ["TV", "haar"])
def test_a_batch_gives_what_its_images_give_alone(xp, penalty, coils):
    A, y, R = case(penalty, coils=coils, sampling="points").problem(xp)
    factors = [0.3, 1.0, 2.5]
    batch = xp.stack([factor * y for factor in factors], axis=0)
    together = primal_dual(A, batch, R, iterations=15, sigma=0.1)
    for i, factor in enumerate(factors):
        alone = primal_dual(A, factor * y, R, iterations=15, sigma=0.1)
        assert_close(together.x[i, ...], alone.x, 1e-12)
        assert together.objective[i] == pytest.approx(alone.objective, rel=1e-12)
        if alone.gap is not None:
            assert together.gap[i] == pytest.approx(alone.gap, abs=1e-10)


def test_a_batch_of_sums_gives_what_its_images_give_alone(xp):
    A, y, R = case("TV").problem(xp)
    both = R + 0.1 * L1()
    together = primal_dual(A, xp.stack([y, 2 * y], axis=0), both, iterations=5, sigma=0.1)
    for i in range(2):
        alone = primal_dual(A, (i + 1) * y, both, iterations=5, sigma=0.1)
        assert_close(together.x[i, ...], alone.x, 1e-12)
        assert together.objective[i] == pytest.approx(alone.objective, rel=1e-12)


def test_single_precision_stays_single_and_is_certified(xp):
    c = case("TV", sampling="points", weight=0.1)
    A, y, R = c.problem(xp, "complex64")
    result = primal_dual(A, y, R, iterations=300)
    assert result.x.dtype == xp.complex64
    assert result.dual.dtype == xp.complex64
    assert result.objective == pytest.approx(c.optimum.value, rel=1e-5)
    assert 1 - c.optimum.value / result.objective - 1e-6 <= result.gap < 1e-3


def test_inputs_are_not_written(xp):
    A, y, R = case("TV").problem(xp)
    x0 = random_complex(xp, (8, 8))
    before = to_numpy(y).copy(), to_numpy(x0).copy()
    primal_dual(A, y, R, iterations=5, x0=x0)
    assert np.array_equal(to_numpy(y), before[0])
    assert np.array_equal(to_numpy(x0), before[1])


def test_any_start_ends_at_the_optimum():
    c = case("TV", coils=2, weight=0.1)
    x0 = 10 * random_complex(np, (8, 8), seed=4)
    result = primal_dual(*c.problem(), iterations=5000, stop=STOP, x0=x0)
    assert result.objective == pytest.approx(c.optimum.value, rel=1e-8)


def test_a_result_as_start_brings_its_dual():
    """At the optimum image, the zero dual of a cold start moves away; that of a result does not."""
    A, y, R = case("TV", coils=2, weight=0.1).problem()
    solved = primal_dual(A, y, R, iterations=3000, stop=RelativeChange(1e-12))
    warm = primal_dual(A, y, R, iterations=3, x0=solved)
    cold = primal_dual(A, y, R, iterations=3, x0=solved.x)
    assert_close(warm.x, solved.x, 1e-9)
    assert np.linalg.norm(cold.x - solved.x) > 1e-3 * np.linalg.norm(solved.x)


def test_zero_weight_leaves_least_squares():
    A, y, _ = case("TV", coils=3).problem()
    result = primal_dual(A, y, 0 * TotalVariation(), iterations=400)
    assert np.linalg.norm(A.normal(result.x) - A.adjoint(y)) < 1e-8


@pytest.mark.parametrize("name", ["sigma", "tau"])
@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), "small"])
def test_steps_must_be_positive_numbers(name, value):
    with pytest.raises(ValueError, match=rf"got {name}=.*expected a positive finite number"):
        primal_dual(*case("TV").problem(), **{name: value})


def test_steps_that_break_condats_condition_are_refused():
    A, y, R = case("TV").problem()
    largest = 1 / (0.5 + 8 * 0.1)
    assert primal_dual(A, y, R, sigma=0.1, tau=largest, iterations=1).iterations == 1
    with pytest.raises(ValueError, match=r"got tau=0.78.*expected tau ≤ 0.769.*leave tau out"):
        primal_dual(A, y, R, sigma=0.1, tau=0.78)


class Own(Regularizer):
    """A user's outer function without a dual norm: Σ |z| + ½|z|² of whatever it is given."""

    def value(self, x):
        xp = array_namespace(x)
        return xp.sum(xp.abs(x) + xp.abs(x) ** 2 / 2, axis=IMAGE_AXES)

    def prox(self, x, step):
        return L1().prox(x, step) / (1 + step)


def test_a_users_function_of_differences_is_minimised(xp):
    c = case("TV", coils=2)
    A, y, _ = c.problem(xp)
    R = 0.1 * (Own() @ FiniteDifferences())
    result = primal_dual(A, y, R, iterations=300)
    assert result.gap is None
    x = to_numpy(result.x)
    A_, y_, _ = c.problem()

    def objective(image):
        return np.linalg.norm(A_(image) - y_) ** 2 / 2 + float(R.value(image))

    assert result.objective == pytest.approx(objective(x), rel=1e-12)
    for seed in range(10):
        step = 1e-3 * random_complex(np, (8, 8), seed=seed)
        assert objective(x + step) > result.objective
