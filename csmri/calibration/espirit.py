"""ESPIRiT: coil sensitivities as the eigenvectors of what calibration data let through."""

import math
from collections.abc import Callable

from csmri.arrays import COIL_AXIS, Array, array_namespace, as_double
from csmri.arrays import device as device_of
from csmri.calibration.coil_matrix import coil_samples, require_coils, require_count
from csmri.calibration.region import calibration_region
from csmri.kernels.eigenvectors import leading_eigenvectors

CHUNK = 1 << 21  # complex numbers of the pixels' matrices that are held at a time

Decomposition = Callable[[Array], tuple[Array, Array]]
"""(N, C, C) Hermitian matrices ↦ eigenvalues (N, S) and unit eigenvectors (N, S, C)."""


def espirit(
    kspace: Array,
    *,
    calibration: int | tuple[int, int] = 24,
    kernel: int = 6,
    threshold: float = 0.02,
    crop: float = 0.8,
) -> Array:
    """Sensitivity maps from the fully sampled middle of k-space.

    Parameters
    ----------
    kspace : (..., C, H, W) complex
        Measured k-space, centred, prewhitened if the noise is known. Only its middle is used, and
        each image of a batch gets maps of its own.
    calibration : int or (int, int)
        How many samples around the middle to use, rows and columns; all must be measured.
    kernel : int
        Width of the kernels in k-space, in samples; larger ones follow steeper sensitivities.
    threshold : float
        Singular vectors of the calibration matrix count as signal above this fraction of the
        largest singular value, in (0, 1).
    crop : float
        Pixels with an eigenvalue below are background, where maps are 0; from 0 (keep all) to 1.

    Returns
    -------
    (..., C, H, W) complex, of the precision of `kspace`
        Σ_c |s_c|² is 1 inside the object and 0 outside, hence ‖M F S‖ ≤ 1. Their common phase,
        which data do not tell, is that of the coils' first principal component.

    Raises
    ------
    ValueError, TypeError
        For k-space without a coil axis, a middle that was not measured, or numbers out of range.

    Notes
    -----
    The eigenvalue problem of each pixel is evaluated from the (2·kernel − 1)² coefficients of a
    trigonometric polynomial, some rows at a time, so that no array is larger than a few times the
    maps.

    References
    ----------
    M. Uecker et al. (2014), Magn. Reson. Med. 71, 990–1001, eq. 12–19.
    """
    xp, kspace = array_namespace(kspace), require_coils(kspace)

    def largest(matrices: Array) -> tuple[Array, Array]:
        values, vectors = leading_eigenvectors(matrices)
        return values[:, None], vectors[:, None, :]

    maps = _calibrated(kspace, calibration, kernel, threshold, crop, largest)
    return xp.squeeze(maps, axis=-4)


def espirit_sets(
    kspace: Array,
    *,
    sets: int = 2,
    calibration: int | tuple[int, int] = 24,
    kernel: int = 6,
    threshold: float = 0.02,
    crop: float = 0.8,
) -> Array:
    """Several sets of maps, for images that one set cannot explain: a field of view too small.

    Parameters
    ----------
    kspace, calibration, kernel, threshold, crop
        As for `espirit`.
    sets : int
        How many, 1 to C.

    Returns
    -------
    (..., sets, C, H, W) complex
        For `csmri.operators.CoilSets`. Each set is normalised as one set is and orthogonal to the
        others, so that the norm is at most 1; beyond the first a set is 0 wherever one is enough.
    """
    kspace = require_coils(kspace)
    require_count("sets", sets, kspace.shape[COIL_AXIS], "no more than there are coils")

    def largest(matrices: Array) -> tuple[Array, Array]:
        xp = array_namespace(matrices)
        values, vectors = xp.linalg.eigh(matrices)
        leading = xp.flip(xp.matrix_transpose(vectors), axis=-2)
        return xp.flip(values, axis=-1)[:, :sets], leading[:, :sets, :]

    return _calibrated(kspace, calibration, kernel, threshold, crop, largest)


def _calibrated(
    kspace: Array,
    calibration: int | tuple[int, int],
    kernel: int,
    threshold: float,
    crop: float,
    decompose: Decomposition,
) -> Array:
    """(..., S, C, H, W), image by image."""
    for name, value in (("threshold", threshold), ("crop", crop)):
        if not 0 <= value < 1:
            raise ValueError(f"got {name}={value!r}, expected a fraction of at least 0, below 1")
    regions = calibration_region(kspace, calibration)
    height, width = (int(n) for n in regions.shape[-2:])
    require_count("kernel", kernel, min(height, width), "the calibration region's smaller side")
    xp, shape = array_namespace(kspace), kspace.shape
    regions = xp.reshape(regions, (-1, *regions.shape[-3:]))
    maps = [
        _maps_of_image(regions[i, ...], tuple(shape[-2:]), kernel, threshold, crop, decompose)
        for i in range(regions.shape[0])
    ]
    stacked = xp.stack(maps)
    return xp.reshape(stacked, (*shape[:-3], *stacked.shape[1:]))


