"""What ADMM needs now and then, each in one pass."""

import numpy as np

from csmri.arrays import Array
from csmri.kernels.compilation import compiled, real_type
from csmri.kernels.numba_differences import SMALLEST, difference_target

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
    new = np.empty_like(w)
    pairs = (-1, 2, 2 * w.shape[-1] * w.shape[-2])
    _rescale(
        w.view(number).reshape(pairs),
        new.view(number).reshape(pairs),
        number(threshold),
        number(max(threshold, SMALLEST)),
        number(ratio),
        isotropic,
    )
    return new, difference_target(new, threshold * ratio, isotropic=isotropic, periodic=periodic)


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
