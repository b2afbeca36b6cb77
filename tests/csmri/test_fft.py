"""Whichever library transforms NumPy arrays, the answer is the unitary transform."""

import sys

import numpy as np
import pytest
from properties import assert_close, random_complex
from twins import needs_numba

from csmri import kernels
from csmri.kernels import fft, fft2, filter_add, ifft, ifft2, move_to_data
from csmri.kernels.butterflies import Complex, dft

module = sys.modules["csmri.kernels.fft"]
PRECISION = {"complex64": 1e-6, "complex128": 1e-13}
PAIRS = ((fft2, np.fft.fft2), (ifft2, np.fft.ifft2), (fft, np.fft.fft), (ifft, np.fft.ifft))


@pytest.fixture(params=["mkl_fft", "scipy.fft"])
def provider(request, monkeypatch):
    """Each library that may transform NumPy arrays, in turn."""
    library = pytest.importorskip(request.param, reason=f"{request.param} is not installed")
    monkeypatch.setattr(module, "numba_serves", lambda *_: False)
    monkeypatch.setattr(module, "numpy_provider", lambda: library)
    return library


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(("ours", "reference"), PAIRS, ids=["fft2", "ifft2", "fft", "ifft"])
@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("shape", [(8, 8), (3, 5, 7), (2, 3, 6, 4)])
def test_each_provider_gives_the_unitary_transform(ours, reference, dtype, shape):
    x = random_complex(np, shape, dtype=dtype)
    expected = reference(x.astype("complex128"), norm="ortho")
    kept = x.copy()
    for result in (ours(x), ours(x, out=np.empty_like(x)), ours(np.asfortranarray(x))):
        assert result.dtype == x.dtype
        assert_close(result, expected, PRECISION[dtype])
    np.testing.assert_array_equal(x, kept)
    assert_close(ours(x, out=x), expected, PRECISION[dtype])


@needs_numba
@pytest.mark.parametrize(("ours", "reference"), PAIRS, ids=["fft2", "ifft2", "fft", "ifft"])
@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize(
    "shape", [(8, 8), (1, 16), (2, 3, 9, 24), (2, 35, 40), (63, 56), (250, 320)]
)
def test_lines_of_small_factors_are_transformed_by_numba(
    ours, reference, dtype, shape, monkeypatch
):
    monkeypatch.setattr(module, "numpy_provider", lambda: None)
    x = random_complex(np, shape, dtype=dtype)
    expected = reference(x.astype("complex128"), norm="ortho")
    kept, out = x.copy(), np.empty_like(x)
    assert ours(x, out=out) is out
    for result in (ours(x), out):
        assert result.dtype == x.dtype
        assert_close(result, expected, PRECISION[dtype])
    np.testing.assert_array_equal(x, kept)
    for one, whole in zip(x.reshape(-1, *shape[-2:]), out.reshape(-1, *shape[-2:]), strict=True):
        np.testing.assert_array_equal(ours(np.ascontiguousarray(one)), whole)
    assert ours(x, out=x) is x
    np.testing.assert_array_equal(x, out)


@needs_numba
@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("shape", [(7, 8), (2, 3, 30, 16), (256, 256)])
@pytest.mark.parametrize("columns", [True, False], ids=["columns", "samples"])
def test_what_happens_between_two_transforms(dtype, shape, columns, monkeypatch):
    x, data = (random_complex(np, shape, dtype=dtype, seed=seed) for seed in (0, 1))
    rng = np.random.default_rng(2)
    mask = rng.random((1, shape[-1]) if columns else shape[-2:]) < 0.4
    factor = rng.random(shape[-2:]).astype(x.real.dtype)
    axes = (-1,) if columns else (-2, -1)
    k = np.fft.fftn(x.astype("complex128"), axes=axes, norm="ortho")
    moved = np.fft.ifftn(np.where(mask, k + 0.7 * (data - k), k), axes=axes, norm="ortho")
    replaced = np.fft.ifftn(np.where(mask, data, k), axes=axes, norm="ortho")
    filtered = np.fft.ifft2(factor * np.fft.fft2(x, norm="ortho") + data, norm="ortho")
    monkeypatch.setattr(module, "numpy_provider", lambda: None)
    kept = x.copy(), data.copy(), mask.copy(), factor.copy()

    assert_close(filter_add(x, factor, data), filtered, PRECISION[dtype])
    along = factor[:1] if columns else factor
    scaled = np.fft.ifftn(along * k, axes=axes, norm="ortho")
    assert_close(kernels.filtered(x, along, columns=columns), scaled, PRECISION[dtype])
    in_place = x.copy()
    assert kernels.filtered(in_place, along, columns=columns, out=in_place) is in_place
    assert_close(in_place, scaled, PRECISION[dtype])
    own = np.stack([factor] * (x.size // factor.size)).reshape(shape)
    np.testing.assert_array_equal(filter_add(x, own, data), filter_add(x, factor, data))
    assert_close(move_to_data(x, data, mask, 0.7, columns=columns), moved, PRECISION[dtype])
    assert_close(move_to_data(x, data, mask, 1, columns=columns), replaced, PRECISION[dtype])
    for array, copy in zip((x, data, mask, factor), kept, strict=True):
        np.testing.assert_array_equal(array, copy)
    assert move_to_data(x, data, mask, 1, columns=columns, out=x) is x
    assert_close(x, replaced, PRECISION[dtype])


@pytest.mark.parametrize("radix", [1, 2, 3, 4, 5, 7, 8, 9])
def test_a_butterfly_is_a_short_transform(radix):
    x = random_complex(np, (radix, 3), dtype="complex128")
    found = dft([Complex(row.real, row.imag) for row in x])
    assert_close(np.stack([a.re + 1j * a.im for a in found]), np.fft.fft(x, axis=0), 1e-14)


def test_scipy_serves_where_mkl_fft_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "mkl_fft", None)
    assert module.numpy_provider.__wrapped__().__name__ == "scipy.fft"


def test_mkl_works_on_one_thread_and_keeps_its_threads_for_everyone_else(monkeypatch):
    mkl_fft = pytest.importorskip("mkl_fft", reason="mkl_fft is not installed")
    limit, during = module._thread_limit(), []
    before = limit(3)
    if limit(3) != 3:
        pytest.skip("MKL's threads cannot be asked for on this system")

    class Watched:
        __name__ = "mkl_fft"

        @staticmethod
        def fft(x, **keywords):
            during.append(limit(1))
            return mkl_fft.fft(x, **keywords)

    monkeypatch.setattr(module, "numpy_provider", Watched)
    fft(np.ones((4, 4), "complex64"))  # four columns are too few for Numba's
    assert during == [1]
    assert limit(before) == 3
