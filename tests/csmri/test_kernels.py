"""The kernels against loops that say what they mean."""

import numpy as np
import pytest
from properties import assert_close, random_complex

from csmri import kernels
from csmri.arrays import is_single, to_numpy
from csmri.operators.wavelet import lowpass

PRECISIONS = {"complex64": 1e-6, "complex128": 1e-14}


@pytest.fixture(params=PRECISIONS)
def dtype(request):
    return request.param


def shrunk_by_a_loop(x, threshold):
    """Each complex number, one by one."""
    result = np.zeros_like(x)
    for index, z in np.ndenumerate(x):
        t = np.broadcast_to(threshold, x.shape)[index]
        if abs(z) > t:
            result[index] = z / abs(z) * (abs(z) - t)
    return result


def test_soft_threshold_shrinks_the_modulus_and_keeps_the_phase(xp, dtype):
    x = random_complex(xp, (2, 5, 6), dtype=dtype)
    shrunk = kernels.soft_threshold(x, 0.8)
    assert shrunk.dtype == x.dtype
    assert_close(shrunk, shrunk_by_a_loop(to_numpy(x), 0.8), PRECISIONS[dtype])
    assert (to_numpy(shrunk) == 0).any()


def test_soft_threshold_takes_one_threshold_an_entry(xp):
    x = random_complex(xp, (3, 4))
    thresholds = np.random.default_rng(1).random((3, 4))
    shrunk = kernels.soft_threshold(x, xp.asarray(thresholds))
    assert_close(shrunk, shrunk_by_a_loop(to_numpy(x), thresholds), 1e-14)


def test_soft_threshold_of_real_numbers_keeps_their_sign(xp):
    x = xp.asarray([[-3.0, -0.5, 0.0, 0.5, 3.0]])
    assert to_numpy(kernels.soft_threshold(x, 1.0)).tolist() == [[-2.0, 0.0, 0.0, 0.0, 2.0]]


def test_nothing_divides_by_a_modulus_of_zero(xp, dtype):
    zeros = xp.zeros((2, 3, 3), dtype=getattr(xp, dtype))
    for result in (
        kernels.soft_threshold(zeros, 0.0),
        kernels.soft_threshold(zeros, 1.0),
        kernels.group_soft_threshold(zeros, 1.0, -3),
        kernels.project_ball(zeros, 1.0),
        kernels.project_ball(zeros, 0.0),
        kernels.project_group_ball(zeros, 0.0, -3),
    ):
        assert not to_numpy(result).any()


def test_group_soft_threshold_shrinks_the_norm_of_each_pixels_vector(xp, dtype):
    x = random_complex(xp, (2, 3, 4, 5), dtype=dtype)
    shrunk = to_numpy(kernels.group_soft_threshold(x, 1.1, -3))
    assert shrunk.dtype == dtype
    before = to_numpy(x)
    for b, i, j in np.ndindex(2, 4, 5):
        vector = before[b, :, i, j]
        length = np.linalg.norm(vector)
        expected = vector * max(length - 1.1, 0) / length
        assert shrunk[b, :, i, j] == pytest.approx(expected, abs=10 * PRECISIONS[dtype])


@pytest.mark.parametrize("radius", [0.0, 0.7, 100.0])
def test_projection_and_shrinkage_add_up_to_the_identity(xp, dtype, radius):
    x = random_complex(xp, (2, 4, 5), dtype=dtype)
    tolerance = PRECISIONS[dtype]
    assert_close(kernels.project_ball(x, radius) + kernels.soft_threshold(x, radius), x, tolerance)
    grouped = kernels.project_group_ball(x, radius, -3)
    assert_close(grouped + kernels.group_soft_threshold(x, radius, -3), x, tolerance)


