"""Noise of several coils: its covariance, and k-space in which it is white."""

import math

import numpy as np

from csmri.arrays import (
    COIL_AXIS,
    Array,
    array_namespace,
    as_complex,
    as_double,
    require_finite,
    to_numpy,
)
from csmri.calibration.coil_matrix import coil_samples, mix_coils, require_coils


def noise_covariance(noise: Array) -> Array:
    """Ψ = E[n nᴴ], the covariance of the coils' noise.

    Parameters
    ----------
    noise : (C, N) or (..., C, H, W) complex
        Samples in which there is nothing but noise: a scan without excitation, or what
        `edge_noise` finds. N must be larger than C.

    Returns
    -------
    (C, C) complex
        Hermitian, of the precision of `noise`; E|n_c|² = σ_c² on its diagonal, the mean over the
        samples and so independent of their number.

    Raises
    ------
    ValueError
        For noise without a coil axis, with NaN or infinity, or with no more samples than coils.

    Notes
    -----
    Noise grows with the receiver's bandwidth. Where the noise scan had another dwell time than the
    image, multiply Ψ by the dwell time of the noise over that of the image.
    """
    if noise.ndim < 2:
        raise ValueError(
            f"got noise of shape {tuple(noise.shape)}, expected (C, N) or (..., C, H, W); "
            "a single coil's samples are noise[None]"
        )
    require_finite("the noise", noise)
    noise = as_complex(noise)
    xp = array_namespace(noise)
    samples = as_double(noise if noise.ndim == 2 else coil_samples(noise))
    coils, count = samples.shape
    if count <= coils:
        raise ValueError(
            f"got {count} noise samples of {coils} coils, expected more samples than coils, better "
            "a hundred times as many; (C, N) has the coils on its first axis, others on axis -3"
        )
    covariance = xp.matmul(samples, xp.conj(samples.T)) / count
    return xp.astype(covariance, noise.dtype, copy=False)


def edge_noise(kspace: Array, mask: Array | None = None, *, share: float = 0.05) -> Array:
    """The measured samples that are farthest from the k-space centre, where noise prevails.

    Parameters
    ----------
    kspace : (..., C, H, W) complex
        Centred k-space; leading axes are slices or frames with the same noise.
    mask : (W,) or (H, W) bool, optional
        Where it was measured; everywhere by default.
    share : float
        The share of the measured samples to take, in (0, 1].

    Returns
    -------
    (C, N) complex
        For `noise_covariance`, and of that the diagonal at most. What is left of the image there
        makes the noise look too large, and shared by the coils: `prewhiten` by it would take of the
        image itself. A noise scan knows better.

    Raises
    ------
    ValueError
        For a share out of range, or a mask that does not fit or measures nothing.
    """
    kspace = require_coils(kspace)
    if not 0 < share <= 1:
        raise ValueError(f"got share={share!r}, expected a number in (0, 1]; 0.05 is usual")
    height, width = kspace.shape[-2:]
    measured = np.ones((height, width), bool) if mask is None else to_numpy(mask)
    if measured.dtype != np.bool_ or measured.ndim not in (1, 2) or measured.shape[-1] != width:
        raise ValueError(
            f"got a mask of {measured.dtype} and shape {measured.shape}, expected bool and "
            f"({width},) or ({height}, {width}), one for all coils and images"
        )
    places = np.flatnonzero(np.broadcast_to(measured, (height, width)))
    if places.size == 0:
        raise ValueError("got a mask that measures nothing, expected at least one True")
    rows, columns = (np.abs(np.arange(n) - n // 2) / max(n / 2, 1) for n in (height, width))
    distance = np.hypot(rows[:, None], columns).ravel()[places]
    count = max(1, math.ceil(share * places.size))
    outer = np.sort(places[np.argsort(-distance, kind="stable")[:count]])
    xp = array_namespace(kspace)
    flat = xp.reshape(kspace, (*kspace.shape[:-2], height * width))
    found = xp.take(flat, xp.asarray(outer, device=getattr(flat, "device", None)), axis=-1)
    return xp.reshape(xp.moveaxis(found, COIL_AXIS + 1, 0), (kspace.shape[COIL_AXIS], -1))


def prewhiten(kspace: Array, covariance: Array) -> Array:
    """L⁻¹ y with Ψ = L Lᴴ: virtual coils with uncorrelated noise, E|n|² = 1 in each.

    Least squares then weighs every coil as its noise deserves, σ is 1, and λ has the same meaning
    for every scanner.

    Parameters
    ----------
    kspace : (..., C, H, W) complex
        K-space or coil images, or noise of that shape. Zeros stay zeros.
    covariance : (C, C) complex
        Ψ, of `noise_covariance`.

    Returns
    -------
    (..., C, H, W) complex, of the precision of `kspace`. Calibrate sensitivity maps from it, since
    the maps of virtual coils are virtual too.

    Raises
    ------
    ValueError
        Where Ψ does not fit the coils, or is not Hermitian and positive definite.

    References
    ----------
    K. P. Pruessmann et al. (2001), Magn. Reson. Med. 46, 638–651, appendix B.
    """
    kspace = require_coils(kspace)
    psi = as_double(as_complex(covariance))
    xp = array_namespace(psi)
    coils = kspace.shape[COIL_AXIS]
    if tuple(psi.shape) != (coils, coils):
        raise ValueError(
            f"got a covariance of shape {tuple(psi.shape)} for {coils} coils on axis -3 of k-space "
            f"of {tuple(kspace.shape)}, expected ({coils}, {coils}); "
            "pass noise_covariance(noise) of the same coils"
        )
    require_finite("the covariance", covariance)
    energies = xp.linalg.eigvalsh(psi)
    least, most = float(xp.min(energies)), float(xp.max(energies))
    # Single precision makes a covariance Hermitian to 1e-6 or so, and no better.
    skew = float(xp.max(xp.abs(psi - xp.conj(psi.T))))
    if not (least > 1e-7 * most and skew <= 1e-4 * most):
        raise ValueError(
            f"got a covariance with eigenvalues from {least:.3g} to {most:.3g}, expected a "
            "Hermitian, positive definite matrix: give noise_covariance more samples, and leave "
            "out coils that measure nothing"
        )
    return mix_coils(xp.linalg.inv(xp.linalg.cholesky(psi)), kspace)
