"""HDF5 files, opened with care: what a dataset declares is checked before it is read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np

from csmri.formats.errors import FileError, named, require_declared, require_file, require_nonempty
from csmri.formats.extras import needs

MAGIC = b"\x89HDF\r\n\x1a\n"
BROKEN = (
    RuntimeError,
    KeyError,
    ValueError,
    TypeError,
    OverflowError,
    UnicodeError,
    AttributeError,
)
ONE_READER = RLock()


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """An HDF5 file open for reading; errors of the library become a `FileError`.

    Only one at a time: h5py 3.16 crashes where two threads read lines of varying length at once.
    """
    size = require_file(path)
    h5py = needs("h5py", "HDF5 files")
    if size == 0:
        raise FileError(f"{path} is empty; copy it again")
    with ONE_READER, named(path, "HDF5", *BROKEN), h5py.File(path, "r") as file:
        yield file


def checked(path: Path, dataset: Any) -> Any:
    """A dataset whose declared size its stored bytes can fill."""
    h5py = needs("h5py", "HDF5 files")
    if not isinstance(dataset, h5py.Dataset) or dataset.shape is None:
        raise FileError(f"{path} has something else where an array is expected")
    require_nonempty(path, dataset.shape)
    if dataset.is_virtual or dataset.external:
        raise FileError(
            f"{path} keeps its array in other files; expected one file: copy it with h5repack"
        )
    stored = int(dataset.id.get_storage_size())
    require_declared(
        path, dataset.shape, dataset.dtype.itemsize, stored, compressed=dataset.chunks is not None
    )
    return dataset


def text(path: Path, dataset: Any, most: int = 50_000_000) -> str:
    """A string, or an array of one string, of at most `most` bytes."""
    value = checked(path, dataset)[()] if dataset.shape != () else dataset[()]
    if isinstance(value, np.ndarray):
        if value.size != 1:
            raise FileError(f"{path} has {value.size} headers, expected one")
        value = value.reshape(-1)[0]
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if not isinstance(value, str) or len(value) > most:
        raise FileError(f"{path} has a header that is no text")
    return value
