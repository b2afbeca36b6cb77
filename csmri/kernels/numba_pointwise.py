"""Updates that treat every pixel alike, each in one pass where NumPy makes several.

Complex arrays are seen as flat real ones re, im, re, im, ….
"""

import numpy as np

from csmri.arrays import Array
from csmri.kernels.compilation import compiled, inlined, real_type

SMALLEST = 1e-30  # stands for a modulus of 0 in a quotient, so that 0/0 never comes up


def relax(w: Array, x: Array, z: Array, alpha: float) -> Array:
    """The twin of `agnostic.relax`."""
    relaxed = np.empty_like(w)
    _relax(_numbers(relaxed), _numbers(w), _numbers(x), _numbers(z), real_type(w)(alpha))
    return relaxed


def extrapolate(x: Array, x_previous: Array, momentum: float) -> Array:
    """The twin of `agnostic.extrapolate`."""
    z = np.empty_like(x)
    _extrapolate(_numbers(z), _numbers(x), _numbers(x_previous), real_type(x)(momentum))
    return z


def reflect(z: Array, w: Array) -> Array:
    """The twin of `agnostic.reflect`."""
    reflected = np.empty_like(w)
    _extrapolate(_numbers(reflected), _numbers(z), _numbers(w), real_type(w)(1))
    return reflected


def quotients(data: Array, a: Array, k: Array, rho: float) -> tuple[Array, Array]:
    """The twin of `agnostic.quotients`."""
    divided, factor = np.empty_like(data), np.empty_like(k)
    numbers = _numbers(data).reshape(-1, 2 * k.size), _numbers(divided).reshape(-1, 2 * k.size)
    rows = a.reshape(-1, k.shape[-1])
    _quotients(*numbers, rows, k, real_type(data)(rho), factor)
    return divided, factor


def shifted_product(y: Array, rows: Array, columns: Array) -> Array:
    """The twin of `agnostic.shifted_product`."""
    product = np.empty_like(y)
    planes = y.view(real_type(y)).reshape(-1, y.shape[-2], 2 * y.shape[-1])
    factors = rows.reshape(-1), columns.reshape(-1, columns.shape[-1])
    _shifted_product(planes, *factors, product.view(real_type(y)).reshape(planes.shape))
    return product


def multiply_add(k: Array, factor: Array, offset: Array, *, out: Array | None) -> Array:
    """The twin of `agnostic.multiply_add`."""
    product = _started_from(k, out)
    factors = factor.reshape(-1, factor.shape[-2] * factor.shape[-1])
    shape = (-1, 2 * factors.shape[-1])
    _multiply_add(_numbers(product).reshape(shape), factors, _numbers(offset).reshape(shape))
    return product


def replace_samples(k: Array, y: Array, mask: Array, step: float, *, out: Array | None) -> Array:
    """The twin of `agnostic.replace_samples`."""
    replaced = _started_from(k, out)
    shape = (-1, k.shape[-2], 2 * k.shape[-1])
    _replace_samples(
        _numbers(replaced).reshape(shape),
        _numbers(y).reshape(shape),
        mask.reshape(-1, mask.shape[-1]),
        real_type(k)(step),
    )
    return replaced


def soft_threshold(x: Array, threshold: float) -> Array:
    """The twin of `agnostic.soft_threshold`."""
    shrunk, number = x.copy(), real_type(x)
    shrink_numbers(_numbers(shrunk), number(threshold), number(max(threshold, SMALLEST)))
    return shrunk


def soft_threshold_pairs(x: Array, threshold: float) -> Array:
    """The twin of `agnostic.group_soft_threshold` along axis -3 of length 2."""
    number = real_type(x)
    shrunk = x.copy()
    pairs = shrunk.view(number).reshape(-1, 2, 2 * x.shape[-2] * x.shape[-1])
    _soft_threshold_pairs(pairs, number(threshold), number(max(threshold, SMALLEST)))
    return shrunk


def _numbers(x: Array) -> Array:
    return x.view(real_type(x)).reshape(-1)


def _started_from(k: Array, out: Array | None) -> Array:
    """An array with the values of k, to be updated in place."""
    if out is None:
        return k.copy()
    if out is not k:
        np.copyto(out, k)
    return out


