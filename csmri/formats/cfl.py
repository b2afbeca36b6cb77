"""BART's pairs of files: a .hdr that names the dimensions, a .cfl with the complex64 samples.

BART's order is column-major: 0 readout, 1 and 2 phase encodings, 3 coils, 10 time, 13 slices.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np

from csmri.formats.errors import FileError, require_declared, require_file, require_nonempty
from csmri.formats.scan import Scan
from csmri.formats.transforms import to_image
from csmri.formats.writing import replacing

MOST_DIMENSIONS = 16
LARGEST_HEADER = 1_000_000  # bytes; BART records commands there, never as many
READOUT, PHASE, PARTITION, COIL, TIME, SLICE = 0, 1, 2, 3, 10, 13


def read(path: Path) -> Scan:
    """Read k-space from `path`.cfl and .hdr; either name, or none, may be given."""
    array = open_array(path)
    others = [d for d, n in enumerate(array.shape) if n > 1 and d not in (0, 1, 2, 3, TIME, SLICE)]
    if others:
        raise FileError(
            f"{path} has the dimensions {array.shape}, of which {others} cannot be placed; "
            "expected readout, phase encodings, coils (3), time (10) and slices (13)"
        )
    full = array.reshape((*array.shape, *([1] * (MOST_DIMENSIONS - array.ndim))), order="F")
    kspace = full.transpose(TIME, SLICE, COIL, READOUT, PHASE, PARTITION, *_rest())
    kspace = kspace.reshape(kspace.shape[:6])
    frames, slices, _, rows, _, partitions = kspace.shape
    facts: dict[str, Any] = {"file": str(path), "kind": "BART cfl", "dimensions": array.shape}
    readout_axis: int | None = -2
    if partitions > 1:
        if slices > 1:
            raise FileError(f"{path} has {slices} slices of 3-D k-space, expected one or the other")
        hybrid = to_image(np.ascontiguousarray(kspace[:, 0]), 2)  # frames, coils, rows, …
        kspace = hybrid.transpose(0, 2, 1, 3, 4)
        facts["steps"] = (f"3-D k-space: {rows} slices by the Fourier transform of the readout",)
        readout_axis = None
    else:
        kspace = kspace[..., 0]
    return Scan(kspace[0] if frames == 1 else kspace, None, readout_axis, provenance=facts)


def open_array(path: Path) -> np.ndarray:
    """The array of a pair of files, column-major, mapped to memory and not yet read."""
    header, data = pair(path)
    if not header.is_file() or not data.is_file():
        missing = header if not header.is_file() else data
        raise FileError(f"{missing} is missing; a BART array is a .hdr and a .cfl side by side")
    shape = _dimensions(header)
    size = require_file(data)
    require_nonempty(data, shape)
    require_declared(data, shape, 8, size)
    return np.memmap(data, np.complex64, "r", shape=shape, order="F")


def write_array(path: Path, array: np.ndarray) -> None:
    """Write an array of at most 16 dimensions; the header, which makes it readable, comes last."""
    if array.ndim > MOST_DIMENSIONS:
        raise FileError(f"got an array of {array.ndim} dimensions, BART knows {MOST_DIMENSIONS}")
    header, data = pair(path)
    with replacing(data) as temporary, temporary.open("wb") as file:
        for column in np.moveaxis(np.atleast_1d(array), -1, 0):
            file.write(np.asarray(column, np.complex64).tobytes(order="F"))
    dimensions = (*array.shape, *([1] * (MOST_DIMENSIONS - array.ndim)))
    with replacing(header) as temporary:
        text = "# Dimensions\n" + " ".join(str(n) for n in dimensions) + "\n"
        temporary.write_text(text, encoding="utf-8")


def write_scan(path: Path, scan: Scan) -> None:
    """Write a scan's k-space (slices, or frames of slices) in BART's order; a mask is not kept."""
    kspace = np.asarray(scan.kspace)
    kspace = kspace.reshape((*([1] * (5 - kspace.ndim)), *kspace.shape))
    frames, slices, coils, rows, columns = kspace.shape
    shape = [1] * MOST_DIMENSIONS
    shape[READOUT], shape[PHASE], shape[COIL] = rows, columns, coils
    shape[TIME], shape[SLICE] = frames, slices
    write_array(path, kspace.transpose(3, 4, 2, 0, 1).reshape(shape, order="F"))


def pair(path: Path) -> tuple[Path, Path]:
    """The header and the data that a name stands for: either file, or what both have in common."""
    stem = path.with_suffix("") if path.suffix in (".cfl", ".hdr") else path
    return stem.with_name(stem.name + ".hdr"), stem.with_name(stem.name + ".cfl")


def _dimensions(header: Path) -> tuple[int, ...]:
    if require_file(header) > LARGEST_HEADER:
        raise FileError(f"{header} is too long for a BART header; is it another format's .hdr?")
    text = header.read_bytes().decode("latin-1")
    found = re.search(r"^# Dimensions[ \t]*\r?\n([ \t0-9]{1,400})\r?$", text, re.MULTILINE)
    if found is None or not found[1].strip():
        raise FileError(
            f"{header} has no line of numbers after '# Dimensions'; it is damaged, or another "
            "format's .hdr"
        )
    dimensions = tuple(int(number) for number in found[1].split())
    while len(dimensions) > 1 and dimensions[-1] == 1:
        dimensions = dimensions[:-1]
    if len(dimensions) > MOST_DIMENSIONS:
        raise FileError(f"{header} lists {len(dimensions)} dimensions, BART knows 16")
    return dimensions


def _rest() -> tuple[int, ...]:
    known = {READOUT, PHASE, PARTITION, COIL, TIME, SLICE}
    return tuple(d for d in range(MOST_DIMENSIONS) if d not in known)


def is_pair(path: Path) -> bool:
    """Whether `path` is the common name of a header and its data."""
    header, data = pair(path)
    return not path.exists() and (header.exists() or data.exists())
