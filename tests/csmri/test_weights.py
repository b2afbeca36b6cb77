"""λ from the data: largest weights are those where the trivial solution ends; noise is found."""

import numpy as np
import pytest
from properties import random_complex, random_mask

from csmri import datasets, masks
from csmri.arrays import to_numpy
from csmri.operators import FiniteDifferences, MaskedFourier, UndecimatedWavelet, Wavelet
from csmri.regularizers import L1, GroupL1, Ridge, TotalVariation
from csmri.weights import LargestWeight, largest, noise_level, noise_level_of_scan
from solvers import admm

SHAPE = (16, 16)
W = Wavelet("db2", levels=2)


def data(xp, *, sampling="points", coils=0, dtype="complex128"):
    mask = random_mask(xp, SHAPE if sampling == "points" else SHAPE[1:])
    maps = None
    if coils:
        maps = random_complex(np, (coils, *SHAPE), seed=3)
        maps = xp.asarray((maps / np.sqrt((abs(maps) ** 2).sum(axis=0))).astype(dtype))
    A = MaskedFourier(mask, maps)
    smooth = np.hanning(16)[:, None] * np.hanning(16)
    image = random_complex(np, SHAPE, seed=1) * 0.3 + 2 * smooth
    return A, A(xp.asarray(image.astype(dtype)))


def spread(x, trivial):
    """‖x − trivial‖ as a share of what the data would have moved it."""
    return np.linalg.norm(to_numpy(x) - to_numpy(trivial))


EXACT = {
    "ℓ1": L1(),
    "wavelet": L1() @ W,
    "weighted bands": L1(W.band_weights(SHAPE, coarse=3.0)) @ W,
}


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("coils", [0, 3])
def test_from_the_largest_weight_on_the_solution_is_zero_and_below_it_is_not(name, coils):
    A, y = data(np, coils=coils)
    R = EXACT[name]
    weight = largest(A, y, R)
    assert weight.exact
    assert spread(admm(A, y, 1.0001 * weight * R, iterations=300).x, 0) == 0
    assert spread(admm(A, y, 0.9 * weight * R, iterations=300).x, 0) > 1e-3


@pytest.mark.parametrize("sampling", ["columns", "points"])
def test_details_alone_vanish_at_the_largest_weight_while_the_coarse_band_stays(sampling):
    A, y = data(np, sampling=sampling)
    R = L1(W.band_weights(SHAPE, coarse=0.0)) @ W
    weight = largest(A, y, R)
    details = W.band_weights(SHAPE, coarse=0.0)
    above = W(admm(A, y, 1.001 * weight * R, iterations=600).x)
    below = W(admm(A, y, 0.9 * weight * R, iterations=600).x)
    assert weight.exact
    assert weight < largest(A, y, L1() @ W)
    assert np.linalg.norm(details * above) < 1e-7 * np.linalg.norm(above)
    assert np.linalg.norm(details * below) > 1e-3


BOUNDS = {
    "TV": TotalVariation(),
    "anisotropic TV": TotalVariation(isotropic=False),
    "Neumann TV": TotalVariation(periodic=False),
    "scaled TV": 3 * (GroupL1() @ FiniteDifferences()),
}


@pytest.mark.parametrize("name", BOUNDS)
@pytest.mark.parametrize("coils", [0, 3])
def test_at_the_bound_of_total_variation_the_solution_is_the_best_constant(name, coils):
    A, y = data(np, coils=coils)
    R = BOUNDS[name]
    bound = largest(A, y, R)
    assert not bound.exact
    x = admm(A, y, 1.001 * bound * R, iterations=300).x
    ones = A(np.ones(SHAPE, complex))
    constant = np.vdot(ones, y) / np.vdot(ones, ones)
    below = admm(A, y, 0.05 * bound * R, iterations=50).x
    assert spread(x, constant) < 1e-2 * spread(below, constant)


