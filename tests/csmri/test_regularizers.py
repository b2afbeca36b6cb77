"""Every regularizer's value, proximal maps, dual norm and algebra, on every array library."""

import cmath
from dataclasses import dataclass

import numpy as np
import pytest
from properties import assert_close, random_complex

from csmri.arrays import IMAGE_AXES, array_namespace, to_numpy
from csmri.operators import FiniteDifferences, Fourier, Wavelet
from csmri.regularizers import L1, Composed, GroupL1, Regularizer, Ridge, Sum, TotalVariation, check
from csmri.regularizers.base import terms_of

SHAPE = (8, 12)


@dataclass(frozen=True, eq=False)
class ElasticNet(Regularizer):
    """A user's own: Σ |x| + ½|x|², with nothing but the two methods that are asked for."""

    def value(self, x):
        xp = array_namespace(x)
        return xp.sum(xp.abs(x) + xp.abs(x) ** 2 / 2, axis=IMAGE_AXES)

    def prox(self, x, step):
        return L1().prox(x, step) / (1 + step)


def entry_weights(xp):
    """Weights for each entry, some of them zero."""
    weights = np.random.default_rng(3).random(SHAPE)
    return xp.asarray(np.where(weights < 0.2, 0.0, weights))


def with_prox(xp):
    """Regularizers of closed-form prox, by name, with the form of what they take."""
    haar = Wavelet("haar", levels=2)
    grouped = (2, *SHAPE)
    return {
        "L1": (0.3 * L1(), SHAPE),
        "L1 by entry": (L1(entry_weights(xp)), SHAPE),
        "GroupL1": (0.3 * GroupL1(), grouped),
        "Ridge": (0.3 * Ridge(), SHAPE),
        "Weighted": (0.3 * ElasticNet(), SHAPE),
        "L1 @ Wavelet": (0.3 * (L1() @ haar), SHAPE),
        "L1 by band @ Wavelet": (L1(haar.band_weights(SHAPE, coarse=0.0)) @ haar, SHAPE),
        "Weighted @ Wavelet": (0.3 * (ElasticNet() @ haar), SHAPE),
        "Ridge @ Fourier": (0.3 * (Ridge() @ Fourier()), SHAPE),
    }


def without_prox():
    """Regularizers that only primal-dual solvers take."""
    return {
        "TV": 0.3 * TotalVariation(),
        "TV anisotropic": 0.3 * TotalVariation(isotropic=False),
        "TV Neumann": 0.3 * TotalVariation(periodic=False),
        "TV anisotropic Neumann": 0.3 * TotalVariation(isotropic=False, periodic=False),
        "Weighted @ differences": 0.3 * (ElasticNet() @ FiniteDifferences()),
        "Sum": 0.3 * TotalVariation() + 0.1 * (L1() @ Wavelet("haar", levels=2)),
        "Sum of a transform": 0.3 * ((L1() + GroupL1()) @ FiniteDifferences()),
    }


PROX_NAMES = list(with_prox(np))
OTHER_NAMES = list(without_prox())
NORMS = ["L1", "GroupL1", "L1 @ Wavelet"]


def any_regularizer(xp, name):
    return with_prox(xp)[name] if name in PROX_NAMES else (without_prox()[name], SHAPE)


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


def test_weights_multiply_from_either_side(xp):
    x = random_complex(xp, SHAPE)
    for R in (L1(), Ridge(), ElasticNet(), TotalVariation(), L1() + Ridge()):
        expected = 0.6 * to_numpy(R.value(x))
        for weighted in (0.6 * R, R * 0.6, 2 * (0.3 * R), np.float32(0.5) * (1.2 * R)):
            assert_close(weighted.value(x), expected, 1e-7)
    assert_close((0.5 * L1(entry_weights(xp))).value(x), L1(entry_weights(xp)).value(x) / 2, 1e-14)


def test_a_weight_of_zero_switches_off(xp):
    x = random_complex(xp, SHAPE)
    for R in (L1(), Ridge(), ElasticNet(), L1() @ Wavelet("haar", levels=1)):
        assert float((0 * R).value(x)) == 0
        assert_close((0 * R).prox(x, 1.0), x, 1e-14)
        assert abs(to_numpy((0 * R).prox_conjugate(x, 1.0))).max() < 1e-14


