"""The independent optimum is one: its own optimality conditions hold, and closed forms agree."""

import numpy as np
import pytest
from cases import PENALTIES, case
from properties import random_complex
from reference import (
    difference_matrix,
    fourier_matrix,
    measurement_matrix,
    objective,
    optimum,
    wavelet_matrix,
)


def test_the_fourier_matrix_is_unitary_with_its_origin_in_the_middle():
    for n in (4, 5):
        F = fourier_matrix(n)
        assert np.allclose(F @ F.conj().T, np.eye(n))
        assert np.allclose(F[n // 2], 1 / np.sqrt(n))
        assert np.allclose(F[:, n // 2], 1 / np.sqrt(n))


def test_the_wavelet_matrix_is_orthogonal():
    W = wavelet_matrix((8, 12), "db2", 1)
    assert np.allclose(W @ W.T, np.eye(96))


def test_differences_of_a_ramp_are_its_slope_but_where_it_wraps():
    ramp = np.add.outer(3.0 * np.arange(4), np.arange(5)).ravel()
    down, right = (difference_matrix((4, 5), periodic=False) @ ramp).reshape(2, 4, 5)
    assert (down[:-1] == 3).all()
    assert (down[-1] == 0).all()
    assert (right[:, :-1] == 1).all()
    wrapped = (difference_matrix((4, 5)) @ ramp).reshape(2, 4, 5)
    assert (wrapped[0, -1] == -9).all()


def test_soft_thresholding_is_the_optimum_of_an_identity():
    y = random_complex(np, (12,))
    found = optimum(np.eye(12), y, np.eye(12), 0.7)
    modulus = abs(y)
    assert np.allclose(found.x, y * np.maximum(modulus - 0.7, 0) / modulus, atol=1e-12)


@pytest.mark.parametrize(
    ("penalty", "coils"), [*((name, 0) for name in PENALTIES), ("haar", 2), ("TV Neumann", 2)]
)
def test_every_case_meets_the_optimality_conditions(penalty, coils):
    c = case(penalty, sampling="points", coils=coils)
    assert c.optimum.stationarity <= 1e-11
    assert c.optimum.excess <= 1e-11
    assert abs(c.optimum.slack) <= 1e-11


def test_no_image_nearby_is_better():
    c = case("TV")
    _, matrix, groups = PENALTIES["TV"]
    A = measurement_matrix(c.mask, c.shape)
    y = c.y[np.broadcast_to(c.mask, c.shape)]
    for size in (1e-2, 1e-4):
        for seed in range(5):
            x = (c.optimum.x + size * random_complex(np, c.shape, seed=seed)).ravel()
            assert objective(A, y, matrix(c.shape), c.weight, x, groups) > c.optimum.value
