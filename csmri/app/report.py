"""A comparison in numbers: summaries with intervals, and the file of results."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, final

from csmri import statistics
from csmri.app.cases import UNSEEN_PERSON, seed_of
from csmri.app.methods import Method
from csmri.app.provenance import machine
from csmri.app.records import Comparison, Record
from csmri.statistics import Interval

FORMAT = "csmri comparison 1"

CAVEATS = (
    "The images are magnitudes that were processed before they reached us (masked background, "
    "resampling, 8 bits). Reconstructions of such data look better than reconstructions of raw "
    "k-space would, of piecewise smooth priors most (Shimron et al. 2022, 'implicit data "
    "crimes').",
    "Phase, noise and masks are simulated, for one coil; the phase is smoother than real phase.",
    f"{UNSEEN_PERSON} is one person (27 scans averaged): intervals are over neighbouring slices "
    "and say nothing of other persons. Macaque (a mean of 19 animals) and shoulder are other "
    "anatomy; a single slice has no interval.",
    "λ, wavelet and weights of the networks were fitted to one person, s1, who is not in this "
    "table. The length of the networks' trainings and the U-Net's input scaling were settled "
    f"while watching eight slices of {UNSEEN_PERSON}, which favours the networks a little. The "
    "best classical method is picked on the slices of the table itself, which favours the "
    "classical side.",
    "PSNR and SSIM take the largest value of the person's whole volume as range; another range "
    "moves PSNR by several dB.",
    "Random shifts of a wavelet are a heuristic: no objective is minimised and no gap exists.",
    "Seconds are those of this machine, one slice at a time, measured once.",
)


@final
@dataclass(frozen=True)
class Difference:
    """A method against the best classical one, slice by slice, in PSNR.

    Attributes
    ----------
    against : str
        Name of the best classical method of the same case and person.
    psnr : Interval
        Of the paired differences, dB.
    win_rate : float
        Share of slices with the higher PSNR.
    wilcoxon : float
        Two-sided p-value, as if slices were independent.
    """

    against: str
    psnr: Interval
    win_rate: float
    wilcoxon: float


@final
@dataclass(frozen=True)
class Row:
    """A method on one person's slices at one case.

    Attributes
    ----------
    case, person, method : str
    psnr, ssim, ssim_body, nmse, hfen : Interval
        Means over slices with 95 % intervals.
    seconds : float
        Mean for a slice.
    largest_gap : float or None
        Of all slices, where the method certifies one.
    difference : Difference or None
        None for the best classical method itself, or where there is no classical method.
    """

    case: str
    person: str
    method: str
    psnr: Interval
    ssim: Interval
    ssim_body: Interval
    nmse: Interval
    hfen: Interval
    seconds: float
    largest_gap: float | None
    difference: Difference | None


def summarise(comparison: Comparison) -> list[Row]:
    """One row for each case, person and method, in the order of the comparison."""
    rows = []
    for case in comparison.cases:
        for volume in comparison.volumes:
            own = {
                method.name: [
                    record
                    for record in comparison.records
                    if (record.case, record.person, record.method)
                    == (case.name, volume.person, method.name)
                ]
                for method in comparison.methods
            }
            best = best_classical(comparison.methods, own)
            rows += [_row(records, own.get(best or "")) for records in own.values()]
    return rows


def best_classical(methods: Sequence[Method], records: dict[str, list[Record]]) -> str | None:
    """The classical method of the highest mean PSNR; None where there is none."""
    classical = [method.name for method in methods if method.family == "classical"]
    return max(classical, key=lambda name: sum(r.psnr for r in records[name]), default=None)


def as_json(comparison: Comparison) -> str:
    """The result file: records, summary, and all that is needed to repeat them.

    Everything but what is called ``seconds`` is the same in every run on one machine.
    """
    content = {
        "format": FORMAT,
        "caveats": list(CAVEATS),
        "cases": [{"name": case.name, **asdict(case)} for case in comparison.cases],
        "methods": [_method(method) for method in comparison.methods],
        "records": [asdict(record) for record in comparison.records],
        "summary": [asdict(row) for row in summarise(comparison)],
        "seeds": {
            "mask, phase and noise": {
                volume.person: {str(i): seed_of(volume.person, i) for i in volume.slices}
                for volume in comparison.volumes
            },
            "bootstrap": 0,
        },
        "hashes": {
            "data": {volume.person: volume.sha256 for volume in comparison.volumes},
            "masks": comparison.masks,
            "weights": _hashes(comparison, "weights_sha256"),
            "tuning": _hashes(comparison, "tuning_sha256"),
        },
        "versions": dict(comparison.versions),
        "machine": machine(),
    }
    return json.dumps(_finite(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _row(records: list[Record], classical: list[Record] | None) -> Row:
    first = records[0]

    def interval(name: str) -> Interval:
        return statistics.mean_interval([getattr(record, name) for record in records])

    gaps = [record.gap for record in records if record.gap is not None]
    difference = None
    if classical is not None and classical is not records:
        paired = [a.psnr - b.psnr for a, b in zip(records, classical, strict=True)]
        difference = Difference(
            against=classical[0].method,
            psnr=statistics.paired_bootstrap(paired),
            win_rate=statistics.win_rate(paired),
            wilcoxon=statistics.wilcoxon(paired),
        )
    return Row(
        case=first.case,
        person=first.person,
        method=first.method,
        psnr=interval("psnr"),
        ssim=interval("ssim"),
        ssim_body=interval("ssim_body"),
        nmse=interval("nmse"),
        hfen=interval("hfen"),
        seconds=sum(record.seconds for record in records) / len(records),
        largest_gap=max(gaps) if gaps else None,
        difference=difference,
    )


def _hashes(comparison: Comparison, kind: str) -> dict[str, str]:
    records = {method.name: method.budget.record for method in comparison.methods}
    return {name: record[kind] for name, record in records.items() if kind in record}


def _method(method: Method) -> dict[str, Any]:
    return {
        "name": method.name,
        "title": method.title,
        "family": method.family,
        "parameters": method.parameters,
        "budget": {
            "text": method.budget.text,
            "persons": list(method.budget.persons),
            **method.budget.record,
        },
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
