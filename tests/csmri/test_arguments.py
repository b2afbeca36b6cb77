"""Whole numbers and numbers of NumPy are as good as Python's own."""

import numpy as np
import pytest

from csmri import GroupL1, UndecimatedWavelet, Wavelet
from csmri.arguments import grid, real, whole
from csmri.calibration import compress_coils, espirit
from csmri.constraints import NoiseBound
from csmri.operators import Frames
from solvers import RelativeChange, RelativeGap, Trace


@pytest.mark.parametrize("kind", [int, np.int32, np.int64, np.uint8])
def test_whole_numbers_of_numpy_become_ints(kind):
    found = whole("size", kind(3), 1)
    assert type(found) is int
    assert found == 3
    assert type(Wavelet("haar", levels=kind(2)).levels) is int
    assert type(UndecimatedWavelet("haar", levels=kind(2)).levels) is int
    assert Frames((kind(3), kind(5))).shape == (3, 5)
    assert grid((kind(3), kind(5))) == (3, 5)
    assert Trace(kind(2)).every == 2
    assert RelativeGap(1e-3, every=kind(2)).every == 2
    assert RelativeChange(1e-3, every=kind(2)).every == 2


def test_options_take_whole_numbers_of_numpy():
    rng = np.random.default_rng(0)
    kspace = rng.standard_normal((3, 16, 16)) + 1j * rng.standard_normal((3, 16, 16))
    np.testing.assert_array_equal(compress_coils(kspace, np.int64(2)), compress_coils(kspace, 2))
    np.testing.assert_array_equal(
        espirit(kspace, calibration=np.int64(12), kernel=np.int64(4)),
        espirit(kspace, calibration=12, kernel=4),
    )
    assert GroupL1(1.0, axis=np.int64(-3)).axis == -3


@pytest.mark.parametrize("kind", [int, float, np.float32, np.float64])
def test_numbers_of_numpy_are_numbers(kind):
    assert type(real("fraction", kind(1), 0, 1)) is float
    assert NoiseBound(kind(2)).radius == 2


@pytest.mark.parametrize("value", [2.0, "2", None, True, np.array([2, 2])])
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(TypeError, match=r"got size of type .*, expected a whole number"):
        whole("size", value, 1)


@pytest.mark.parametrize("value", [1j, "2", None, True, np.array([2.0, 2.0])])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match=r"got fraction of type .*, expected a number"):
        real("fraction", value, 0)
    if value is not True:
        with pytest.raises((TypeError, ValueError), match=r"radius=.* expected a positive"):
            NoiseBound(value)
