"""Total variation's iterations, each in one pass over the rows of an image.

Complex arrays are seen as real ones with re, im, re, im, … along a row, so that a pixel is two
entries. Each inner loop touches few arrays, so that the compiler can prove that they do not
overlap and work on whole vectors; and rows are copied by loops, since assigning slices costs more.
"""

import numpy as np

from csmri.arrays import Array
from csmri.kernels.compilation import compiled, inlined, real_type

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
    _split_images(w_next, x, t, threshold, alpha, isotropic, periodic, moves=True)
    return w_next, t


def difference_target(w: Array, threshold: float, *, isotropic: bool, periodic: bool) -> Array:
    """∇ᴴ(2 shrink(w) − w), from a state that stays as it is."""
    t = np.empty((*w.shape[:-3], *w.shape[-2:]), w.dtype)
    _split_images(w, t, t, threshold, 1.0, isotropic, periodic, moves=False)
    return t


def difference_dual_step(
    p: Array,
    x: Array,
    radius: float,
    *,
    sigma: float,
    over: float,
    isotropic: bool,
    periodic: bool,
    out: tuple[Array, Array] | None,
) -> tuple[Array, Array]:
    """The twin of `agnostic.difference_dual_step`."""
    p_next, t = out or (np.empty_like(p), np.empty_like(x))
    if p_next is not p:
        np.copyto(p_next, p)
    number = real_type(x)
    numbers = number(radius), number(sigma), number(over)
    _step_duals(*_numbers(p_next, x, t), *numbers, isotropic, periodic)
    return p_next, t


def forward_differences_adjoint(p: Array, *, periodic: bool) -> Array:
    """The twin of `agnostic.forward_differences_adjoint`."""
    t = np.empty((*p.shape[:-3], *p.shape[-2:]), p.dtype)
    _differentiate_all_back(*_numbers(p, t, t)[::2], periodic)
    return t


def _split_images(w, x, t, threshold, alpha, isotropic, periodic, *, moves):
    number = real_type(x)
    numbers = number(threshold), number(max(threshold, SMALLEST)), number(alpha)
    _step_splits(*_numbers(w, x, t), *numbers, isotropic, periodic, moves)


def _numbers(w: Array, x: Array, t: Array) -> tuple[Array, Array, Array]:
    """Of all images (N, 2, H, 2 W), (N, H, 2 W) and (N, H, 2 W) real numbers, without a copy."""
    number, height, width = real_type(x), x.shape[-2], 2 * x.shape[-1]
    return (
        w.view(number).reshape(-1, 2, height, width),
        x.view(number).reshape(-1, height, width),
        t.view(number).reshape(-1, height, width),
    )


@compiled
def _step_splits(w, x, t, threshold, floor, alpha, isotropic, periodic, moves):
    """One image after the other."""
    for n in range(x.shape[0]):
        places = w[n, 0], w[n, 1], x[n], t[n]
        _step_split(*places, threshold, floor, alpha, isotropic, periodic, moves)


@compiled
def _step_duals(p, x, t, radius, sigma, over, isotropic, periodic):
    for n in range(x.shape[0]):
        _step_dual(p[n, 0], p[n, 1], x[n], t[n], radius, sigma, over, isotropic, periodic)


@compiled
def _differentiate_all_back(p, t, periodic):
    for n in range(t.shape[0]):
        _differentiate_back(p[n, 0], p[n, 1], t[n], periodic)


@compiled
def _step_split(w0, w1, x, t, threshold, floor, alpha, isotropic, periodic, moves):
    """w ← w + α(∇x − shrink(w)) unless it stays, and t ← ∇ᴴ(2 shrink(w) − w)."""
    height, n = t.shape
    ahead = np.empty(n + 2, t.dtype)  # a row of x, and its first pixel once more
    behind = np.empty(n + 2, t.dtype)  # the last pixel of a row of 2z − w, and that row
    right = behind[2:]
    downs = np.zeros((2, n), t.dtype)
    for i in range(height):
        above, down = downs[i & 1], downs[1 - (i & 1)]
        last = i == height - 1
        below = x[i] if last and not periodic else x[0 if last else i + 1]
        if moves:
            _extend(x[i], ahead, periodic)
        if isotropic:
            if moves:
                _relax_pair(w0[i], w1[i], x[i], below, ahead[2:], threshold, floor, alpha)
            _reflect_pair(w0[i], w1[i], down, right, threshold, floor)
        else:
            if moves:
                _relax(w0[i], x[i], below, threshold, floor, alpha)
                _relax(w1[i], x[i], ahead[2:], threshold, floor, alpha)
            _reflect(w0[i], down, threshold, floor)
            _reflect(w1[i], right, threshold, floor)
        _close(behind, down, periodic, last)
        _diverge(t[i], above, down, behind, right)
    _add(t[0], downs[height & 1])  # the last row's difference reaches the first by wrapping around


