"""The file of results: all that was found, and all that is needed to find it again."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, final

from csmri.app.cases import seed_of
from csmri.app.caveats import caveats_of
from csmri.app.methods import Method
from csmri.app.plan import Test, persons_of
from csmri.app.provenance import machine
from csmri.app.records import Comparison, Record
from csmri.app.summary import Group, summarise

FORMAT = "csmri comparison 2"
SCORES = ("psnr", "ssim", "nmse", "hfen", "psnr_body", "ssim_body")
"""What a record always has; not a number where an image is perfect or empty."""
REMEDY = "make it anew with: csmri compare"


@final
@dataclass(frozen=True, eq=False)
class Results:
    """A file of results, read again.

    Attributes
    ----------
    records : tuple of Record
    methods : tuple of str
        Their names, as `csmri.app.choice.methods_named` takes them.
    tests : tuple of mapping
        Case, person and slices.
    leave_out : bool
        As in `csmri.app.comparison.compare`.
    hashes, versions : mapping
        Of data, masks, weights and tuning; of the software.
    """

    records: tuple[Record, ...]
    methods: tuple[str, ...]
    tests: tuple[Mapping[str, Any], ...]
    leave_out: bool
    hashes: Mapping[str, Any]
    versions: Mapping[str, str]


def as_json(comparison: Comparison) -> str:
    """The result file: records, summary, and all that is needed to repeat them.

    Everything but what is called ``seconds`` is the same in every run on one machine.
    """
    content = {
        "format": FORMAT,
        "caveats": caveats_of(comparison),
        "notes": list(comparison.notes),
        "request": {
            "methods": [method.name for method in comparison.methods],
            "tests": [_test(test) for test in comparison.tests],
            "leave_out": comparison.leave_out,
        },
        "methods": [_method(method) for method in comparison.methods],
        "records": [asdict(record) for record in comparison.records],
        "summary": [_group(group) for group in summarise(comparison)],
        "seeds": {
            "mask, phase and noise": {
                volume.person: {str(i): seed_of(volume.person, i) for i in volume.slices}
                for volume in persons_of(comparison.tests)
            },
            "bootstrap": 0,
        },
        "hashes": hashes_of(comparison),
        "versions": dict(comparison.versions),
        "machine": machine(),
    }
    return json.dumps(_finite(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_csv(records: Iterable[Record]) -> str:
    """One line for each image, for a spreadsheet; empty where there is no gap or iteration."""
    import csv
    import io

    rows = [asdict(record) for record in records]
    file = io.StringIO()
    table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return file.getvalue()


def hashes_of(comparison: Comparison) -> dict[str, Any]:
    """SHA-256 of whatever went in: data, masks, weights and tuning."""
    return {
        "data": {volume.person: volume.sha256 for volume in persons_of(comparison.tests)},
        "masks": {test: dict(digests) for test, digests in comparison.masks.items()},
        "weights": _hashes(comparison, "weights_sha256"),
        "tuning": _hashes(comparison, "tuning_sha256"),
    }


def read_results(path: Path) -> Results:
    """Read a file that `as_json` made.

    Raises
    ------
    FileNotFoundError
        Where there is no such file.
    ValueError
        Where it is truncated, of something else, or of another version.
    """
    if not path.is_file():
        raise FileNotFoundError(f"got {path}, expected a file of results; {REMEDY}")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is truncated or no JSON ({error}); {REMEDY}") from error
    found = content.get("format") if isinstance(content, dict) else None
    if found != FORMAT:
        raise ValueError(
            f"{path} is no file of results of this version: got format {found!r}, expected "
            f"{FORMAT!r}; {REMEDY}"
        )
    try:
        request = content["request"]
        return Results(
            records=tuple(_record(record) for record in content["records"]),
            methods=tuple(request["methods"]),
            tests=tuple(request["tests"]),
            leave_out=bool(request["leave_out"]),
            hashes=content["hashes"],
            versions=content["versions"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} misses a part of its results ({error!r}); {REMEDY}") from error


def _record(content: Mapping[str, Any]) -> Record:
    """A record; scores that are null in the file, for they were no numbers, are NaN."""
    record = Record(**content)
    found = {name: getattr(record, name) for name in SCORES}
    scores = {name: math.nan if score is None else float(score) for name, score in found.items()}
    return replace(record, **scores)


def _test(test: Test) -> dict[str, Any]:
    return {
        "case": asdict(test.case),
        "person": test.volume.person,
        "slices": list(test.volume.slices),
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "title": group.title,
        "in_distribution": group.is_fitted,
        "rows": [asdict(row) for row in group.rows],
    }


def _hashes(comparison: Comparison, kind: str) -> dict[str, dict[str, str]]:
    found = {
        method.name: {
            ", ".join(fit.budget.persons): fit.budget.record[kind]
            for fit in method.fits
            if kind in fit.budget.record
        }
        for method in comparison.methods
    }
    return {name: folds for name, folds in found.items() if folds}


def _method(method: Method) -> dict[str, Any]:
    return {
        "name": method.name,
        "title": method.title,
        "family": method.family,
        "rival": method.rival or None,
        "fits": [
            {
                "parameters": fit.parameters,
                "text": fit.budget.text,
                "persons": list(fit.budget.persons),
                **fit.budget.record,
            }
            for fit in method.fits
        ],
    }


def _finite(value: Any) -> Any:
    """The same content with None for the numbers JSON does not know."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
