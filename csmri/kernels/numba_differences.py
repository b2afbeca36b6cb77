"""Total variation's iterations, each in one pass over the rows of an image.

Complex arrays are seen as real ones with re, im, re, im, … along a row, so that a pixel is two
entries. Each inner loop touches few arrays, so that the compiler can prove that they do not
overlap and work on whole vectors.
"""

import numpy as np

from csmri.arrays import Array
from csmri.kernels.compilation import compiled, real_type

SMALLEST = 1e-30  # stands for a modulus of 0 in a quotient, so that 0/0 never comes up


def difference_shrink_relax(
    w: Array,
    x: Array,
    threshold: float,
    *,
    alpha: float,
    isotropic: bool,
    periodic: bool,
    out: tuple[Array, Array] | None,
) -> tuple[Array, Array]:
    """The twin of `agnostic.difference_shrink_relax`."""
    w_next, t = out or (np.empty_like(w), np.empty_like(x))
    if w_next is not w:
        np.copyto(w_next, w)
    number = real_type(x)
    _shrink_relax_batch(
        _rows(w_next),
        _rows(x),
        _rows(t),
        number(threshold),
        number(max(threshold, SMALLEST)),
        number(alpha),
        isotropic,
        periodic,
    )
    return w_next, t


def reflect_rows(w: Array, t: Array, threshold: float, *, isotropic: bool, periodic: bool) -> None:
    """t ← ∇ᴴ(2 shrink(w) − w), from a state that stays as it is."""
    number = real_type(t)
    _reflect_batch(
        _rows(w), _rows(t), number(threshold), number(max(threshold, SMALLEST)), isotropic, periodic
    )


def divergence_rows(p: Array, t: Array, *, periodic: bool) -> None:
    """t ← ∇ᴴp."""
    _divergence_batch(_rows(p), _rows(t), periodic)


def _rows(x: Array) -> Array:
    """(..., H, W) complex as (images, H, 2 W) real, without a copy."""
    return x.view(real_type(x)).reshape(-1, x.shape[-2], 2 * x.shape[-1])


@compiled
def _shrink_relax_batch(w, x, t, threshold, floor, alpha, isotropic, periodic):
    for b in range(x.shape[0]):
        _shrink_relax(
            w[2 * b], w[2 * b + 1], x[b], t[b], threshold, floor, alpha, isotropic, periodic
        )


@compiled
def _divergence_batch(p, t, periodic):
    height, n = t.shape[1:]
    behind = np.empty(n + 2, t.dtype)
    right = behind[2:]
    for b in range(t.shape[0]):
        down = p[2 * b]
        for i in range(height):
            right[:] = p[2 * b + 1, i]
            if not periodic:
                right[n - 2 :] = 0
            behind[:2] = behind[n:]
            above = down[i - 1 if i else height - 1]
            _divergence(t[b, i], above, down[i], behind, right)
        if not periodic:  # the last row's downward difference is no difference at all
            _add(t[b, height - 1], down[height - 1])
            _subtract(t[b, 0], down[height - 1])


@compiled
def _subtract(total, term):
    for k in range(total.shape[0]):
        total[k] -= term[k]


@compiled
def _reflect_batch(w, t, threshold, floor, isotropic, periodic):
    for b in range(t.shape[0]):
        _reflect_divergence(w[2 * b], w[2 * b + 1], t[b], threshold, floor, isotropic, periodic)


@compiled
def _reflect_divergence(w0, w1, t, threshold, floor, isotropic, periodic):
    height, n = t.shape
    behind = np.empty(n + 2, t.dtype)  # the last pixel of a row of 2z − w, and that row
    right = behind[2:]
    downs = np.zeros((2, n), t.dtype)
    for i in range(height):
        above, down = downs[i & 1], downs[1 - (i & 1)]
        if isotropic:
            _reflect_pair(w0[i], w1[i], down, right, threshold, floor)
        else:
            _reflect(w0[i], down, threshold, floor)
            _reflect(w1[i], right, threshold, floor)
        if not periodic:
            right[n - 2 :] = 0
            if i == height - 1:
                down[:] = 0
        behind[:2] = behind[n:]
        _divergence(t[i], above, down, behind, right)
    _add(t[0], downs[height & 1])


