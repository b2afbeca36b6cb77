"""The twins that penalties and proofs rest on equal their definitions."""

import numpy as np
import pytest
from twins import (
    BOUNDARIES,
    DTYPES,
    KINDS,
    SHAPES,
    TOLERANCE,
    assert_equal,
    assert_unwritten,
    needs_numba,
    numbers,
)

from csmri import kernels
from csmri.kernels import agnostic_penalty, agnostic_proof


@needs_numba
@KINDS
@BOUNDARIES
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_a_penalty_needs_of_total_variation(dtype, isotropic, periodic, monkeypatch):
    w, w_next = numbers((2, 2, 17, 40), dtype), numbers((2, 2, 17, 40), dtype, seed=1)
    kept = w.copy(), w_next.copy()
    kind = {"isotropic": isotropic}
    energies = agnostic_penalty.difference_step_energies(w, w_next, 0.7, alpha=1.8, **kind)
    plain = agnostic_penalty.step_energies(w, w_next, w_next, w, alpha=1.8)
    rescaled = agnostic_penalty.difference_rescale(w, 0.7, ratio=0.4, periodic=periodic, **kind)
    for name in ("difference_step_energies", "step_energies", "difference_rescale"):
        monkeypatch.delattr(agnostic_penalty, name)
    tolerance = 10 * TOLERANCE[dtype]
    result = kernels.difference_step_energies(w, w_next, 0.7, alpha=1.8, **kind)
    assert result == pytest.approx(energies, rel=tolerance)
    assert kernels.step_energies(w, w_next, w_next, w, alpha=1.8) == pytest.approx(
        plain, rel=tolerance
    )
    assert_equal(kernels.difference_rescale(w, 0.7, ratio=0.4, periodic=periodic, **kind), rescaled)
    assert_unwritten((w, w_next), kept)


@needs_numba
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("threshold", [0.7, 0.0])
def test_what_a_penalty_needs_of_shrunk_coefficients(dtype, threshold, monkeypatch):
    c, d = numbers((2, 17, 40), dtype), numbers((2, 17, 40), dtype, seed=1)
    c[0, 0, :5] = 0
    kept = c.copy(), d.copy()
    moved, energies = agnostic_penalty.shrunk_step(c, d, threshold, alpha=1.8)
    rescaled = agnostic_penalty.shrunk_rescale(c, threshold, ratio=0.4)
    for name in ("shrunk_step", "shrunk_rescale"):
        monkeypatch.delattr(agnostic_penalty, name)
    result, found = kernels.shrunk_step(c, d, threshold, alpha=1.8)
    assert_equal(result, moved)
    assert found == pytest.approx(energies, rel=10 * TOLERANCE[dtype])
    assert_equal(kernels.shrunk_rescale(c, threshold, ratio=0.4), rescaled)
    assert_unwritten((c, d), kept)


@needs_numba
@KINDS
@BOUNDARIES
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_what_a_proof_needs_of_total_variation(shape, dtype, isotropic, periodic, monkeypatch):
    p, x = numbers((2, 3, 2, *shape), dtype), numbers((2, 3, *shape), dtype, seed=1)
    kind = {"isotropic": isotropic, "periodic": periodic}
    total = agnostic_proof.difference_sum(x, **kind)
    peak = agnostic_proof.difference_peak(p, x, **kind)
    for name in ("difference_sum", "difference_peak"):
        monkeypatch.delattr(agnostic_proof, name)
    tolerance = 10 * TOLERANCE[dtype]
    np.testing.assert_allclose(kernels.difference_sum(x, **kind), total, rtol=tolerance)
    np.testing.assert_allclose(kernels.difference_peak(p, x, **kind), peak, rtol=tolerance)
    assert kernels.difference_sum(x[0, 0], **kind).shape == ()


