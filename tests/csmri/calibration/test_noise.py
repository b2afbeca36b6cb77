"""Noise covariance is a mean, and prewhitened noise has σ = 1 in every coil."""

import numpy as np
import pytest
from coil_scans import coloured_noise, scan, white_noise

from csmri.arrays import to_numpy
from csmri.calibration import edge_noise, noise_covariance, prewhiten


def test_the_covariance_does_not_depend_on_the_number_of_samples(xp):
    noise, truth = coloured_noise(4, 40_000)
    few, many = (to_numpy(noise_covariance(xp.asarray(noise[:, :n]))) for n in (10_000, 40_000))
    assert np.linalg.norm(many - truth) < 0.03 * np.linalg.norm(truth)
    assert np.linalg.norm(few - truth) < 0.06 * np.linalg.norm(truth)


def test_the_covariance_is_that_of_numpy():
    noise, _ = coloured_noise(3, 50)
    by_hand = sum(np.outer(n, n.conj()) for n in noise.T) / 50
    np.testing.assert_allclose(noise_covariance(noise), by_hand, atol=1e-13)


def test_coils_of_a_noise_image_lie_on_axis_minus_3():
    noise, _ = coloured_noise(3, 2 * 10 * 12)
    images = np.moveaxis(noise.reshape(3, 2, 10, 12), 0, 1)
    np.testing.assert_allclose(noise_covariance(images), noise_covariance(noise), atol=1e-12)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_prewhitened_noise_has_standard_deviation_one_and_no_correlation(xp, dtype):
    noise, _ = coloured_noise(5, 30_000)
    noise = xp.asarray(noise.astype(dtype))
    images = xp.reshape(noise, (5, 150, 200))
    white = prewhiten(images, noise_covariance(noise))
    assert white.dtype == noise.dtype
    found = to_numpy(noise_covariance(white))
    np.testing.assert_allclose(found, np.eye(5), atol=1e-4 if dtype == "complex64" else 1e-10)
    assert to_numpy(white).real.std() == pytest.approx(np.sqrt(0.5), rel=0.01)


def test_fresh_noise_of_the_same_coils_is_white_too():
    first, _ = coloured_noise(5, 30_000, seed=0)
    mixing_of_both = np.linalg.cholesky(coloured_noise(5, 10)[1])
    second = (mixing_of_both @ white_noise((5, 40_000), seed=9)).reshape(5, 200, 200)
    found = noise_covariance(prewhiten(second, noise_covariance(first)))
    np.testing.assert_allclose(found, np.eye(5), atol=0.04)


def test_zeros_stay_zeros_and_batches_are_their_images(xp):
    noise, _ = coloured_noise(3, 1000)
    kspace = np.stack([scan(3), 2 * scan(3)])
    kspace[..., ::2] = 0
    psi = noise_covariance(xp.asarray(noise))
    white = to_numpy(prewhiten(xp.asarray(kspace), psi))
    assert not white[..., ::2].any()
    np.testing.assert_allclose(
        white[1], to_numpy(prewhiten(xp.asarray(kspace[1]), psi)), atol=1e-12
    )


def test_the_edge_of_kspace_tells_the_noise(xp):
    _, truth = coloured_noise(4, 10)
    mixing = np.linalg.cholesky(truth)
    kspace = (mixing @ white_noise((4, 3 * 64 * 64), seed=3)).reshape(4, 3, 64, 64)
    kspace[..., 20:44, 20:44] += 100
    kspace = xp.asarray(np.moveaxis(kspace, 0, 1))
    found = to_numpy(noise_covariance(edge_noise(kspace, share=0.3)))
    assert np.linalg.norm(found - truth) < 0.1 * np.linalg.norm(truth)


def test_samples_off_the_mask_are_not_taken_for_noise():
    mask = np.zeros(36, bool)
    mask[::3] = True
    kspace = np.where(mask, scan(4, noise=1.0), 0)
    found = edge_noise(kspace, mask, share=0.2)
    assert found.shape == (4, np.ceil(0.2 * 40 * 12))
    assert (found != 0).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: noise_covariance(np.ones((5, 4), complex)), "more samples than coils"),
        (lambda: noise_covariance(np.ones(5, complex)), r"expected \(C, N\)"),
        (lambda: noise_covariance(np.full((2, 9), np.nan + 0j)), "not finite"),
        (lambda: prewhiten(scan(3), np.eye(4)), r"expected \(3, 3\)"),
        (lambda: prewhiten(scan(3), np.zeros((3, 3))), "positive definite"),
        (lambda: prewhiten(scan(3), np.ones((3, 3)) + np.eye(3) * 1j), "Hermitian"),
        (lambda: edge_noise(scan(3), share=0.0), r"\(0, 1\]"),
        (lambda: edge_noise(scan(3), np.ones(35, bool)), r"\(36,\)"),
        (lambda: edge_noise(scan(3), np.zeros(36, bool)), "measures nothing"),
    ],
)
def test_what_cannot_be_meant_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
