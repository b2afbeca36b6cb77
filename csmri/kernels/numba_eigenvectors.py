"""Power iteration on one small matrix after the other, each begun at its neighbour's eigenvector.

Real and imaginary parts lie in planes of their own, so that the compiler works on whole vectors.
"""

import numpy as np

from csmri.arrays import Array
from csmri.kernels.compilation import compiled, inlined, real_type

MOST = 200


def leading_eigenvectors(matrices: Array) -> tuple[Array, Array]:
    """The twin of `eigenvectors.definition`."""
    number = real_type(matrices)
    count, coils = matrices.shape[:2]
    values, vectors = np.empty(count, number), np.empty((count, coils), matrices.dtype)
    tolerance = number(1e-4 if number is np.float32 else 1e-9)
    planes = np.empty((2, coils, coils), number)
    work = np.zeros((4, coils), number)
    _solve_all(matrices.view(number), values, vectors.view(number), planes, work, tolerance, MOST)
    return values, vectors


@compiled
def _solve_all(matrices, values, vectors, planes, work, tolerance, most):
    coils = planes.shape[1]
    real, imaginary = planes[0], planes[1]
    for n in range(values.size):
        matrix = matrices[n]
        for j in range(coils):
            row, re, im = matrix[j], real[j], imaginary[j]
            for i in range(coils):
                re[i] = row[2 * i]
                im[i] = row[2 * i + 1]
        _begin(real, imaginary, work[0], work[1])
        values[n] = _iterate(real, imaginary, work, tolerance, most)
        out, a, b = vectors[n], work[0], work[1]
        for i in range(coils):
            out[2 * i] = a[i]
            out[2 * i + 1] = b[i]


@inlined
def _begin(real, imaginary, a, b):
    """The neighbour's vector, and the strongest column, so that it cannot be an orthogonal one."""
    strongest = 0
    for i in range(a.size):
        if real[i, i] > real[strongest, strongest]:
            strongest = i
    total = real.dtype.type(0)
    re, im = real[strongest], imaginary[strongest]
    for i in range(a.size):
        total += re[i] * re[i] + im[i] * im[i]
    scale = real.dtype.type(0.1) / np.sqrt(total) if total > 0 else real.dtype.type(0)
    for i in range(a.size):  # a row is the conjugate of its column
        a[i] += scale * re[i]
        b[i] -= scale * im[i]
    if total == 0:
        a[0] += real.dtype.type(1)


@inlined
def _iterate(real, imaginary, work, tolerance, most):
    a, b, c, d = work[0], work[1], work[2], work[3]
    value = real.dtype.type(0)
    _normalise(a, b, a, b)
    for _ in range(most):
        c[:] = 0
        d[:] = 0
        for j in range(a.size):
            _add_column(real[j], imaginary[j], a[j], b[j], c, d)
        value = real.dtype.type(0)
        for i in range(a.size):
            value += a[i] * c[i] + b[i] * d[i]
        distance = real.dtype.type(0)
        for i in range(a.size):
            re, im = c[i] - value * a[i], d[i] - value * b[i]
            distance += re * re + im * im
        if not _normalise(c, d, a, b):
            return value
        if distance <= (tolerance * value) ** 2:
            return value
    return value


@inlined
def _add_column(re, im, a, b, c, d):
    """(c, d) += column · (a + ib), where the row re + i im is the conjugate of the column."""
    for i in range(re.size):
        c[i] += re[i] * a + im[i] * b
    for i in range(re.size):
        d[i] += re[i] * b - im[i] * a


@inlined
def _normalise(c, d, a, b):
    """(a, b) = (c, d)/‖(c, d)‖; False, and (a, b) as it was, where that is 0."""
    total = c.dtype.type(0)
    for i in range(c.size):
        total += c[i] * c[i] + d[i] * d[i]
    if total == 0:
        return False
    scale = c.dtype.type(1) / np.sqrt(total)
    for i in range(c.size):
        a[i] = c[i] * scale
        b[i] = d[i] * scale
    return True