def test_at_the_bound_of_a_frame_or_a_sum_the_solution_is_zero():
    A, y = data(np)
    U = UndecimatedWavelet("haar", levels=2)
    for R in (L1(U.band_weights()) @ U, L1() @ W + 0.5 * TotalVariation()):
        bound = largest(A, y, R)
        assert not bound.exact
        assert spread(admm(A, y, 1.001 * bound * R, iterations=600).x, 0) < 1e-6


def test_it_follows_intensity_and_the_batch_and_is_the_same_on_every_library(xp):
    A, y = data(xp, sampling="columns", dtype="complex64")
    batch = xp.stack((y, 2 * y), axis=0)
    for R in (L1() @ W, TotalVariation(), L1(W.band_weights(SHAPE, coarse=0.0)) @ W):
        alone = largest(A, y, R)
        reference, ks = data(np, sampling="columns", dtype="complex64")
        assert alone == pytest.approx(largest(reference, ks, R), rel=1e-5)
        assert largest(A, batch, R) == pytest.approx(2 * alone, rel=1e-5)


def test_a_largest_weight_is_a_float_that_says_whether_it_is_a_bound():
    assert repr(LargestWeight(0.25, exact=False)) == "0.25 (an upper bound)"
    assert repr(LargestWeight(0.25, exact=True)) == "0.25 (exact)"
    assert (0.1 * LargestWeight(0.25, exact=True) * L1()).weight == pytest.approx(0.025)


def test_what_has_no_largest_weight_is_refused():
    A, y = data(np)
    with pytest.raises(ValueError, match="expected a norm whose dual norm is known"):
        largest(A, y, Ridge())
    U = UndecimatedWavelet("haar", levels=1)
    with pytest.raises(ValueError, match="penalise all its bands"):
        largest(A, y, L1(U.band_weights(coarse=0)) @ U)


@pytest.mark.parametrize("noise", [0.003, 0.05])
def test_the_noise_of_a_smooth_image_is_found_within_a_tenth(xp, noise):
    t = np.linspace(-1, 1, 128)
    image = np.exp(-8 * (t[:, None] ** 2 + t**2))
    mask = masks.random_columns(128, acceleration=3, center_fraction=0.1, seed=0)
    acquired = datasets.simulate(image, mask, noise=noise, seed=0)
    found = noise_level(xp.asarray(acquired.kspace), xp.asarray(mask))
    assert found == pytest.approx(noise, rel=0.1)


@pytest.mark.parametrize("person", ["s1", "colin27"])
def test_the_noise_of_a_real_slice_is_found_within_a_tenth_where_it_is_two_per_cent(person):
    slices = datasets.load(person, shape=(256, 256))
    mask = masks.random_columns(256, acceleration=4, center_fraction=0.08, seed=0)
    acquired = datasets.simulate(slices.images[len(slices.images) // 2], mask, noise=0.02, seed=1)
    assert noise_level(acquired.kspace, mask) == pytest.approx(0.02, rel=0.1)


def test_the_noise_of_coils_is_found_together():
    noise = 0.2 * random_complex(np, (4, 64, 64)) / np.sqrt(2)
    mask = random_mask(np, (64, 64))
    assert noise_level(np.where(mask, noise, 0), mask) == pytest.approx(0.2, rel=0.1)
    assert noise_level_of_scan(noise) == pytest.approx(0.2, rel=0.02)


def test_noise_cannot_be_found_where_nothing_was_measured():
    y = random_complex(np, (8, 8))
    with pytest.raises(ValueError, match=r"k-space of \(8, 8\) and a mask of \(7,\)"):
        noise_level(y, np.ones(7, bool))
    with pytest.raises(ValueError, match="measures 0 samples"):
        noise_level(y, np.zeros(8, bool))
    with pytest.raises(ValueError, match="padded k-space with zeros"):
        noise_level(np.pad(y, 20), np.ones(48, bool))
    with pytest.raises(ValueError, match="share=0"):
        noise_level(y, np.ones(8, bool), share=0)
    with pytest.raises(ValueError, match="without samples"):
        noise_level_of_scan(y[:0])
