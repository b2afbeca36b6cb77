import numpy as np
import pytest
from skimage.data import shepp_logan_phantom

from csmri import phantoms


def test_shepp_logan_is_that_of_scikit_image():
    """Theirs is stored in 8 bits."""
    ours = phantoms.shepp_logan(400, dtype=np.float64)
    np.testing.assert_allclose(ours, shepp_logan_phantom(), atol=0.5 / 255 + 1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shepp_logan_takes_its_six_intensities_and_no_other(dtype):
    image = phantoms.shepp_logan((256, 200), dtype=dtype)
    assert image.shape == (256, 200)
    assert image.dtype == dtype
    np.testing.assert_array_equal(
        np.unique(image), (np.array([0, 1, 2, 3, 4, 10]) / 10).astype(dtype)
    )


def test_shepp_logan_has_its_large_ventricle_on_the_right_and_its_top_up():
    image = phantoms.shepp_logan(256)
    left, right = (np.sum(half[64:192] == 0) for half in (image[:, 70:128], image[:, 128:186]))
    assert left > right  # a = 0.16, b = 0.41 on the left against 0.11 and 0.31
    assert image[83, 128] == np.float32(0.3)  # the large round inset at y = 0.35


@pytest.mark.parametrize("size", [1, 2, 17])
def test_small_phantoms_exist(size):
    for image in (phantoms.shepp_logan(size), phantoms.ellipses(size, seed=0)):
        assert image.shape == (size, size)
        assert np.isfinite(image).all()


@pytest.mark.parametrize("seed", range(5))
def test_ellipses_are_piecewise_constant_in_zero_to_one(seed):
    image = phantoms.ellipses((96, 80), count=6, seed=seed)
    assert image.shape == (96, 80)
    assert image.dtype == np.float32
    assert image.min() == 0
    assert image.max() == 1
    assert image[0, 0] == image[-1, -1] == 0
    jumps = (np.diff(image, axis=0) != 0).mean()
    assert 0 < jumps < 0.2
    assert np.unique(image).size > 3


def test_a_seed_draws_the_same_ellipses_again_and_another_seed_others():
    first, again, other = (phantoms.ellipses(64, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_no_further_ellipses_leave_the_large_one():
    np.testing.assert_array_equal(np.unique(phantoms.ellipses(64, count=0, seed=0)), [0, 1])


@pytest.mark.parametrize(
    ("size", "error", "message"),
    [
        (0, ValueError, "got size=0, expected at least 1"),
        ((4, 0), ValueError, "got size=0, expected at least 1"),
        ((4, 4, 4), ValueError, r"expected an int or \(H, W\)"),
        (4.5, TypeError, "got size of type float, expected a whole number"),
    ],
)
def test_a_wrong_size_is_refused(size, error, message):
    with pytest.raises(error, match=message):
        phantoms.shepp_logan(size)
    with pytest.raises(error, match=message):
        phantoms.ellipses(size, seed=0)


def test_a_wrong_dtype_count_or_seed_is_refused():
    with pytest.raises(ValueError, match="got dtype=complex64, expected float32 or float64"):
        phantoms.shepp_logan(8, dtype=np.complex64)
    with pytest.raises(ValueError, match="got count=-1, expected at least 0"):
        phantoms.ellipses(8, count=-1, seed=0)
    with pytest.raises(TypeError, match="got a seed of type float"):
        phantoms.ellipses(8, seed=0.5)


def test_simulated_coils_are_normalised_and_differ():
    maps = phantoms.loop_coils((20, 24), 5)
    assert maps.shape == (5, 20, 24)
    assert maps.dtype == np.complex64
    np.testing.assert_allclose((np.abs(maps) ** 2).sum(axis=0), 1, atol=1e-6)
    strongest = np.abs(maps).argmax(axis=0)
    assert set(np.unique(strongest)) == set(range(5))


def test_no_coil_at_all_is_refused():
    with pytest.raises(ValueError, match="coils=0"):
        phantoms.loop_coils((20, 24), 0)