@pytest.mark.parametrize("weight", [-1, -1e-300, float("nan"), float("inf"), -float("inf")])
def test_weights_that_make_no_convex_objective_are_refused(weight):
    for weigh in (
        lambda: weight * L1(),
        lambda: TotalVariation() * weight,
        lambda: weight * (L1() + Ridge()),
        lambda: weight * ElasticNet(),
        lambda: L1(weight),
        lambda: GroupL1(weight),
        lambda: Ridge(weight),
        lambda: L1(np.asarray([[1.0, weight]])),
    ):
        with pytest.raises(ValueError, match=r"got .*expected a? ?finite λ ≥ 0; a negative weight"):
            weigh()


@pytest.mark.parametrize("weight", [None, "0.1", 1j, [0.1], np.ones(3), np.ones((8, 12))])
def test_weights_that_are_no_numbers_are_refused(weight):
    for weigh in (
        lambda: L1() * weight,
        lambda: TotalVariation() * weight,
        lambda: GroupL1(weight),
        lambda: Ridge(weight),
    ):
        with pytest.raises(TypeError, match=r"got a weight of type \w+, expected a number"):
            weigh()


def test_an_array_times_a_regularizer_is_refused_not_looped_over(xp):
    for array in (xp.ones((3,)), random_complex(xp, SHAPE)):
        with pytest.raises(TypeError):
            array * L1()
        with pytest.raises(TypeError):
            L1() * array


def test_weights_by_entry_must_be_real_and_have_image_axes():
    for weights in (np.ones(3), np.ones((2, 2), complex)):
        with pytest.raises(ValueError, match=r"expected a number or real \(\.\.\., H, W\)"):
            L1(weights)


def test_only_operators_and_regularizers_combine_with_regularizers():
    for combine in (
        lambda: L1() @ np.eye(3),
        lambda: L1() @ L1(),
        lambda: L1() + 1,
        lambda: 1 + L1(),
    ):
        with pytest.raises(TypeError):
            combine()


def test_an_image_axis_is_no_group():
    for axis in (-1, -2, 0, 1.5):
        with pytest.raises(ValueError, match=r"expected an axis before the image axes"):
            GroupL1(axis=axis)


def test_what_has_no_closed_form_prox_says_who_can_minimise_it():
    x = random_complex(np, SHAPE)
    with pytest.raises(ValueError, match=r"not unitary; minimise it with solvers\.primal_dual"):
        TotalVariation().prox(x, 1.0)
    with pytest.raises(ValueError, match=r"is a sum; minimise it with solvers\.primal_dual"):
        (L1() + Ridge()).prox(x, 1.0)
    with pytest.raises(ValueError, match="is a sum"):
        ((L1() + Ridge()) @ Wavelet("haar", levels=1)).prox(x, 1.0)


@pytest.mark.parametrize("name", [*PROX_NAMES, *OTHER_NAMES])
def test_the_split_is_the_same_function(xp, name):
    R, shape = any_regularizer(xp, name)
    x = random_complex(xp, shape)
    g, K = R.split()
    assert float(np.sum(to_numpy(g.value(K(x))))) == pytest.approx(float(R.value(x)), rel=1e-13)


def test_a_weight_keeps_the_split_of_what_it_weighs(xp):
    class Own(ElasticNet):
        """A user's total variation, split by its own hand."""

        def split(self):
            return GroupL1(), FiniteDifferences()

    g, K = (0.5 * Own()).split()
    x = random_complex(xp, SHAPE)
    assert isinstance(K, FiniteDifferences)
    assert_close(g.value(K(x)), 0.5 * TotalVariation().value(x), 1e-13)


def test_composing_twice_composes_the_transforms(xp):
    R = (L1() @ Fourier()) @ Wavelet("haar", levels=1)
    x = random_complex(xp, SHAPE)
    W, F = Wavelet("haar", levels=1), Fourier()
    assert_close(R.value(x), L1().value(F(W(x))), 1e-13)
    assert_close(R.prox(x, 0.5), W.adjoint(F.adjoint(L1(0.5).prox(F(W(x)), 1.0))), 1e-13)


def test_sums_are_flat_and_name_their_terms():
    R = L1() + Ridge() + 0.5 * TotalVariation()
    assert isinstance(R, Sum)
    assert len(terms_of(R)) == 3
    assert terms_of(L1())[0].weight == 1
    assert repr(R) == ("L1(1) + Ridge(1) + GroupL1(0.5) @ FiniteDifferences(periodic=True)")
    assert repr(2 * R).startswith("L1(2) + Ridge(2)")
    assert isinstance(2 * TotalVariation(), Composed)
    assert repr(0.5 * ElasticNet()) == "0.5·ElasticNet()"
    assert "(8, 12)" in repr(L1(np.ones(SHAPE)))
    g, _ = R.split()
    assert repr(g) == "L1(1) ⊕ Ridge(1) ⊕ GroupL1(0.5)"
