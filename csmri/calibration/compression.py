"""Coil compression: a few virtual coils that hold what many real ones measured."""

from csmri import kernels
from csmri.arrays import COIL_AXIS, Array, array_namespace, as_double
from csmri.calibration.coil_matrix import coil_samples, mix_coils, require_coils, require_count


def compress_coils(kspace: Array, coils: int) -> Array:
    """The `coils` virtual coils of largest energy, orthonormal mixtures of the real ones.

    Parameters
    ----------
    kspace : (..., C, H, W) complex
        Measured k-space, prewhitened if the noise is known. One mixture serves all images of a
        batch.
    coils : int
        How many to keep, 1 to C; 8 to 12 of 32 lose next to nothing.

    Returns
    -------
    (..., coils, H, W) complex
        In the order of falling energy. White noise stays white, zeros stay zeros.

    Raises
    ------
    ValueError, TypeError
        For k-space without a coil axis, and a number of coils out of range.

    References
    ----------
    M. Buehrer et al. (2007), Magn. Reson. Med. 57, 1131–1139; F. Huang et al. (2008), Magn. Reson.
    Imaging 26, 133–141.
    """
    return mix_coils(compression_matrix(kspace, coils), require_coils(kspace))


def compression_matrix(kspace: Array, coils: int) -> Array:
    """The (coils, C) matrix of `compress_coils`, for other data of the same coils: `mix_coils`.

    Parameters
    ----------
    kspace : (..., C, H, W) complex
        What the mixture is computed from.
    coils : int
        How many to keep, 1 to C.

    Raises
    ------
    ValueError
        For k-space without coils, and for a number of them that cannot be kept.
    """
    kspace = require_coils(kspace)
    require_count("coils", coils, kspace.shape[COIL_AXIS], "the coils that there are")
    xp = array_namespace(kspace)
    samples = as_double(coil_samples(kspace))
    return xp.astype(leading_rows(xp.matmul(samples, xp.conj(samples.T)), coils), kspace.dtype)


def compress_coils_along_readout(kspace: Array, coils: int) -> Array:
    """Geometric compression: virtual coils of their own at each position along the readout.

    A coil array is compressed better where each position along the fully sampled readout has its
    own mixture; neighbouring mixtures are turned towards each other, so that virtual coils vary
    smoothly and calibration sees smooth sensitivities.

    Parameters
    ----------
    kspace : (..., C, H, W) complex
        K-space with a fully sampled readout along axis -2: the mask samples whole columns.
    coils : int
        How many to keep, 1 to C.

    Returns
    -------
    (..., coils, H, W) complex
        K-space of the virtual coils. White noise stays white; columns of zeros stay zeros.

    Raises
    ------
    ValueError, TypeError
        As for `compress_coils`.

    References
    ----------
    T. Zhang, J. M. Pauly, S. S. Vasanawala and M. Lustig (2013), Magn. Reson. Med. 69, 571–582.
    """
    kspace = require_coils(kspace)
    count = require_count("coils", coils, kspace.shape[COIL_AXIS], "the coils that there are")
    xp = array_namespace(kspace)
    hybrid = _along_readout(kspace, kernels.ifft)  # (..., C, W, H), position last
    by_position = xp.moveaxis(hybrid, -1, -3)  # (..., H, C, W)
    shape = by_position.shape
    images = xp.reshape(by_position, (-1, *shape[-3:]))
    mixed = [_compressed(images[i, ...], count) for i in range(images.shape[0])]
    stacked = xp.reshape(xp.stack(mixed), (*shape[:-2], count, shape[-1]))
    return _along_readout_back(xp.moveaxis(stacked, -3, -1), kernels.fft)


def _compressed(positions: Array, coils: int) -> Array:
    """(H, coils, W) out of (H, C, W), with a mixture for each position."""
    xp = array_namespace(positions)
    gram = xp.matmul(as_double(positions), xp.conj(xp.matrix_transpose(as_double(positions))))
    mixtures = aligned([leading_rows(gram[h, ...], coils) for h in range(gram.shape[0])], gram)
    return xp.matmul(xp.astype(mixtures, positions.dtype, copy=False), positions)


def aligned(mixtures: list[Array], gram: Array) -> Array:
    """Each mixture turned by a unitary matrix to come nearest to its neighbour (eq. 6).

    They follow one another from the position of the largest energy to both ends.
    """
    xp = array_namespace(gram)
    energy = xp.real(xp.sum(xp.linalg.diagonal(gram), axis=-1))
    strongest = int(xp.argmax(energy))
    ahead = range(strongest + 1, len(mixtures))
    back = range(strongest - 1, -1, -1)
    for order, step in ((ahead, -1), (back, 1)):
        for h in order:
            mixtures[h] = _turned(mixtures[h], towards=mixtures[h + step])
    return xp.stack(mixtures)


def _turned(mixture: Array, *, towards: Array) -> Array:
    """P A with the unitary P for which ‖P A − B‖ is least (orthogonal Procrustes)."""
    xp = array_namespace(mixture)
    u, _, vh = xp.linalg.svd(xp.matmul(towards, xp.conj(mixture.T)), full_matrices=False)
    return xp.matmul(xp.matmul(u, vh), mixture)


def leading_rows(gram: Array, count: int) -> Array:
    """The conjugate eigenvectors of the largest eigenvalues as rows, the largest first."""
    xp = array_namespace(gram)
    vectors = xp.linalg.eigh(gram).eigenvectors
    rows = xp.conj(vectors.T)
    return xp.flip(rows, axis=0)[:count, :]


def _along_readout(kspace: Array, transform) -> Array:
    """The centred transform along axis -2, which becomes the last one."""
    xp = array_namespace(kspace)
    length = kspace.shape[-2]
    lines = xp.roll(xp.matrix_transpose(kspace), -(length // 2), axis=-1)
    return xp.roll(transform(lines), length // 2, axis=-1)


def _along_readout_back(hybrid: Array, transform) -> Array:
    """The centred transform along the last axis, which becomes axis -2 again."""
    xp = array_namespace(hybrid)
    length = hybrid.shape[-1]
    lines = transform(xp.roll(hybrid, -(length // 2), axis=-1))
    return xp.matrix_transpose(xp.roll(lines, length // 2, axis=-1))
