"""Total variation's iterations on the GPU, each in one pass."""

from typing import Any

from csmri.arrays import Array, array_namespace
from csmri.kernels.cupy_launch import LANES, each_and_all, launch
from csmri.kernels.cupy_pointwise import empty_like


def difference_shrink_relax(
    w: Array,
    x: Array,
    threshold: Array | float,
    *,
    alpha: float,
    isotropic: bool,
    periodic: bool,
    out: tuple[Array, Array] | None,
) -> tuple[Array, Array]:
    """The twin of `agnostic.difference_shrink_relax`; the new state is never in the old one."""
    w_next, t = _memory(w, x, out)
    numbers = (*each_and_all(threshold), float(alpha), isotropic, periodic)
    _launch("shrink_relax", _grid(x), w_next, t, w, x, *numbers, like=x)
    return w_next, t


def difference_dual_step(
    p: Array,
    x: Array,
    radius: float,
    *,
    sigma: Array | float,
    over: float,
    isotropic: bool,
    periodic: bool,
    out: tuple[Array, Array] | None,
) -> tuple[Array, Array]:
    """The twin of `agnostic.difference_dual_step`; the new point is never in the old one."""
    p_next, t = _memory(p, x, out)
    numbers = (float(radius), *each_and_all(sigma), float(over), isotropic, periodic)
    _launch("dual_step", _grid(x), p_next, t, p, x, *numbers, like=x)
    return p_next, t


def forward_differences(x: Array, *, periodic: bool) -> Array:
    """The twin of `agnostic.forward_differences`."""
    p = empty_like(x, (*x.shape[:-2], 2, *x.shape[-2:]))
    _launch("forward_differences", _grid(x), p, x, periodic, like=x)
    return p


def forward_differences_adjoint(p: Array, *, periodic: bool) -> Array:
    """The twin of `agnostic.forward_differences_adjoint`."""
    t = _image_like(p)
    _launch("differences_adjoint", _grid(t), t, p, periodic, like=p)
    return t


def difference_rescale(
    w: Array, threshold: Array | float, *, ratio: Array | float, isotropic: bool, periodic: bool
) -> tuple[Array, Array]:
    """The twin of `agnostic_penalty.difference_rescale`."""
    new, t = empty_like(w), _image_like(w)
    numbers = (*each_and_all(threshold), *each_and_all(ratio), isotropic, periodic)
    _launch("rescale", _grid(t), new, t, w, *numbers, like=w)
    return new, t


def difference_sum(x: Array, *, isotropic: bool, periodic: bool) -> Array:
    """The twin of `agnostic_proof.difference_sum`."""
    xp = array_namespace(x)
    images, rows, columns = _grid(x)
    sums = xp.empty((images, rows * LANES), dtype=xp.float64)
    numbers = (isotropic, periodic, columns)
    _launch("difference_sum", (images, rows, LANES), sums, x, *numbers, like=x)
    total = xp.reshape(xp.sum(sums, axis=-1), x.shape[:-2])
    return xp.astype(total, _real_dtype(x), copy=False)


def difference_peak(p: Array, x: Array, *, isotropic: bool, periodic: bool) -> Array:
    """The twin of `agnostic_proof.difference_peak`."""
    xp = array_namespace(x)
    images, rows, columns = _grid(x)
    peaks = xp.empty((images, rows * LANES), dtype=_real_dtype(x))
    numbers = (isotropic, periodic, columns)
    _launch("difference_peak", (images, rows, LANES), peaks, p, x, *numbers, like=x)
    return xp.reshape(xp.sqrt(xp.max(peaks, axis=-1)), x.shape[:-2])


def _launch(kernel: str, grid: tuple[int, int, int], *arguments: Any, like: Array) -> None:
    launch("differences", kernel, grid, *arguments, like=like)


def _memory(p: Array, x: Array, out: tuple[Array, Array] | None) -> tuple[Array, Array]:
    """Where to write: neighbours are read, so what is read may not be written over."""
    p_next, t = out or (None, None)
    return (
        empty_like(p) if p_next is None or p_next is p else p_next,
        empty_like(x) if t is None or t is x else t,
    )


def _image_like(p: Array) -> Array:
    """New memory for the images of which p holds differences."""
    return array_namespace(p).empty((*p.shape[:-3], *p.shape[-2:]), dtype=p.dtype)


def _grid(x: Array) -> tuple[int, int, int]:
    return x.size // (x.shape[-2] * x.shape[-1]), *x.shape[-2:]


def _real_dtype(x: Array) -> Any:
    xp = array_namespace(x)
    return xp.float32 if x.dtype == xp.complex64 else xp.float64