def test_projections_end_in_the_ball_and_leave_what_is_inside(xp):
    x = random_complex(xp, (2, 4, 5))
    flat = to_numpy(kernels.project_ball(x, 0.9))
    assert abs(flat).max() <= 0.9 * (1 + 1e-14)
    inside = abs(to_numpy(x)) <= 0.9
    assert inside.any()
    assert np.array_equal(flat[inside], to_numpy(x)[inside])
    grouped = to_numpy(kernels.project_group_ball(x, 0.9, -3))
    assert np.sqrt((abs(grouped) ** 2).sum(axis=0)).max() <= 0.9 * (1 + 1e-14)


def differences_by_a_loop(x, periodic):
    height, width = x.shape
    d = np.zeros((2, height, width), x.dtype)
    for i, j in np.ndindex(height, width):
        if periodic or i + 1 < height:
            d[0, i, j] = x[(i + 1) % height, j] - x[i, j]
        if periodic or j + 1 < width:
            d[1, i, j] = x[i, (j + 1) % width] - x[i, j]
    return d


@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("shape", [(4, 5), (1, 3), (2, 2)])
def test_differences_are_those_of_neighbours(xp, dtype, shape, periodic):
    x = random_complex(xp, (3, *shape), dtype=dtype)
    differences = kernels.forward_differences(x, periodic=periodic)
    assert differences.dtype == x.dtype
    expected = np.stack([differences_by_a_loop(image, periodic) for image in to_numpy(x)])
    assert_close(differences, expected, PRECISIONS[dtype])


@pytest.mark.parametrize("periodic", [True, False])
def test_their_adjoint_is_the_transposed_matrix(xp, periodic):
    shape = (3, 4)
    units = np.eye(12).reshape(12, *shape)
    matrix = np.stack([differences_by_a_loop(unit, periodic).ravel() for unit in units], axis=1)
    p = random_complex(xp, (2, *shape))
    expected = (matrix.T @ to_numpy(p).ravel()).reshape(shape)
    assert_close(kernels.forward_differences_adjoint(p, periodic=periodic), expected, 1e-14)


def test_one_level_of_haar_is_sums_and_differences_of_four_neighbours(xp):
    x = random_complex(xp, (6, 8))
    a, b, c, d = (to_numpy(x)[i::2, j::2] for i in (0, 1) for j in (0, 1))
    coefficients = to_numpy(kernels.wavelet_analysis(x, lowpass("haar"), 1))
    assert_close(coefficients[:3, :4], (a + b + c + d) / 2, 1e-14)
    assert_close(abs(coefficients[:3, 4:]), abs(a - b + c - d) / 2, 1e-14)
    assert_close(abs(coefficients[3:, :4]), abs(a + b - c - d) / 2, 1e-14)
    assert_close(abs(coefficients[3:, 4:]), abs(a - b - c + d) / 2, 1e-14)


@pytest.mark.parametrize("levels", [0, 1, 2])
def test_wavelet_synthesis_inverts_analysis(xp, dtype, levels):
    x = random_complex(xp, (2, 8, 12), dtype=dtype)
    coefficients = kernels.wavelet_analysis(x, lowpass("db3"), levels)
    assert coefficients.dtype == x.dtype
    back = kernels.wavelet_synthesis(coefficients, lowpass("db3"), levels)
    assert_close(back, x, 1e-6 if is_single(x) else 1e-11)


@pytest.mark.parametrize("shape", [(8, 8), (5, 6), (1, 7)])
def test_fourier_transforms_are_unitary_sums_of_exponentials(xp, dtype, shape):
    x = random_complex(xp, (2, *shape), dtype=dtype)
    rows, columns = (
        np.exp(-2j * np.pi * np.outer(np.arange(n), np.arange(n)) / n) / np.sqrt(n) for n in shape
    )
    tolerance = 10 * PRECISIONS[dtype]
    assert kernels.fft2(x).dtype == x.dtype
    assert_close(kernels.fft2(x), rows @ to_numpy(x) @ columns.T, tolerance)
    assert_close(kernels.fft(x), to_numpy(x) @ columns.T, tolerance)
    assert_close(kernels.ifft2(kernels.fft2(x)), x, tolerance)
    assert_close(kernels.ifft(kernels.fft(x)), x, tolerance)
