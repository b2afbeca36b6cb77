"""NumPy's .npy and .npz: arrays alone, never pickles."""

import ast
import io
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.lib import format as npy

from csmri.formats.axes import arranged
from csmri.formats.errors import FileError, named, require_declared, require_file, require_nonempty
from csmri.formats.scan import Scan
from csmri.formats.writing import replacing

KSPACE_NAMES = ("kspace", "ksp", "k", "y", "data")
MASK_NAMES = ("mask", "M")
LARGEST_HEADER = 100_000  # bytes
BROKEN = (
    ValueError, SyntaxError, EOFError, UnicodeError, TypeError, OverflowError, RecursionError,
    MemoryError, KeyError, IndexError, AttributeError,
)  # fmt: skip
BROKEN_ARCHIVE = (
    *BROKEN, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, KeyError, IndexError
)  # fmt: skip


class BoundedReader(io.BufferedReader):
    """Makes room for no more than the file still holds, whatever length a damaged one declares."""

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(os.fstat(self.fileno()).st_size - self.tell(), 0)
        return super().read(left if size is None or size < 0 else min(size, left))


def read_npy(path: Path, axes: tuple[str, ...] | None = None) -> Scan:
    """Read k-space from a .npy file, mapped to memory."""
    size = require_file(path)
    with named(path, ".npy", *BROKEN), path.open("rb") as file:
        shape, fortran, dtype = _header(path, file)
        require_nonempty(path, shape)
        start = file.tell()
        require_declared(path, shape, dtype.itemsize, size - start)
        array = np.memmap(path, dtype, "r", start, shape, "F" if fortran else "C")
    return arranged(path, "NumPy .npy", as_complex(path, array), axes)


def read_npz(path: Path, axes: tuple[str, ...] | None = None) -> Scan:
    """Read the array "kspace", and "mask", "noise", "voxel_size" where they are there."""
    require_file(path)
    with (
        named(path, ".npz", *BROKEN_ARCHIVE),
        BoundedReader(io.FileIO(path)) as file,
        zipfile.ZipFile(file) as archive,
    ):
        names = {
            info.filename.removesuffix(".npy"): info
            for info in archive.infolist()
            if info.filename.endswith(".npy")
        }
        chosen = chosen_name(path, names)
        mask_name = next((name for name in MASK_NAMES if name in names), None)
        wanted = [chosen, mask_name, *(n for n in ("noise", "voxel_size") if n in names)]
        arrays = {n: _member(path, archive, names[n]) for n in wanted if n is not None}
    mask = None if mask_name is None else as_mask(path, arrays[mask_name])
    kspace = as_complex(path, arrays[chosen])
    return arranged(
        path, "NumPy .npz", kspace, axes, mask,
        noise=as_noise(path, arrays.get("noise"), kspace.dtype),
        voxel_size=as_voxel_size(path, arrays.get("voxel_size")),
    )  # fmt: skip


def write_npz(path: Path, scan: Scan) -> None:
    """Write k-space with its mask, noise and voxel size."""
    arrays: dict[str, Any] = {"kspace": np.asarray(scan.kspace)}
    for name in ("mask", "noise", "voxel_size"):
        if getattr(scan, name) is not None:
            arrays[name] = np.asarray(getattr(scan, name))
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def write_npy(path: Path, array: np.ndarray) -> None:
    """Write one array."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def chosen_name(path: Path, names: Mapping[str, object]) -> str:
    """The name of the array that is k-space: a usual one, or the only one that is no mask."""
    for name in KSPACE_NAMES:
        if name in names:
            return name
    others = [name for name in names if name not in (*MASK_NAMES, "noise", "voxel_size")]
    if len(others) == 1:
        return others[0]
    raise FileError(
        f"{path} holds the arrays {', '.join(sorted(names)[:20]) or '(none)'}, expected one called "
        "kspace; rename it, or save it alone"
    )


def as_complex(path: Path, array: np.ndarray) -> np.ndarray:
    """Native complex64 or complex128; real arrays are refused, for k-space never is real."""
    if array.dtype.kind != "c" or array.dtype.itemsize > 16:
        raise FileError(
            f"{path} holds an array of {array.dtype}, expected complex64 or complex128 k-space; "
            "if it holds images, transform them first"
        )
    require_nonempty(path, array.shape)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def as_mask(path: Path, array: np.ndarray) -> np.ndarray:
    """Bool, from bool or from numbers that are 0 and 1."""
    if array.dtype == bool:
        return array
    if array.dtype.kind in "iuf" and np.isin(array, (0, 1)).all():
        return array.astype(bool)
    raise FileError(f"{path} holds a mask of {array.dtype}, expected bool, or numbers 0 and 1")


def as_noise(path: Path, array: np.ndarray | None, dtype: np.dtype) -> np.ndarray | None:
    """(C, N) complex samples of noise alone."""
    if array is None:
        return None
    if array.ndim != 2 or array.dtype.kind != "c":
        raise FileError(
            f"{path} holds noise of {array.shape} {array.dtype}, expected (C, N) complex"
        )
    return array.astype(dtype)


def as_voxel_size(path: Path, array: np.ndarray | None) -> tuple[float, float, float] | None:
    """Three lengths in millimetres."""
    if array is None:
        return None
    if array.shape != (3,) or array.dtype.kind not in "iuf":
        raise FileError(f"{path} holds a voxel_size of {array.shape}, expected 3 numbers in mm")
    first, second, third = (float(length) for length in array)
    return first, second, third


def _header(path: Path, file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether it is column-major, and dtype, after the format's description (NEP 1)."""
    version = npy.read_magic(file)
    if version not in ((1, 0), (2, 0), (3, 0)):
        raise FileError(f"{path} is of .npy version {version}, expected 1.0, 2.0 or 3.0")
    width = 2 if version == (1, 0) else 4
    length = int.from_bytes(file.read(width), "little")
    if length > LARGEST_HEADER:
        raise FileError(f"{path} has a header of {length:,} bytes; it is damaged: copy it again")
    header = ast.literal_eval(file.read(length).decode("latin-1"))
    if not isinstance(header, dict) or set(header) != {"descr", "fortran_order", "shape"}:
        raise FileError(f"{path} has a header without shape and type; it is damaged")
    shape, dtype = header["shape"], npy.descr_to_dtype(header["descr"])
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise FileError(f"{path} declares the shape {shape!r}; it is damaged: copy it again")
    if dtype.hasobject:
        raise FileError(f"{path} holds pickled objects, which are never read; save arrays instead")
    return shape, bool(header["fortran_order"]), dtype


def _member(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    require_declared(path, (info.file_size,), 1, info.compress_size + 64, compressed=True)
    with archive.open(info) as file:
        shape, fortran, dtype = _header(path, cast("IO[bytes]", file))
        require_nonempty(path, shape)
        require_declared(path, shape, dtype.itemsize, info.file_size)
        content = io.BytesIO(file.read()).getbuffer()
    array = np.frombuffer(content, dtype, count=int(np.prod(shape)))
    return array.reshape(shape, order="F" if fortran else "C")
