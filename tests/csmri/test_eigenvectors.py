"""The leading eigenvectors of many matrices: the twin gives what a full decomposition gives."""

import numpy as np
import pytest
from properties import random_complex

from csmri.arrays import to_numpy
from csmri.kernels import compilation
from csmri.kernels.eigenvectors import definition, leading_eigenvectors


def with_spectrum(values, count, dtype, seed=0):
    """(count, C, C) Hermitian matrices with these eigenvalues and random eigenvectors."""
    size = len(values)
    basis = np.linalg.qr(random_complex(np, (count, size, size), seed=seed))[0]
    matrices = (basis * np.asarray(values)) @ basis.conj().transpose(0, 2, 1)
    return np.ascontiguousarray(matrices.astype(dtype))


@pytest.mark.skipif(not compilation.has_numba(), reason="numba is not installed")
@pytest.mark.parametrize(("dtype", "tolerance"), [("complex64", 1e-3), ("complex128", 1e-7)])
@pytest.mark.parametrize("coils", [1, 2, 8])
def test_the_twin_is_its_definition_up_to_phase(monkeypatch, dtype, tolerance, coils):
    matrices = with_spectrum(np.linspace(0.1, 1, coils) ** 2, 50, dtype)
    before = matrices.copy()
    expected, directions = definition(matrices)
    monkeypatch.setattr("csmri.kernels.eigenvectors.definition", None)
    values, vectors = leading_eigenvectors(matrices)
    np.testing.assert_array_equal(matrices, before)
    assert vectors.dtype == matrices.dtype
    assert values.dtype == expected.dtype
    np.testing.assert_allclose(values, expected, rtol=tolerance)
    overlap = np.abs((vectors.conj() * directions).sum(axis=-1))
    np.testing.assert_allclose(overlap, 1, atol=tolerance)


def test_a_neighbour_with_an_orthogonal_eigenvector_does_not_mislead(xp):
    one, other = np.diag([1.0, 0.3, 0.2]), np.diag([0.2, 0.3, 1.0])
    matrices = np.stack([one, other, 0 * one, one, other]).astype("complex128")
    values, vectors = leading_eigenvectors(xp.asarray(matrices))
    np.testing.assert_allclose(to_numpy(values), [1, 1, 0, 1, 1], atol=1e-12)
    strengths = np.abs(to_numpy(vectors))
    np.testing.assert_allclose(strengths[[0, 3]], [[1, 0, 0]] * 2, atol=1e-6)
    np.testing.assert_allclose(strengths[[1, 4]], [[0, 0, 1]] * 2, atol=1e-6)
