"""How regularizers are weighed, composed, added and split."""

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
)

from csmri.arrays import to_numpy
from csmri.operators import FiniteDifferences, Fourier, Wavelet
from csmri.regularizers import L1, Composed, GroupL1, Ridge, Sum, TotalVariation
from csmri.regularizers.base import terms_of


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


@pytest.mark.parametrize("weight", [None, "0.1", 1j, [0.1], np.ones((1, 3)), np.ones((8, 12))])
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
    for array in (xp.ones((1, 3)), random_complex(xp, SHAPE), random_complex(xp, (3,))):
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


def test_a_single_weight_that_learns_is_refused_since_no_gradient_would_reach_it():
    torch = pytest.importorskip("torch")
    weight = torch.tensor(0.1, requires_grad=True)
    for R in (lambda: weight * TotalVariation(), lambda: L1(weight)):
        with pytest.raises(TypeError, match=r"pass it as \(B,\) weights"):
            R()
    assert (weight.item() * L1()).weight == pytest.approx(0.1)


def test_an_image_axis_is_no_group():
    for axis in (-1, -2, 0, 1.5):
        with pytest.raises(ValueError, match=r"expected an axis before the image axes"):
            GroupL1(axis=axis)


def test_what_has_no_closed_form_prox_says_who_can_minimise_it():
    x = random_complex(np, SHAPE)
    with pytest.raises(ValueError, match=r"not unitary; minimise it with solvers\.minimise"):
        TotalVariation().prox(x, 1.0)
    with pytest.raises(ValueError, match=r"is a sum; minimise it with solvers\.minimise"):
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
