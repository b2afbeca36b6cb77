"""Files that are either whole or not there, and folders that will take them."""

import os
from pathlib import Path

from csmri.formats.writing import refused, replacing


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


def require_writable(folder: Path) -> None:
    """Refuse a folder that cannot be written to, before any work; nothing is left of the trial.

    Raises
    ------
    OutputError
        Where it cannot be made, or takes no file.
    """
    missing: list[Path] = []
    probe = folder / f".{os.getpid()}.part"
    try:
        missing += [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise refused(folder, error) from error
    finally:
        for path in missing:
            _remove_empty(path)


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return  # it was not made, or somebody put something there