@compiled
def _shrink_relax(w0, w1, x, t, threshold, floor, alpha, isotropic, periodic):
    height, n = x.shape
    ahead = np.empty(n + 2, x.dtype)  # a row of x, and its first pixel once more
    behind = np.empty(n + 2, x.dtype)  # the last pixel of a row of 2z − w, and that row
    right = behind[2:]
    downs = np.zeros((2, n), x.dtype)
    for i in range(height):
        last = i == height - 1
        here = x[i]
        below = here if last and not periodic else x[0 if last else i + 1]
        ahead[:n] = here
        ahead[n:] = here[:2] if periodic else here[n - 2 :]
        above, down = downs[i & 1], downs[1 - (i & 1)]
        if isotropic:
            _relax_pair(w0[i], w1[i], here, below, ahead[2:], threshold, floor, alpha)
            _reflect_pair(w0[i], w1[i], down, right, threshold, floor)
        else:
            _relax(w0[i], here, below, threshold, floor, alpha)
            _relax(w1[i], here, ahead[2:], threshold, floor, alpha)
            _reflect(w0[i], down, threshold, floor)
            _reflect(w1[i], right, threshold, floor)
        if not periodic:
            right[n - 2 :] = 0
            if last:
                down[:] = 0
        behind[:2] = behind[n:]
        _divergence(t[i], above, down, behind, right)
    _add(t[0], downs[height & 1])  # the last row's difference reaches the first by wrapping around


@compiled
def _relax_pair(p, q, here, below, ahead, threshold, floor, alpha):
    """w ← w + α(∇x − shrink(w)), where (p, q) = w are shrunk together."""
    keep, shrunk = p.dtype.type(1) - alpha, alpha * threshold
    for j in range(p.shape[0] // 2):
        a, b, c, d = p[2 * j], p[2 * j + 1], q[2 * j], q[2 * j + 1]
        modulus = np.sqrt((a * a + b * b) + (c * c + d * d))
        factor = keep + shrunk / (modulus if modulus > floor else floor)
        p[2 * j] = a * factor + alpha * (below[2 * j] - here[2 * j])
        p[2 * j + 1] = b * factor + alpha * (below[2 * j + 1] - here[2 * j + 1])
        q[2 * j] = c * factor + alpha * (ahead[2 * j] - here[2 * j])
        q[2 * j + 1] = d * factor + alpha * (ahead[2 * j + 1] - here[2 * j + 1])


@compiled
def _relax(p, here, next_, threshold, floor, alpha):
    """p ← p + α(∂x − shrink(p)) for one direction alone."""
    keep, shrunk = p.dtype.type(1) - alpha, alpha * threshold
    for j in range(p.shape[0] // 2):
        a, b = p[2 * j], p[2 * j + 1]
        modulus = np.sqrt(a * a + b * b)
        factor = keep + shrunk / (modulus if modulus > floor else floor)
        p[2 * j] = a * factor + alpha * (next_[2 * j] - here[2 * j])
        p[2 * j + 1] = b * factor + alpha * (next_[2 * j + 1] - here[2 * j + 1])


@compiled
def _reflect_pair(p, q, down, right, threshold, floor):
    """(down, right) = 2 shrink(w) − w, where (p, q) = w are shrunk together."""
    one, twice = p.dtype.type(1), threshold + threshold
    for j in range(p.shape[0] // 2):
        a, b, c, d = p[2 * j], p[2 * j + 1], q[2 * j], q[2 * j + 1]
        modulus = np.sqrt((a * a + b * b) + (c * c + d * d))
        factor = one - twice / (modulus if modulus > floor else floor)
        down[2 * j] = a * factor
        down[2 * j + 1] = b * factor
        right[2 * j] = c * factor
        right[2 * j + 1] = d * factor


@compiled
def _reflect(p, reflected, threshold, floor):
    """Reflected = 2 shrink(p) − p for one direction alone."""
    one, twice = p.dtype.type(1), threshold + threshold
    for j in range(p.shape[0] // 2):
        a, b = p[2 * j], p[2 * j + 1]
        modulus = np.sqrt(a * a + b * b)
        factor = one - twice / (modulus if modulus > floor else floor)
        reflected[2 * j] = a * factor
        reflected[2 * j + 1] = b * factor


@compiled
def _divergence(t, above, down, left, right):
    for k in range(t.shape[0]):
        t[k] = (above[k] - down[k]) + (left[k] - right[k])


@compiled
def _add(total, term):
    for k in range(total.shape[0]):
        total[k] += term[k]
