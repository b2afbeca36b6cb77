"""What ADMM and its certificate need now and then, each in one pass."""

import numpy as np

from csmri.arrays import Array
from csmri.kernels.compilation import compiled, real_type
from csmri.kernels.numba_differences import SMALLEST, divergence_rows, reflect_rows

BLOCK = 512  # numbers are summed in single precision over a block, and in double over blocks


def step_energies(
    z: Array, w: Array, z_next: Array, w_next: Array, *, alpha: float
) -> tuple[float, ...]:
    """The twin of `agnostic_penalty.step_energies`."""
    planes = (v.view(real_type(w)).reshape(-1) for v in (z, w, z_next, w_next))
    return _step_energies(*planes, real_type(w)(1 / alpha))


def difference_step_energies(
    w: Array, w_next: Array, threshold: float, *, alpha: float, isotropic: bool
) -> tuple[float, ...]:
    """The twin of `agnostic_penalty.difference_step_energies`."""
    number = real_type(w)
    shape = (-1, 2, 2 * w.shape[-1] * w.shape[-2])
    return _difference_energies(
        w.view(number).reshape(shape),
        w_next.view(number).reshape(shape),
        number(threshold),
        number(max(threshold, SMALLEST)),
        number(1 / alpha),
        isotropic,
    )


def difference_rescale(
    w: Array, threshold: float, *, ratio: float, isotropic: bool, periodic: bool
) -> tuple[Array, Array]:
    """The twin of `agnostic_penalty.difference_rescale`."""
    number = real_type(w)
    height, width = w.shape[-2:]
    new = np.empty_like(w)
    t = np.empty((*w.shape[:-3], height, width), w.dtype)
    pairs = (-1, 2, 2 * width * height)
    _rescale(
        w.view(number).reshape(pairs),
        new.view(number).reshape(pairs),
        number(threshold),
        number(max(threshold, SMALLEST)),
        number(ratio),
        isotropic,
    )
    reflect_rows(new, t, threshold * ratio, isotropic=isotropic, periodic=periodic)
    return new, t


def difference_polish(
    p: Array, x: Array, radius: float, *, over: float, isotropic: bool, periodic: bool
) -> tuple[Array, Array]:
    """The twin of `agnostic_penalty.difference_polish`."""
    number = real_type(x)
    new, t = np.empty_like(p), np.empty_like(x)
    height, width = x.shape[-2:]
    _polish(
        p.view(number).reshape(-1, 2, height, 2 * width),
        x.view(number).reshape(-1, height, 2 * width),
        new.view(number).reshape(-1, 2, height, 2 * width),
        number(radius),
        number(max(radius, SMALLEST)),
        number(over),
        isotropic,
        periodic,
    )
    divergence_rows(new, t, periodic=periodic)
    return new, t


@compiled
def _polish(p, x, new, radius, floor, over, isotropic, periodic):
    height, n = x.shape[1:]
    ahead = np.empty(n + 2, x.dtype)
    for b in range(x.shape[0]):
        for i in range(height):
            last = i == height - 1
            here = x[b, i]
            below = here if last and not periodic else x[b, 0 if last else i + 1]
            ahead[:n] = here
            ahead[n:] = here[:2] if periodic else here[n - 2 :]
            _move(p[b, 0, i], here, below, new[b, 0, i])
            _move(p[b, 1, i], here, ahead[2:], new[b, 1, i])
            _over_project(new[b, 0, i], new[b, 1, i], radius, floor, over, isotropic)


@compiled
def _move(p, here, there, new):
    for k in range(p.shape[0]):
        new[k] = p[k] - (there[k] - here[k])


