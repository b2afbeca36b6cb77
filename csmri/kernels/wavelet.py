"""The kernels of wavelets: the visible `if` between definitions and twins."""

from csmri.arrays import Array
from csmri.kernels import agnostic_wavelet
from csmri.kernels.compilation import (
    BYTES,
    cupy_serves,
    given,
    is_number,
    is_number_an_image,
    numba_serves,
    same_shape,
)


def wavelet_analysis(
    x: Array, lowpass: tuple[float, ...], levels: int, *, out: Array | None = None
) -> Array:
    """W x, the periodised orthonormal wavelet transform: see `agnostic_wavelet`."""
    fitting = splits(x, lowpass, levels, out)
    if fitting and fills_vectors(x, levels) and numba_serves(x, *given(out)):
        from csmri.kernels import numba_wavelet

        return numba_wavelet.wavelet_analysis(x, lowpass, levels, out=out)
    if fitting and cupy_serves(x, *given(out)):
        from csmri.kernels import cupy_wavelet

        return cupy_wavelet.wavelet_analysis(x, lowpass, levels, out=out)
    return agnostic_wavelet.wavelet_analysis(x, lowpass, levels)


def wavelet_synthesis(
    c: Array, lowpass: tuple[float, ...], levels: int, *, out: Array | None = None
) -> Array:
    """Wᴴ c, the inverse and adjoint of `wavelet_analysis`."""
    fitting = splits(c, lowpass, levels, out)
    if fitting and fills_vectors(c, levels) and numba_serves(c, *given(out)):
        from csmri.kernels import numba_wavelet

        return numba_wavelet.wavelet_synthesis(c, lowpass, levels, out=out)
    if fitting and cupy_serves(c, *given(out)):
        from csmri.kernels import cupy_wavelet

        return cupy_wavelet.wavelet_synthesis(c, lowpass, levels, out=out)
    return agnostic_wavelet.wavelet_synthesis(c, lowpass, levels)


def wavelet_shrink(
    x: Array,
    lowpass: tuple[float, ...],
    levels: int,
    threshold: Array | float,
    *,
    out: Array | None = None,
) -> Array:
    """Wᴴ soft(W x), the proximal map of threshold · ‖W x‖₁. `out` may be x itself."""
    fitting = splits(x, lowpass, levels, out)
    fills = fills_vectors(x, levels)
    if fitting and fills and is_number(threshold) and numba_serves(x, *given(out)):
        from csmri.kernels import numba_wavelet

        return numba_wavelet.wavelet_shrink(x, lowpass, levels, threshold, out=out)
    if fitting and is_number_an_image(threshold, x, axes=2) and cupy_serves(x, *given(out)):
        from csmri.kernels import cupy_wavelet

        return cupy_wavelet.wavelet_shrink(x, lowpass, levels, threshold, out=out)
    return agnostic_wavelet.wavelet_shrink(x, lowpass, levels, threshold)


def wavelet_shrink_relax(
    c: Array,
    x: Array,
    lowpass: tuple[float, ...],
    levels: int,
    threshold: Array | float,
    *,
    alpha: Array | float,
    out: tuple[Array, Array] | None = None,
) -> tuple[Array, Array]:
    """c ← c + α(W x − soft(c)) and t = Wᴴ(2 soft(c) − c): see `agnostic_wavelet`.

    `out` is (c, t), where c may be the state itself and t may be x.
    """
    fitting = splits(x, lowpass, levels, c) and same_shape(c, *(out or ())) and is_number(alpha)
    fills = fills_vectors(x, levels)
    if fitting and fills and is_number(threshold) and numba_serves(c, x, *(out or ())):
        from csmri.kernels import numba_wavelet

        return numba_wavelet.wavelet_shrink_relax(
            c, x, lowpass, levels, threshold, alpha=alpha, out=out
        )
    if fitting and is_number_an_image(threshold, x, axes=2) and cupy_serves(c, x, *(out or ())):
        from csmri.kernels import cupy_wavelet

        return cupy_wavelet.wavelet_shrink_relax(
            c, x, lowpass, levels, threshold, alpha=alpha, out=out
        )
    return agnostic_wavelet.wavelet_shrink_relax(c, x, lowpass, levels, threshold, alpha=alpha)


def splits(x: Array, lowpass: tuple[float, ...], levels: int, out: Array | None) -> bool:
    """Whether the shapes are such that each level halves both sides."""
    return (
        levels > 0
        and len(lowpass) % 2 == 0
        and x.ndim >= 2
        and x.shape[-2] % 2**levels == 0
        and x.shape[-1] % 2**levels == 0
        and same_shape(x, out)
    )


def fills_vectors(x: Array, levels: int) -> bool:
    """Whether a row of the coarsest band of complex64 fills a vector, as Numba's twins want it."""
    return x.ndim >= 2 and x.shape[-1] >> levels >= BYTES // 8
