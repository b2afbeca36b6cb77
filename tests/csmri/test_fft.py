"""Whichever library transforms NumPy arrays, the answer is the unitary transform."""

import sys

import numpy as np
import pytest
from properties import assert_close, random_complex

from csmri.kernels import fft, fft2, ifft, ifft2

module = sys.modules["csmri.kernels.fft"]
PRECISION = {"complex64": 1e-6, "complex128": 1e-13}
PAIRS = ((fft2, np.fft.fft2), (ifft2, np.fft.ifft2), (fft, np.fft.fft), (ifft, np.fft.ifft))


@pytest.fixture(params=["mkl_fft", "scipy.fft"])
def provider(request, monkeypatch):
    """Each library that may transform NumPy arrays, in turn."""
    library = pytest.importorskip(request.param, reason=f"{request.param} is not installed")
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
    fft(np.ones((4, 4), "complex64"))
    assert during == [1]
    assert limit(before) == 3
