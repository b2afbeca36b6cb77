"""What happens between two Fourier transforms: its definition, and which twin serves."""

from csmri.arrays import Array
from csmri.kernels.compilation import (
    cupy_serves,
    given,
    is_number,
    is_number_an_image,
    numba_serves,
    same_shape,
)
from csmri.kernels.fft import fft, fft2, ifft, ifft2, sides_fit
from csmri.kernels.pointwise import fits_factor, fits_mask, multiply_add, replace_samples
from csmri.kernels.proof import split_spectrum


def move_to_data(
    x: Array,
    data: Array,
    mask: Array,
    step: Array | float,
    *,
    columns: bool,
    out: Array | None = None,
) -> Array:
    """Fᴴ of F x, whose samples are moved by `step` of the way to the data; F unitary.

    Parameters
    ----------
    x : (..., H, W) complex
    data : (..., H, W) complex
        In Fourier space, zero frequency first.
    mask : (W,), (1, W), (H, W) or broadcastable to x, bool
        Where there are data.
    step : float, or one for each image
        1 replaces the samples.
    columns : bool
        Whether F is needed along the last axis alone, since the mask is the same for every row.
    out : (..., H, W) complex, optional
        Memory that may be used, x itself perhaps; what is returned counts.
    """
    fitting = same_shape(x, data, out) and fits_mask(x, mask) and sides_fit(x, columns=columns)
    if fitting and is_number(step) and numba_serves(x, data, *given(out), masks=(mask,)):
        from csmri.kernels import numba_spectra

        return numba_spectra.move_to_data(x, data, mask, step, columns=columns, out=out)
    fitting = same_shape(x, data) and fits_mask(x, mask) and is_number_an_image(step, x, axes=2)
    if fitting and cupy_serves(x, data, masks=(mask,)):
        from csmri.kernels import cupy_fft

        return cupy_fft.move_to_data(x, data, mask, step, columns=columns)
    forward, back = (fft, ifft) if columns else (fft2, ifft2)
    k = forward(x, out=out)
    k = replace_samples(k, data, mask, step, out=k)
    return back(k, out=k)


def filtered(x: Array, factor: Array, *, columns: bool = False, out: Array | None = None) -> Array:
    """Fᴴ(factor · F x), with F the unitary transform and a real factor, zero frequency first.

    Parameters
    ----------
    x : (..., H, W) complex
    factor : (W,), (1, W), (H, W) or broadcastable to x, real
    columns : bool
        Whether F is needed along the last axis alone, since the factor is the same for every row.
    out : (..., H, W) complex, optional
        Memory that may be used, x itself perhaps; what is returned counts.
    """
    fitting = sides_fit(x, columns=columns) and same_shape(x, out) and fits_mask(x, factor)
    if fitting and numba_serves(x, *given(out), real=(factor,)):
        from csmri.kernels import numba_spectra

        return numba_spectra.filtered(x, factor, columns=columns, out=out)
    forward, back = (fft, ifft) if columns else (fft2, ifft2)
    k = factor * forward(x, out=out)
    return back(k, out=k)


def split_filtered(
    x: Array, data: Array, inside: Array, outside: Array
) -> tuple[Array, Array, Array]:
    """Σ|k|² and Re⟨k, data⟩ where `inside` is positive, and Fᴴ(outside · k), of k = F x.

    Parameters
    ----------
    x, data : (..., H, W) complex
        An image, and what its unitary 2-D transform is compared with, zero frequency first.
    inside, outside : (W,), (1, W) or (H, W) real

    Returns
    -------
    energy, overlap : one float an image
    remainder : (..., H, W) complex
    """
    fitting = same_shape(x, data) and fits_mask(x, inside) and fits_mask(x, outside)
    if fitting and sides_fit(x, columns=False) and numba_serves(x, data, real=(inside, outside)):
        from csmri.kernels import numba_spectra

        return numba_spectra.split_filtered(x, data, inside, outside)
    energy, overlap, k = split_spectrum(fft2(x), data, inside, outside)
    return energy, overlap, ifft2(k, out=k)


def filter_add(x: Array, factor: Array, offset: Array) -> Array:
    """Fᴴ(factor · F x + offset), with F the unitary 2-D transform and a real factor.

    Parameters
    ----------
    x, offset : (..., H, W) complex
        An image, and what is added in Fourier space, zero frequency first.
    factor : (H, W) or (..., H, W) real
    """
    fitting = same_shape(x, offset) and fits_factor(x, factor)
    if fitting and sides_fit(x, columns=False) and numba_serves(x, offset, real=(factor,)):
        from csmri.kernels import numba_spectra

        return numba_spectra.filter_add(x, factor, offset)
    if fitting and cupy_serves(x, offset, real=(factor,)):
        from csmri.kernels import cupy_fft

        return cupy_fft.filter_add(x, factor, offset)
    k = fft2(x)
    k = multiply_add(k, factor, offset, out=k)
    return ifft2(k, out=k)
