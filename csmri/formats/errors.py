"""The one error of reading and writing files, and what a file may claim of itself."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LARGEST_RATIO = 1100
"""No deflate stream unpacks to more than 1,032 times its size; the rest is for its headers."""


class FileError(ValueError):
    """A file that is missing, truncated, damaged, of another kind, or not what it claims to be."""


@contextmanager
def named(path: Path, kind: str, *kinds_of_error: type[Exception]) -> Iterator[None]:
    """Turn errors of the system, and of these kinds, into a `FileError` about this file."""
    try:
        yield
    except FileError:
        raise
    except (OSError, *kinds_of_error) as error:
        text = str(error).strip() or type(error).__name__
        raise FileError(
            f"{path} could not be read as {kind} ({text[:300]}); "
            "it is truncated, damaged or of another kind: copy it again"
        ) from error


def require_file(path: Path) -> int:
    """The size in bytes of an existing file."""
    if path.is_dir():
        raise FileError(f"{path} is a folder, expected a file; name one of the files in it")
    try:
        return path.stat().st_size
    except (OSError, ValueError) as error:  # a name with a null byte is a ValueError
        raise FileError(f"{path} cannot be opened ({error}); check its name") from error


def require_declared(
    path: Path, shape: tuple[int, ...], itemsize: int, stored: int, *, compressed: bool = False
) -> None:
    """Refuse a header that declares more than its file can hold, before anything is allocated.

    Parameters
    ----------
    path : Path
        For the message.
    shape : tuple of int
        What the header declares.
    itemsize : int
        Bytes of one entry.
    stored : int
        Bytes that are there.
    compressed : bool
        Whether these may unpack to more.
    """
    declared = math.prod(shape) * itemsize
    if any(n < 0 for n in shape) or declared > stored * (LARGEST_RATIO if compressed else 1):
        raise FileError(
            f"{path} declares an array of {shape}, {declared:,} bytes, but holds {stored:,}; "
            "it is truncated or its header is damaged: copy it again"
        )


def require_nonempty(path: Path, shape: tuple[int, ...]) -> None:
    """Refuse an array without entries."""
    if math.prod(shape) == 0:
        raise FileError(f"{path} holds an array of {shape}, which is empty; expected k-space")
