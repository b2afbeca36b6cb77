"""The periodised wavelet transform, level by level in one pass over the rows of an image.

Every filter is the same deed, a weighted sum of contiguous rows, by the vector instructions of
`numba_filters`. Down the columns these are rows of the image; along a row they are windows into its
even and its odd pixels, which are laid out one after the other. A level filters each row both ways
while it is in the nearest cache.

Complex memory is seen as flat real numbers re, im, re, im, …, called `x_` for an array `x`. Rows
are named by where they start in it, since making views inside the loops would cost more than the
sums do.
"""

from functools import cache

import numpy as np

from csmri.arrays import Array
from csmri.kernels.agnostic_wavelet import highpass
from csmri.kernels.compilation import compiled, inlined, real_type
from csmri.kernels.numba_filters import merge_along, merge_down, split_along, split_down
from csmri.kernels.numba_pointwise import SMALLEST, shrink_numbers
from csmri.kernels.scratch import scratch


def wavelet_analysis(
    x: Array, lowpass: tuple[float, ...], levels: int, *, out: Array | None
) -> Array:
    """The twin of `agnostic_wavelet.wavelet_analysis`."""
    c = np.empty_like(x) if out is None else out
    room, filters = _room(x), _filters(lowpass, real_type(x))
    for image, bands in zip(_images(x), _images(c), strict=True):
        _analyse(image, bands, room, filters, levels)
    return c


def wavelet_synthesis(
    c: Array, lowpass: tuple[float, ...], levels: int, *, out: Array | None
) -> Array:
    """The twin of `agnostic_wavelet.wavelet_synthesis`."""
    x = np.empty_like(c) if out is None else out
    room, filters = _room(c), _filters(lowpass, real_type(c))
    for bands, image in zip(_images(c), _images(x), strict=True):
        _synthesise(bands, image, room, filters, levels)
    return x


def wavelet_shrink(
    x: Array, lowpass: tuple[float, ...], levels: int, threshold: float, *, out: Array | None
) -> Array:
    """The twin of `agnostic_wavelet.wavelet_shrink`."""
    shrunk = np.empty_like(x) if out is None else out
    filters, cuts = _filters(lowpass, real_type(x)), _cuts(threshold, x)
    for image, result in zip(_images(x), _images(shrunk), strict=True):
        _shrink(image, result, *_bands_and_room(x), filters, levels, *cuts)
    return shrunk


def wavelet_shrink_relax(
    c: Array,
    x: Array,
    lowpass: tuple[float, ...],
    levels: int,
    threshold: float,
    *,
    alpha: float,
    out: tuple[Array, Array] | None,
) -> tuple[Array, Array]:
    """The twin of `agnostic_wavelet.wavelet_shrink_relax`: in one call, so threads seldom meet."""
    relaxed, target = (np.empty_like(c), np.empty_like(x)) if out is None else out
    if relaxed is not c:
        np.copyto(relaxed, c)
    number = real_type(x)
    images = [_images(part) for part in (relaxed, x, target)]
    numbers = (*_cuts(threshold, x), number(alpha))
    _shrink_relax(*images, *_bands_and_room(x), _filters(lowpass, number), levels, *numbers)
    return relaxed, target


def _images(x: Array) -> Array:
    return x.reshape(-1, *x.shape[-2:])


@cache
def _filters(lowpass: tuple[float, ...], number: type[np.floating]) -> Array:
    """Low-pass and high-pass, (2, taps)."""
    return np.array((lowpass, highpass(lowpass)), number)


