"""ADMM with the undecimated wavelet: exact, certified, and equal to the dense reference."""

import numpy as np
import pytest
from properties import random_complex, random_mask
from reference import image_optimum

from csmri.operators import MaskedFourier, UndecimatedWavelet
from csmri.regularizers import L1, TotalVariation
from solvers import RelativeGap, admm

SHAPE, WEIGHT = (6, 8), 0.1


def matrix(W, shape, weights):
    """The rows of W, each times its band's weight, one unit image at a time."""
    units = np.eye(shape[0] * shape[1]).reshape(-1, *shape) + 0j
    return np.stack([(weights * W(unit)).ravel() for unit in units], axis=1)


def measured_problem(sampling, seed=0):
    mask = random_mask(np, SHAPE[-1:] if sampling == "columns" else SHAPE, fraction=0.5, seed=seed)
    A = MaskedFourier(mask)
    return A, mask, A(random_complex(np, SHAPE, seed=seed + 1))


@pytest.mark.parametrize("sampling", ["columns", "points"])
@pytest.mark.parametrize("averaged", [True, False])
def test_admm_finds_the_optimum_of_the_dense_reference(sampling, averaged):
    A, mask, y = measured_problem(sampling)
    W = UndecimatedWavelet("db2", levels=1)
    weights = W.band_weights() if averaged else np.ones((4, 1, 1))
    best = image_optimum(y, mask, matrix(W, SHAPE, weights), WEIGHT)
    assert max(best.stationarity, best.excess, best.slack) < 1e-8
    result = admm(A, y, WEIGHT * (L1(weights) @ W), iterations=3000, stop=RelativeGap(1e-9))
    assert result.converged
    assert result.objective == pytest.approx(best.value, rel=2e-9)


@pytest.mark.parametrize("iterations", [1, 10, 40])
def test_the_gap_is_never_less_than_the_true_one(iterations):
    A, mask, y = measured_problem("points", seed=4)
    W = UndecimatedWavelet("haar", levels=2)
    best = image_optimum(y, mask, matrix(W, SHAPE, W.band_weights()), WEIGHT)
    result = admm(A, y, WEIGHT * (L1(W.band_weights()) @ W), iterations=iterations)
    true = (result.objective - best.value) / result.objective
    assert true - 1e-10 <= result.gap < 1
    assert result.gap < 0.2


def test_single_precision_on_every_library_is_certified(xp):
    _, mask, y = measured_problem("columns")
    W = UndecimatedWavelet("haar", levels=2)
    result = admm(
        MaskedFourier(xp.asarray(mask)),
        xp.asarray(y.astype("complex64")),
        WEIGHT * (L1(W.band_weights()) @ W) + 0.05 * TotalVariation(),
        iterations=400,
        stop=RelativeGap(1e-4),
    )
    assert result.x.dtype == xp.complex64
    assert result.converged
