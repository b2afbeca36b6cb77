"""Every regularizer's value, proximal maps and dual norm, on every array library."""

import cmath

import numpy as np
import pytest
from properties import assert_close, random_complex
from regularizer_cases import (
    OTHER_NAMES,
    PROX_NAMES,
    SHAPE,
    ElasticNet,
    any_regularizer,
    entry_weights,
    with_prox,
)

from csmri.arrays import to_numpy
from csmri.operators import FiniteDifferences, Wavelet
from csmri.regularizers import L1, GroupL1, Ridge, TotalVariation, check

NORMS = ["L1", "GroupL1", "L1 @ Wavelet"]


@pytest.mark.parametrize("name", PROX_NAMES)
def test_value_and_prox_belong_together(xp, name):
    R, shape = with_prox(xp)[name]
    check(R, random_complex(xp, shape))


def test_real_images_are_regularized_too(xp):
    for R in (0.3 * L1(), 0.3 * (L1() @ Wavelet("db2", levels=1)), Ridge()):
        check(R, xp.real(random_complex(xp, (4, 8))))


@pytest.mark.parametrize("name", PROX_NAMES)
@pytest.mark.parametrize("step", [0.2, 2.5])
def test_prox_moves_along_a_subgradient(xp, name, step):
    """(v − prox(v))/step ∈ ∂R(prox(v)): R(z) is never below the line that it spans."""
    R, shape = with_prox(xp)[name]
    v = random_complex(xp, shape)
    p = R.prox(v, step)
    subgradient = (v - p) / step
    for seed in range(1, 6):
        z = random_complex(xp, shape, seed=seed)
        line = np.vdot(to_numpy(subgradient), to_numpy(z - p)).real
        assert float(R.value(z)) >= float(R.value(p)) + line - 1e-10


@pytest.mark.parametrize("name", PROX_NAMES)
@pytest.mark.parametrize("step", [0.2, 2.5])
def test_moreaus_identity_joins_the_two_proxes(xp, name, step):
    R, shape = with_prox(xp)[name]
    p = random_complex(xp, shape)
    assert_close(R.prox_conjugate(p, step) + step * R.prox(p / step, 1 / step), p, 1e-13)


@pytest.mark.parametrize("name", [*PROX_NAMES, *OTHER_NAMES])
def test_the_phases_origin_does_not_matter(xp, name):
    R, shape = any_regularizer(xp, name)
    x, turn = random_complex(xp, shape), cmath.exp(1.234j)
    assert_close(R.value(turn * x), R.value(x), 1e-13)
    if name in PROX_NAMES:
        assert_close(R.prox(turn * x, 0.7), turn * R.prox(x, 0.7), 1e-13)


@pytest.mark.parametrize("name", [*PROX_NAMES, *OTHER_NAMES])
def test_a_batch_is_its_images(xp, name):
    R, shape = any_regularizer(xp, name)
    x = random_complex(xp, (3, *shape))
    values = to_numpy(R.value(x))
    assert values.shape == (3,)
    for i in range(3):
        assert values[i] == pytest.approx(float(R.value(x[i, ...])), rel=1e-13)
        if name in PROX_NAMES:
            assert_close(R.prox(x, 0.7)[i, ...], R.prox(x[i, ...], 0.7), 1e-13)
            single = R.prox_conjugate(x[i, ...], 0.7)
            assert_close(R.prox_conjugate(x, 0.7)[i, ...], single, 1e-13)


@pytest.mark.parametrize("name", PROX_NAMES)
def test_every_image_of_a_batch_may_have_its_own_step(xp, name):
    R, shape = with_prox(xp)[name]
    x, steps = random_complex(xp, (2, *shape)), [0.2, 1.7]
    together = R.prox(x, xp.reshape(xp.asarray(steps, dtype=xp.float64), (2, *(1,) * len(shape))))
    for i, step in enumerate(steps):
        assert_close(together[i, ...], R.prox(x[i, ...], step), 1e-13)


@pytest.mark.parametrize("name", [*PROX_NAMES, *OTHER_NAMES])
def test_single_precision_is_kept(xp, name):
    R, shape = any_regularizer(xp, name)
    x = random_complex(xp, shape, dtype="complex64")
    assert R.value(x).dtype == xp.float32
    if name in PROX_NAMES:
        assert R.prox(x, 0.5).dtype == xp.complex64
        assert R.prox_conjugate(x, 0.5).dtype == xp.complex64
    p = R.dual_norm(x)
    assert p is None or p.dtype == xp.float32


@pytest.mark.parametrize("name", PROX_NAMES)
def test_inputs_are_not_written(xp, name):
    R, shape = with_prox(xp)[name]
    x = random_complex(xp, shape)
    before = to_numpy(x).copy()
    for result in (R.value(x), R.prox(x, 0.5), R.prox_conjugate(x, 0.5), R.dual_norm(x)):
        del result
        assert np.array_equal(to_numpy(x), before)


# ---- values


