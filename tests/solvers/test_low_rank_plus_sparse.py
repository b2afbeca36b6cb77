"""Low rank plus sparse: both parts of a series are found, and the optimum is proven."""

import numpy as np
import pytest
from coil_scans import disc, fourier, smooth_maps

from csmri import L1, Frames, MaskedFourier, TemporalDifferences, masks
from csmri.arrays import to_numpy
from solvers import RelativeGap, low_rank_plus_sparse, nested

SHAPE, COILS, FRAMES = (16, 18), 3, 12


def series():
    """A body that stands still, but for its brightness, and a spot that blinks."""
    body = disc(SHAPE) * (1 + 0.3 * np.arange(FRAMES) / FRAMES)[:, None, None]
    spot = np.zeros((FRAMES, *SHAPE), complex)
    spot[:, 6:9, 6:9] = 0.8 * np.cos(2 * np.pi * 3 * np.arange(FRAMES) / FRAMES)[:, None, None]
    return body, spot


def measured():
    maps = smooth_maps(COILS, SHAPE)
    mask = masks.random_columns_k_t(FRAMES, SHAPE[1], acceleration=3, center_fraction=0.12, seed=0)[
        :, None
    ]
    body, spot = series()
    return mask, maps, mask * fourier(maps * (body + spot)[:, None])


def test_the_background_and_what_moves_come_apart(xp):
    mask, maps, y = measured()
    A = MaskedFourier(xp.asarray(mask), xp.asarray(maps))
    found = low_rank_plus_sparse(A, xp.asarray(y), low_rank=0.1, sparse=0.01, iterations=100)
    body, spot = series()
    zero_filled = to_numpy(A.adjoint(xp.asarray(y)))
    error, before = (np.linalg.norm(x - body - spot) for x in (to_numpy(found.x), zero_filled))
    assert error < 0.25 * before
    moving = np.linalg.norm(to_numpy(found.sparse), axis=0)
    assert np.unravel_index(moving.argmax(), SHAPE)[0] in (6, 7, 8)
    still = np.linalg.svd(to_numpy(found.low_rank).reshape(FRAMES, -1), compute_uv=False)
    assert still[3] < 1e-2 * still[0]


def test_the_optimum_is_proven():
    mask, maps, y = measured()
    A = MaskedFourier(mask, maps)
    found = low_rank_plus_sparse(
        A, y, low_rank=0.1, sparse=0.05, iterations=500, stop=RelativeGap(1e-3)
    )
    assert found.result.converged
    assert repr(found).startswith(f"LowRankPlusSparse of {FRAMES} frames by POGM")
    assert "\n" not in repr(found)
    better = low_rank_plus_sparse(A, y, low_rank=0.1, sparse=0.05, iterations=600, x0=found)
    bound = found.result.objective * (1 - found.result.gap)
    assert bound <= better.result.objective <= found.result.objective * (1 + 1e-6)


def test_temporal_total_variation_is_a_regularizer_like_others():
    mask, maps, y = measured()
    A = MaskedFourier(mask, maps) @ Frames(SHAPE)
    x = nested(A, y, 0.01 * (L1() @ TemporalDifferences()), iterations=60).x.reshape(FRAMES, *SHAPE)
    truth = sum(series())
    before = np.linalg.norm(MaskedFourier(mask, maps).adjoint(y) - truth)
    assert np.linalg.norm(x - truth) < 0.5 * before


def test_a_batch_of_series_is_refused():
    mask, maps, y = measured()
    with pytest.raises(ValueError, match="one series after the other"):
        low_rank_plus_sparse(MaskedFourier(mask, maps), y[None], low_rank=0.1, sparse=0.1)
