"""What ADMM needs now and then, each in one pass."""

import numpy as np

from csmri.arrays import Array
from csmri.kernels.compilation import compiled, inlined, real_type
from csmri.kernels.numba_differences import SMALLEST, difference_target

BLOCK = 512  # numbers are summed in single precision over a block, and in double over blocks


def step_energies(
    z: Array, w: Array, z_next: Array, w_next: Array, *, alpha: float
) -> tuple[float, ...]:
    """The twin of `agnostic_penalty.step_energies`."""
    planes = (v.view(real_type(w)).reshape(-1) for v in (z, w, z_next, w_next))
    return _step_energies(*planes, real_type(w)(1 / alpha))


def shrunk_step(
    c: Array, d: Array, threshold: float, *, alpha: float
) -> tuple[Array, tuple[float, ...]]:
    """The twin of `agnostic_penalty.shrunk_step`."""
    c_next, number = np.empty_like(c), real_type(c)
    planes = (v.view(number).reshape(-1) for v in (c, d, c_next))
    numbers = number(threshold), number(max(threshold, SMALLEST)), number(alpha)
    return c_next, _shrunk_step(*planes, *numbers)


def shrunk_rescale(c: Array, threshold: float, *, ratio: float) -> tuple[Array, Array]:
    """The twin of `agnostic_penalty.shrunk_rescale`."""
    new, mirrored, number = np.empty_like(c), np.empty_like(c), real_type(c)
    planes = (v.view(number).reshape(-1) for v in (c, new, mirrored))
    _shrunk_rescale(*planes, number(threshold), number(max(threshold, SMALLEST)), number(ratio))
    return new, mirrored


def difference_step_energies(
    w: Array, w_next: Array, threshold: float, *, alpha: float, isotropic: bool
) -> tuple[float, ...]:
    """The twin of `agnostic_penalty.difference_step_energies`."""
    number = real_type(w)
    numbers = number(threshold), number(max(threshold, SMALLEST)), number(1 / alpha)
    return _difference_energies(_pairs(w), _pairs(w_next), *numbers, isotropic)


def difference_rescale(
    w: Array, threshold: float, *, ratio: float, isotropic: bool, periodic: bool
) -> tuple[Array, Array]:
    """The twin of `agnostic_penalty.difference_rescale`."""
    number = real_type(w)
    new = w.copy()
    numbers = number(threshold), number(max(threshold, SMALLEST)), number(ratio)
    _rescale(_pairs(new), *numbers, isotropic)
    return new, difference_target(new, threshold * ratio, isotropic=isotropic, periodic=periodic)


def _pairs(w: Array) -> Array:
    """(..., 2, H, W) complex as (images, 2, H, 2 W) real, without a copy."""
    return w.view(real_type(w)).reshape(-1, 2, w.shape[-2], 2 * w.shape[-1])


@compiled
def _step_energies(z, w, z_next, w_next, inverse):
    total = np.zeros(5)
    for start in range(0, z.shape[0], BLOCK):
        a = b = c = d = e = z.dtype.type(0)
        count = min(BLOCK, z.shape[0] - start)
        z0, w0, z1, w1 = z[start:], w[start:], z_next[start:], w_next[start:]
        for k in range(count):
            v = z0[k] + (w1[k] - w0[k]) * inverse
            a += (v - z1[k]) ** 2
            b += v * v
            c += z1[k] * z1[k]
            d += (z1[k] - z0[k]) ** 2
            e += (w1[k] - z1[k]) ** 2
        _add_five(total, a, b, c, d, e)
    return (total[0], total[1], total[2], total[3], total[4])


