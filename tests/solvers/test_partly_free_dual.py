"""Proofs where a part of the image is not penalised: valid, and they close."""

import numpy as np
import pytest
from cases import case
from hypothesis import given, settings
from hypothesis import strategies as st
from properties import random_complex, random_mask
from reference import image_optimum

from csmri.arrays import to_numpy
from csmri.conjugate_gradients import solved
from csmri.constraints import NoiseBound
from csmri.operators import Identity, MaskedFourier, UndecimatedWavelet, Wavelet
from csmri.operators.stack import Parts
from csmri.regularizers import L1, TotalVariation
from solvers import RelativeGap, admm, fista, minimise, pogm, primal_dual
from solvers.partly_free_dual import unfolded

SHAPE, WEIGHT = (8, 12), 0.2
HAAR, FRAME = Wavelet("haar", levels=2), UndecimatedWavelet("haar", levels=2)
DETAILS = L1(HAAR.band_weights(SHAPE, coarse=0.0)) @ HAAR
REGULARIZERS = {
    "wavelet": DETAILS,
    "frame": L1(FRAME.band_weights(coarse=0.0)) @ FRAME,
    "sum": DETAILS + 0.5 * TotalVariation(),
    "image": L1(np.where(np.arange(SHAPE[1]) < 2, 0.0, 1.0) * np.ones(SHAPE)),
}
SOLVERS = {
    "wavelet": (admm, pogm, fista),
    "frame": (admm, primal_dual),
    "sum": (admm, primal_dual),
    "image": (admm, fista),
}


def measured(seed, *, coils=0, dtype=complex):
    """Noisy k-space of a random image, its middle measured, which determines coarse bands."""
    mask = random_mask(np, SHAPE, fraction=0.5, seed=seed)
    mask[2:6, 4:9] = True
    maps = random_complex(np, (coils, *SHAPE), seed=seed + 1) if coils else None
    A = MaskedFourier(mask, maps)
    y = A(random_complex(np, SHAPE, seed=seed + 2))
    y = np.where(mask, y + 0.3 * random_complex(np, y.shape, seed=seed + 3), 0)
    return A, y.astype(dtype)


def weighted_rows(W, weights):
    """The rows of W, each times its weight, as a dense matrix."""
    units = np.eye(SHAPE[0] * SHAPE[1]).reshape(-1, *SHAPE) + 0j
    return np.stack([(weights * W(unit)).ravel() for unit in units], axis=1)


def assert_proof(result, optimum, rounding=1e-11):
    """The bound is below the optimum."""
    assert result.objective * (1 - result.gap) <= optimum * (1 + rounding)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    kind=st.sampled_from(sorted(REGULARIZERS)),
    which=st.integers(0, 1),
    seed=st.integers(0, 1000),
    iterations=st.integers(1, 60),
)
def test_the_bound_is_never_above_the_optimum(kind, which, seed, iterations):
    A, y = measured(seed)
    R, solver = WEIGHT * REGULARIZERS[kind], SOLVERS[kind][which]
    best = admm(A, y, R, iterations=4000, stop=RelativeGap(1e-10)).objective
    assert_proof(solver(A, y, R, iterations=iterations), best)


@pytest.mark.parametrize(
    ("kind", "W", "weights"),
    [
        ("wavelet", HAAR, HAAR.band_weights(SHAPE, coarse=0.0)),
        ("frame", FRAME, FRAME.band_weights(coarse=0.0)),
        ("image", Identity(), REGULARIZERS["image"].weight),
    ],
)
def test_the_gap_closes_at_the_optimum_of_the_dense_reference(kind, W, weights):
    A, y = measured(3)
    best = image_optimum(y, A.mask, weighted_rows(W, weights), WEIGHT, iterations=20_000).value
    for solver in SOLVERS[kind]:
        result = solver(A, y, WEIGHT * REGULARIZERS[kind], iterations=5000, stop=RelativeGap(1e-8))
        assert result.converged
        assert result.objective == pytest.approx(best, rel=2e-8)
        assert_proof(result, best, rounding=1e-9)


@pytest.mark.parametrize("kind", sorted(REGULARIZERS))
def test_single_precision_on_every_library_is_proven(xp, kind):
    A, y = measured(5, dtype=np.complex64)
    R = WEIGHT * REGULARIZERS[kind]
    A, y = MaskedFourier(xp.asarray(A.mask)), xp.asarray(y)
    result = admm(A, xp.stack([y, 2 * y], axis=0), R, iterations=2000, stop=RelativeGap(1e-3))
    assert np.all(result.converged)
    assert np.all(to_numpy(xp.asarray(result.gap)) <= 1e-3)


