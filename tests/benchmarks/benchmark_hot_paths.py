"""Where the time goes: the forward model, the proximal maps and whole solves, on a 256² slice.

Run by ``make benchmark``; the test suite does not collect these. Every benchmark also checks what
it computed, so that nothing is timed that is wrong.
"""

import numpy as np
import pytest

from csmri import (
    L1,
    FiniteDifferences,
    LeastSquares,
    MaskedFourier,
    TotalVariation,
    Wavelet,
    masks,
    phantoms,
)
from solvers import fista, primal_dual

SHAPE, SEED = (256, 256), 0


@pytest.fixture(scope="module")
def image():
    return phantoms.shepp_logan(SHAPE).astype(np.complex64)


@pytest.fixture(scope="module")
def columns():
    return masks.random_columns(SHAPE[1], acceleration=4, center_fraction=0.08, seed=SEED)


@pytest.fixture(params=["columns", "grid"])
def operator(request, columns):
    """A column mask, whose normal operator needs one transform axis, and a mask that needs both."""
    if request.param == "columns":
        return MaskedFourier(columns)
    return MaskedFourier(masks.gaussian_2d(SHAPE, acceleration=4, seed=SEED))


def test_normal(benchmark, operator, image):
    result = benchmark(operator.normal, image)
    np.testing.assert_allclose(result, operator.adjoint(operator(image)), atol=2e-6)


def test_gradient_step(benchmark, operator, image):
    f = LeastSquares(operator, operator(image))
    result = benchmark(f.gradient_step, image, 1.0)
    np.testing.assert_allclose(result, image, atol=2e-6)


def test_prox_of_a_wavelet_l1(benchmark, image):
    regularizer = 0.0 * (L1() @ Wavelet("db4", levels=4))
    np.testing.assert_allclose(benchmark(regularizer.prox, image, 1.0), image, atol=2e-6)


def test_finite_differences_and_back(benchmark, image):
    D = FiniteDifferences()
    result = benchmark(lambda: D.adjoint(D(image)))
    assert abs(result.sum()) < 1e-2  # differences of a periodic image add up to nothing


def test_fista_with_a_wavelet(benchmark, columns, image):
    A = MaskedFourier(columns)
    y, regularizer = A(image), 0.01 * (L1() @ Wavelet("db4", levels=4))
    result = benchmark(fista, A, y, regularizer, iterations=20)
    assert np.linalg.norm(result.x - image) < np.linalg.norm(A.adjoint(y) - image)


def test_primal_dual_with_total_variation(benchmark, columns, image):
    A = MaskedFourier(columns)
    y, regularizer = A(image), 0.005 * TotalVariation()
    result = benchmark(primal_dual, A, y, regularizer, iterations=50)
    assert np.linalg.norm(result.x - image) < np.linalg.norm(A.adjoint(y) - image)
