"""Numeric arrays of MATLAB's version 5 (6 and 7 write it too), after its published format.

A reader of our own, since a damaged size must be refused before it is allocated: every element is
a slice of bytes that are there. Structures, cells, objects and functions are passed over.
"""

import math
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from csmri.formats.errors import LARGEST_RATIO, FileError, named, require_declared

MATRIX, COMPRESSED = 14, 15
NUMBERS = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
}  # fmt: skip
DOUBLE, SINGLE = 6, 7
CLASSES = range(DOUBLE, 16)
COMPLEX = 0x0800


def read(path: Path) -> dict[str, np.ndarray]:
    """Every numeric array of a file by name.

    Raises
    ------
    FileError
        For a file that is truncated or damaged, or of version 4.
    """
    with named(path, "MATLAB .mat", MemoryError):
        content = path.read_bytes()
    mark = content[126:128]
    if len(content) < 128 or mark not in (b"IM", b"MI"):
        raise FileError(
            f"{path} has no header of MATLAB's version 5, is truncated or of version 4; "
            "save it with -v7 or -v7.3"
        )
    order = "<" if mark == b"IM" else ">"
    arrays = {}
    for kind, data in _elements(path, content[128:], order):
        if kind == COMPRESSED:
            data = _unpacked(path, data)
            kind, data = next(_elements(path, data, order), (0, b""))
        if kind == MATRIX:
            found = _matrix(path, data, order)
            if found is not None:
                arrays[found[0]] = found[1]
    return arrays


def _elements(path: Path, content: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Type and data of each element in a run of bytes."""
    at = 0
    while at + 8 <= len(content):
        first, size = (int(n) for n in np.frombuffer(content, f"{order}u4", 2, at))
        if first >> 16:  # up to four bytes are packed into the tag
            first, size, start, end = first & 0xFFFF, first >> 16, at + 4, at + 8
            if size > 4:
                raise FileError(f"{path} has an element of {size} bytes in 4; it is damaged")
        else:
            start = at + 8
            # Compressed elements alone are not padded to 8 bytes.
            end = start + size + (0 if first == COMPRESSED else -size % 8)
        if start + size > len(content):
            raise FileError(
                f"{path} declares an element of {size:,} bytes where {len(content) - start:,} are "
                "left; it is truncated or damaged: copy it again"
            )
        yield first, content[start : start + size]
        at = end


def _unpacked(path: Path, data: bytes) -> bytes:
    with named(path, "MATLAB .mat", zlib.error, MemoryError):
        return zlib.decompressobj().decompress(data, LARGEST_RATIO * len(data))


def _matrix(path: Path, data: bytes, order: str) -> tuple[str, np.ndarray] | None:
    """Name and array, None for what is no numeric array."""
    parts = list(_elements(path, data, order))
    if len(parts) < 4 or len(parts[0][1]) < 8:
        return None
    flags = int(np.frombuffer(parts[0][1], f"{order}u4", 1)[0])
    if flags & 0xFF not in CLASSES or len(parts[1][1]) % 4:
        return None
    shape = tuple(int(n) for n in np.frombuffer(parts[1][1], f"{order}i4"))
    name = parts[2][1].decode("latin-1")
    if len(shape) > 32:
        raise FileError(f"{path} has an array of {len(shape)} dimensions; it is damaged")
    real = _numbers(path, *parts[3], shape, order)
    dtype = np.dtype(np.float32 if flags & 0xFF == SINGLE else np.float64)
    if not flags & COMPLEX:
        return name, real.astype(dtype).reshape(shape, order="F")
    if len(parts) < 5:
        raise FileError(f"{path} lacks the imaginary part of {name!r}; it is truncated")
    array = np.empty(len(real), np.result_type(dtype, np.complex64))
    array.real, array.imag = real, _numbers(path, *parts[4], shape, order)
    return name, array.reshape(shape, order="F")


def _numbers(path: Path, kind: int, data: bytes, shape: tuple[int, ...], order: str) -> np.ndarray:
    if kind not in NUMBERS:
        raise FileError(f"{path} has numbers of type {kind}, which is none; it is damaged")
    dtype = np.dtype(order + NUMBERS[kind])
    require_declared(path, shape, dtype.itemsize, len(data))
    return np.frombuffer(data, dtype, math.prod(shape))
