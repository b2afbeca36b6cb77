"""What the tuning of the classical methods found, and how: a file that ships with the package."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any, final

from csmri.app.writing import write_atomically

SHIPPED = "tuned.json"


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
        """The record as the text of its file."""
        return json.dumps(asdict(self), indent=1, allow_nan=False) + "\n"

    def save(self, path: Path) -> None:
        """Write the record as JSON, whole or not at all."""
        write_atomically(path, self.as_json())


def load(path: Path) -> TuningRecord:
    """Read a record that `TuningRecord.save` wrote.

    Raises
    ------
    ValueError
        For a file that is no tuning record.
    """
    return _parse(path.read_text(encoding="utf-8"), str(path))


def shipped() -> TuningRecord:
    """The record that ships with the package.

    Raises
    ------
    FileNotFoundError
        Where the package was built without it.
    """
    file = resources.files("csmri.app") / SHIPPED
    if not file.is_file():
        raise FileNotFoundError(f"csmri/app/{SHIPPED} is missing; make it with: csmri tune")
    return _parse(file.read_text(encoding="utf-8"), SHIPPED)


def _parse(text: str, name: str) -> TuningRecord:
    try:
        content = json.loads(text)
        for key in ("slices", "tried", "best"):
            content[key] = tuple(content[key])
        return TuningRecord(**content)
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(
            f"{name} is no tuning record of this version ({error}); make it anew with: csmri tune"
        ) from error
