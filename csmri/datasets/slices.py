"""The shipped slices, read and checked, and brought to the matrix that is wanted."""

import hashlib
import io
from dataclasses import dataclass
from importlib.resources import files
from typing import final

import numpy as np

from csmri.datasets.catalogue import CATALOGUE, Entry
from csmri.operators import Fourier


@final
@dataclass(frozen=True, eq=False)
class Slices:
    """Magnitude slices of one person with what has to be said about them.

    Parameters
    ----------
    images : (n, H, W) float32
        In [0, 1]; the largest value over all slices is 1.
    person : str
        Whose slices they are: training and testing are split by it, never by slice.
    anatomy, source, licence : str
        What is seen, the file it was taken from, and the terms; the full notices are in NOTICE.md
        beside the data.
    sha256 : str
        Of the shipped file, in hexadecimal.
    """

    images: np.ndarray
    person: str
    anatomy: str
    source: str
    licence: str
    sha256: str


def names() -> tuple[str, ...]:
    """The names that `load` knows."""
    return tuple(CATALOGUE)


def load(name: str, shape: tuple[int, int] | None = None) -> Slices:
    """Read shipped slices and verify that they are the ones that were shipped.

    Parameters
    ----------
    name : str
        ``"s1"``, ``"colin27"``, ``"macaque"`` or ``"shoulder"``.
    shape : (H, W), optional
        Bring the images to this matrix: heads and brains are `centred`, cropped or padded with
        zeros at the same pixel size. The shoulder fills its field of view and is `reduced` in
        k-space instead. The result is scaled to a largest value of 1 again. As stored by default.

    Returns
    -------
    Slices
        Freshly read; nothing is kept between calls.

    Raises
    ------
    ValueError
        If the name is unknown, or the file does not have the recorded SHA-256.
    """
    if name not in CATALOGUE:
        raise ValueError(
            f"got dataset {name!r}, expected one of {', '.join(map(repr, CATALOGUE))}; "
            "pass one of csmri.datasets.names()"
        )
    entry = CATALOGUE[name]
    content = (files("csmri.datasets") / entry.file).read_bytes()
    images = read_images(content, entry)
    if shape is not None:
        if entry.fills_its_field_of_view and all(
            wanted <= size for wanted, size in zip(shape, images.shape[-2:], strict=True)
        ):
            images = reduced(images, shape)
        else:
            images = centred(images, shape)
        images = images / images.max()
    return Slices(images, entry.person, entry.anatomy, entry.source, entry.licence, entry.sha256)


def read_images(content: bytes, entry: Entry) -> np.ndarray:
    """The images of a file's bytes as float32 in [0, 1], refused where the bytes are others."""
    found = hashlib.sha256(content).hexdigest()
    if found != entry.sha256:
        raise ValueError(
            f"got {entry.file} with SHA-256 {found[:16]}… ({len(content)} bytes), expected "
            f"{entry.sha256[:16]}…; the file is damaged or was changed: install csmri again"
        )
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        images = archive["images"]
    return images.astype(np.float32) / np.float32(images.max())


def centred(images: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Crop or zero-pad to a field of view, pixel N//2 staying in the middle.

    Parameters
    ----------
    images : (..., H, W)
        Of any dtype, which is kept. Pixels keep their size.
    shape : (H', W')
        The matrix that is wanted.

    Returns
    -------
    (..., H', W')
        A new array.

    Raises
    ------
    ValueError
        If `images` has fewer than two axes or `shape` is not two numbers of at least 1.
    """
    images, shape = _fitting(images, shape)
    result = np.zeros((*images.shape[:-2], *shape), dtype=images.dtype)
    into, out_of = [], []
    for size, wanted in zip(images.shape[-2:], shape, strict=True):
        shift = wanted // 2 - size // 2  # from an index of the image to one of the result
        first, last = max(shift, 0), min(size + shift, wanted)
        into.append(slice(first, last))
        out_of.append(slice(first - shift, last - shift))
    result[..., into[0], into[1]] = images[..., out_of[0], out_of[1]]
    return result


def reduced(images: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Keep the middle of k-space: the same field of view and intensities, larger pixels.

    Parameters
    ----------
    images : (..., H, W) real float
        Magnitude images.
    shape : (H', W')
        The matrix that is wanted, at most (H, W).

    Returns
    -------
    (..., H', W') of the same dtype
        Magnitudes; next to sharp edges they may exceed those of `images` a little.

    Raises
    ------
    ValueError
        If the shape does not fit.
    """
    images, shape = _fitting(images, shape)
    if shape[0] > images.shape[-2] or shape[1] > images.shape[-1]:
        raise ValueError(
            f"got shape={shape}, expected at most {images.shape[-2:]}, that of the images; "
            "pass a smaller one, or pad them with csmri.datasets.centred"
        )
    F = Fourier()
    gain = np.sqrt(np.prod(shape) / np.prod(images.shape[-2:]))
    return (gain * np.abs(F.adjoint(centred(F(images), shape)))).astype(images.dtype)


def _fitting(images: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, tuple[int, int]]:
    images = np.asarray(images)
    if images.ndim < 2:
        raise ValueError(
            f"got images of shape {images.shape}, expected (..., H, W); pass two axes at least"
        )
    height, width = shape
    if height < 1 or width < 1:
        raise ValueError(f"got shape={shape}, expected two sizes of at least 1; pass (256, 256)")
    return images, (int(height), int(width))
