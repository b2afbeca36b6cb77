"""What the tests of kernels share: their cases, and when a twin is as good as its definition."""

import numpy as np
import pytest
from properties import random_complex

from csmri.kernels import compilation

TOLERANCE = {"complex64": 1e-5, "complex128": 1e-12}
DTYPES = tuple(TOLERANCE)
SHAPES = ((8, 8), (5, 7), (1, 6), (6, 1), (64, 48))

needs_numba = pytest.mark.skipif(not compilation.has_numba(), reason="numba is not installed")


def numbers(shape, dtype, seed=0):
    return random_complex(np, shape, seed=seed, dtype=dtype)


def assert_equal(results, expected):
    """Arrays, or tuples of them, agree as their dtype allows, and have that dtype."""
    if not isinstance(results, tuple):
        results, expected = (results,), (expected,)
    for a, b in zip(results, expected, strict=True):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        precision = np.result_type(b.dtype, np.complex64).name  # that of real numbers, too
        np.testing.assert_allclose(a, b, rtol=0, atol=TOLERANCE[precision] * abs(b).max())


def assert_unwritten(arrays, copies):
    for array, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


BOUNDARIES = pytest.mark.parametrize("periodic", [True, False], ids=["periodic", "neumann"])
KINDS = pytest.mark.parametrize("isotropic", [True, False], ids=["isotropic", "anisotropic"])
