"""Certificates are proofs: on problems drawn at random the bound never exceeds the optimum."""

import numpy as np
import pytest
from cases import PENALTIES, case
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from properties import assert_close, random_complex, random_mask
from reference import image_optimum

from csmri.arrays import to_numpy
from csmri.operators import FiniteDifferences, MaskedFourier, Wavelet
from csmri.regularizers import L1, Regularizer, Ridge
from solvers import RelativeGap, admm, conjugate_gradient, fista, ista, minimise, primal_dual
from solvers.certificate import certificate_for

UNITARY = ("identity", "haar", "db2")
VARIATION = ("TV", "TV anisotropic")
NEUMANN = ("TV Neumann", "TV anisotropic Neumann")
SUMS = ("haar + TV", "haar + TV Neumann")
ROUNDING = 1e-12


def drawn(penalty, shape, sampling, coils, weight, seed):
    """A random problem with noise, and its optimum by dense ADMM."""
    mask = random_mask(np, shape[-1:] if sampling == "columns" else shape, fraction=0.4, seed=seed)
    maps = random_complex(np, (coils, *shape), seed=seed + 1) / coils if coils else None
    A = MaskedFourier(mask, maps)
    y = A(random_complex(np, shape, seed=seed + 2))
    y = np.where(mask, y + 0.3 * random_complex(np, y.shape, seed=seed + 3), 0)
    R, matrix, groups = PENALTIES[penalty]
    optimum = image_optimum(
        y, mask, matrix(shape), weight, groups=groups, maps=maps, iterations=4000
    )
    return A, y, weight * R, optimum.value


PROBLEMS = {
    "sampling": st.sampled_from(["columns", "points"]),
    "weight": st.floats(0.02, 1.0),
    "seed": st.integers(0, 10_000),
    "iterations": st.integers(1, 80),
}


def assert_proof(result, optimum):
    """The bound is below the optimum, and so the gap above the true suboptimality."""
    bound = result.objective * (1 - result.gap)
    assert bound <= optimum * (1 + ROUNDING)
    assert result.gap >= (result.objective - optimum) / result.objective - ROUNDING
    assert result.gap >= -ROUNDING


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    penalty=st.sampled_from(UNITARY),
    shape=st.sampled_from([(8, 8), (8, 12)]),
    coils=st.sampled_from([0, 0, 2]),
    solver=st.sampled_from([ista, fista, primal_dual]),
    **PROBLEMS,
)
def test_l1_of_a_unitary_transform_is_bounded_from_below(
    penalty, shape, coils, solver, sampling, weight, seed, iterations
):
    A, y, R, optimum = drawn(penalty, shape, sampling, coils, weight, seed)
    assert_proof(solver(A, y, R, iterations=iterations), optimum)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    penalty=st.sampled_from(VARIATION),
    shape=st.sampled_from([(6, 6), (4, 9), (7, 5)]),
    sigma=st.sampled_from([None, 0.05, 0.5]),
    **PROBLEMS,
)
def test_periodic_total_variation_is_bounded_from_below(
    penalty, shape, sigma, sampling, weight, seed, iterations
):
    A, y, R, optimum = drawn(penalty, shape, sampling, 0, weight, seed)
    assert_proof(primal_dual(A, y, R, iterations=iterations, sigma=sigma), optimum)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), ridge=st.floats(0.01, 2.0), coils=st.sampled_from([0, 2]))
def test_a_ridge_is_bounded_from_below(seed, ridge, coils):
    A, y, _, _ = drawn("identity", (4, 6), "points", coils, 1.0, seed)
    exact = conjugate_gradient(A, y, ridge=ridge, iterations=60)
    for iterations in (0, 1, 3):
        assert_proof(conjugate_gradient(A, y, ridge=ridge, iterations=iterations), exact.objective)


@pytest.mark.parametrize("penalty", ["identity", "haar", "TV", "TV anisotropic"])
def test_every_point_gives_a_bound_not_only_a_solvers(penalty):
    c = case(penalty, sampling="points", weight=0.1)
    A, y, R = c.problem()
    for seed in range(20):
        x = c.optimum.x + 10.0 ** (1 - seed % 5) * random_complex(np, c.shape, seed=seed)
        result = primal_dual(A, y, R, iterations=0, x0=x)
        assert_proof(result, c.optimum.value)


@pytest.mark.parametrize("penalty", ["identity", "haar", "TV", "TV anisotropic"])
def test_the_gap_closes_as_the_solver_converges(xp, penalty):
    c = case(penalty, sampling="points", weight=0.5)
    A, y, R = c.problem(xp)
    solver = fista if penalty in UNITARY else primal_dual
    gaps = [solver(A, y, R, iterations=n).gap for n in (5, 40, 200)]
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 1e-3


