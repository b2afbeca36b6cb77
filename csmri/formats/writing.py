"""Files that are either whole or not there."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REMEDIES = {
    errno.ENOSPC: "the disk is full: free some space",
    errno.EDQUOT: "the quota is used up: free some space",
    errno.EROFS: "the file system is read-only: choose another output",
    errno.EACCES: "the folder may not be written to: choose another output",
    errno.EPERM: "the folder may not be written to: choose another output",
    errno.ENOTDIR: "a file is where a folder is needed: choose another output",
    errno.EEXIST: "a file is where a folder is needed: choose another output",
    errno.ENOENT: "no folder can be made there: choose another output",
}


class OutputError(OSError):
    """A file that could not be written; nothing is left under its name."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`, with the same suffixes, renamed to it once all is written.

    Raises
    ------
    OutputError
        Where the system refuses to write, with the remedy. `path` then holds what it held.
    """
    temporary = path.with_name(f".{os.getpid()}.part.{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except (OSError, RuntimeError) as error:  # HDF5 tells of a full disk by a RuntimeError
        raise refused(path, error) from error
    finally:
        _remove(temporary)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file under another name beside `path`, then rename it.

    Whatever interrupts the writing, `path` holds either what it held before or all of
    `content`.

    Parameters
    ----------
    path : Path
        Where to write; its folder is made when missing.
    content : str or bytes
        Text is written as UTF-8.

    Raises
    ------
    OutputError
        Where the system refuses to write, with the remedy.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def refused(path: Path, error: Exception) -> OutputError:
    """The error of a path that the system refuses to write, with the remedy."""
    number = getattr(error, "errno", None) or 0
    reason = getattr(error, "strerror", None) or error
    remedy = REMEDIES.get(number, "check the disk and the folder, and try again")
    return OutputError(f"{path} could not be written ({reason}); {remedy}")


def _remove(temporary: Path) -> None:
    try:
        temporary.unlink(missing_ok=True)
    except OSError:
        return  # a folder that may not be written to holds nothing of ours