@compiled
def _shrunk_step(c, d, c_next, threshold, floor, alpha):
    one = c.dtype.type(1)
    total = np.zeros(5)
    for start in range(0, c.shape[0], BLOCK):
        e0 = e1 = e2 = e3 = e4 = c.dtype.type(0)
        count = min(BLOCK, c.shape[0] - start)
        here, there, next_ = c[start:], d[start:], c_next[start:]
        for k in range(count // 2):
            a, b, u, v = here[2 * k], here[2 * k + 1], there[2 * k], there[2 * k + 1]
            modulus = np.sqrt(a * a + b * b)
            share = one - threshold / (modulus if modulus > floor else floor)
            s, t = share * a, share * b
            a += alpha * (u - s)
            b += alpha * (v - t)
            next_[2 * k] = a
            next_[2 * k + 1] = b
            energy = a * a + b * b
            modulus = np.sqrt(energy)
            share = one - threshold / (modulus if modulus > floor else floor)
            p, q = share * a, share * b
            e0 += (u - p) ** 2 + (v - q) ** 2
            e1 += u * u + v * v
            e2 += share * share * energy
            e3 += (p - s) ** 2 + (q - t) ** 2
            e4 += (one - share) ** 2 * energy
        _add_five(total, e0, e1, e2, e3, e4)
    return (total[0], total[1], total[2], total[3], total[4])


@compiled
def _shrunk_rescale(c, new, mirrored, threshold, floor, ratio):
    one = c.dtype.type(1)
    for k in range(c.size // 2):
        a, b = c[2 * k], c[2 * k + 1]
        modulus = np.sqrt(a * a + b * b)
        share = one - threshold / (modulus if modulus > floor else floor)
        factor = share + ratio * (one - share)
        new[2 * k] = factor * a
        new[2 * k + 1] = factor * b
        mirrored[2 * k] = (share + share - factor) * a
        mirrored[2 * k + 1] = (share + share - factor) * b


@compiled
def _difference_energies(w, w_next, threshold, floor, inverse, isotropic):
    total = np.zeros(5)
    for n in range(w.shape[0]):
        for i in range(w.shape[2]):
            p, q, p_next, q_next = w[n, 0, i], w[n, 1, i], w_next[n, 0, i], w_next[n, 1, i]
            if isotropic:
                _add_pair_energies(total, p, q, p_next, q_next, threshold, floor, inverse)
            else:
                _add_energies(total, p, p_next, threshold, floor, inverse)
                _add_energies(total, q, q_next, threshold, floor, inverse)
    return (total[0], total[1], total[2], total[3], total[4])


@inlined
def _add_pair_energies(total, p, q, p_next, q_next, threshold, floor, inverse):
    """Add a row's energies, where (p, q) = w are shrunk together."""
    one = p.dtype.type(1)
    a = b = c = d = e = p.dtype.type(0)
    for j in range(p.shape[0] // 2):
        s, t, u, v = p[2 * j], p[2 * j + 1], q[2 * j], q[2 * j + 1]
        modulus = np.sqrt((s * s + t * t) + (u * u + v * v))
        share = one - threshold / (modulus if modulus > floor else floor)
        s1, t1, u1, v1 = p_next[2 * j], p_next[2 * j + 1], q_next[2 * j], q_next[2 * j + 1]
        energy = (s1 * s1 + t1 * t1) + (u1 * u1 + v1 * v1)
        modulus = np.sqrt(energy)
        share1 = one - threshold / (modulus if modulus > floor else floor)
        # The step ∇x − z, then z and the new z.
        ds, dt, du, dv = (
            (s1 - s) * inverse,
            (t1 - t) * inverse,
            (u1 - u) * inverse,
            (v1 - v) * inverse,
        )
        s, t, u, v = share * s, share * t, share * u, share * v
        s1, t1, u1, v1 = share1 * s1, share1 * t1, share1 * u1, share1 * v1
        a += (s + ds - s1) ** 2 + (t + dt - t1) ** 2 + (u + du - u1) ** 2 + (v + dv - v1) ** 2
        b += (s + ds) ** 2 + (t + dt) ** 2 + (u + du) ** 2 + (v + dv) ** 2
        c += share1 * share1 * energy
        d += (s1 - s) ** 2 + (t1 - t) ** 2 + (u1 - u) ** 2 + (v1 - v) ** 2
        e += (one - share1) ** 2 * energy
    _add_five(total, a, b, c, d, e)


@inlined
def _add_energies(total, p, p_next, threshold, floor, inverse):
    """Add a row's energies for one direction alone."""
    one = p.dtype.type(1)
    a = b = c = d = e = p.dtype.type(0)
    for j in range(p.shape[0] // 2):
        s, t, s1, t1 = p[2 * j], p[2 * j + 1], p_next[2 * j], p_next[2 * j + 1]
        modulus = np.sqrt(s * s + t * t)
        share = one - threshold / (modulus if modulus > floor else floor)
        energy = s1 * s1 + t1 * t1
        modulus = np.sqrt(energy)
        share1 = one - threshold / (modulus if modulus > floor else floor)
        ds, dt = (s1 - s) * inverse, (t1 - t) * inverse
        s, t, s1, t1 = share * s, share * t, share1 * s1, share1 * t1
        a += (s + ds - s1) ** 2 + (t + dt - t1) ** 2
        b += (s + ds) ** 2 + (t + dt) ** 2
        c += share1 * share1 * energy
        d += (s1 - s) ** 2 + (t1 - t) ** 2
        e += (one - share1) ** 2 * energy
    _add_five(total, a, b, c, d, e)


@inlined
def _add_five(total, a, b, c, d, e):
    total[0] += a
    total[1] += b
    total[2] += c
    total[3] += d
    total[4] += e


@compiled
def _rescale(w, threshold, floor, ratio, isotropic):
    """w ← z + ratio (w − z), where z = shrink(w)."""
    for n in range(w.shape[0]):
        for i in range(w.shape[2]):
            if isotropic:
                _rescale_pair(w[n, 0, i], w[n, 1, i], threshold, floor, ratio)
            else:
                _rescale_one(w[n, 0, i], threshold, floor, ratio)
                _rescale_one(w[n, 1, i], threshold, floor, ratio)


@inlined
def _rescale_pair(p, q, threshold, floor, ratio):
    one = p.dtype.type(1)
    for j in range(p.shape[0] // 2):
        a, b, c, d = p[2 * j], p[2 * j + 1], q[2 * j], q[2 * j + 1]
        modulus = np.sqrt((a * a + b * b) + (c * c + d * d))
        factor = one + (ratio - one) * threshold / (modulus if modulus > floor else floor)
        p[2 * j] = a * factor
        p[2 * j + 1] = b * factor
        q[2 * j] = c * factor
        q[2 * j + 1] = d * factor


@inlined
def _rescale_one(p, threshold, floor, ratio):
    one = p.dtype.type(1)
    for j in range(p.shape[0] // 2):
        a, b = p[2 * j], p[2 * j + 1]
        modulus = np.sqrt(a * a + b * b)
        factor = one + (ratio - one) * threshold / (modulus if modulus > floor else floor)
        p[2 * j] = a * factor
        p[2 * j + 1] = b * factor
