"""GRAPPA, partial Fourier and pseudo-replicas: each against what is known in closed form."""

import numpy as np
import pytest
from coil_scans import disc, fourier, inverse_fourier, scan, smooth_maps
from properties import assert_close

from csmri import MaskedFourier, masks
from csmri.arrays import to_numpy
from csmri.baselines import (
    g_factor,
    grappa,
    homodyne,
    noise_map,
    projections,
    root_sum_of_squares,
)
from csmri.baselines.grappa import middle_block, patterns

WIDTH = 36


def equispaced(acceleration=2):
    mask = np.zeros(WIDTH, bool)
    mask[WIDTH // 2 % acceleration :: acceleration] = True
    mask[WIDTH // 2 - 7 : WIDTH // 2 + 7] = True
    return mask


def random_columns():
    return masks.random_columns(WIDTH, acceleration=1.4, center_fraction=0.4, seed=0)


@pytest.mark.parametrize("mask", [equispaced(), equispaced(3), random_columns()])
def test_grappa_fills_what_several_coils_determine(xp, mask):
    full = scan(8, (40, WIDTH))
    given = xp.asarray(mask * full)
    filled = to_numpy(grappa(given, xp.asarray(mask), ridge=1e-4))
    np.testing.assert_array_equal(to_numpy(given), mask * full)
    np.testing.assert_array_equal(filled[..., mask], full[..., mask])
    missing = np.linalg.norm((1 - mask) * full)
    assert np.linalg.norm(filled - full) < 0.3 * missing
    truth = root_sum_of_squares(inverse_fourier(full))
    images = (root_sum_of_squares(inverse_fourier(k)) for k in (filled, mask * full))
    error, before = (np.linalg.norm(image - truth) for image in images)
    assert error < 0.35 * before


def test_an_equispaced_mask_has_one_pattern_for_each_place_between_lines():
    groups = patterns(np.arange(60) % 3 == 0, 2, 30)
    inside = {p: columns for p, columns in groups.items() if len(columns) > 2}
    assert set(inside) == {(-1, 2), (-2, 1)}
    assert sum(map(len, groups.values())) == 40


def test_grappa_keeps_batches_and_precision():
    mask = equispaced()
    both = np.stack([scan(4), scan(4, noise=0.1)]).astype("complex64") * mask
    filled = grappa(both[:, None], mask)
    assert filled.dtype == np.complex64
    assert_close(filled[1, 0], grappa(both[1], mask), 1e-6)


def test_an_empty_slice_stays_empty_and_leaves_the_others_alone():
    mask = equispaced()
    slices = np.stack([scan(4), np.zeros_like(scan(4))]) * mask
    filled = grappa(slices, mask)
    assert not filled[1].any()
    assert_close(filled[0], grappa(slices[0], mask), 1e-12)


def test_the_middle_block_is_the_run_around_zero_frequency():
    mask = np.array([1, 0, 1, 1, 1, 1, 0, 1], bool)
    assert middle_block(mask) == slice(2, 6)
    assert middle_block(np.ones(5, bool)) == slice(0, 5)


def smooth_image():
    columns = np.linspace(-1, 1, WIDTH)
    return np.abs(disc((40, WIDTH))) * np.exp(1j * (0.5 + columns))


@pytest.mark.parametrize("method", [homodyne, projections])
@pytest.mark.parametrize("flipped", [False, True])
def test_the_missing_side_of_kspace_follows_from_a_smooth_phase(xp, method, flipped):
    mask = np.arange(WIDTH) < WIDTH // 2 + 6
    mask = mask[::-1].copy() if flipped else mask
    truth = smooth_image()
    y = mask * fourier(truth)
    found = to_numpy(method(xp.asarray(y), xp.asarray(mask)))
    zero_filled = np.linalg.norm(inverse_fourier(y) - truth)
    assert np.linalg.norm(found - truth) < 0.5 * zero_filled
    batch = method(np.stack([y, 2j * y]).astype("complex64"), mask)
    assert batch.dtype == np.complex64
    assert_close(batch[1], 2j * found, 1e-4)


def test_projections_agree_with_what_was_measured():
    mask = np.arange(WIDTH) < WIDTH // 2 + 6
    y = mask * fourier(smooth_image())
    assert_close(mask * fourier(projections(y, mask)), y, 1e-12)


def test_the_noise_of_a_unitary_transform_is_sigma(xp):
    nothing = xp.zeros((40, WIDTH), dtype=xp.complex128)
    everything = np.ones(WIDTH, bool)
    A = MaskedFourier(xp.asarray(everything))
    found = noise_map(A.adjoint, nothing, everything, sigma=2.0, replicas=50)
    assert found.shape == (40, WIDTH)
    assert found.mean() == pytest.approx(2.0, rel=0.01)
    half = noise_map(lambda y: A.adjoint(y)[:20, :], nothing, np.arange(WIDTH) % 2 == 0)
    assert half.mean() == pytest.approx(np.sqrt(0.5), rel=0.02)


def test_the_g_factor_of_sense_is_that_of_its_formula():
    maps = smooth_maps(4, (8, 12))
    mask = np.arange(12) % 2 == 0  # zero frequency at 6: the image folds by half

    def sense(y, m):
        """Least squares, by unfolding: a dense matrix of every row."""
        F = fourier(np.eye(12)[:, None, :])[:, 0, :].T  # along the columns alone
        rows = []
        for row, line in enumerate(np.moveaxis(along_readout(y), -2, 0)):
            A = np.concatenate([(F * maps[c, row])[m] for c in range(4)])
            rows.append(np.linalg.lstsq(A, line[:, m].ravel())[0])
        return np.stack(rows)

    found = g_factor(sense, mask, (4, 8, 12), replicas=200)
    expected = np.empty((8, 12))
    for row, column in np.ndindex(8, 12):
        S = maps[:, row, [column, (column + 6) % 12]]
        gram = S.conj().T @ S
        expected[row, column] = np.sqrt((np.linalg.inv(gram)[0, 0] * gram[0, 0]).real)
    assert np.mean(found / expected) == pytest.approx(1, abs=0.02)
    assert np.abs(found / expected - 1).max() < 0.25
    assert expected.max() > 1.05


def along_readout(y):
    return np.fft.fftshift(np.fft.ifft(np.fft.ifftshift(y, -2), axis=-2, norm="ortho"), -2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: grappa(scan(3), np.ones((40, 36), bool)), r"expected bool and \(36,\)"),
        (lambda: grappa(scan(3), np.arange(36) % 2 == 1), "zero frequency"),
        (lambda: grappa(scan(3), np.arange(36) == 18), "wider middle"),
        (lambda: grappa(scan(3), equispaced(), height=4), "odd height"),
        (lambda: homodyne(scan(3), np.arange(36) % 2 == 0), "partial Fourier"),
        (lambda: projections(scan(3), np.ones(35, bool)), r"expected bool and \(36,\)"),
        (lambda: homodyne(scan(3), np.arange(36) < 18), "partial Fourier"),
        (lambda: noise_map(abs, scan(3), equispaced(), sigma=0), "noise above 0"),
        (lambda: g_factor(lambda y, mask: y, equispaced(), (3, 0, 36)), "a side of shape=0"),
    ],
)
def test_what_cannot_be_meant_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
