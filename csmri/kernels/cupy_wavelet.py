"""The periodised orthonormal wavelet transform on the GPU, along rows and columns in turn."""

from typing import Any

from csmri.arrays import Array
from csmri.kernels.cupy_launch import each_and_all, launch
from csmri.kernels.cupy_pointwise import empty_like


def wavelet_analysis(
    x: Array, lowpass: tuple[float, ...], levels: int, *, out: Array | None
) -> Array:
    """The twin of `agnostic_wavelet.wavelet_analysis`."""
    return _analysis(x, lowpass, levels, None, _apart(x, out))


def wavelet_synthesis(
    c: Array, lowpass: tuple[float, ...], levels: int, *, out: Array | None
) -> Array:
    """The twin of `agnostic_wavelet.wavelet_synthesis`."""
    return _synthesis(c, lowpass, levels, _apart(c, out))


def wavelet_shrink(
    x: Array,
    lowpass: tuple[float, ...],
    levels: int,
    threshold: Array | float,
    *,
    out: Array | None,
) -> Array:
    """The twin of `agnostic_wavelet.wavelet_shrink`, which shrinks where coefficients are made."""
    c = _analysis(x, lowpass, levels, threshold, empty_like(x))
    return _synthesis(c, lowpass, levels, empty_like(x) if out is None else out)


def wavelet_shrink_relax(
    c: Array,
    x: Array,
    lowpass: tuple[float, ...],
    levels: int,
    threshold: Array | float,
    *,
    alpha: float,
    out: tuple[Array, Array] | None,
) -> tuple[Array, Array]:
    """The twin of `agnostic_wavelet.wavelet_shrink_relax`.

    The state moves where coefficients are made.
    """
    state, target = (empty_like(c), empty_like(x)) if out is None else out
    if state is not c:
        state[...] = c
    reflected = _analysis(x, lowpass, levels, threshold, empty_like(x), (state, float(alpha)))
    return state, _synthesis(reflected, lowpass, levels, target)


def _analysis(
    x: Array,
    lowpass: tuple[float, ...],
    levels: int,
    threshold: Array | float | None,
    c: Array,
    state_and_alpha: tuple[Array | None, float] = (None, 1.0),
) -> Array:
    """From the finest level to the coarsest, each in the corner that the one before left."""
    each, all_ = (None, 0.0) if threshold is None else each_and_all(threshold)
    state, alpha = state_and_alpha
    split, run = empty_like(x), _Launcher(x, lowpass)
    for level in range(levels):
        rows, columns = x.shape[-2] >> level, x.shape[-1] >> level
        run("split_rows", (rows, columns // 2), split, c if level else x)
        finish = (state, each, all_, alpha, threshold is not None, level == levels - 1)
        run("split_columns", (rows // 2, columns), c, split, *finish)
    return c


def _synthesis(c: Array, lowpass: tuple[float, ...], levels: int, x: Array) -> Array:
    """From the coarsest level to the finest; c stays as it is."""
    merged, run = empty_like(c), _Launcher(c, lowpass)
    for level in reversed(range(levels)):
        rows, columns = c.shape[-2] >> level, c.shape[-1] >> level
        run("merge_columns", (rows // 2, columns), merged, c, c if level == levels - 1 else x)
        run("merge_rows", (rows, columns // 2), x, merged)
    return x


class _Launcher:
    """Runs kernels of one filter on images of one size."""

    def __init__(self, x: Array, lowpass: tuple[float, ...]):
        self._x, self._size = x, tuple(x.shape[-2:])
        self._images = x.size // (x.shape[-2] * x.shape[-1])
        self._constants = filter_source(lowpass)

    def __call__(self, kernel: str, grid: tuple[int, int], *arguments: Any) -> None:
        launch(
            "wavelet",
            kernel,
            (self._images, *grid),
            *arguments,
            *self._size,
            like=self._x,
            constants=self._constants,
        )


def filter_source(lowpass: tuple[float, ...]) -> str:
    """The filter as CUDA constants, so that loops over it unroll."""
    numbers = ", ".join(f"real({h!r})" for h in lowpass)
    return (
        f"#define LENGTH {len(lowpass)}\n#define HALF {len(lowpass) // 2}\n"
        f"__constant__ real lowpass[LENGTH] = {{{numbers}}};\n"
    )


def _apart(x: Array, out: Array | None) -> Array:
    """Memory to write into while x is still read."""
    return empty_like(x) if out is None or out is x else out
