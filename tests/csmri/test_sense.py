"""The normal operator of several coils: its twin, its definition, and adjoint ∘ call agree."""

import numpy as np
import pytest
from properties import assert_close, random_complex, random_mask

from csmri import MaskedFourier
from csmri.kernels import compilation, sense

SHAPES = ((8, 8), (5, 7), (1, 6), (6, 1))
needs_numba = pytest.mark.skipif(not compilation.has_numba(), reason="numba is not installed")


@needs_numba
@pytest.mark.parametrize("columns", [True, False])
@pytest.mark.parametrize("batch", [(), (2,), (2, 3)])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("dtype", "tolerance"), [("complex64", 1e-5), ("complex128", 1e-12)])
def test_the_twin_is_its_definition(monkeypatch, dtype, tolerance, shape, batch, columns):
    x = random_complex(np, (*batch, *shape), dtype=dtype)
    maps = random_complex(np, (3, *shape), seed=1, dtype=dtype)
    mask = random_mask(np, shape[-1:] if columns else shape)
    expected = sense.definition(x, maps, mask, columns=columns)
    before = x.copy(), maps.copy(), mask.copy()
    monkeypatch.setattr(sense, "definition", None)
    found = sense.sense_normal(x, maps, mask, columns=columns)
    assert found.dtype == x.dtype
    assert_close(found, expected, tolerance)
    for array, copy in zip((x, maps, mask), before, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("shape", [(6,), (1, 6), (5, 6), (2, 1, 1, 6), (4, 1, 6), (2, 1, 5, 6)])
def test_normal_is_the_adjoint_after_the_operator_for_every_kind_of_mask(xp, shape):
    A = MaskedFourier(random_mask(xp, shape), random_complex(xp, (2, 4, 5, 6), seed=1))
    x = random_complex(xp, (2, 5, 6))
    assert_close(A.normal(x), A.adjoint(A(x)), 1e-12)
