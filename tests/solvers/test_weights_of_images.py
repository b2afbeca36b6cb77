"""Batches whose images have weights of their own: each is solved as it would be alone."""

import numpy as np
import pytest
from properties import assert_close, random_complex, random_mask
from regularizer_cases import ElasticNet

from csmri import L1, MaskedFourier, TotalVariation, UndecimatedWavelet, Wavelet
from csmri.arrays import to_numpy
from csmri.operators import Coils, FiniteDifferences, Identity
from csmri.regularizers import ImageWeights
from solvers import (
    RelativeGap,
    admm,
    fista,
    in_chunks,
    ista,
    minimise,
    nested,
    pogm,
    primal_dual,
    reconstruct_series,
)

STRENGTHS = np.asarray([0.02, 0.3, 0.05, 0.1])
HAAR = Wavelet("haar", levels=2)
SOLVERS = (admm, fista, ista, minimise, nested, pogm, primal_dual)


def scans(xp, images=4):
    y = random_complex(np, (images, 16, 16), seed=1)
    mask = random_mask(np, (16,), fraction=0.5)
    return MaskedFourier(xp.asarray(mask)), xp.asarray(np.where(mask, y, 0))


def one_a(axes, xp=np):
    """The strengths along a first axis, with so many of size 1 after it."""
    return xp.asarray(STRENGTHS.reshape(-1, *axes * (1,)))


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_strength_for_each_image(xp, solver):
    A, y = scans(xp)
    count = 5 if solver is nested else 25  # so many that momentum starts anew
    found = solver(A, y, L1(one_a(2, xp)) @ HAAR, iterations=count)
    for k, strength in enumerate(STRENGTHS):
        alone = solver(A, y[k, ...], float(strength) * L1() @ HAAR, iterations=count)
        assert_close(found.x[k, ...], alone.x, 1e-10 if "primal" not in solver.__name__ else 1e-4)
        assert found.objective[k] == pytest.approx(alone.objective, rel=1e-4)


def test_those_that_are_done_leave_the_others_with_their_strengths(xp):
    A, y = scans(xp)
    found = admm(A, y, L1(one_a(2, xp)) @ HAAR, iterations=300, stop=RelativeGap(1e-4, every=4))
    assert len(set(to_numpy(found.iterations))) > 1
    assert (found.gap <= 1e-4).all()
    A, y = scans(np)
    for k, strength in enumerate(STRENGTHS):
        best = admm(A, y[k], float(strength) * L1() @ HAAR, stop=RelativeGap(1e-6))
        assert best.objective * (1 - 1e-6) <= found.objective[k] <= best.objective * (1 + 1.1e-4)


@pytest.mark.parametrize(
    ("K", "axes"), [(FiniteDifferences(), 3), (UndecimatedWavelet("haar", levels=2), 3)]
)
def test_where_an_image_becomes_several_arrays(K, axes):
    A, y = scans(np)
    found = admm(A, y, L1(one_a(axes)) @ K, iterations=20)
    for k, strength in enumerate(STRENGTHS):
        assert_close(found.x[k], admm(A, y[k], L1(np.full((1, 1), strength)) @ K, iterations=20).x)


def test_as_many_images_as_arrays_of_each_are_not_mixed_up():
    A, y = scans(np, images=2)
    R = L1(np.asarray([0.02, 0.3])[:, None, None]) @ FiniteDifferences()  # down and across
    found = admm(A, y, R, iterations=20)
    for k in range(2):
        assert_close(found.x[k], admm(A, y[k], R, iterations=20).x)


def test_sums_chunks_and_series():
    A, y = scans(np)
    R = 0.5 * (L1(one_a(2)) @ HAAR) + L1(one_a(3)) @ FiniteDifferences()
    stop = RelativeGap(1e-6)
    whole = admm(A, y, R, iterations=2000, stop=stop)
    chunks = in_chunks(admm, A, y, R, iterations=2000, stop=stop, at_once=3)
    series = reconstruct_series(A, y, R, iterations=2000, stop=stop)
    assert_close(chunks.x, whole.x, 1e-12)
    assert_close(series.x, whole.x, 1e-2)
    assert np.allclose(series.objective, whole.objective, rtol=2e-6)


def test_weights_of_a_batch_of_another_size_are_refused():
    A, y = scans(np, images=3)
    with pytest.raises(ValueError, match=r"weights of shape \(4, 1, 1\) for a batch \(3,\)"):
        admm(A, y, L1(one_a(2)) @ HAAR)
    with pytest.raises(ValueError, match="got weights of shape"):
        admm(A, y[0], L1(one_a(2)) @ HAAR)


def test_operators_say_how_many_axes_they_add():
    maps = random_complex(np, (3, 16, 16), seed=2)
    assert Identity().extra_axes == HAAR.extra_axes == 0
    assert Coils(maps).extra_axes == MaskedFourier(np.ones(16, bool), maps).extra_axes == 1
    assert (FiniteDifferences() @ HAAR).extra_axes == 1


@pytest.mark.parametrize("solver", [admm, minimise, primal_dual])
@pytest.mark.parametrize(
    "R", [TotalVariation(), L1() @ HAAR, TotalVariation() + 0.5 * (L1() @ HAAR), ElasticNet()]
)
def test_a_weight_for_each_image_of_any_regularizer(xp, solver, R):
    A, y = scans(xp)
    found = solver(A, y, R * xp.asarray(STRENGTHS), iterations=12)
    for k, strength in enumerate(STRENGTHS):
        alone = solver(A, y[k, ...], float(strength) * R, iterations=12)
        assert_close(found.x[k, ...], alone.x, 0.1 if solver is primal_dual else 1e-10)


def test_one_slice_for_several_weights_at_once(xp):
    A, y = scans(xp)
    same = xp.stack(4 * [y[0, ...]])
    R = 2 * (TotalVariation() * xp.asarray(STRENGTHS))
    found = admm(A, same, R, iterations=500, stop=RelativeGap(1e-4, every=4))
    assert (found.gap <= 1e-4).all()
    A, y = scans(np)
    path = [admm(A, y[0], 2 * s * TotalVariation(), stop=RelativeGap(1e-5)) for s in STRENGTHS]
    assert np.allclose(found.objective, [each.objective for each in path], rtol=1.1e-4)


def test_weights_that_cannot_be_meant_are_refused():
    A, y = scans(np)
    with pytest.raises(ValueError, match=r"weight -0\.02"):
        -STRENGTHS * TotalVariation()
    with pytest.raises(ValueError, match=r"expected \(B,\)"):
        ImageWeights(TotalVariation(), STRENGTHS[None])
    for images in (y[0], y[:3]):
        with pytest.raises(ValueError, match="got 4 weights for images of batch shape"):
            admm(A, images, STRENGTHS * TotalVariation())
