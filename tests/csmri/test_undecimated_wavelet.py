"""The undecimated wavelet transform: a tight frame, and the mean over shifts of the decimated."""

import numpy as np
import pytest
from properties import (
    assert_batched_equals_looped,
    assert_close,
    assert_operator_laws,
    random_complex,
)

from csmri.arrays import to_numpy
from csmri.operators import UndecimatedWavelet, Wavelet
from csmri.regularizers import L1


@pytest.mark.parametrize("name", ["haar", "db2", "sym5"])
@pytest.mark.parametrize("shape", [(8, 16), (7, 9)])
def test_it_obeys_the_laws_for_images_of_any_size(xp, name, shape):
    W = UndecimatedWavelet(name, levels=2)
    assert_operator_laws(W, random_complex(xp, shape))
    assert_operator_laws(W, random_complex(xp, shape, dtype="complex64"))
    assert_batched_equals_looped(W, random_complex(xp, (2, *shape)))
    assert not W.is_unitary


@pytest.mark.parametrize("name", ["haar", "db4", "db20"])
@pytest.mark.parametrize("shape", [(16, 16), (5, 12)])
def test_it_is_a_tight_frame_but_no_basis(name, shape):
    W = UndecimatedWavelet(name, levels=3)
    x, y = random_complex(np, shape), random_complex(np, (10, *shape))
    assert W(x).shape == (10, *shape)
    assert_close(W.adjoint(W(x)), x, 1e-11)
    once = W(W.adjoint(y))
    assert_close(W(W.adjoint(once)), once, 1e-11)
    assert np.linalg.norm(once) < 0.9 * np.linalg.norm(y)


@pytest.mark.parametrize("name", ["haar", "db2", "coif1"])
def test_every_pixel_of_the_decimated_grid_has_the_decimated_coefficient(name):
    levels, n = 2, 16
    x = random_complex(np, (n, n))
    bands, flat = UndecimatedWavelet(name, levels=levels)(x), Wavelet(name, levels=levels)(x)
    assert_close(4 * bands[0, ::4, ::4], flat[:4, :4])
    for level, first in ((2, 1), (1, 4)):
        size, every = n >> level, 2**level
        low, high = slice(0, size), slice(size, 2 * size)
        for band, corner in enumerate([(low, high), (high, low), (high, high)], start=first):
            assert_close(every * bands[band, ::every, ::every], flat[corner])


@pytest.mark.parametrize("name", ["haar", "db2"])
@pytest.mark.parametrize("levels", [1, 2])
def test_its_weighted_l1_is_the_mean_over_shifts_of_the_decimated_one(xp, name, levels):
    x = random_complex(xp, (8, 12))
    W = UndecimatedWavelet(name, levels=levels)
    decimated = L1() @ Wavelet(name, levels=levels)
    values = [
        float(decimated.value(xp.roll(x, (down, right), axis=(-2, -1))))
        for down in range(2**levels)
        for right in range(2**levels)
    ]
    assert np.std(values) > 1e-3 * np.mean(values)
    averaged = (L1(W.band_weights()) @ W).value(x)
    assert float(averaged) == pytest.approx(np.mean(values), rel=1e-12)


def test_a_shifted_image_has_shifted_coefficients():
    W, x = UndecimatedWavelet("db3", levels=2), random_complex(np, (9, 8))
    shifted = W(np.roll(x, (2, 3), axis=(-2, -1)))
    assert_close(shifted, np.roll(W(x), (2, 3), axis=(-2, -1)))


def test_band_weights_leave_out_the_coarse_band():
    weights = UndecimatedWavelet("haar", levels=2).band_weights(coarse=0, detail=4)
    assert weights.ravel().tolist() == [0, 1, 1, 1, 2, 2, 2]


def test_real_images_have_real_coefficients(xp):
    x = xp.asarray(np.random.default_rng(0).standard_normal((6, 8)).astype("float32"))
    W = UndecimatedWavelet("db2", levels=1)
    assert W(x).dtype == xp.float32
    assert W.adjoint(W(x)).dtype == xp.float32
    assert_close(W.adjoint(W(x)), to_numpy(x), 1e-6)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="levels=0, expected at least 1"):
        UndecimatedWavelet("haar", levels=0)
    with pytest.raises(ValueError, match="orthogonal"):
        UndecimatedWavelet("bior2.2")
    with pytest.raises(ValueError, match=r"has 7 bands, got coefficients of shape \(4, 8, 8\)"):
        UndecimatedWavelet("haar", levels=2).adjoint(random_complex(np, (4, 8, 8)))
