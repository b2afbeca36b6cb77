"""Batches in chunks: what they need is forecast, what does not fit is halved, nothing is lost."""

import gc
import re
import weakref

import numpy as np
import pytest
from properties import assert_close, random_complex, random_mask

import solvers
from csmri import L1, MaskedFourier, TotalVariation, Wavelet
from csmri.kernels import gpu
from solvers import chunks
from solvers.chunks import MemoryForecast, OutOfMemoryWarning, in_chunks, memory_forecast

R = 0.05 * TotalVariation()


def batch(images=7, shape=(8, 12), coils=0, own=True):
    """A and y of a batch; with `own`, every image has its own mask and maps."""
    masks = [random_mask(np, shape[-1:], seed=n if own else 0) for n in range(images)]
    mask = np.stack(masks)[:, None] if own else masks[0]
    maps = None
    if coils:
        maps = random_complex(np, (images, coils, *shape) if own else (coils, *shape))
        maps = maps / np.sqrt((abs(maps) ** 2).sum(axis=-3, keepdims=True))
        mask = mask[:, None] if own else mask
    A = MaskedFourier(mask, maps)
    return A, A(random_complex(np, (images, *shape), seed=1))


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("coils", [0, 3])
@pytest.mark.parametrize("at_once", [1, 3, 7, 100, None])
def test_chunks_give_what_the_whole_batch_gives(at_once, coils, own):
    A, y = batch(coils=coils, own=own)
    whole = solvers.fista(A, y, 0.05 * L1(), iterations=5)
    found = in_chunks(solvers.fista, A, y, 0.05 * L1(), iterations=5, at_once=at_once, certify=True)
    assert_close(found.x, whole.x, 1e-14)
    np.testing.assert_allclose(found.objective, whole.objective, rtol=1e-12)
    np.testing.assert_allclose(found.gap, whole.gap, rtol=1e-9)
    assert found.iterations.tolist() == 7 * [5]
    assert not found.converged.any()
    assert sum(found.chunks) == 7
    assert max(found.chunks) == min(at_once or 7, 7)


def test_chunks_on_every_array_library_and_moved_to_it(xp):
    A, y = batch(own=False)
    expected = solvers.admm(A, y, R, iterations=5)
    there = MaskedFourier(xp.asarray(A.mask)), xp.asarray(y)
    stays = in_chunks(solvers.admm, *there, R, iterations=5, at_once=3)
    assert type(stays.x) is type(there[1])
    assert_close(stays.x, expected.x, 1e-11)
    moved = in_chunks(solvers.admm, A, y, R, iterations=5, at_once=3, move=xp.asarray)
    assert isinstance(moved.x, np.ndarray)
    assert_close(moved.x, expected.x, 1e-11)
    assert moved.objective is None
    assert moved.gap is None


def test_a_start_is_taken_apart_like_the_data():
    A, y = batch()
    start = random_complex(np, (7, 8, 12), seed=5)
    whole = solvers.fista(A, y, 0.05 * L1(), iterations=2, x0=start)
    found = in_chunks(solvers.fista, A, y, 0.05 * L1(), iterations=2, x0=start, at_once=2)
    assert_close(found.x, whole.x, 1e-14)


class OutOfMemoryError(RuntimeError):
    """As torch calls its own."""


@pytest.mark.parametrize("error", [MemoryError, OutOfMemoryError])
def test_what_does_not_fit_is_halved_and_nothing_is_lost(error):
    A, y = batch()
    solved, held = [], []

    def short_of_memory(A, y, R, **keywords):
        if solved and y.shape[0] > 2:  # only after a chunk of three was solved
            held.append(weakref.ref(work := np.ones(3)))
            raise error(f"no room for {work.size}")
        solved.append(y.shape[0])
        return solvers.fista(A, y, R, **keywords)

    with pytest.warns(OutOfMemoryWarning, match="3 images at once ran out of memory.*with 1"):
        found = in_chunks(short_of_memory, A, y, 0.05 * L1(), iterations=3, at_once=3)
    gc.collect()
    assert [ref() for ref in held] == [None]  # what the failed solve held is gone
    assert solved == [3, 1, 1, 1, 1]
    assert found.chunks == (3, 1, 1, 1, 1)
    assert_close(found.x, solvers.fista(A, y, 0.05 * L1(), iterations=3).x, 1e-14)


def test_where_not_even_one_image_fits_the_forecast_is_told():
    def never(*_, **__):
        raise MemoryError

    A, y = batch(images=1)
    with pytest.raises(MemoryError, match=r"not even one image.*0\.00 GB.*compress its coils"):
        in_chunks(never, A, y, R)


def test_other_errors_are_not_taken_for_a_lack_of_memory():
    def broken(*_, **__):
        raise RuntimeError("an illegal memory access was encountered")

    with pytest.raises(RuntimeError, match="illegal"):
        in_chunks(broken, *batch(images=2), R)


def test_the_forecast_counts_arrays_and_decides_how_many_fit(monkeypatch):
    A, y = batch(shape=(16, 16), own=False)
    y = y.astype("complex64")
    pixels = 16 * 16 * 8
    forecast = memory_forecast(A, y, R)
    assert forecast == MemoryForecast(7, (8 + 4 * 2 + 3) * pixels, None)
    assert forecast.at_once == 7
    wavelet = 0.1 * (L1() @ Wavelet("haar", levels=2))
    assert memory_forecast(A, y, wavelet).bytes_each == (8 + 4 + 3) * pixels
    both = memory_forecast(A, y, R + wavelet, certify=True)
    assert both.bytes_each == 3 * (8 + 4 * 3 + 3) * pixels

    monkeypatch.setattr(chunks, "free_bytes", lambda x: 4 * forecast.bytes_each)
    assert memory_forecast(A, y, R).at_once == 3  # a tenth is left free
    assert in_chunks(solvers.admm, A, y, R, iterations=2).chunks == (3, 3, 1)
    assert "7 images need about 0.0 MB each" in str(memory_forecast(A, y, R))
    assert "3 at once" in str(memory_forecast(A, y, R))
    monkeypatch.setattr(chunks, "free_bytes", lambda x: 0)
    assert memory_forecast(A, y, R).at_once == 1


def test_what_cannot_be_taken_apart_is_refused():
    A, y = batch(own=False)
    with pytest.raises(ValueError, match=r"shape \(8, 12\), expected a batch"):
        in_chunks(solvers.admm, A, y[0], R)
    with pytest.raises(ValueError, match=r"expected one batch axis, \(B, H, W\); reshape"):
        in_chunks(solvers.admm, A, y[None], R)
    with pytest.raises(ValueError, match="at_once=0, expected at least 1"):
        in_chunks(solvers.admm, A, y, R, at_once=0)
    with pytest.raises(TypeError, match="at_once of type float, expected a whole number"):
        in_chunks(solvers.admm, A, y, R, at_once=1.5)


def test_memory_of_the_host_is_not_the_forecasts_concern():
    assert gpu.free_bytes(np.zeros(3)) is None
    gpu.release_memory()


def test_results_of_chunks_show_themselves_in_a_line():
    A, y = batch(own=False)
    assert re.fullmatch(
        r"Chunked: 7 images by 4 chunks; \d+ iterations",
        repr(in_chunks(solvers.admm, A, y, R, at_once=2)),
    )
    proven = in_chunks(solvers.admm, A, y, R, at_once=2, certify=True)
    assert re.search(r" iterations, gap ≤ [\d.e-]+$", repr(proven))