@compiled
def _over_project(p, q, radius, floor, over, isotropic):
    one = p.dtype.type(1)
    for j in range(p.shape[0] // 2):
        a = p[2 * j] * p[2 * j] + p[2 * j + 1] * p[2 * j + 1]
        b = q[2 * j] * q[2 * j] + q[2 * j + 1] * q[2 * j + 1]
        if isotropic:
            a = a + b
            b = a
        a, b = np.sqrt(a), np.sqrt(b)
        a = one + over * (radius / (a if a > floor else floor) - one)
        b = one + over * (radius / (b if b > floor else floor) - one)
        p[2 * j] *= a
        p[2 * j + 1] *= a
        q[2 * j] *= b
        q[2 * j + 1] *= b


@compiled
def _step_energies(z, w, z_next, w_next, inverse):
    total = np.zeros(5)
    for start in range(0, z.shape[0], BLOCK):
        a = b = c = d = e = z.dtype.type(0)
        for k in range(start, min(start + BLOCK, z.shape[0])):
            v = z[k] + (w_next[k] - w[k]) * inverse
            a += (v - z_next[k]) ** 2
            b += v * v
            c += z_next[k] ** 2
            d += (z_next[k] - z[k]) ** 2
            e += (w_next[k] - z_next[k]) ** 2
        total[0] += a
        total[1] += b
        total[2] += c
        total[3] += d
        total[4] += e
    return (total[0], total[1], total[2], total[3], total[4])


@compiled
def _difference_energies(w, w_next, threshold, floor, inverse, isotropic):
    total = np.zeros(5)
    for n in range(w.shape[0]):
        p, q, p_next, q_next = w[n, 0], w[n, 1], w_next[n, 0], w_next[n, 1]
        for start in range(0, p.shape[0], BLOCK):
            stop = min(start + BLOCK, p.shape[0])
            before = _shares(p[start:stop], q[start:stop], threshold, floor, isotropic)
            after = _shares(p_next[start:stop], q_next[start:stop], threshold, floor, isotropic)
            _add_energies(total, p, p_next, start, stop, before[0], after[0], inverse)
            _add_energies(total, q, q_next, start, stop, before[1], after[1], inverse)
    return (total[0], total[1], total[2], total[3], total[4])


@compiled
def _shares(p, q, threshold, floor, isotropic):
    """What of w = (p, q) is in z: 1 − min(1, threshold/|w|), for each direction and pixel."""
    one = p.dtype.type(1)
    shares = np.empty((2, p.shape[0] // 2), p.dtype)
    for j in range(p.shape[0] // 2):
        a = p[2 * j] * p[2 * j] + p[2 * j + 1] * p[2 * j + 1]
        b = q[2 * j] * q[2 * j] + q[2 * j + 1] * q[2 * j + 1]
        if isotropic:
            a = a + b
            b = a
        a, b = np.sqrt(a), np.sqrt(b)
        shares[0, j] = one - threshold / (a if a > floor else floor)
        shares[1, j] = one - threshold / (b if b > floor else floor)
    return shares


@compiled
def _add_energies(total, w, w_next, start, stop, share, share_next, inverse):
    a = b = c = d = e = w.dtype.type(0)
    for k in range(start, stop):
        j = (k - start) // 2
        z, z_next = share[j] * w[k], share_next[j] * w_next[k]
        v = z + (w_next[k] - w[k]) * inverse
        a += (v - z_next) ** 2
        b += v * v
        c += z_next * z_next
        d += (z_next - z) ** 2
        e += (w_next[k] - z_next) ** 2
    total[0] += a
    total[1] += b
    total[2] += c
    total[3] += d
    total[4] += e


@compiled
def _rescale(w, new, threshold, floor, ratio, isotropic):
    """z + ratio (w − z), where z = share · w."""
    for n in range(w.shape[0]):
        for start in range(0, w.shape[2], BLOCK):
            stop = min(start + BLOCK, w.shape[2])
            shares = _shares(w[n, 0, start:stop], w[n, 1, start:stop], threshold, floor, isotropic)
            for direction in range(2):
                for k in range(start, stop):
                    share = shares[direction, (k - start) // 2]
                    new[n, direction, k] = (share + ratio * (1 - share)) * w[n, direction, k]
