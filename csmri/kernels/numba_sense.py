"""The normal operator of several coils, one coil at a time, so that all of it stays in cache."""

import numpy as np

from csmri.arrays import Array
from csmri.kernels.compilation import compiled, real_type
from csmri.kernels.fft import fft, fft2, ifft, ifft2
from csmri.kernels.scratch import scratch


def sense_normal(x: Array, maps: Array, mask: Array, *, columns: bool) -> Array:
    """The twin of `sense.definition`."""
    forward, back = (fft, ifft) if columns else (fft2, ifft2)
    height, width = x.shape[-2:]
    total = np.zeros_like(x)
    images, totals = x.reshape(-1, height, width), total.reshape(-1, height, width)
    number = real_type(x)
    row = np.repeat(mask.reshape(-1)[:width], 2).astype(number)
    coil = scratch(height * width, x.dtype).reshape(height, width)
    for image, sum_ in zip(images, totals, strict=True):
        for sensitivity in maps:
            s = sensitivity.view(number)
            _weigh(coil.view(number), s, image.view(number))
            k = forward(coil, out=coil)
            if columns:
                _keep_columns(k.view(number), row)
            else:
                _keep_samples(k, mask)
            filtered = back(k, out=k)
            _gather(sum_.view(number), s, filtered.view(number))
    return total


@compiled
def _weigh(weighed, s, x):
    """weighed = s · x, row by row; a complex number is two entries."""
    for r in range(x.shape[0]):
        a, b, c = s[r], x[r], weighed[r]
        for i in range(a.size // 2):
            re = a[2 * i] * b[2 * i] - a[2 * i + 1] * b[2 * i + 1]
            im = a[2 * i] * b[2 * i + 1] + a[2 * i + 1] * b[2 * i]
            c[2 * i] = re
            c[2 * i + 1] = im


@compiled
def _keep_columns(k, row):
    """Every row times the same weights, 0 or 1, which is done on whole vectors."""
    for r in range(k.shape[0]):
        line = k[r]
        for i in range(line.size):
            line[i] *= row[i]


@compiled
def _keep_samples(k, mask):
    """k = mask · k."""
    zero = k.dtype.type(0)
    for r in range(k.shape[0]):
        line, kept = k[r], mask[r]
        for i in range(line.size):
            line[i] = line[i] if kept[i] else zero


@compiled
def _gather(total, s, x):
    """total += conj(s) · x."""
    for r in range(x.shape[0]):
        a, b, c = s[r], x[r], total[r]
        for i in range(a.size // 2):
            c[2 * i] += a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1]
            c[2 * i + 1] += a[2 * i] * b[2 * i + 1] - a[2 * i + 1] * b[2 * i]
