"""What proofs need, each in one pass and summed in double precision."""

import numpy as np

from csmri.arrays import Array
from csmri.kernels.compilation import compiled, inlined, real_type


def difference_sum(x: Array, *, isotropic: bool, periodic: bool) -> Array:
    """The twin of `agnostic_proof.difference_sum`."""
    planes = _planes(x)
    sums = [_sum(plane, isotropic, periodic) for plane in planes]
    return np.array(sums, real_type(x)).reshape(x.shape[:-2])[()]


def difference_peak(p: Array, x: Array, *, isotropic: bool, periodic: bool) -> Array:
    """The twin of `agnostic_proof.difference_peak`."""
    planes = _planes(x)
    pairs = p.view(real_type(p)).reshape(-1, 2, *planes.shape[-2:])
    energies = [
        _peak_energy(pair[0], pair[1], plane, isotropic, periodic)
        for pair, plane in zip(pairs, planes, strict=True)
    ]
    return np.sqrt(np.array(energies, real_type(x))).reshape(x.shape[:-2])[()]


def modulus_sum(x: Array) -> Array:
    """The twin of `agnostic_proof.modulus_sum`."""
    sums = [_modulus_sum(plane) for plane in _planes(x)]
    return np.array(sums, real_type(x)).reshape(x.shape[:-2])[()]


def modulus_peak(x: Array) -> Array:
    """The twin of `agnostic_proof.modulus_peak`."""
    energies = [_largest_energy(plane) for plane in _planes(x)]
    return np.sqrt(np.array(energies, real_type(x))).reshape(x.shape[:-2])[()]


def split_spectrum(
    k: Array, data: Array, inside: Array, outside: Array
) -> tuple[Array, Array, Array]:
    """The twin of `agnostic_proof.split_spectrum`, which writes over k."""
    inside = inside.reshape(-1, inside.shape[-1])
    pairs = zip(_planes(k), _planes(data), strict=True)
    sums = [_split_spectrum(plane, measured, inside, outside) for plane, measured in pairs]
    energy, shared = np.array(sums, real_type(k)).reshape(*k.shape[:-2], 2).T
    return energy.T[()], shared.T[()], k


def squared_error(k: Array, data: Array, mask: Array | None) -> Array:
    """The twin of `agnostic_proof.squared_error`."""
    mask = np.ones((1, k.shape[-1]), bool) if mask is None else mask.reshape(-1, mask.shape[-1])
    pairs = zip(_planes(k), _planes(data), strict=True)
    sums = [_squared_error(plane, measured, mask) for plane, measured in pairs]
    return np.array(sums, real_type(k)).reshape(k.shape[:-2])[()]


def moved(x: Array, x_previous: Array) -> tuple[Array, Array]:
    """The twin of `agnostic_proof.moved`."""
    pairs = zip(_planes(x), _planes(x_previous), strict=True)
    sums = np.array([_moved(*pair) for pair in pairs], real_type(x))
    change, size = np.moveaxis(sums.reshape(*x.shape[:-2], 2), -1, 0)
    return change[()], size[()]


def overlap(a: Array, b: Array) -> Array:
    """The twin of `agnostic_proof.overlap`; BLAS would wake the threads of other cores."""
    sums = [_overlap(p, q) for p, q in zip(_planes(a), _planes(b), strict=True)]
    return np.array(sums, real_type(a)).reshape(a.shape[:-2])[()]


def _planes(x: Array) -> Array:
    """(..., H, W) complex as (images, H, 2 W) real numbers, without a copy."""
    return x.view(real_type(x)).reshape(-1, x.shape[-2], 2 * x.shape[-1])


@compiled
def _modulus_sum(x):
    """Σ|x|: each row in its own precision, the rows in double."""
    total = 0.0
    for i in range(x.shape[0]):
        row = x.dtype.type(0)
        for j in range(0, x.shape[1], 2):
            row += np.sqrt(x[i, j] * x[i, j] + x[i, j + 1] * x[i, j + 1])
        total += row
    return total


@compiled
def _largest_energy(x):
    """max|x|², NaN where there is one."""
    peak = total = x.dtype.type(0)
    for i in range(x.shape[0]):
        for j in range(0, x.shape[1], 2):
            energy = x[i, j] * x[i, j] + x[i, j + 1] * x[i, j + 1]
            peak = max(peak, energy)
            total += energy
    return total if np.isnan(total) else peak