@needs_numba
@pytest.mark.parametrize("rows", [0, 1, 5])
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_a_proof_needs_of_a_spectrum(dtype, rows, monkeypatch):
    k = numbers((2, 3, 5, 7), dtype)
    inside = (numbers((rows, 7) if rows else (7,), dtype).real > 0).astype(k.real.dtype)
    outside = numbers((5, 7), dtype, seed=1).real.copy()
    data, mask = numbers(k.shape, dtype, seed=2), inside > 0
    energy, overlap, remainder = agnostic_proof.split_spectrum(k, data, inside, outside)
    error = agnostic_proof.squared_error(k, data, mask)
    for name in ("split_spectrum", "squared_error"):
        monkeypatch.delattr(agnostic_proof, name)
    found, shared, left = kernels.split_spectrum(k.copy(), data, inside, outside)
    tolerance = 10 * TOLERANCE[dtype]
    np.testing.assert_allclose(found, energy, rtol=tolerance)
    np.testing.assert_allclose(shared, overlap, atol=10 * tolerance)
    np.testing.assert_allclose(kernels.squared_error(k, data, mask), error, rtol=tolerance)
    assert_equal(left, remainder)
    one = kernels.split_spectrum(k[0, 0].copy(), data[0, 0], inside, outside)
    assert one[0].shape == one[1].shape == ()
    assert kernels.squared_error(k[0, 0], data[0, 0], mask).shape == ()


@needs_numba
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_overlap_of_images(shape, dtype, monkeypatch):
    a, b = numbers((2, 3, *shape), dtype), numbers((2, 3, *shape), dtype, seed=1)
    expected, size = agnostic_proof.overlap(a, b), np.sqrt(np.prod(shape))
    monkeypatch.delattr(agnostic_proof, "overlap")
    found = kernels.overlap(a, b)
    np.testing.assert_allclose(found, expected, atol=10 * size * TOLERANCE[dtype])
    assert found.dtype == expected.dtype
    assert kernels.overlap(a[0, 0], b[0, 0]).shape == ()


@needs_numba
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_moduli_and_how_far_an_image_moved(shape, dtype, monkeypatch):
    x, before = numbers((2, 3, *shape), dtype), numbers((2, 3, *shape), dtype, seed=1)
    names = ("modulus_sum", "modulus_peak", "moved")
    sums, peaks, energies = (
        getattr(agnostic_proof, name)(*arrays)
        for name, arrays in zip(names, [(x,), (x,), (x, before)], strict=True)
    )
    for name in names:
        monkeypatch.delattr(agnostic_proof, name)
    tolerance = 10 * TOLERANCE[dtype]
    np.testing.assert_allclose(kernels.modulus_sum(x), sums, rtol=tolerance)
    np.testing.assert_allclose(kernels.modulus_peak(x), peaks, rtol=tolerance)
    np.testing.assert_allclose(kernels.moved(x, before), energies, rtol=tolerance)
    assert kernels.modulus_sum(x[0, 0]).shape == kernels.moved(x[0, 0], x[0, 1])[0].shape == ()


@needs_numba
def test_an_image_with_nan_has_no_peak():
    x = np.ones((8, 8), np.complex64)
    for place in ((0, 0), (7, 7)):
        with_nan = x.copy()
        with_nan[place] = np.nan
        assert np.isnan(kernels.modulus_peak(with_nan))


@needs_numba
@pytest.mark.parametrize("batch", [(), (3,)])
@pytest.mark.parametrize("rows", [(), (1,), (12,)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_a_proof_needs_between_two_transforms(dtype, rows, batch, monkeypatch):
    x, data = numbers((*batch, 12, 16), dtype), numbers((*batch, 12, 16), dtype, seed=2)
    inside = (numbers((*rows, 16), dtype, seed=3).real > 0).astype(x.real.dtype)
    outside = numbers((12, 16), dtype, seed=1).real.copy()
    for factor in (outside, inside):
        energy, overlap, k = agnostic_proof.split_spectrum(kernels.fft2(x), data, inside, factor)
        with monkeypatch.context() as patched:
            patched.setattr("csmri.kernels.spectra.split_spectrum", None)  # not to be called
            found, shared, left = kernels.split_filtered(x, data, inside, factor)
        tolerance = 10 * TOLERANCE[dtype]
        np.testing.assert_allclose(found, energy, rtol=tolerance)
        np.testing.assert_allclose(shared, overlap, atol=10 * tolerance)
        assert_equal(left, kernels.ifft2(k))
        assert found.shape == shared.shape == batch


def test_what_a_proof_needs_of_other_sizes():
    x, data = numbers((11, 13), "complex128"), numbers((11, 13), "complex128", seed=2)
    inside, outside = np.ones(13), np.full((11, 13), 0.5)
    energy, overlap, left = kernels.split_filtered(x, data, inside, outside)
    k = kernels.fft2(x)
    np.testing.assert_allclose(energy, np.sum(np.abs(x) ** 2))
    np.testing.assert_allclose(overlap, np.sum(k.conj() * data).real)
    np.testing.assert_allclose(left, x / 2)
