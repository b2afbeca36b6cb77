"""Cases that once gave a false proof, a deep error, or an image that ran away."""

import numpy as np
import pytest
from cases import points_problem
from properties import assert_close, random_complex

from csmri.constraints import NoiseBound
from csmri.operators import (
    Fourier,
    Frames,
    LinearOperator,
    MaskedFourier,
    UndecimatedWavelet,
    Wavelet,
)
from csmri.regularizers import L1, Regularizer, Ridge, Sum, TotalVariation
from solvers import (
    RelativeGap,
    Trace,
    admm,
    conjugate_gradient,
    discrepancy,
    fista,
    ista,
    low_rank_plus_sparse,
    minimise,
    nested,
    path,
    pogm,
    primal_dual,
)

U, W, TV = UndecimatedWavelet("haar", 1), Wavelet("haar", 1), TotalVariation


def series():
    """Four frames of which the first is a hundred times brighter: (A, y, frames)."""
    rng = np.random.default_rng(0)
    mask = rng.random((4, 1, 8)) < 0.6
    mask[..., 4] = True
    A = MaskedFourier(mask)
    y = A(random_complex(np, (4, 8, 8), dtype="complex128"))
    y[1:] *= 0.01
    return A, y, Frames((8, 8))


@pytest.mark.parametrize("wavelet", [False, True])
def test_frames_of_one_image_have_one_gap_and_it_is_valid(wavelet):
    A, y, F = series()
    R = 0.05 * (L1() @ W @ F if wavelet else L1() @ F)
    early = primal_dual(A @ F, y, R, iterations=10)
    best = primal_dual(A @ F, y, R, iterations=4000)
    assert isinstance(early.gap, float)
    assert early.gap >= 1 - best.objective / early.objective > 1e-3
    found = minimise(A @ F, y, R)
    assert found.converged
    assert 0 <= found.gap <= 1e-3
    both = low_rank_plus_sparse(A, y, low_rank=3.0, sparse=R, iterations=20).result
    assert isinstance(both.gap, float)
    assert both.gap >= 0


def test_a_sparse_part_that_is_no_norm_has_no_gap():
    A, y, _ = series()
    parts = low_rank_plus_sparse(A, y, low_rank=0.1, sparse=Ridge(0.1), iterations=3)
    assert parts.result.gap is None


@pytest.mark.filterwarnings("ignore:the image of:RuntimeWarning")
def test_what_is_no_number_is_not_near_the_optimum():
    A, y, _ = points_problem()
    with np.errstate(all="ignore"):
        result = minimise(A, y.astype("complex64"), 1e38 * TV())
        assert not np.isfinite(result.objective)
        assert result.gap == np.inf
        assert not result.converged


class OwnL1(Regularizer):
    """|x| summed, with a prox that a test plants a fault in."""

    def __init__(self, fault):
        self.fault = fault

    def value(self, x):
        return L1().value(x)

    def prox(self, x, step):
        return self.fault(L1().prox(x, step))


@pytest.mark.parametrize("solver", [ista, fista, pogm, admm, minimise])
@pytest.mark.parametrize(
    "fault",
    [lambda x: x[None], lambda x: x.real, lambda x: x.astype(complex), lambda x: x[..., :1, :]],
)
def test_a_prox_that_changes_the_form_of_images_is_refused(solver, fault):
    A, y, _ = points_problem()
    with pytest.raises(ValueError, match=r"a prox has to keep shape and dtype; try your own with"):
        solver(A, y.astype("complex64"), 0.1 * OwnL1(fault), iterations=30)


@pytest.mark.parametrize("solver", [fista, pogm, admm, primal_dual])
def test_an_image_that_is_not_finite_is_said_to_be_none(solver):
    A, y, _ = points_problem()
    with pytest.warns(RuntimeWarning, match="is not finite: a prox, the operator"):
        result = solver(A, y, 0.1 * OwnL1(lambda x: x * np.nan), iterations=3)
    assert np.isnan(result.x).all()


class OwnFourier(LinearOperator):
    """One coil's Fourier transform, with faults that a test plants."""

    def __init__(self, adjoint=lambda x: x, bound=1.0):
        self.fault, self.bound = adjoint, bound

    def __call__(self, x):
        return Fourier()(x)

    def adjoint(self, y):
        return self.fault(Fourier().adjoint(y))

    def norm_bound(self):
        return self.bound


@pytest.mark.parametrize("solver", [fista, admm, primal_dual, minimise, conjugate_gradient])
def test_an_operator_that_does_not_fit_itself_is_refused(solver):
    def solved(A):
        y = random_complex(np, (8, 8), dtype="complex64")
        return solver(A, y, iterations=3) if solver is conjugate_gradient else solver(
            A, y, 0.1 * L1(), iterations=3
        )  # fmt: skip

    assert solved(OwnFourier()).x.shape == (8, 8)
    for fault in (lambda x: x[None], lambda x: x.astype(complex)):
        with pytest.raises(ValueError, match=r"expected what it was; try csmri.operators.check"):
            solved(OwnFourier(fault))
    for scale in (2.0, 0.5, 1.05, -1.0, 1j):
        with pytest.raises(ValueError, match="another scale, sign or phase"):
            solved(OwnFourier(lambda x, scale=scale: (scale * x).astype(x.dtype)))
    for bound in (None, np.ones(3), np.inf, -1.0):
        with pytest.raises(ValueError, match=r"norm_bound\(\) of OwnFourier gives"):
            solved(OwnFourier(bound=bound))