@compiled
def _step_dual(p0, p1, x, t, radius, sigma, over, isotropic, periodic):
    """p ← v + over (P v − v) with v = p + σ∇x, and t ← ∇ᴴp."""
    height, n = t.shape
    ahead, behind = np.empty(n + 2, t.dtype), np.empty(n + 2, t.dtype)
    right = behind[2:]
    downs = np.zeros((2, n), t.dtype)
    for i in range(height):
        above, down = downs[i & 1], downs[1 - (i & 1)]
        last = i == height - 1
        below = x[i] if last and not periodic else x[0 if last else i + 1]
        _extend(x[i], ahead, periodic)
        _climb(p0[i], x[i], below, sigma)
        _climb(p1[i], x[i], ahead[2:], sigma)
        if isotropic:
            _project_pair(p0[i], p1[i], radius, over)
        else:
            _project(p0[i], radius, over)
            _project(p1[i], radius, over)
        _copy(p0[i], down)
        _copy(p1[i], right)
        _close(behind, down, periodic, last)
        _diverge(t[i], above, down, behind, right)
    _add(t[0], downs[height & 1])


@compiled
def _differentiate_back(p0, p1, t, periodic):
    """t ← ∇ᴴp."""
    height, n = t.shape
    behind = np.empty(n + 2, t.dtype)
    right = behind[2:]
    downs = np.zeros((2, n), t.dtype)
    for i in range(height):
        above, down = downs[i & 1], downs[1 - (i & 1)]
        _copy(p0[i], down)
        _copy(p1[i], right)
        _close(behind, down, periodic, i == height - 1)
        _diverge(t[i], above, down, behind, right)
    _add(t[0], downs[height & 1])


@inlined
def _extend(row, ahead, periodic):
    """A row and the pixel that comes after its last: the first, or the last once more."""
    n = row.shape[0]
    for k in range(n):
        ahead[k] = row[k]
    after = 0 if periodic else n - 2
    ahead[n] = row[after]
    ahead[n + 1] = row[after + 1]


@inlined
def _close(behind, down, periodic, last):
    """Take back differences across the border, and put the last pixel before the first."""
    n = down.shape[0]
    if not periodic:
        behind[n] = 0
        behind[n + 1] = 0
        if last:
            for k in range(n):
                down[k] = 0
    behind[0] = behind[n]
    behind[1] = behind[n + 1]


@inlined
def _diverge(t, above, down, left, right):
    for k in range(t.shape[0]):
        t[k] = (above[k] - down[k]) + (left[k] - right[k])


@inlined
def _add(total, term):
    for k in range(total.shape[0]):
        total[k] += term[k]


@inlined
def _copy(source, target):
    for k in range(target.shape[0]):
        target[k] = source[k]


@inlined
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


@inlined
def _relax(p, here, there, threshold, floor, alpha):
    """p ← p + α(∂x − shrink(p)) for one direction alone."""
    keep, shrunk = p.dtype.type(1) - alpha, alpha * threshold
    for j in range(p.shape[0] // 2):
        a, b = p[2 * j], p[2 * j + 1]
        modulus = np.sqrt(a * a + b * b)
        factor = keep + shrunk / (modulus if modulus > floor else floor)
        p[2 * j] = a * factor + alpha * (there[2 * j] - here[2 * j])
        p[2 * j + 1] = b * factor + alpha * (there[2 * j + 1] - here[2 * j + 1])


@inlined
def _reflect_pair(p, q, down, right, threshold, floor):
    """(down, right) ← 2 shrink(w) − w, where (p, q) = w are shrunk together."""
    one, twice = p.dtype.type(1), threshold + threshold
    for j in range(p.shape[0] // 2):
        a, b, c, d = p[2 * j], p[2 * j + 1], q[2 * j], q[2 * j + 1]
        modulus = np.sqrt((a * a + b * b) + (c * c + d * d))
        factor = one - twice / (modulus if modulus > floor else floor)
        down[2 * j] = a * factor
        down[2 * j + 1] = b * factor
        right[2 * j] = c * factor
        right[2 * j + 1] = d * factor


@inlined
def _reflect(p, reflected, threshold, floor):
    """reflected ← 2 shrink(p) − p for one direction alone."""
    one, twice = p.dtype.type(1), threshold + threshold
    for j in range(p.shape[0] // 2):
        a, b = p[2 * j], p[2 * j + 1]
        modulus = np.sqrt(a * a + b * b)
        factor = one - twice / (modulus if modulus > floor else floor)
        reflected[2 * j] = a * factor
        reflected[2 * j + 1] = b * factor


@inlined
def _climb(p, here, there, sigma):
    for k in range(p.shape[0]):
        p[k] += sigma * (there[k] - here[k])


@inlined
def _project_pair(p, q, radius, over):
    """v ← v + over (P v − v), where (p, q) = v are cut together."""
    stay = p.dtype.type(1) - over
    cut = over * radius
    for j in range(p.shape[0] // 2):
        a, b, c, d = p[2 * j], p[2 * j + 1], q[2 * j], q[2 * j + 1]
        modulus = np.sqrt((a * a + b * b) + (c * c + d * d))
        factor = stay + cut / modulus if modulus > radius else p.dtype.type(1)
        p[2 * j] = a * factor
        p[2 * j + 1] = b * factor
        q[2 * j] = c * factor
        q[2 * j + 1] = d * factor


@inlined
def _project(p, radius, over):
    """v ← v + over (P v − v) for one direction alone."""
    stay = p.dtype.type(1) - over
    cut = over * radius
    for j in range(p.shape[0] // 2):
        a, b = p[2 * j], p[2 * j + 1]
        modulus = np.sqrt(a * a + b * b)
        factor = stay + cut / modulus if modulus > radius else p.dtype.type(1)
        p[2 * j] = a * factor
        p[2 * j + 1] = b * factor
