"""Nested FISTA: the optimum of total variation with several coils, in few iterations."""

import numpy as np
import pytest
from coil_scans import disc, fourier, smooth_maps, white_noise
from properties import assert_close

from csmri import L1, FiniteDifferences, GroupL1, MaskedFourier, TotalVariation, Wavelet
from csmri.arrays import to_numpy
from solvers import RelativeChange, admm, minimise, nested

SHAPE, COILS = (16, 24), 3


def measured(noise=0.02, images=1):
    maps = smooth_maps(COILS, SHAPE)
    mask = np.zeros(SHAPE[1], bool)
    mask[::3] = mask[9:15] = True
    scans = [fourier(maps * disc(SHAPE) * (1 + n)) for n in range(images)]
    y = np.stack([mask * (s + noise * white_noise(s.shape, n)) for n, s in enumerate(scans)])
    return mask, maps, (y if images > 1 else y[0])


def value(result):
    """The objective alone; the result's own comes with a certificate, which takes long."""
    return float(result.problem.objective(result.x))


REGULARIZERS = {
    "isotropic": 0.02 * TotalVariation(),
    "anisotropic": 0.02 * TotalVariation(isotropic=False),
    "neumann": 0.02 * TotalVariation(periodic=False),
    "sum": 0.01 * TotalVariation() + 0.01 * (L1() @ Wavelet("haar", levels=2)),
    "not fused": L1(np.full((2, *SHAPE), 0.02)) @ FiniteDifferences(),
}


@pytest.mark.parametrize("R", REGULARIZERS.values(), ids=REGULARIZERS.keys())
def test_the_optimum_is_that_of_admm(R):
    mask, maps, y = measured()
    A = MaskedFourier(mask, maps)
    best = admm(A, y, R, iterations=150)
    found = nested(A, y, R, iterations=100)
    assert value(found) == pytest.approx(value(best), rel=1e-4)
    assert_close(found.x, best.x, 1e-2)


def test_thirty_iterations_come_within_a_thousandth():
    mask, maps, y = measured()
    A, R = MaskedFourier(mask, maps), 0.02 * TotalVariation()
    best = value(nested(A, y, R, iterations=300))
    assert value(nested(A, y, R, iterations=30)) < 1.001 * best


def test_every_array_library_gives_the_same_images(xp):
    mask, maps, y = measured(images=2)
    R = 0.02 * TotalVariation()
    found = nested(
        MaskedFourier(xp.asarray(mask), xp.asarray(maps)), xp.asarray(y), R, iterations=20
    )
    for n in range(2):
        alone = nested(MaskedFourier(mask, maps), y[n], R, iterations=20)
        assert_close(to_numpy(found.x)[n], alone.x, 1e-9)


def test_the_dual_lies_in_its_ball_and_is_a_warm_start():
    mask, maps, y = measured()
    A, R = MaskedFourier(mask, maps), 0.02 * TotalVariation()
    cold = nested(A, y, R, iterations=60)
    assert GroupL1(0.02).dual_norm(cold.dual) <= 1 + 1e-9
    warm = nested(A, y, R, x0=cold, iterations=5)
    assert value(warm) <= value(nested(A, y, R, iterations=20))


def test_single_precision_stays_single():
    mask, maps, y = measured()
    A = MaskedFourier(mask, maps.astype("complex64"))
    result = nested(A, y.astype("complex64"), 0.02 * TotalVariation(), iterations=10)
    assert result.x.dtype == np.complex64
    assert result.dual.dtype == np.complex64


def test_minimise_takes_it_for_total_variation_with_several_coils():
    mask, maps, y = measured()
    A, R = MaskedFourier(mask, maps), 0.02 * TotalVariation()
    result = minimise(A, y, R, stop=RelativeChange(1e-4))
    assert "Nested FISTA" in result.choice
    assert result.converged
    assert value(result) < 1.002 * value(admm(A, y, R, iterations=300))
