"""The laws that every operator, regularizer and solver obeys, each said once."""

import numpy as np

from csmri.arrays import to_numpy
from csmri.operators import LinearOperator, check


def random_complex(xp, shape, *, seed=0, dtype="complex128"):
    """Standard complex normal numbers, the same for every array library."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    return xp.asarray(values.astype(dtype))


def random_mask(xp, shape, *, fraction=0.4, seed=0):
    """A random mask that measures the middle and about `fraction` of the rest."""
    mask = np.random.default_rng(seed).random(shape) < fraction
    mask[tuple(n // 2 for n in shape)] = True
    return xp.asarray(mask)


def assert_close(a, b, tolerance=1e-12):
    """a and b agree to a relative error, measured in the ℓ2 norm."""
    a, b = to_numpy(a), to_numpy(b)
    assert a.shape == b.shape, f"shapes {a.shape} and {b.shape}"
    error = np.linalg.norm((a - b).ravel())
    assert error <= tolerance * max(np.linalg.norm(b.ravel()), 1e-300), f"off by {error:.3g}"


def assert_operator_laws(A: LinearOperator, x, **keywords):
    """Linearity, adjoint, normal, norm bound, unitarity if claimed, dtype, inputs unwritten."""
    check(A, x, **keywords)


def assert_batched_equals_looped(A: LinearOperator, x):
    """A, Aᴴ and AᴴA of a batch are those of its images."""
    y = A(x)
    for i in range(x.shape[0]):
        assert_close(y[i, ...], A(x[i, ...]), 1e-13)
        assert_close(A.adjoint(y)[i, ...], A.adjoint(y[i, ...]), 1e-13)
        assert_close(A.normal(x)[i, ...], A.normal(x[i, ...]), 1e-13)
