"""Folders that will take what is to be written."""

import os
from pathlib import Path

from csmri.formats.writing import refused


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
