"""What the tuning of the classical methods found, and how: a file that ships with the package.

The file holds one record for each fold: tuned on one person, for use on others.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any, final

from csmri.formats.writing import write_atomically

SHIPPED = "tuned.json"
FORMAT = "csmri tuning 2"


@final
@dataclass(frozen=True)
class TuningRecord:
    """Every trial of a tuning, what was chosen, and what is needed to repeat it.

    Attributes
    ----------
    person : str
        Whose slices were reconstructed.
    slices : tuple of int
        Which, by their number in the data set.
    data_sha256 : str
        Of the data set's file.
    noise : float
        As in `csmri.app.cases.Case`.
    masks : mapping
        Case to slice to the mask's digest.
    criterion : str
        What was made as large as possible.
    tried : tuple of mapping
        One a trial: method, acceleration, settings, mean score, seconds, largest gap.
    best : tuple of mapping
        The trial chosen for each method and acceleration.
    versions : mapping
        Of the software.
    """

    person: str
    slices: tuple[int, ...]
    data_sha256: str
    noise: float
    masks: Mapping[str, Mapping[str, str]]
    criterion: str
    tried: tuple[Mapping[str, Any], ...]
    best: tuple[Mapping[str, Any], ...]
    versions: Mapping[str, str]

    def chosen(self, method: str) -> list[Mapping[str, Any]]:
        """The best trial at each acceleration.

        Raises
        ------
        ValueError
            For a method that was not tuned.
        """
        found = [trial for trial in self.best if trial["method"] == method]
        if not found:
            raise ValueError(
                f"the tuning record holds nothing of the method {method!r}; run: csmri tune"
            )
        return found

    def trials(self, method: str) -> list[Mapping[str, Any]]:
        """Every trial of a method."""
        return [trial for trial in self.tried if trial["method"] == method]

    def summary(self, method: str) -> dict[str, Any]:
        """What a result file says of this tuning."""
        trials = self.trials(method)
        return {
            "tuning_sha256": hashlib.sha256(self.as_json().encode()).hexdigest(),
            "person": self.person,
            "slices": list(self.slices),
            "data_sha256": self.data_sha256,
            "criterion": self.criterion,
            "trials": len(trials),
            "tuning_seconds": sum(trial["seconds"] for trial in trials),
            "chosen": [dict(trial) for trial in self.chosen(method)],
        }

    def as_json(self) -> str:
        """The record as JSON, one trial a line."""
        return _with_lines(asdict(self))


def as_json(records: Sequence[TuningRecord]) -> str:
    """The file of some records: one for each person that was tuned on."""
    folds = ",\n".join(record.as_json() for record in records)
    return f'{{"format": {json.dumps(FORMAT)}, "folds": [\n{folds}\n]}}\n'


def save(path: Path, records: Sequence[TuningRecord]) -> None:
    """Write records to one file, whole or not at all."""
    write_atomically(path, as_json(records))


def load(path: Path) -> tuple[TuningRecord, ...]:
    """Read the records that `save` wrote.

    Raises
    ------
    ValueError
        For a file that holds no tuning records of this version.
    """
    return _parse(path.read_text(encoding="utf-8"), str(path))


def shipped() -> tuple[TuningRecord, ...]:
    """The records that ship with the package, one for each fold.

    Raises
    ------
    FileNotFoundError
        Where the package was built without them.
    """
    file = resources.files("csmri.app") / SHIPPED
    if not file.is_file():
        path = f"csmri/app/{SHIPPED}"
        raise FileNotFoundError(f"{path} is missing; make it with: csmri tune --output {path}")
    return _parse(file.read_text(encoding="utf-8"), SHIPPED)


def _parse(text: str, name: str) -> tuple[TuningRecord, ...]:
    try:
        content = json.loads(text)
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']!r}")
        folds = []
        for fold in content["folds"]:
            for key in ("slices", "tried", "best"):
                fold[key] = tuple(fold[key])
            folds.append(TuningRecord(**fold))
        return tuple(folds)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{name} holds no tuning records of this version ({error}); "
            "make it anew with: csmri tune"
        ) from error


def _with_lines(content: dict[str, Any]) -> str:
    """JSON with one line for each key, and one for each entry of a list of objects."""
    lines = []
    for key, value in content.items():
        if isinstance(value, tuple) and value and isinstance(value[0], dict):
            entries = ",\n  ".join(json.dumps(entry, allow_nan=False) for entry in value)
            lines.append(f" {json.dumps(key)}: [\n  {entries}\n ]")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value, allow_nan=False)}")
    return "{\n" + ",\n".join(lines) + "\n}"