@pytest.mark.parametrize(("penalty", "solver"), [("haar", fista), ("TV", primal_dual)])
def test_the_best_bound_never_falls(penalty, solver):
    c = case(penalty, sampling="points")
    bounds = []

    def watch(progress):
        record = progress.measure()
        bounds.append(record.objective * (1 - record.gap))

    solver(*c.problem(), iterations=60, callback=watch)
    assert len(bounds) == 60
    assert (np.diff(bounds) >= -ROUNDING * c.optimum.value).all()
    assert bounds[-1] <= c.optimum.value * (1 + ROUNDING)


def test_every_image_of_a_batch_has_its_own_proof(xp):
    c = case("TV", sampling="points")
    A, y, R = c.problem(xp)
    result = primal_dual(A, xp.stack([y, 0 * y, y], axis=0), R, iterations=30, sigma=0.1)
    alone = primal_dual(A, y, R, iterations=30, sigma=0.1)
    assert result.gap == pytest.approx([alone.gap, 0, alone.gap], abs=1e-12)
    assert_proof(alone, c.optimum.value)


def test_nothing_measured_but_zeros_is_solved_by_zero(xp):
    for penalty, solver in (("identity", fista), ("TV", primal_dual)):
        A, y, R = case(penalty).problem(xp)
        result = solver(A, 0 * y, R, iterations=2)
        assert result.objective == 0
        assert result.gap == 0
        assert not to_numpy(result.x).any()


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("coils", [0, 3])
@pytest.mark.parametrize("penalty", ["identity", "haar", "TV"])
def test_an_exact_fit_is_all_there_is_where_nothing_is_penalised(xp, penalty, coils, dtype):
    some = case(penalty, coils=coils, weight=0.0)
    A, y, R = some.problem(xp, dtype)
    y = A(A.adjoint(y))  # what an image explains
    result = minimise(A, y, R, iterations=400)
    assert result.converged
    assert result.gap <= 1e-3
    assert result.iterations < 400


@pytest.mark.parametrize("fidelity", [1.0, 1e6])
def test_what_is_small_but_no_rounding_has_its_own_gap(fidelity):
    A, y, R = case("TV", weight=1e-9).problem(np, "complex128")
    result = admm(A, fidelity * y, fidelity * R, iterations=5)
    assert 0 < result.objective < 1e-6 * np.sum(np.abs(fidelity * y) ** 2)
    assert result.gap > 1e-6


def test_a_bound_of_single_precision_iterates_is_computed_in_double(xp):
    c = case("identity", sampling="points", weight=0.6)
    A, y, R = c.problem(xp, "complex64")
    result = fista(A, y, R, iterations=300)
    double = fista(A, xp.astype(y, xp.complex128), R, iterations=300)
    assert isinstance(result.gap, float)
    assert double.objective <= result.objective * (1 + 1e-9)
    assert result.objective * (1 - result.gap) <= double.objective * (1 + ROUNDING)


def test_where_there_is_no_proof_no_gap_is_claimed():
    A, y, _ = case("TV").problem()
    R = Ridge(0.3) @ FiniteDifferences()
    assert primal_dual(A, y, R, iterations=2).gap is None
    with pytest.raises(ValueError, match=r"no proof of the gap of .* use RelativeChange"):
        primal_dual(A, y, R, stop=RelativeGap(1e-3))


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    penalty=st.sampled_from(VARIATION + NEUMANN + SUMS),
    shape=st.sampled_from([(6, 6), (4, 9), (7, 5), (10, 2)]),
    coils=st.sampled_from([0, 1, 2, 3]),
    solver=st.sampled_from([primal_dual, admm]),
    **PROBLEMS,
)
def test_total_variation_of_coils_and_of_any_boundary_is_bounded_from_below(
    penalty, shape, coils, solver, sampling, weight, seed, iterations
):
    assume(penalty not in SUMS or shape in ((6, 6), (10, 2)))  # wavelets want even sides
    A, y, R, optimum = drawn(penalty, shape, sampling, coils, weight, seed)
    assert_proof(solver(A, y, R, iterations=iterations), optimum)


@pytest.mark.parametrize("penalty", [*VARIATION, *NEUMANN, *SUMS])
@pytest.mark.parametrize("coils", [0, 3])
def test_the_gap_of_coils_and_of_any_boundary_closes(xp, penalty, coils):
    c = case(penalty, sampling="points", coils=coils, weight=0.5)
    gaps = [admm(*c.problem(xp), iterations=n).gap for n in (5, 40, 400)]
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 1e-6


