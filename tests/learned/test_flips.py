"""A network over mirror images: what is mirrored, and what that leaves as it is."""

from itertools import product

import numpy as np
import pytest
from properties import random_complex, random_mask

import learned
from csmri import MaskedFourier, TotalVariation
from learned.flips import mirrored
from solvers import minimise

AXES = list(product((False, True), repeat=2))


def scan(shape, coils=0, columns=True):
    mask = random_mask(np, shape[1:] if columns else shape, fraction=0.5)
    maps = random_complex(np, (coils, *shape), seed=1) if coils else None
    A = MaskedFourier(mask, maps)
    return A, A(random_complex(np, shape)), mask, maps


@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("shape", [(8, 10), (7, 10), (9, 5)])
@pytest.mark.parametrize("coils", [0, 3])
@pytest.mark.parametrize("columns", [True, False])
def test_a_mirrored_scan_is_the_scan_of_the_mirrored_object(shape, axes, coils, columns):
    A, _, mask, maps = scan(shape, coils, columns)
    x = random_complex(np, shape, seed=2)
    B = MaskedFourier(mirrored(mask, axes), None if maps is None else mirrored(maps, axes))
    np.testing.assert_allclose(B(mirrored(x, axes)), mirrored(A(x), axes), atol=1e-12)
    np.testing.assert_array_equal(mirrored(mirrored(x, axes), axes), x)


def test_methods_that_prefer_no_direction_give_the_same_over_flips():
    _, y, mask, _ = scan((16, 12))

    def symmetric(y, mask, maps=None):
        return minimise(
            MaskedFourier(mask), y, 0.05 * TotalVariation(isotropic=False), iterations=3000
        ).x

    expected = symmetric(y, mask)
    found = learned.OverFlips(symmetric)(y, mask)
    assert np.linalg.norm(found - expected) < 2e-2 * np.linalg.norm(expected)


def test_the_mean_is_that_of_four_mirror_images():
    _, y, mask, _ = scan((8, 8))
    calls = []

    def lopsided(y, mask, maps=None):
        calls.append((y, mask))
        return MaskedFourier(mask).adjoint(y) * np.linspace(0, 1, 8)

    found = learned.OverFlips(lopsided)(y, mask)
    assert len(calls) == 4
    ramp = np.linspace(0, 1, 8)
    both = (ramp + mirrored(ramp[None], (False, True))[0]) / 2
    np.testing.assert_allclose(found, MaskedFourier(mask).adjoint(y) * both, atol=1e-12)


def test_single_precision_stays():
    _, y, mask, _ = scan((8, 8))
    found = learned.OverFlips(lambda y, mask, maps: MaskedFourier(mask).adjoint(y))(
        y.astype(np.complex64), mask
    )
    assert found.dtype == np.complex64
