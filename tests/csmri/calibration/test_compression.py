"""Virtual coils are orthonormal mixtures, ordered by energy."""

import numpy as np
import pytest
from coil_scans import fourier, inverse_fourier, real_brain, scan, smooth_maps, white_noise

from csmri.arrays import to_numpy
from csmri.calibration import (
    compress_coils,
    compress_coils_along_readout,
    compression_matrix,
    mix_coils,
    noise_covariance,
)
from csmri.calibration.compression import aligned, leading_rows

BOTH = pytest.mark.parametrize("compress", [compress_coils, compress_coils_along_readout])


def energy(kspace):
    return (np.abs(kspace) ** 2).sum(axis=(-2, -1))


@BOTH
def test_all_virtual_coils_together_hold_every_image_energy(xp, compress):
    kspace = scan(6)
    virtual = to_numpy(compress(xp.asarray(kspace), 6))
    for images in (kspace, virtual):
        assert images.shape == kspace.shape
    before, after = (
        (np.abs(inverse_fourier(images)) ** 2).sum(axis=0) for images in (kspace, virtual)
    )
    np.testing.assert_allclose(after, before, atol=1e-12 * before.max())


def test_energies_fall_and_no_mixture_holds_more():
    kspace = scan(6, noise=0.01)
    virtual = energy(compress_coils(kspace, 6))
    assert (np.diff(virtual) < 0).all()
    singular = np.linalg.svd(kspace.reshape(6, -1), compute_uv=False) ** 2
    np.testing.assert_allclose(virtual, singular, rtol=1e-9)


def test_white_noise_stays_white():
    signal = 1e3 * fourier(smooth_maps(6, (100, 80)))  # strong enough to decide the mixture alone
    noisy = compress_coils(signal + white_noise(signal.shape), 3)
    found = noise_covariance(noisy - compress_coils(signal, 3))
    np.testing.assert_allclose(found, np.eye(3), atol=0.1)


def test_every_mixture_has_orthonormal_rows():
    matrix = compression_matrix(scan(6), 3)
    samples = white_noise((5, 6, 9))
    gram = samples @ samples.conj().transpose(0, 2, 1)
    turned = aligned([leading_rows(one, 3) for one in gram], gram)
    for mixture in (matrix, *turned):
        np.testing.assert_allclose(mixture @ mixture.conj().T, np.eye(3), atol=1e-12)


@BOTH
def test_columns_that_were_not_measured_stay_empty(compress):
    kspace = scan(5)
    kspace[..., 1::2] = 0
    virtual = compress(kspace, 2)
    assert not virtual[..., 1::2].any()
    assert virtual[..., ::2].any()


def test_a_mixture_for_each_readout_position_keeps_more(shared_data):
    kspace = real_brain(shared_data)
    total = energy(kspace).sum()
    lost = {
        compress: 1 - energy(compress(kspace, 6)).sum() / total
        for compress in (compress_coils, compress_coils_along_readout)
    }
    assert lost[compress_coils_along_readout] < 0.6 * lost[compress_coils]


def test_mixtures_of_neighbouring_positions_are_aligned():
    def roughness(coils):
        """Energy in the differences along the readout, phases included."""
        images = inverse_fourier(coils)
        return (np.abs(np.diff(images, axis=-2)) ** 2).sum() / (np.abs(images) ** 2).sum()

    assert roughness(compress_coils_along_readout(scan(6), 3)) < 1.2 * roughness(scan(6))


def test_the_matrix_serves_other_data_of_the_same_coils(xp):
    kspace = xp.asarray(scan(6))
    matrix = compression_matrix(kspace, 4)
    np.testing.assert_allclose(
        to_numpy(mix_coils(matrix, kspace)), to_numpy(compress_coils(kspace, 4)), atol=1e-13
    )
    with pytest.raises(ValueError, match=r"expected \(V, 5\)"):
        mix_coils(matrix, kspace[:5, ...])


@BOTH
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_precision_and_input_are_kept(xp, compress, dtype):
    kspace = np.stack([scan(4), scan(4, noise=0.1)]).astype(dtype)
    given = xp.asarray(kspace.copy())
    assert compress(given, 2).dtype == given.dtype
    np.testing.assert_array_equal(to_numpy(given), kspace)


@BOTH
@pytest.mark.parametrize(("count", "expected"), [(0, "at least 1"), (7, "1 to 6")])
def test_a_count_out_of_range_is_refused(compress, count, expected):
    with pytest.raises(ValueError, match=f"coils={count}, expected {expected}"):
        compress(scan(6), count)


@BOTH
def test_kspace_without_coils_is_refused(compress):
    with pytest.raises(ValueError, match=r"expected \(\.\.\., C, H, W\)"):
        compress(scan(6)[0], 1)