def _room(x: Array) -> Array:
    """Room for two coarse bands."""
    return scratch(x.shape[-2] * x.shape[-1] // 2, x.dtype)


def _bands_and_room(x: Array) -> tuple[Array, Array]:
    """Room for the bands of an image, and for two coarse bands."""
    height, width = x.shape[-2:]
    memory = scratch(height * width * 3 // 2, x.dtype)
    return memory[: height * width].reshape(height, width), memory[height * width :]


def _cuts(threshold: float, x: Array) -> tuple[np.floating, np.floating]:
    """The threshold in the precision of x, and the least modulus to divide by."""
    return real_type(x)(threshold), real_type(x)(max(threshold, SMALLEST))


@compiled
def _shrink(x, shrunk, bands, room, filters, levels, threshold, floor):
    _analyse(x, bands, room, filters, levels)
    shrink_numbers(_numbers(bands, filters), threshold, floor)
    _synthesise(bands, shrunk, room, filters, levels)


@compiled
def _shrink_relax(c, x, target, bands, room, filters, levels, threshold, floor, alpha):
    for n in range(c.shape[0]):
        _analyse(x[n], bands, room, filters, levels)
        c_, bands_ = _numbers(c[n], filters), _numbers(bands, filters)
        _relax_and_reflect(c_, bands_, threshold, floor, alpha)
        _synthesise(bands, target[n], room, filters, levels)


@inlined
def _relax_and_reflect(c, d, threshold, floor, alpha):
    """c ← c + α(d − soft(c)), then d ← 2 soft(c) − c, of re, im, re, im, …."""
    one = c.dtype.type(1)
    for i in range(c.size // 2):
        a, b = c[2 * i], c[2 * i + 1]
        modulus = np.sqrt(a * a + b * b)
        factor = one - threshold / (modulus if modulus > floor else floor)
        a += alpha * (d[2 * i] - factor * a)
        b += alpha * (d[2 * i + 1] - factor * b)
        c[2 * i] = a
        c[2 * i + 1] = b
        modulus = np.sqrt(a * a + b * b)
        factor = one - threshold / (modulus if modulus > floor else floor)
        d[2 * i] = a * (factor + factor - one)
        d[2 * i + 1] = b * (factor + factor - one)


@compiled
def _analyse(x, c, room, filters, levels):
    height, width = x.shape
    for level in range(levels):
        coarse = _coarse_band(room, level, height >> level + 1, width >> level + 1)
        _split_level(x, c, coarse, filters)
        x = coarse
    x_, c_ = _numbers(x, filters), _numbers(c, filters)
    for i in range(x.shape[0]):
        _copy(x_, i * x.shape[1], x.shape[1], c_, i * width)


@compiled
def _synthesise(c, x, room, filters, levels):
    height, width = c.shape
    coarse = _coarse_band(room, levels - 1, height >> levels, width >> levels)
    c_, coarse_ = _numbers(c, filters), _numbers(coarse, filters)
    for i in range(coarse.shape[0]):
        _copy(c_, i * width, coarse.shape[1], coarse_, i * coarse.shape[1])
    for level in range(levels - 1, -1, -1):
        finer = x
        if level > 0:
            finer = _coarse_band(room, level - 1, height >> level, width >> level)
        _merge_level(coarse, c, finer, filters)
        coarse = finer


@inlined
def _coarse_band(room, level, height, width):
    """Coarse bands lie in the first and in the second half of the room by turns."""
    start = (level & 1) * (room.size // 2)
    return room[start : start + height * width].reshape(height, width)


@inlined
def _numbers(x, like):
    """Complex numbers as re, im, re, im, … of the dtype of `like`."""
    return x.reshape(x.size).view(like.dtype)


@compiled
def _split_level(x, c, coarse, filters):
    """x into its coarse band and its three detail bands, which go to their places in c."""
    height, width = x.shape
    rows, columns, stride = height // 2, width // 2, 2 * c.shape[1]
    taps = filters.shape[1]
    half = taps // 2
    # A row of each band, first its even and then its odd pixels, all between margins.
    count = columns + taps
    phases = np.empty(4 * count, x.dtype)
    x_, c_, coarse_ = _numbers(x, filters), _numbers(c, filters), _numbers(coarse, filters)
    phases_, weights = _numbers(phases, filters), filters.reshape(2 * taps)
    down, along = np.empty(taps, np.int64), np.empty(taps, np.int64)
    for j in range(taps):
        # Pixel 2k + half - j is number k + (half - j) // 2 of the even or of the odd ones.
        along[j] = 2 * (half + (half - j) // 2 + (half - j) % 2 * count)
    for k in range(rows):
        for j in range(taps):
            down[j] = (2 * k + half - j) % height * 2 * width
        above, below = 2 * half, 2 * half + 4 * count
        split_down(x_, down, weights, taps, phases_, above, below, 2 * count, 2 * width)
        for phase in range(4):
            _wrap(phases, phase * count, columns, half)
        n, low, high = 2 * columns, k * stride, (k + rows) * stride
        split_along(phases_, 0, along, weights, taps, coarse_, k * n, c_, low + n, n)
        split_along(phases_, 4 * count, along, weights, taps, c_, high, c_, high + n, n)


@compiled
def _merge_level(coarse, c, x, filters):
    """The inverse of `_split_level`."""
    height, width = x.shape
    rows, columns, stride = height // 2, width // 2, c.shape[1]
    taps = filters.shape[1]
    half = taps // 2
    reach, count = half // 2, columns + taps
    kept, weights = 2 * reach + 1, _weights_by_parity(filters, reach)
    bands, merged = np.empty(2 * count, x.dtype), np.empty(2 * kept * width, x.dtype)
    x_, c_, coarse_ = _numbers(x, filters), _numbers(c, filters), _numbers(coarse, filters)
    bands_, merged_ = _numbers(bands, filters), _numbers(merged, filters)
    down, along = np.empty(2 * kept, np.int64), np.empty(2 * kept, np.int64)
    for t in range(2 * kept):
        along[t] = 2 * (half + t % kept - reach + t // kept * count)
    for newest in range(-reach, rows + reach):
        i = newest % rows
        for band in range(2):
            start = (i + band * rows) * stride
            if band == 0:
                _copy(coarse_, i * columns, columns, bands_, half)
            else:
                _copy(c_, start, columns, bands_, half)
            _copy(c_, start + columns, columns, bands_, count + half)
            _wrap(bands, 0, columns, half)
            _wrap(bands, count, columns, half)
            to = (newest % kept + band * kept) * 2 * width
            merge_along(bands_, along, weights, 2 * kept, merged_, to, 2 * columns)
        k = newest - reach
        if k < 0:
            continue
        for t in range(2 * kept):
            down[t] = ((k + t - reach) % kept + t // kept * kept) * 2 * width
        n = 2 * width
        merge_down(merged_, down, weights, 2 * kept, x_, 2 * k * n, 2 * k * n + n, n)


@compiled
def _weights_by_parity(filters, reach):
    """Pixels 2k and 2k + 1 are sums over k - reach … k + reach of the low and of the high band.

    In this order come the weights of the even pixel, and then those of the odd one.
    """
    taps = filters.shape[1]
    terms = 2 * (2 * reach + 1)
    weights = np.zeros(2 * terms, filters.dtype)
    for parity in range(2):
        for t in range(terms):
            band, k = t // (terms // 2), t % (terms // 2) - reach
            j = 2 * k + taps // 2 - parity
            if 0 <= j < taps:
                weights[parity * terms + t] = filters[band, j]
    return weights


@inlined
def _wrap(rows, start, count, margin):
    """Repeat a row at both ends, from inside out so that short rows wrap several times.

    It has `count` pixels between margins, of which the first one begins at `start`.
    """
    first, last = start + margin, start + margin + count
    for k in range(1, margin + 1):
        rows[first - k] = rows[last - k]
    for k in range(margin):
        rows[last + k] = rows[first + k]


@inlined
def _copy(source_, start, count, target_, to):
    source, target = source_[2 * start :], target_[2 * to :]
    for k in range(2 * count):
        target[k] = source[k]
