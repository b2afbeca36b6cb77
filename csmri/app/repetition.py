"""A comparison made again from its file of results, and whether it gave the same numbers."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

from csmri.app.cases import Case
from csmri.app.choice import methods_named
from csmri.app.comparison import Watch, compare
from csmri.app.plan import Test
from csmri.app.records import Record
from csmri.app.results_file import Results, hashes_of
from csmri.app.tuning_record import TuningRecord
from csmri.app.volumes import volume

PSNR_TOLERANCE = 1e-3  # dB
SSIM_TOLERANCE = 1e-5


@final
@dataclass(frozen=True)
class Change:
    """An image whose scores differ by more than the tolerance.

    Attributes
    ----------
    before, after : Record
    """

    before: Record
    after: Record

    @property
    def psnr(self) -> float:
        """By how many dB it differs."""
        return _distance(self.before.psnr, self.after.psnr)

    @property
    def ssim(self) -> float:
        """By how much the SSIM differs."""
        return _distance(self.before.ssim, self.after.ssim)

    def __str__(self) -> str:
        """One line: which image, and both pairs of scores."""
        a, b = self.before, self.after
        return (
            f"{a.method} on slice {a.slice} of {a.person}, {a.case}: "
            f"{a.psnr:.4f} dB / {a.ssim:.5f} before, {b.psnr:.4f} dB / {b.ssim:.5f} now"
        )


@final
@dataclass(frozen=True)
class Repetition:
    """What `repeat` found.

    Attributes
    ----------
    images : int
        How many were compared.
    largest_psnr, largest_ssim : float
        The largest differences, PSNR in dB.
    changes : tuple of Change
        Beyond the tolerance, the largest first.
    hashes, versions : tuple of str
        What went in and differs, one line each.
    """

    images: int
    largest_psnr: float
    largest_ssim: float
    changes: tuple[Change, ...]
    hashes: tuple[str, ...]
    versions: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether every image has its scores, to the tolerance."""
        return not self.changes


def repeat(
    results: Results,
    *,
    psnr_tolerance: float = PSNR_TOLERANCE,
    ssim_tolerance: float = SSIM_TOLERANCE,
    watch: Watch | None = None,
    tuning: Sequence[TuningRecord] | None = None,
) -> Repetition:
    """Make a comparison again, and say what came out otherwise.

    Parameters
    ----------
    results : Results
        `csmri.app.results_file.read_results`.
    psnr_tolerance, ssim_tolerance : float
        How far scores of an image may be from what they were; PSNR in dB. On one machine, at one
        number of threads and with the same software, all differences are 0.
    watch : callable, optional
        As for `csmri.app.comparison.compare`.
    tuning : sequence of TuningRecord, optional
        Instead of what ships.

    Raises
    ------
    ValueError
        Where a method or a person of the file is not here, or methods now serve other tests.
    """
    tests = [read_test(test) for test in results.tests]
    methods = methods_named(results.methods, tuning)
    comparison = compare(methods, tests, leave_out=results.leave_out, watch=watch)
    again = {_key(record): record for record in comparison.records}
    if set(again) != {_key(record) for record in results.records}:
        missing = {_key(record) for record in results.records} ^ set(again)
        raise ValueError(
            f"{len(missing)} images were made by one of the runs alone, as {min(missing)}; "
            "the same weights and tuning of both folds are needed to repeat a comparison"
        )
    pairs = [Change(record, again[_key(record)]) for record in results.records]
    changes = [pair for pair in pairs if pair.psnr > psnr_tolerance or pair.ssim > ssim_tolerance]
    return Repetition(
        images=len(pairs),
        largest_psnr=max(pair.psnr for pair in pairs),
        largest_ssim=max(pair.ssim for pair in pairs),
        changes=tuple(sorted(changes, key=lambda change: -change.psnr)),
        hashes=tuple(_differing(results.hashes, hashes_of(comparison))),
        versions=tuple(_differing(results.versions, comparison.versions)),
    )


def read_test(test: Mapping[str, Any]) -> Test:
    """The test that a file of results describes.

    Raises
    ------
    ValueError
        Where the person or a slice is not here, or the description is no test.
    """
    try:
        case = Case(**test["case"])
        person, slices = str(test["person"]), tuple(int(index) for index in test["slices"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"got a test that misses a part ({error!r}): {test}") from error
    whole = volume(person, None)
    if not slices or not set(slices) <= set(whole.slices):
        raise ValueError(
            f"got the slices {slices} of {person}, expected some of 0 … {len(whole.images) - 1}"
        )
    return Test(case, replace(whole, slices=slices))


def _distance(before: float, after: float) -> float:
    """|after − before|; scores that are no numbers, of which a file keeps no more, are alike."""
    if math.isfinite(before) and math.isfinite(after):
        return abs(after - before)
    return math.inf if math.isfinite(before) or math.isfinite(after) else 0.0


def _key(record: Record) -> tuple[str, str, int, str]:
    return record.case, record.person, record.slice, record.method


def _differing(
    before: Mapping[str, Any], after: Mapping[str, Any], path: str = ""
) -> Iterator[str]:
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differing(old, new, f"{path}{name}, ")
        elif old != new:
            yield f"{path}{name}: {_short(old)} before, {_short(new)} now"


def _short(value: Any) -> str:
    return "nothing" if value is None else str(value)[:12]