@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("isotropic", [True, False])
def test_total_variation_is_the_sum_over_pixels_of_what_the_neighbours_differ(
    xp, isotropic, periodic
):
    x = random_complex(xp, (5, 4))
    image, expected = to_numpy(x), 0.0
    for i, j in np.ndindex(5, 4):
        down = image[(i + 1) % 5, j] - image[i, j] if periodic or i < 4 else 0
        right = image[i, (j + 1) % 4] - image[i, j] if periodic or j < 3 else 0
        expected += np.hypot(abs(down), abs(right)) if isotropic else abs(down) + abs(right)
    R = TotalVariation(isotropic=isotropic, periodic=periodic)
    assert float(R.value(x)) == pytest.approx(expected, rel=1e-13)


def test_total_variation_of_a_square_is_its_perimeter_with_the_corner_cut():
    x = np.zeros((8, 8), complex)
    x[2:5, 2:5] = 1j
    assert TotalVariation(isotropic=False).value(x) == pytest.approx(12)
    assert TotalVariation().value(x) == pytest.approx(10 + np.sqrt(2))


def test_values_are_those_of_the_definitions(xp):
    x = random_complex(xp, (2, *SHAPE))
    x_ = to_numpy(x)
    assert_close(L1(0.3).value(x), 0.3 * abs(x_).sum((-2, -1)), 1e-13)
    assert_close(Ridge(0.3).value(x), 0.15 * (abs(x_) ** 2).sum((-2, -1)), 1e-13)
    groups = np.sqrt((abs(x_) ** 2).sum(-3))
    assert float(GroupL1(0.3).value(x)) == pytest.approx(0.3 * groups.sum(), rel=1e-13)
    apart = GroupL1(0.3, axis=-4).value(x[None, ...])
    assert_close(apart, 0.3 * abs(x_).sum((-2, -1)), 1e-13)
    weights = entry_weights(xp)
    assert_close(L1(weights).value(x), (to_numpy(weights) * abs(x_)).sum((-2, -1)), 1e-13)


def test_a_sum_adds_its_terms_also_where_one_couples_what_another_does_not(xp):
    x = random_complex(xp, (3, *SHAPE))
    coupled, separate = TotalVariation(), TotalVariation(isotropic=False)
    expected = to_numpy(coupled.value(x)) + to_numpy(separate.value(x))
    assert_close((coupled + separate).value(x), expected, 1e-13)
    assert_close(((GroupL1() + L1()) @ FiniteDifferences()).value(x), expected, 1e-13)
    g, K = ((GroupL1() + L1()) @ FiniteDifferences()).split()
    assert_close(g.value(K(x)), expected, 1e-13)


def test_bands_with_weight_zero_are_left_alone():
    W = Wavelet("haar", levels=2)
    R = L1(W.band_weights(SHAPE, coarse=0.0)) @ W
    flat = np.full(SHAPE, 3 + 4j)
    assert R.value(flat) == pytest.approx(0, abs=1e-12)
    assert_close(R.prox(flat, 1.0), flat, 1e-13)


# ---- dual norms


@pytest.mark.parametrize("name", NORMS)
def test_dual_norm_is_the_least_that_hoelders_inequality_allows(xp, name):
    """Re⟨p, x⟩ ≤ ‖p‖_* R(x) for every x, and prox(p, t) = 0 just where t ≥ ‖p‖_*."""
    R, shape = with_prox(xp)[name]
    p = random_complex(xp, shape)
    dual_norm = float(R.dual_norm(p))
    for seed in range(1, 20):
        x = random_complex(xp, shape, seed=seed)
        assert np.vdot(to_numpy(p), to_numpy(x)).real <= dual_norm * float(R.value(x))
    assert abs(to_numpy(R.prox(p, dual_norm * (1 + 1e-12)))).max() < 1e-10
    reached = R.prox(p, dual_norm * (1 - 1e-6))
    overlap = np.vdot(to_numpy(p), to_numpy(reached)).real
    assert overlap == pytest.approx(dual_norm * float(R.value(reached)), rel=1e-5)


@pytest.mark.parametrize("name", NORMS)
def test_prox_of_the_conjugate_ends_where_the_dual_norm_is_one(xp, name):
    R, shape = with_prox(xp)[name]
    p = 10 * random_complex(xp, shape)
    assert float(R.dual_norm(R.prox_conjugate(p, 0.3))) == pytest.approx(1, rel=1e-12)


def test_dual_norm_is_infinite_only_where_an_unweighted_entry_is_touched(xp):
    weights = xp.asarray([[0.0, 2.0]])
    p = xp.asarray([[0j, 3.0], [0, 4.0]])
    assert float(L1(weights).dual_norm(p)) == 2
    assert float(L1(weights).dual_norm(p + 1)) == float("inf")
    assert float(L1(0.0).dual_norm(p)) == float("inf")
    assert float(L1(0.0).dual_norm(0 * p)) == 0


def test_no_dual_norm_is_claimed_for_what_is_no_norm_of_a_unitary_transform(xp):
    x = random_complex(xp, SHAPE)
    for R in (Ridge(), ElasticNet(), 2 * ElasticNet(), TotalVariation(), L1() + L1()):
        assert R.dual_norm(x) is None


def test_a_users_dual_norm_is_weighed(xp):
    class Own(ElasticNet):
        def dual_norm(self, p):
            return L1().dual_norm(p)

    p = random_complex(xp, SHAPE)
    assert_close((0.5 * Own()).dual_norm(p), L1(0.5).dual_norm(p), 1e-14)
    assert float((0 * Own()).dual_norm(0 * p)) == 0


# ---- algebra
