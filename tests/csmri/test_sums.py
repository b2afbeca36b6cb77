"""Sums of regularizers: their parts, and the scales that make these suit each other."""

import numpy as np
import pytest
from properties import assert_close, random_complex

from csmri.arrays import to_numpy
from csmri.operators import FiniteDifferences, Wavelet
from csmri.regularizers import L1, GroupL1, Ridge, TotalVariation

SHAPE = (8, 12)


def test_separable_proxes_act_part_by_part(xp):
    g, K = (L1() + TotalVariation()).split()
    x = random_complex(xp, SHAPE)
    first, second = g.prox(K(x), 0.4).parts
    scale, largest = K.scales
    assert scale < largest == 1
    assert_close(first, L1().prox(scale * x, 0.4 / scale), 1e-15)
    assert_close(second, GroupL1().prox(FiniteDifferences()(x), 0.4), 1e-15)


SUMS = {
    "ℓ1 + TV": 0.2 * L1() + 0.05 * TotalVariation(),
    "TV + wavelet": 0.3 * TotalVariation(isotropic=False) + 0.02 * (L1() @ Wavelet("haar", 1)),
    "ℓ1 + TV + wavelet": L1() + 0.1 * TotalVariation() + 0.4 * (L1() @ Wavelet("haar", 2)),
    "a weight for each pixel": L1(np.full(SHAPE, 0.2)) + 0.1 * TotalVariation(),
    "no norm": 0.2 * Ridge() + 0.1 * TotalVariation(),
    "no weight": 0.0 * L1() + 0.1 * TotalVariation(),
}


@pytest.mark.parametrize("R", SUMS.values(), ids=SUMS)
def test_a_split_sum_is_the_same_function_whatever_the_scales(xp, R):
    g, K = R.split()
    x = random_complex(xp, (2, *SHAPE))
    assert_close(g.value(K(x)), R.value(x), 1e-13)


@pytest.mark.parametrize("R", SUMS.values(), ids=SUMS)
def test_scaled_stacks_keep_the_laws_of_operators(xp, R):
    _, K = R.split()
    x = random_complex(xp, SHAPE)
    p = K(random_complex(xp, SHAPE, seed=1))
    overlaps = [np.vdot(to_numpy(a), to_numpy(b)) for a, b in zip(K(x).parts, p.parts, strict=True)]
    assert np.vdot(to_numpy(x), to_numpy(K.adjoint(p))) == pytest.approx(sum(overlaps), rel=1e-12)
    spectrum = np.fft.fft2(to_numpy(x)) * to_numpy(K.normal_symbol(SHAPE))
    assert_close(K.normal(x), np.fft.ifft2(spectrum), 1e-12)
    assert float(to_numpy(K.normal_symbol(SHAPE)).max()) <= K.norm_bound() ** 2 * (1 + 1e-12)


def test_a_term_that_is_not_scaled_stays_the_object_it_was():
    outer, ridge = GroupL1(0.1), Ridge(0.2)
    g, _ = (ridge + outer @ FiniteDifferences()).split()
    assert g.terms[0] is ridge
    assert g.terms[1] is outer


def test_scales_follow_the_weights_where_all_are_known():
    scales = {name: R.split()[1].scales for name, R in SUMS.items()}
    assert scales["ℓ1 + TV"] == pytest.approx((1, np.sqrt(np.sqrt(8) / 4)))
    assert scales["TV + wavelet"] == pytest.approx((1, np.sqrt(0.02 / 0.3 / np.sqrt(8))))
    for name in ("a weight for each pixel", "no norm", "no weight"):
        assert set(scales[name]) == {1}
    assert (7 * SUMS["ℓ1 + TV"]).split()[1].scales == pytest.approx(scales["ℓ1 + TV"])
