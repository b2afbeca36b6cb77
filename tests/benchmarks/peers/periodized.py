"""The orthonormal wavelet by PyWavelets, for toolkits that ship no such operator."""

import numpy as np
import pywt
from benchmarks.instances import LEVELS, WAVELET


def analyse(x):
    """Coefficients in one array of the shape of x."""
    return pywt.coeffs_to_array(pywt.wavedec2(x, WAVELET, "periodization", LEVELS))[0]


def synthesise(c):
    return pywt.waverec2(bands(c), WAVELET, "periodization")


def bands(c):
    """The array of coefficients as PyWavelets' list, without copying."""
    height, width = (size >> LEVELS for size in c.shape)
    listed = [c[:height, :width]]
    for _ in range(LEVELS):
        low, high = np.s_[:height], np.s_[height : 2 * height]
        left, right = np.s_[:width], np.s_[width : 2 * width]
        listed.append((c[high, left], c[low, right], c[high, right]))
        height, width = 2 * height, 2 * width
    return listed
