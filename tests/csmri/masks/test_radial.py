import numpy as np
import pytest

from csmri import masks


def test_22_lines_are_the_star_of_candes_romberg_and_tao(shared_data):
    star = np.load(shared_data / "raw" / "radial22_256.npy") != 0
    np.testing.assert_array_equal(masks.radial_lines((256, 256), 22), star)


def test_22_lines_on_256_squared_measure_5481_samples():
    mask = masks.radial_lines((256, 256), 22)
    assert mask.dtype == np.bool_
    assert mask.sum() == 5481
    assert masks.acceleration(mask) == pytest.approx(11.957, abs=5e-4)


@pytest.mark.parametrize("shape", [(64, 64), (65, 65), (64, 48), (31, 80), (1, 7)])
@pytest.mark.parametrize("lines", [1, 2, 5, 22])
def test_the_star_is_symmetric_about_zero_frequency(shape, lines):
    mask = masks.radial_lines(shape, lines)
    rows, columns = np.nonzero(mask)
    assert mask[shape[0] // 2, shape[1] // 2]
    np.testing.assert_array_equal(
        mask[2 * (shape[0] // 2) - rows, 2 * (shape[1] // 2) - columns], 1
    )


def test_two_lines_are_a_cross():
    expected = np.zeros((7, 9), dtype=bool)
    expected[3, :] = expected[:, 4] = True
    np.testing.assert_array_equal(masks.radial_lines((7, 9), 2), expected)


def test_a_line_in_every_direction_of_the_grid_measures_all_but_the_unpaired_edges():
    mask = masks.radial_lines((16, 16), 200)
    np.testing.assert_array_equal(np.flatnonzero(~mask.any(axis=0)), [0])
    assert mask[1:, 1:].all()


@pytest.mark.parametrize(
    ("shape", "lines", "error", "message"),
    [
        ((64, 64), 0, ValueError, "got lines=0, expected at least 1"),
        ((64, 64), 2.5, TypeError, "got lines of type float"),
        (64, 22, ValueError, r"got shape=64, expected \(H, W\)"),
        ((64, 0), 22, ValueError, "got the width of shape=0"),
    ],
)
def test_a_wrong_argument_is_refused_by_name(shape, lines, error, message):
    with pytest.raises(error, match=message):
        masks.radial_lines(shape, lines)
