"""From single images to rows: means with intervals, and differences on the same slices."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from csmri import statistics
from csmri.app.methods import Method
from csmri.app.plan import Test
from csmri.app.records import Comparison, Record
from csmri.statistics import Interval

WORST = 0.05  # the share of slices that "worst" speaks of


@final
@dataclass(frozen=True)
class Difference:
    """A method against another one, slice by slice.

    Attributes
    ----------
    against : str
        Name of the other method.
    psnr, ssim : Interval
        Of the paired differences; PSNR in dB.
    win_rate : float
        Share of slices with the higher PSNR.
    wilcoxon : float
        Two-sided p-value for PSNR, as if slices were independent.
    """

    against: str
    psnr: Interval
    ssim: Interval
    win_rate: float
    wilcoxon: float


@final
@dataclass(frozen=True)
class Row:
    """A method on the slices of one test, or of several together.

    Attributes
    ----------
    case, person, method : str
        Several persons are joined by " + ".
    psnr, ssim, psnr_body, ssim_body, nmse, hfen : Interval
        Means over slices with 95 % intervals.
    worst : float
        Mean PSNR of the worst 5 % of slices, at least of one.
    seconds : float
        Mean for a slice.
    largest_gap : float or None
        Of all slices, where the method certifies one.
    difference : Difference or None
        From the best classical method; None for itself, or where there is none.
    from_rival : Difference or None
        From the method of the same kind without learned weights, where there is one.
    difference_body : Difference or None
        As `difference`, inside the body, from the classical method that is best there.
    """

    case: str
    person: str
    method: str
    psnr: Interval
    ssim: Interval
    psnr_body: Interval
    ssim_body: Interval
    nmse: Interval
    hfen: Interval
    worst: float
    seconds: float
    largest_gap: float | None
    difference: Difference | None
    from_rival: Difference | None
    difference_body: Difference | None


@final
@dataclass(frozen=True, eq=False)
class Group:
    """The rows of one test, or of several tests together.

    Attributes
    ----------
    tests : tuple of Test
    rows : tuple of Row
        One for each method, in the order of the comparison.
    """

    tests: tuple[Test, ...]
    rows: tuple[Row, ...]

    @property
    def is_fitted(self) -> bool:
        """Whether it shows what methods were fitted to, on other persons."""
        return all(test.is_fitted for test in self.tests)

    @property
    def title(self) -> str:
        """``colin27 (never seen), 4x, 16 slices``, for instance."""
        slices = max(row.psnr.n for row in self.rows)
        plural = "slice" if slices == 1 else "slices"
        case = self.tests[0].case.name
        if len(self.tests) == 1:
            volume = self.tests[0].volume
            return f"{volume.person} ({volume.kind}), {case}, {slices} {plural}"
        names = ", ".join(test.volume.person for test in self.tests)
        together = "both folds" if self.is_fitted else "other anatomy and scans together"
        return f"{together} ({names}), {case}, {slices} {plural}"


def summarise(comparison: Comparison) -> list[Group]:
    """Groups of rows: each test, and before them the tests that are read together.

    Together are read the persons of the folds at one case, and what is neither of them nor a
    phantom.
    """
    of_test: dict[tuple[str, str], list[Record]] = {}
    for record in comparison.records:
        of_test.setdefault((record.case, record.person), []).append(record)
    groups = []
    for case in dict.fromkeys(test.case for test in comparison.tests):
        tests = [test for test in comparison.tests if test.case == case]
        fitted = [test for test in tests if test.is_fitted]
        others = [test for test in tests if test.volume.kind in ("other anatomy", "another scan")]
        together = [part for part in (fitted, others) if len(part) > 1]
        for part in (*together, *([test] for test in tests)):
            records = [r for test in part for r in of_test[case.name, test.volume.person]]
            groups.append(Group(tuple(part), tuple(_rows(comparison.methods, records))))
    return sorted(groups, key=lambda group: not group.is_fitted)


def best_classical(
    methods: Sequence[Method], records: Mapping[str, Sequence[Record]], measure: str = "psnr"
) -> str | None:
    """The classical method of the highest mean PSNR (or `measure`); None where there is none."""
    classical = [m.name for m in methods if m.family == "classical" and m.name in records]
    return max(
        classical, key=lambda name: sum(getattr(r, measure) for r in records[name]), default=None
    )


def _rows(methods: Sequence[Method], records: Sequence[Record]) -> list[Row]:
    own: dict[str, list[Record]] = {}
    for record in records:
        own.setdefault(record.method, []).append(record)
    # Read together, a method counts where it was judged on every slice that others were.
    most = max(len(found) for found in own.values())
    own = {name: found for name, found in own.items() if len(found) == most}
    best, best_in_body = (best_classical(methods, own, name) for name in ("psnr", "psnr_body"))
    return [
        _row(
            own[method.name],
            own.get(best or ""),
            own.get(method.rival),
            own.get(best_in_body or ""),
        )
        for method in methods
        if method.name in own
    ]


def _row(
    records: list[Record],
    classical: list[Record] | None,
    rival: list[Record] | None,
    classical_in_body: list[Record] | None,
) -> Row:
    first = records[0]
    persons = [record.person for record in records]

    def interval(name: str) -> Interval:
        return statistics.mean_interval([getattr(r, name) for r in records], persons)

    gaps = [record.gap for record in records if record.gap is not None]
    worst = sorted(record.psnr for record in records)[: math.ceil(WORST * len(records))]
    return Row(
        case=first.case,
        person=" + ".join(dict.fromkeys(persons)),
        method=first.method,
        psnr=interval("psnr"),
        ssim=interval("ssim"),
        psnr_body=interval("psnr_body"),
        ssim_body=interval("ssim_body"),
        nmse=interval("nmse"),
        hfen=interval("hfen"),
        worst=sum(worst) / len(worst),
        seconds=sum(record.seconds for record in records) / len(records),
        largest_gap=max(gaps) if gaps else None,
        difference=_difference(records, classical),
        from_rival=_difference(records, rival),
        difference_body=_difference(records, classical_in_body, "psnr_body", "ssim_body"),
    )


def _difference(
    records: list[Record],
    others: list[Record] | None,
    psnr_of: str = "psnr",
    ssim_of: str = "ssim",
) -> Difference | None:
    if others is None or others is records:
        return None
    persons = [record.person for record in records]
    psnr, ssim = (
        [getattr(a, name) - getattr(b, name) for a, b in zip(records, others, strict=True)]
        for name in (psnr_of, ssim_of)
    )
    return Difference(
        against=others[0].method,
        psnr=statistics.paired_bootstrap(psnr, persons),
        ssim=statistics.paired_bootstrap(ssim, persons),
        win_rate=statistics.win_rate(psnr),
        wilcoxon=statistics.wilcoxon(psnr),
    )
