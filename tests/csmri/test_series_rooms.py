"""Series as matrices: their operators, the nuclear norm, masks over time, readouts of volumes."""

import numpy as np
import pytest
from coil_scans import fourier, inverse_fourier, scan, smooth_maps
from properties import assert_close, assert_operator_laws, random_complex, random_mask

from csmri import (
    L1,
    CoilSets,
    Fourier,
    Frames,
    MaskedFourier,
    NuclearNorm,
    Sampling,
    TemporalDifferences,
    TemporalFourier,
    TotalVariation,
    masks,
)
from csmri.arrays import to_numpy
from csmri.calibration import espirit_sets
from csmri.operators import slices_along_readout
from csmri.regularizers import check
from solvers import conjugate_gradient

OPERATORS = {
    "frames": (Frames((3, 5)), (2, 4, 15)),
    "differences": (TemporalDifferences(), (2, 4, 15)),
    "fourier": (TemporalFourier(), (2, 4, 15)),
    "one frame": (TemporalDifferences(), (1, 6)),
}


@pytest.mark.parametrize(("A", "shape"), OPERATORS.values(), ids=OPERATORS.keys())
def test_operators_of_series_obey_the_laws(xp, A, shape):
    assert_operator_laws(A, random_complex(xp, shape))


def test_a_series_is_measured_frame_by_frame(xp):
    maps, mask = (
        smooth_maps(3, (8, 6)),
        masks.random_columns_k_t(4, 6, acceleration=2, center_fraction=0.3, seed=0),
    )
    A = MaskedFourier(xp.asarray(mask[:, None]), xp.asarray(maps)) @ Frames((8, 6))
    x = random_complex(np, (4, 48))
    expected = mask[:, None] * fourier(maps * x.reshape(4, 1, 8, 6))
    assert_close(A(xp.asarray(x)), expected, 1e-12)
    assert_operator_laws(A, xp.asarray(x))


def test_sets_of_maps_are_an_operator(xp):
    maps = xp.asarray(espirit_sets(scan(4, (20, 18)), calibration=12, kernel=4))
    A = Sampling(random_mask(xp, (18,))) @ Fourier() @ CoilSets(maps)
    assert_operator_laws(A, random_complex(xp, (2, 20, 18)))
    assert CoilSets(maps).norm_bound() == pytest.approx(1, abs=1e-6)


def test_a_folded_image_is_found_with_two_sets():
    folded = scan(6, (40, 72))[..., ::2]
    maps = espirit_sets(folded, calibration=20, kernel=5, crop=0.7)
    mask = np.zeros(36, bool)
    mask[::2] = mask[8:28] = True
    A = Sampling(mask) @ Fourier() @ CoilSets(maps) @ Frames((40, 36))
    x = conjugate_gradient(A, mask * folded, ridge=1e-3, iterations=50).x
    coils = CoilSets(maps)(Frames((40, 36))(x))
    assert_close(coils, inverse_fourier(folded), 0.1)


@pytest.mark.parametrize("shape", [(4, 7), (7, 4)])
def test_the_nuclear_norm_is_the_sum_of_singular_values(xp, shape):
    R, X = 0.7 * NuclearNorm(), random_complex(np, (2, *shape))
    values = np.linalg.svd(X, compute_uv=False)
    assert_close(R.value(xp.asarray(X)), 0.7 * values.sum(axis=-1), 1e-7)
    assert_close(R.dual_norm(xp.asarray(X)), values[:, 0] / 0.7, 1e-9)
    u, s, vh = np.linalg.svd(X, full_matrices=False)
    shrunk = (u * np.maximum(s - 0.35, 0)[:, None]) @ vh
    assert_close(R.prox(xp.asarray(X), 0.5), shrunk, 1e-9)
    check(R, random_complex(xp, shape))


def test_the_nuclear_norm_of_nothing_is_nothing_and_single_stays_single(xp):
    zero = xp.zeros((3, 5), dtype=xp.complex64)
    assert float(NuclearNorm().value(zero)) == 0
    moved = NuclearNorm().prox(zero, 1.0)
    assert moved.dtype == xp.complex64
    assert not to_numpy(moved).any()


def test_regularizers_of_frames_add_up(xp):
    frames = random_complex(np, (3, 6, 5))
    R = TotalVariation() @ Frames((6, 5))
    alone = TotalVariation().value(frames).sum()
    assert float(R.value(xp.asarray(frames.reshape(3, 30)))) == pytest.approx(alone)


def test_temporal_total_variation_counts_the_changes():
    still = np.ones((5, 12), complex)
    still[3:] += 2
    assert float((L1() @ TemporalDifferences()).value(still)) == pytest.approx(24)


def test_columns_over_time_have_exact_counts_and_a_full_centre():
    mask = masks.random_columns_k_t(20, 64, acceleration=5, center_fraction=0.06, seed=1)
    assert mask.shape == (20, 1, 64)
    assert (mask.sum(axis=-1) == 13).all()
    assert mask[..., 30:34].all()
    again = masks.random_columns_k_t(20, 64, acceleration=5, center_fraction=0.06, seed=1)
    np.testing.assert_array_equal(mask, again)
    other = masks.random_columns_k_t(20, 64, acceleration=5, center_fraction=0.06, seed=2)
    assert (mask != other).any()


def test_every_column_has_its_turn_before_one_comes_again():
    mask = masks.random_columns_k_t(7, 64, acceleration=5, center_fraction=0.06, seed=3)
    outer = np.delete(mask[:, 0], range(30, 34), axis=-1)
    assert outer[:6].sum(axis=0).max() == 1  # 6 frames of 9 columns, of 60
    assert outer.sum(axis=0).min() == 1  # a seventh takes the last 6 and 3 others


def test_a_volume_is_a_batch_of_slices_along_its_readout(xp):
    volume = random_complex(np, (5, 6, 4))
    axes = (-3, -2, -1)
    kspace = np.fft.fftshift(np.fft.fftn(np.fft.ifftshift(volume, axes), norm="ortho"), axes)
    slices = slices_along_readout(xp.asarray(kspace), axis=-3)
    assert_close(Fourier().adjoint(slices), volume, 1e-12)
    with_coils = xp.asarray(np.moveaxis(np.stack([kspace, 2 * kspace]), 0, 1))  # (X, C, H, W)
    assert_close(slices_along_readout(with_coils)[:, 1, ...], 2 * slices, 1e-12)


def test_a_readout_among_the_phase_encodes_is_refused():
    with pytest.raises(ValueError, match="axis=-1"):
        slices_along_readout(np.ones((3, 4, 5), complex), axis=-1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Frames((3, 5))(np.ones((2, 14), complex)), r"expected \(\.\.\., T, 15\)"),
        (lambda: Frames((3, 5)).adjoint(np.ones((3, 5), complex)), r"\(\.\.\., T, H, W\)"),
        (lambda: Frames((3, 0)), "the width of shape=0, expected at least 1"),
        (lambda: CoilSets(np.ones((2, 3, 4))), r"\(N, C, H, W\)"),
        (lambda: CoilSets(np.ones((1, 2, 3, 4)))(np.ones((2, 3, 4))), "1 sets of 2 coils"),
        (lambda: NuclearNorm(-1), "λ ≥ 0"),
    ],
)
def test_what_cannot_be_meant_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
