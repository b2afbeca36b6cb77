"""Pseudo-replicas: what a reconstruction makes of noise, found by trying."""

from collections.abc import Callable
from typing import Any

import numpy as np

from csmri.arguments import whole
from csmri.arrays import Array, array_namespace, as_complex, beside, to_numpy
from csmri.randomness import stream


def noise_map(
    reconstruct: Callable[[Any], Array],
    kspace: Array,
    mask: Array,
    *,
    sigma: float = 1.0,
    replicas: int = 64,
    seed: int = 0,
) -> np.ndarray:
    """The standard deviation of each pixel over reconstructions with fresh noise.

    Parameters
    ----------
    reconstruct : callable
        From k-space like `kspace` to an image (..., H, W), linear or not.
    kspace : (..., C, H, W) or (..., H, W) complex
        What was measured, zero where it was not; for a linear method zeros do as well.
    mask : bool, broadcastable to `kspace`
        Where noise is added.
    sigma : float
        √E|n|² of a sample, above 0; 1 for prewhitened data.
    replicas : int
        How many reconstructions, at least 2; the map's relative error is about 1/√(2 replicas).
    seed : int
        Of the noise.

    Returns
    -------
    (..., H, W) float64
        √E|x − E x|², so that a unitary transform of the noise gives sigma.

    References
    ----------
    P. M. Robson et al. (2008), Magn. Reson. Med. 60, 895–907.
    """
    if not sigma > 0 or replicas < 2:
        raise ValueError(
            f"got sigma={sigma} and replicas={replicas}, expected noise above 0 and at least 2"
        )
    kspace, xp = as_complex(kspace), array_namespace(kspace)
    rng, shape = stream("noise_map", seed), tuple(kspace.shape)
    measured = np.broadcast_to(to_numpy(mask), shape)
    mean, energy = 0.0, 0.0
    for count in range(1, replicas + 1):
        noise = rng.standard_normal((*shape, 2)).view(np.complex128)[..., 0] * (sigma / np.sqrt(2))
        noisy = kspace + xp.astype(beside(np.where(measured, noise, 0), kspace), kspace.dtype)
        image = to_numpy(reconstruct(noisy)).astype(np.complex128)
        # Welford's update: one image is kept, whatever the number of replicas.
        before = image - mean
        mean = mean + before / count
        energy = energy + np.real(before * np.conj(image - mean))
    return np.sqrt(energy / (replicas - 1))


def g_factor(
    reconstruct: Callable[[Any, Any], Array],
    mask: Array,
    shape: tuple[int, ...],
    *,
    replicas: int = 64,
    seed: int = 0,
) -> np.ndarray:
    """The noise that undersampling adds beyond √R, for a linear reconstruction.

    Parameters
    ----------
    reconstruct : callable
        From k-space and mask to a complex image, linear in the k-space.
    mask : bool, broadcastable to `shape`
        What is measured.
    shape : tuple of int
        Of the k-space, (C, H, W) for instance.
    replicas, seed
        As for `noise_map`.

    Returns
    -------
    (H, W) float64
        σ(mask) / (σ(full) √R), 0 where full sampling gives no noise: outside the maps, say.

    References
    ----------
    K. P. Pruessmann et al. (1999), Magn. Reson. Med. 42, 952–962, eq. 23.
    P. M. Robson et al. (2008), Magn. Reson. Med. 60, 895–907.
    """
    mask, shape = to_numpy(mask), tuple(whole("a side of shape", side, 1) for side in shape)
    nothing, full = np.zeros(shape, np.complex128), np.ones_like(mask)
    few, all_ = (
        noise_map(lambda y, m=m: reconstruct(y, m), nothing, m, replicas=replicas, seed=seed)
        for m in (mask, full)
    )
    acceleration = 1 / np.broadcast_to(mask, shape).mean()
    some = all_ > 1e-9 * all_.max(initial=0)
    return np.where(some, few / np.where(some, all_, 1) / np.sqrt(acceleration), 0)