def _maps_of_image(
    region: Array,
    shape: tuple[int, int],
    kernel: int,
    threshold: float,
    crop: float,
    decompose: Decomposition,
) -> Array:
    """(S, C, H, W) for one image of `shape`, a few rows of it at a time."""
    xp, coils = array_namespace(region), region.shape[0]
    height, width = shape
    coefficients = pixel_polynomial(signal_space(region, kernel, threshold), coils, kernel)
    down, across = (_waves(n, kernel, region) for n in shape)
    # Along the rows once for all; (2k − 1, W · C²).
    partial = xp.matmul(across, xp.reshape(coefficients, (2 * kernel - 1, 2 * kernel - 1, -1)))
    partial = xp.reshape(partial, (2 * kernel - 1, -1))
    reference = principal_coil(region)
    rows = max(1, CHUNK // (width * coils**2))
    blocks = []
    for top in range(0, height, rows):
        matrices = xp.reshape(
            xp.matmul(down[top : min(top + rows, height), :], partial), (-1, coils, coils)
        )
        values, vectors = decompose(matrices)
        vectors = with_phase_of(vectors, reference)
        kept = xp.where((values >= crop)[..., None], vectors, xp.zeros_like(vectors))
        blocks.append(xp.reshape(kept, (-1, width, *kept.shape[1:])))
    return xp.permute_dims(xp.concat(blocks, axis=0), (2, 3, 0, 1))


def signal_space(region: Array, kernel: int, threshold: float) -> Array:
    """(C k², n): an orthonormal basis of what patches of k × k samples of all coils may be.

    The left singular vectors of the matrix of all patches, from the smaller of its Gram matrices.
    """
    xp = array_namespace(region)
    coils, height, width = region.shape
    down, across = height - kernel + 1, width - kernel + 1
    shifts = [(i, j) for i in range(kernel) for j in range(kernel)]
    patches = xp.stack([region[:, i : i + down, j : j + across] for i, j in shifts], axis=1)
    patches = xp.reshape(patches, (coils * kernel**2, down * across))
    wide = patches.shape[1] > patches.shape[0]
    adjoint = xp.conj(patches.T)
    # Squared singular values below 1e-7 of the largest would be rounding in single precision.
    gram = as_double(xp.matmul(patches, adjoint) if wide else xp.matmul(adjoint, patches))
    energies, vectors = xp.linalg.eigh(gram)
    largest = float(energies[-1])
    if largest <= 0:
        raise ValueError("the calibration region is empty, expected measured samples there")
    count = int(xp.sum(xp.astype(energies > max(threshold**2, 1e-12) * largest, xp.int64)))
    leading = xp.astype(vectors[:, -count:], region.dtype)
    if wide:
        return leading
    scale = xp.astype(1 / xp.sqrt(energies[-count:]), region.dtype)
    return xp.matmul(patches, leading) * scale


def pixel_polynomial(basis: Array, coils: int, kernel: int) -> Array:
    """(2k − 1, 2k − 1, C, C): Fourier coefficients of the matrix G(x) of every pixel x.

    Projecting all patches of k-space onto the signal space and averaging what they say about each
    sample is a convolution, Σ_δ w_cd(δ) y_d(u + δ); in the image it is G(x) = Σ_δ w(δ) exp(−2πi
    δ·x/N) at each pixel, with eigenvalues from 0 to 1.
    """
    xp = array_namespace(basis)
    full = 2 * kernel - 1
    projection = xp.reshape(
        xp.matmul(basis, xp.conj(basis.T)), (coils, kernel, kernel, coils, kernel, kernel)
    )
    total = xp.zeros((full, full, coils, coils), dtype=basis.dtype, device=device_of(basis))
    for i in range(kernel):
        for j in range(kernel):
            down, across = kernel - 1 - i, kernel - 1 - j  # where δ = −(i, j) lies
            block = xp.permute_dims(projection[:, i, j, ...], (2, 3, 0, 1))
            total[down : down + kernel, across : across + kernel, ...] += block
    return total / kernel**2


def principal_coil(region: Array) -> Array:
    """(C,): the mixture of coils in which the calibration data have the most energy."""
    xp = array_namespace(region)
    samples = as_double(coil_samples(region))
    vectors = xp.linalg.eigh(xp.matmul(samples, xp.conj(samples.T))).eigenvectors
    return xp.astype(vectors[:, -1], region.dtype)


def with_phase_of(vectors: Array, reference: Array) -> Array:
    """Vectors (..., C) of unit length, turned so that ⟨reference, v⟩ is real and at least 0."""
    xp = array_namespace(vectors)
    overlap = xp.sum(xp.conj(reference) * vectors, axis=-1)[..., None]
    modulus = xp.abs(overlap)
    some = modulus > 0
    phase = xp.where(some, xp.conj(overlap), xp.ones_like(overlap)) / xp.where(
        some, modulus, xp.ones_like(modulus)
    )
    return vectors * phase


def _waves(size: int, kernel: int, like: Array) -> Array:
    """(N, 2k − 1): exp(−2πi δ x/N) for x from −N//2 on and δ from 1 − k to k − 1."""
    xp = array_namespace(like)
    device = device_of(like)
    places = xp.arange(size, dtype=xp.float64, device=device) - size // 2
    lags = xp.arange(1 - kernel, kernel, dtype=xp.float64, device=device)
    angle = places[:, None] * lags[None, :] * (2 * math.pi / size)
    return xp.astype(xp.cos(angle) - 1j * xp.sin(angle), like.dtype)
