"""What a proof needs of images and spectra on the GPU, one number an image, none read back."""

from typing import Any

from csmri.arrays import Array, array_namespace
from csmri.kernels.compilation import real_type
from csmri.kernels.cupy_launch import LANES, launch


def split_spectrum(
    k: Array, data: Array, inside: Array, outside: Array
) -> tuple[Array, Array, Array]:
    """The twin of `agnostic_proof.split_spectrum`, which writes over k."""
    energies, overlaps = _sums(k), _sums(k)
    rows = inside.size // inside.shape[-1]
    _launch("split_spectrum", energies, overlaps, k, data, inside, outside, rows, like=k)
    return _added(energies, k), _added(overlaps, k), k


def squared_error(k: Array, data: Array, mask: Array | None) -> Array:
    """The twin of `agnostic_proof.squared_error`."""
    sums, rows = _sums(k), 1 if mask is None else mask.size // mask.shape[-1]
    _launch("squared_error", sums, k, data, mask, rows, like=k)
    return _added(sums, k)


def overlap(a: Array, b: Array) -> Array:
    """The twin of `agnostic_proof.overlap`."""
    sums = _sums(a)
    _launch("overlap", sums, a, b, like=a)
    return _added(sums, a)


def _launch(kernel: str, *arguments: Any, like: Array) -> None:
    rows, columns = like.shape[-2:]
    grid = (like.size // (rows * columns), rows, LANES)
    launch("proof", kernel, grid, *arguments, columns, like=like)


def _sums(k: Array) -> Array:
    """Room for the sum of each thread."""
    xp = array_namespace(k)
    rows, columns = k.shape[-2:]
    return xp.empty((k.size // (rows * columns), rows * LANES), dtype=xp.float64)


def _added(sums: Array, k: Array) -> Array:
    xp = array_namespace(sums)
    total = xp.reshape(xp.sum(sums, axis=-1), k.shape[:-2])
    return xp.astype(total, real_type(k), copy=False)