@compiled
def _relax(relaxed, w, x, z, alpha):
    for i in range(relaxed.size):
        relaxed[i] = w[i] + alpha * (x[i] - z[i])


@compiled
def _extrapolate(z, x, x_previous, momentum):
    for i in range(z.size):
        z[i] = x[i] + momentum * (x[i] - x_previous[i])


@compiled
def _shifted_product(y, rows, columns, product):
    height, width = y.shape[1], y.shape[2] // 2
    right = width - width // 2  # so many columns lie right of the middle, and come first
    for b in range(y.shape[0]):
        for r in range(height):
            before, after = y[b, (r + height // 2) % height], product[b, r]
            row, factors = rows[r], columns[r % columns.shape[0]]
            _scaled_part(before[2 * (width // 2) :], row, factors[:right], after)
            _scaled_part(before, row, factors[right:], after[2 * right :])


@inlined
def _scaled_part(before, row, factors, after):
    for c in range(factors.size):
        factor = row * factors[c]
        after[2 * c] = before[2 * c] * factor
        after[2 * c + 1] = before[2 * c + 1] * factor


@compiled
def _multiply_add(k, factors, offset):
    for b in range(k.shape[0]):
        total, factor, term = k[b], factors[b % factors.shape[0]], offset[b]
        for i in range(factor.size):
            total[2 * i] = total[2 * i] * factor[i] + term[2 * i]
            total[2 * i + 1] = total[2 * i + 1] * factor[i] + term[2 * i + 1]


@compiled
def _quotients(data, divided, a, k, rho, factor):
    height, width = k.shape
    one, zero = k.dtype.type(1), k.dtype.type(0)
    for r in range(height):
        row, symbol, inverses = a[r % a.shape[0]], k[r], factor[r]
        for i in range(width):
            divisor = row[i] + rho * symbol[i]
            inverses[i] = one / divisor if divisor > zero else zero
        for b in range(data.shape[0]):
            first = 2 * width * r
            before, after = (
                data[b, first : first + 2 * width],
                divided[b, first : first + 2 * width],
            )
            for i in range(width):
                after[2 * i] = before[2 * i] * inverses[i]
                after[2 * i + 1] = before[2 * i + 1] * inverses[i]
        for i in range(width):
            inverses[i] *= rho


@compiled
def _replace_samples(k, y, mask, step):
    for b in range(k.shape[0]):
        for r in range(k.shape[1]):
            _replace_in_row(k[b, r], y[b, r], mask[r % mask.shape[0]], step)


@inlined
def _replace_in_row(row, measured, mask, step):
    for i in range(mask.size):
        weight = step if mask[i] else row.dtype.type(0)
        row[2 * i] += weight * (measured[2 * i] - row[2 * i])
        row[2 * i + 1] += weight * (measured[2 * i + 1] - row[2 * i + 1])


@inlined
def shrink_numbers(x, threshold, floor):
    """Shrink the moduli of re, im, re, im, … in place; they are divided by at least `floor`."""
    one = x.dtype.type(1)
    for i in range(x.size // 2):
        a, b = x[2 * i], x[2 * i + 1]
        modulus = np.sqrt(a * a + b * b)
        factor = one - threshold / (modulus if modulus > floor else floor)
        x[2 * i] = a * factor
        x[2 * i + 1] = b * factor


@compiled
def _soft_threshold_pairs(x, threshold, floor):
    for g in range(x.shape[0]):
        _soft_threshold_pair(x[g, 0], x[g, 1], threshold, floor)


@inlined
def _soft_threshold_pair(p, q, threshold, floor):
    one = p.dtype.type(1)
    for i in range(p.size // 2):
        a, b, c, d = p[2 * i], p[2 * i + 1], q[2 * i], q[2 * i + 1]
        modulus = np.sqrt((a * a + b * b) + (c * c + d * d))
        factor = one - threshold / (modulus if modulus > floor else floor)
        p[2 * i] = a * factor
        p[2 * i + 1] = b * factor
        q[2 * i] = c * factor
        q[2 * i + 1] = d * factor