@pytest.mark.parametrize("kind", ["wavelet", "image"])
def test_several_coils_are_proven_too(kind):
    A, y = measured(7, coils=2)
    R = WEIGHT * REGULARIZERS[kind]
    for solver in (fista, pogm):
        result = solver(A, y, R, iterations=3000, stop=RelativeGap(1e-7))
        assert result.converged
    for iterations in (1, 10, 100):
        assert_proof(fista(A, y, R, iterations=iterations), result.objective)


def test_the_front_door_stops_on_the_proof():
    A, y = measured(11)
    result = minimise(A, y, WEIGHT * DETAILS)
    assert result.converged
    assert result.gap <= 1e-3
    assert result.iterations < 200


def test_the_data_as_a_constraint_is_proven():
    A, y = measured(13)
    bound = NoiseBound(0.2 * float(np.linalg.norm(y)))
    result = admm(A, y, DETAILS, fidelity=bound, iterations=3000, stop=RelativeGap(1e-6))
    assert result.converged


def test_data_that_see_nothing_of_what_is_free_leave_a_valid_gap():
    mask = np.zeros(SHAPE, bool)
    mask[3:5, 1:3] = True
    A = MaskedFourier(mask)
    y = A(random_complex(np, SHAPE, seed=0))
    for kind, R in REGULARIZERS.items():
        result = admm(A, y, WEIGHT * R, iterations=100)
        best = admm(A, y, WEIGHT * R, iterations=1000).objective
        assert_proof(result, best, rounding=1e-9)
        assert result.gap <= 1, kind


def test_what_is_not_penalised_is_told_apart():
    g, z = REGULARIZERS["image"], random_complex(np, SHAPE, seed=0)
    assert not g.penalises_all
    np.testing.assert_array_equal(g.penalised(z)[:, :2], 0)
    np.testing.assert_array_equal(g.penalised(z)[:, 2:], z[:, 2:])
    assert L1(0.5).penalises_all
    assert L1(np.full(SHAPE, 0.5)).penalises_all
    assert TotalVariation().split()[0].penalises_all
    assert not (3 * g).penalises_all
    assert not DETAILS.penalises_all
    np.testing.assert_allclose(HAAR(DETAILS.penalised(z))[:2, :3], 0, atol=1e-14)


@pytest.mark.parametrize("kind", sorted(REGULARIZERS))
def test_unfolded_regularizers_have_the_same_value_and_dual(kind):
    x = random_complex(np, SHAPE, seed=1)
    R = REGULARIZERS[kind]
    g, K = R.split()
    h, T, unfold = unfolded(g, K)
    np.testing.assert_allclose(np.sum(h.value(T(x))), R.value(x), rtol=1e-12)
    p = K(x)
    np.testing.assert_allclose(T.adjoint(unfold(p)), K.adjoint(p), rtol=1e-12, atol=1e-12)
    assert isinstance(unfold(p), Parts) == isinstance(p, Parts)


def test_conjugate_gradients_solve_each_image_and_say_where_they_did_not(xp):
    factors = np.stack([np.linspace(1, 2, 12).reshape(3, 4), np.ones((3, 4)), 0 * np.ones((3, 4))])
    b = random_complex(np, (3, 3, 4), seed=0)
    b[2] = 0
    B = xp.asarray(factors)
    x, found = solved(lambda x: B * x, xp.asarray(b), most=30)
    np.testing.assert_allclose(to_numpy(x)[:2], b[:2] / factors[:2], rtol=1e-10)
    assert to_numpy(found).ravel().tolist() == [True, True, True]
    _, found = solved(lambda x: B * x, xp.asarray(b), most=1)
    assert to_numpy(found).ravel().tolist() == [False, True, True]


def test_a_case_without_free_entries_keeps_its_certificate():
    A, y, R = case("haar", sampling="points").problem()
    plain = fista(A, y, R, iterations=30)
    same = fista(A, y, L1(np.full(y.shape, 0.3)) @ Wavelet("haar", levels=2), iterations=30)
    assert same.gap == pytest.approx(plain.gap, rel=1e-9)