@compiled
def _split_spectrum(k, data, inside, outside):
    """The energy inside, and the overlap with the data there; k becomes k · outside."""
    energy = shared = 0.0
    for i in range(outside.shape[0]):
        row, measured, kept, factors = k[i], data[i], inside[i % inside.shape[0]], outside[i]
        for j in range(factors.shape[0]):
            a, b, factor = row[2 * j], row[2 * j + 1], factors[j]
            c, d = measured[2 * j], measured[2 * j + 1]
            energy += a * a + b * b if kept[j] > 0 else 0.0
            shared += a * c + b * d if kept[j] > 0 else 0.0
            row[2 * j], row[2 * j + 1] = a * factor, b * factor
    return energy, shared


@compiled
def _squared_error(k, data, mask):
    total = 0.0
    for i in range(k.shape[0]):
        row, measured, kept = k[i], data[i], mask[i % mask.shape[0]]
        for j in range(kept.shape[0]):
            a, b = row[2 * j] - measured[2 * j], row[2 * j + 1] - measured[2 * j + 1]
            total += a * a + b * b if kept[j] else 0.0
    return total


@compiled
def _moved(x, before):
    """Σ|x − before|² and Σ|x|²: each row in its own precision, the rows in double."""
    change = size = 0.0
    for i in range(x.shape[0]):
        p, q = x[i], before[i]
        part = whole = p.dtype.type(0)
        for j in range(p.shape[0]):
            part += (p[j] - q[j]) * (p[j] - q[j])
            whole += p[j] * p[j]
        change += part
        size += whole
    return change, size


@compiled
def _overlap(a, b):
    """Σ a b: each row in its own precision, the rows in double."""
    total = 0.0
    for i in range(a.shape[0]):
        p, q = a[i], b[i]
        row = p.dtype.type(0)
        for j in range(p.shape[0]):
            row += p[j] * q[j]
        total += row
    return total


@compiled
def _sum(x, isotropic, periodic):
    """The sum of the moduli of all differences."""
    height, n = x.shape
    total = 0.0
    energies = np.empty((2, n // 2), x.dtype)
    for i in range(height):
        _row_energies(x, i, energies, periodic)
        total += _sum_of_roots(energies[0], energies[1], isotropic)
    return total


@inlined
def _row_energies(x, i, energies, periodic):
    """|∂₁x|² and |∂₂x|² along row i."""
    height, n = x.shape
    last = i == height - 1
    here, below = x[i], x[i] if last and not periodic else x[0 if last else i + 1]
    width = n // 2
    down, right = energies[0], energies[1]
    for j in range(width):
        a, b = below[2 * j] - here[2 * j], below[2 * j + 1] - here[2 * j + 1]
        down[j] = a * a + b * b
    for j in range(width - 1):
        a, b = here[2 * j + 2] - here[2 * j], here[2 * j + 3] - here[2 * j + 1]
        right[j] = a * a + b * b
    a, b = here[0] - here[n - 2], here[1] - here[n - 1]
    right[width - 1] = a * a + b * b if periodic else x.dtype.type(0)


@inlined
def _sum_of_roots(down, right, isotropic):
    total = 0.0
    if isotropic:
        for j in range(down.shape[0]):
            total += np.sqrt(down[j] + right[j])
    else:
        for j in range(down.shape[0]):
            total += np.sqrt(down[j]) + np.sqrt(right[j])
    return total


@compiled
def _peak_energy(p, q, x, isotropic, periodic):
    """The largest |(p, q) − ∇x|²."""
    height, n = x.shape
    peak = x.dtype.type(0)
    for i in range(height):
        last = i == height - 1
        below = x[i] if last and not periodic else x[0 if last else i + 1]
        peak = max(peak, _row_peak(p[i], q[i], x[i], below, isotropic))
        a, b = x[i, 0] - x[i, n - 2], x[i, 1] - x[i, n - 1]
        if not periodic:
            a, b = x.dtype.type(0), x.dtype.type(0)
        k = n - 2
        c, d = p[i, k] - (below[k] - x[i, k]), p[i, k + 1] - (below[k + 1] - x[i, k + 1])
        a, b = q[i, k] - a, q[i, k + 1] - b
        down, right = c * c + d * d, a * a + b * b
        peak = max(peak, down + right if isotropic else max(down, right))
    return peak


@inlined
def _row_peak(p, q, here, below, isotropic):
    """The same along a row, but for its last pixel."""
    peak = p.dtype.type(0)
    for j in range(p.shape[0] // 2 - 1):
        k = 2 * j
        a, b = p[k] - (below[k] - here[k]), p[k + 1] - (below[k + 1] - here[k + 1])
        c, d = q[k] - (here[k + 2] - here[k]), q[k + 1] - (here[k + 3] - here[k + 1])
        down, right = a * a + b * b, c * c + d * d
        largest = down + right if isotropic else max(down, right)
        peak = max(peak, largest)
    return peak
