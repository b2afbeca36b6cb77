"""A comparison as tables: in the terminal and in Markdown."""

import math
from collections.abc import Sequence
from typing import Any

from csmri.app.cases import UNSEEN_PERSON
from csmri.app.methods import Method
from csmri.app.records import Comparison
from csmri.app.report import CAVEATS, Row, summarise
from csmri.statistics import Interval

HEADING_WIDTHS = (  # wide enough for intervals, so that the groups of rows align
    ("PSNR, dB", 20),
    ("SSIM", 20),
    ("in body", 7),
    ("NMSE", 23),
    ("against the best classical, dB", 30),
    ("s/slice", 7),
)
HEADINGS = tuple(heading for heading, _ in HEADING_WIDTHS)
COST_HEADINGS = ("parameters", "s/slice", "made ready with")


def title_of(row: Row, slices: int) -> str:
    """``colin27 (never seen), 4x, 16 slices``: what a group of rows speaks of."""
    who = "never seen" if row.person == UNSEEN_PERSON else "other anatomy"
    plural = "slice" if slices == 1 else "slices"
    return f"{row.person} ({who}), {row.case}, {slices} {plural}"


def cells_of(row: Row, method: Method) -> tuple[str, ...]:
    """The numbers of a row as text, in the order of `HEADINGS`."""
    difference = "(the best classical)" if method.family == "classical" else "none to compare"
    if row.difference is not None:
        difference = _interval(row.difference.psnr, 2, sign=True)
    return (
        _interval(row.psnr, 2),
        _interval(row.ssim, 3),
        f"{row.ssim_body.mean:.3f}",
        _interval(row.nmse, 4),
        difference,
        _seconds(row.seconds),
    )


def notes_on(comparison: Comparison, rows: Sequence[Row]) -> list[str]:
    """What stands under the tables: how intervals were made, what converged, the caveats."""
    notes = [f"Brackets: 95 % interval, {rows[0].psnr.method}."]
    notes.append("In body: SSIM over windows centred inside the body, without the background.")
    if any(row.difference for row in rows):
        notes.append(
            "Differences are paired: on the same slice with the same mask, phase and noise."
        )
    titles = {method.name: method.title for method in comparison.methods}
    for name, title in titles.items():
        gaps = [row.largest_gap for row in rows if row.method == name]
        known = [gap for gap in gaps if gap is not None]
        if known:
            notes.append(
                f"{title}: every objective is certified to be within {max(known):.1e} of its "
                "optimum, relatively."
            )
    return [*notes, *CAVEATS]


def as_rich(comparison: Comparison) -> Any:
    """The tables and what must be said beside them, for ``rich.console.Console.print``."""
    from rich.console import Group
    from rich.text import Text

    rows = summarise(comparison)
    methods = {method.name: method for method in comparison.methods}
    width = max(len(method.title) for method in comparison.methods)
    parts = []
    for group in _groups(rows):
        title = title_of(group[0], group[0].psnr.n)
        table = _rich_table(title, width, [(h, w, "right") for h, w in HEADING_WIDTHS])
        best = max(row.psnr.mean for row in group)
        for row in group:
            style = "bold" if row.psnr.mean == best else ""
            method = methods[row.method]
            table.add_row(method.title, *cells_of(row, method), style=style)
        parts += [table, Text()]
    sides = zip(COST_HEADINGS, (0, 0, 0), ("right", "right", "left"), strict=True)
    costs = _rich_table("What each method cost", width, list(sides))
    for method in comparison.methods:
        costs.add_row(method.title, *_costs(method, rows))
    notes = [Text(f"- {note}", style="dim") for note in notes_on(comparison, rows)]
    return Group(*parts, costs, Text(), *notes)


def _rich_table(title: str, width: int, columns: Sequence[tuple[str, int, Any]]) -> Any:
    """A table without lines; each column by its heading, least width and side."""
    from rich.table import Table

    table = Table(
        title=title,
        title_justify="left",
        title_style="bold cyan",
        header_style="dim",
        box=None,
        pad_edge=False,
        padding=(0, 3, 0, 0),
    )
    table.add_column("", min_width=width)
    for heading, least, side in columns:
        table.add_column(heading, justify=side, min_width=least, no_wrap=True)
    return table


def as_markdown(comparison: Comparison) -> str:
    """The same as a Markdown document."""
    rows = summarise(comparison)
    methods = {method.name: method for method in comparison.methods}
    lines = ["# Comparison", ""]
    for group in _groups(rows):
        lines += [f"## {title_of(group[0], group[0].psnr.n)}", ""]
        lines += _markdown_table(
            ("method", *HEADINGS),
            [(methods[r.method].title, *cells_of(r, methods[r.method])) for r in group],
        )
    lines += ["## What each method cost", ""]
    lines += _markdown_table(
        ("method", *COST_HEADINGS),
        [(method.title, *_costs(method, rows)) for method in comparison.methods],
    )
    lines += ["## To be read with it", ""]
    lines += [f"- {note}" for note in notes_on(comparison, rows)]
    return "\n".join(lines) + "\n"


def _groups(rows: Sequence[Row]) -> list[list[Row]]:
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.case, row.person), []).append(row)
    return list(groups.values())


def _costs(method: Method, rows: Sequence[Row]) -> tuple[str, str, str]:
    own = [row for row in rows if row.method == method.name]
    seconds = sum(row.seconds * row.psnr.n for row in own) / sum(row.psnr.n for row in own)
    return f"{method.parameters:,}", _seconds(seconds), method.budget.text


def _interval(interval: Interval, digits: int, *, sign: bool = False) -> str:
    plus = "+" if sign else ""
    mean, low, high = (
        f"{v:{plus}.{digits}f}" for v in (interval.mean, interval.low, interval.high)
    )
    return mean if math.isnan(interval.low) else f"{mean} [{low}, {high}]"


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}" if seconds < 0.1 else f"{seconds:.2f}"


def _markdown_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    rule = ["---"] + ["---:"] * (len(headings) - 1)
    return ["| " + " | ".join(cells) + " |" for cells in (headings, rule, *rows)] + [""]
