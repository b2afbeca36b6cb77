"""Finished slices, kept until their volume is whole: a killed run goes on where it was."""

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from csmri.formats import OutputError, files_of
from csmri.formats.writing import replacing

MANIFEST = "manifest.json"


@final
@dataclass(frozen=True)
class Kept:
    """The folder ``OUTPUT.parts`` beside an output, with a manifest and a file for each slice.

    Parameters
    ----------
    output : Path
        The final file.
    manifest : dict
        What makes its slices: recipe, input and how it is read. Slices of another manifest are
        of no use and are removed.
    """

    output: Path
    manifest: dict[str, Any]

    @property
    def folder(self) -> Path:
        return self.output.with_name(f"{self.output.name}.parts")

    @property
    def record(self) -> Path:
        """What the finished output was made with, beside it."""
        return self.output.with_name(f"{self.output.name}.json")

    def is_finished(self) -> bool:
        """Whether the output is as it was written, by the same manifest and with every slice."""
        found = _read_json(self.record)
        return (
            found.get("made_with") == self.manifest
            and not found.get("faults")
            and found.get("sha256") == self._hashes()
        )

    def begin(self) -> set[int]:
        """Make the folder ready; gives the numbers of the slices that are finished.

        Raises
        ------
        OutputError
            Where nothing can be written.
        """
        if _read_json(self.folder / MANIFEST) == self.manifest:
            return {number for number in self._numbers() if self.load(number) is not None}
        self.remove()
        with replacing(self.folder / MANIFEST) as temporary:
            temporary.write_text(json.dumps(self.manifest, indent=1), encoding="utf-8")
        return set()

    def save(self, number: int, image: np.ndarray, facts: dict[str, Any]) -> None:
        """Keep a finished slice, whole or not at all."""
        with replacing(self._slice(number)) as temporary, temporary.open("wb") as file:
            np.savez(file, image=image, facts=np.array(json.dumps(facts)))

    def load(self, number: int) -> tuple[np.ndarray, dict[str, Any]] | None:
        """A finished slice, None where it is not there or damaged."""
        try:
            with (
                self._slice(number).open("rb") as file,
                np.load(file, allow_pickle=False) as arrays,
            ):
                return arrays["image"], json.loads(str(arrays["facts"]))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def finish(self, record: dict[str, Any]) -> None:
        """Write the record of an output that has been written."""
        whole = {"made_with": self.manifest, **record, "sha256": self._hashes()}
        content = json.dumps(whole, indent=1)
        with replacing(self.record) as temporary:
            temporary.write_text(content + "\n", encoding="utf-8")

    def remove(self) -> None:
        """Remove the folder: only files that a run puts there, so that nothing else is lost."""
        if not self.folder.is_dir():
            return
        try:
            for path in self.folder.iterdir():
                if path.name == MANIFEST or path.suffix == ".npz" or ".part." in path.name:
                    path.unlink()
            self.folder.rmdir()
        except OSError as error:
            raise OutputError(
                f"{self.folder} could not be removed ({error.strerror}); remove it, or choose "
                "another output"
            ) from error

    def _hashes(self) -> dict[str, str | None]:
        """The hash of each file of the output, None of one that is not there."""
        return {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
            for path in files_of(self.output)
        }

    def _numbers(self) -> list[int]:
        stems = (path.stem.removeprefix("slice-") for path in self.folder.glob("slice-*.npz"))
        return [int(stem) for stem in stems if stem.isdigit()]

    def _slice(self, number: int) -> Path:
        return self.folder / f"slice-{number:05}.npz"


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