@pytest.mark.parametrize("other", [TV(isotropic=False), L1() @ UndecimatedWavelet("haar", 2)])
def test_terms_of_unlike_numbers_of_bands_add_up(xp, other):
    A, y, _ = points_problem(xp)
    R = 0.05 * (L1() @ U) + 0.05 * other
    result = minimise(A, xp.stack([y, 2 * y], axis=0), R)
    assert np.shape(result.gap) == (2,)
    assert (result.gap <= 1e-3).all()
    assert_close(result.x[0, ...], minimise(A, y, R).x, 1e-2)


@pytest.mark.parametrize("R", [TV(), TV() + L1() @ W, L1() @ W])
def test_single_precision_stays_single_within_the_noise(xp, R):
    A, y, _ = points_problem(xp)
    y = xp.astype(y, xp.complex64)
    assert admm(A, y, R, fidelity=NoiseBound(0.3), iterations=5).x.dtype == xp.complex64


@pytest.mark.parametrize("solver", [admm, primal_dual, nested, minimise])
def test_a_dual_of_another_regularizer_is_left_behind(solver):
    A, y, _ = points_problem()
    regularizers = (0.1 * TV(), 0.1 * (L1() @ W), 0.1 * TV() + 0.1 * L1(), 0.1 * (L1() @ U))
    results = [admm(A, y, R, iterations=20) for R in regularizers]
    for R in regularizers:
        for start in results:
            again = solver(A, y, R, x0=start, iterations=3000, stop=RelativeGap(1e-2))
            assert again.converged
            assert again.x.shape == y.shape


def test_a_term_of_weight_0_does_not_count():
    A, y, _ = points_problem()
    result = minimise(A, y, 0.1 * TV() + 0 * (L1() @ W))
    assert result.converged
    assert result.objective == pytest.approx(minimise(A, y, 0.1 * TV()).objective, rel=2e-3)
    assert_close(admm(A, y, 0 * TV() + 0 * L1(), iterations=9).x, A.adjoint(y), 1e-12)


def test_a_users_own_weight_may_mean_something_else():
    class Softened(Ridge):
        """1 + weight times half the energy."""

        def value(self, x):
            return super().value(x) + Ridge(1.0).value(x)

        def prox(self, x, step):
            return x / (1 + step * (1 + self.weight))

    A, y, _ = points_problem()
    R = 0.1 * TV() + Softened(0.0)
    assert primal_dual(A, y, R, iterations=500).objective == pytest.approx(
        primal_dual(A, y, 0.1 * TV() + Ridge(1.0), iterations=500).objective, rel=1e-4
    )


def test_watching_a_sum_of_one_term_changes_nothing():
    A, y, _ = points_problem()
    R = Sum((L1(0.1),))
    alone = primal_dual(A, y, R, iterations=40)
    watched = primal_dual(A, y, R, iterations=40, callback=Trace(1))
    np.testing.assert_array_equal(alone.x, watched.x)
    before = np.array(alone.dual.parts[0])
    assert alone.gap == pytest.approx(watched.gap)
    np.testing.assert_array_equal(before, alone.dual.parts[0])


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_constants_that_nothing_measures_do_not_run_away(dtype):
    mask = np.random.default_rng(1).random((8, 8)) < 0.5
    mask[4, 4] = False
    A = MaskedFourier(mask)
    x = np.zeros((8, 8), dtype)
    x[2:6, 2:7] = 1
    result = admm(A, A(x), 0.1 * TV(periodic=False), iterations=200)
    assert np.abs(result.x).max() < 2
    assert result.gap <= 1e-5


def test_maps_that_see_nothing_give_an_image_of_zeros():
    maps = np.zeros((2, 6, 5), complex)
    A = MaskedFourier(np.ones(5, bool), maps)
    assert not minimise(A, maps, TV()).x.any()


@pytest.mark.parametrize("stop", ["gap", 1e-3, RelativeGap])
def test_what_is_no_rule_is_refused_at_the_front_door(stop):
    with pytest.raises(TypeError, match="expected a rule"):
        minimise(*points_problem(), stop=stop)


def test_a_gap_that_is_asked_for_is_not_given_up_in_silence():
    A, y, _ = points_problem()
    with pytest.raises(ValueError, match="no proof"):
        minimise(A, y, TV() + Ridge(0.1), stop=RelativeGap(1e-3))


@pytest.mark.parametrize("wrong", [{"tolerance": -1}, {"tolerance": np.nan}, {"samples": -5}])
def test_discrepancies_that_cannot_be_meant_are_refused(wrong):
    with pytest.raises(ValueError, match=f"got {next(iter(wrong))}="):
        discrepancy(*points_problem(), 0.01, **wrong)


def test_weights_that_fit_no_entries_are_refused():
    A, y, _ = points_problem()
    with pytest.raises(ValueError, match="one for each entry"):
        admm(A, y, L1(np.ones((y.shape[0], y.shape[1] + 1))))


def test_a_path_of_what_has_no_value_is_followed():
    class Shrinkage(Ridge):
        has_value = False

    A, y, _ = points_problem()
    assert len(list(path(A, y, Shrinkage(1.0), [0.1, 0.05], solver=fista, iterations=3))) == 2


def test_numbers_of_numpy_are_numbers():
    A, y, _ = points_problem()
    stop = RelativeGap(np.float32(1e-3), every=np.int64(5))
    assert admm(A, y, TV(), iterations=np.int64(9), stop=stop, rho=np.float32(0.5)).iterations <= 9