@pytest.mark.parametrize("penalty", [*VARIATION, *NEUMANN])
def test_every_point_gives_a_bound_for_coils_too(penalty):
    c = case(penalty, sampling="points", coils=2, weight=0.1)
    A, y, R = c.problem()
    for seed in range(20):
        x = c.optimum.x + 10.0 ** (1 - seed % 5) * random_complex(np, c.shape, seed=seed)
        assert_proof(primal_dual(A, y, R, iterations=0, x0=x), c.optimum.value)


@pytest.mark.parametrize("shape", [(1, 2), (1, 16), (16, 1)])
@pytest.mark.parametrize("penalty", [VARIATION[0], NEUMANN[0]])
def test_a_constant_image_that_fits_exactly_leaves_nothing_to_prove(penalty, shape):
    draw = np.random.default_rng(1)
    maps = draw.standard_normal((1, *shape)) + 1j * draw.standard_normal((1, *shape))
    mask = np.zeros(shape, bool)
    mask[-1, -1] = True
    A = MaskedFourier(mask, maps)
    y = A(np.ones(shape) * (1 + 0.5j))  # so that the optimum is 0
    R = 1e-4 * PENALTIES[penalty][0]
    for iterations in (5, 40, 200):
        for solver in (primal_dual, admm):
            result = solver(A, y, R, iterations=iterations)
            assert result.objective * (1 - result.gap) <= 1e-14 * np.sum(np.abs(y) ** 2)


class Own(Regularizer):
    """A user's norm with its dual norm, split by hand into a norm and a unitary transform."""

    def value(self, x):
        return L1().value(Wavelet("haar", levels=2)(x))

    def prox(self, x, step):
        return (L1() @ Wavelet("haar", levels=2)).prox(x, step)

    def split(self):
        return L1(), Wavelet("haar", levels=2)


@pytest.mark.parametrize("coils", [0, 2])
def test_a_users_norm_is_proven_by_its_dual_norm(coils):
    c = case("haar", sampling="points", coils=coils)
    A, y, _ = c.problem()
    for iterations in (1, 5, 50):
        result = fista(A, y, c.weight * Own(), iterations=iterations)
        assert_proof(result, c.optimum.value)
    assert fista(A, y, c.weight * Own(), iterations=200).gap < 1e-3


class TooSmall(Own):
    """The same with a tenth of its dual norm, so that bounds are above the optimum."""

    def split(self):
        return Tenth(), Wavelet("haar", levels=2)


class Tenth(Regularizer):
    def value(self, x):
        return L1().value(x)

    def prox(self, x, step):
        return L1().prox(x, step)

    def dual_norm(self, p):
        return L1().dual_norm(p) / 10


def ending(result):
    return result.gap, result.converged


@pytest.mark.parametrize("solver", [fista, admm, primal_dual])
def test_a_bound_above_the_objective_is_no_gap(solver):
    A, y, _ = case("haar", sampling="points").problem()
    with pytest.warns(RuntimeWarning, match="above the objective, so dual_norm"):
        end = ending(solver(A, y, 0.3 * TooSmall(), iterations=100, stop=RelativeGap(1e-3)))
    assert end == (np.inf, False)


def test_certificates_fit_the_problem():
    def kind(penalty, regularizer=None, **layout):
        A, y, R = case(penalty, **layout).problem()
        problem = fista(A, y, L1(), iterations=0).problem
        return certificate_for(problem.in_double, R if regularizer is None else regularizer)

    assert kind("haar") is not None
    assert kind("haar", coils=2) is not None
    assert kind("TV") is not None
    assert kind("TV", coils=2) is not None
    assert kind("TV Neumann") is not None
    assert kind("TV", Ridge(0.5) @ FiniteDifferences()) is None
    assert kind("TV", L1() @ FiniteDifferences() + Ridge(0.5)) is None
    assert kind("identity", Ridge(0.5)) is not None
    assert kind("identity", Ridge(0.0)) is None


def test_scaling_the_data_and_the_weight_scales_the_proof(xp):
    A, y, R = case("TV", sampling="points").problem(xp)
    plain = primal_dual(A, y, R, iterations=20, sigma=0.1)
    scaled = primal_dual(A, 1000 * y, 1000 * R, iterations=20, sigma=0.1)
    assert scaled.gap == pytest.approx(plain.gap, rel=1e-6)
    assert_close(scaled.x, 1000 * plain.x, 1e-12)
