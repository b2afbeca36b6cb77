"""A comparison as tables: in the terminal and in Markdown."""

import math
from collections.abc import Sequence
from typing import Any

from csmri.app.caveats import caveats_of
from csmri.app.methods import Method
from csmri.app.records import Comparison
from csmri.app.summary import Group, Row, summarise
from csmri.statistics import Interval

HEADING_WIDTHS = (  # wide enough for intervals, so that the groups of rows align
    ("PSNR, dB", 20),
    ("worst", 5),
    ("SSIM", 20),
    ("in body", 13),
    ("HFEN", 5),
    ("against the best classical, dB", 30),
    ("wins", 5),
    ("s/slice", 7),
)
HEADINGS = tuple(heading for heading, _ in HEADING_WIDTHS)
COST_HEADINGS = ("parameters", "s/slice", "made ready with")


def cells_of(row: Row, method: Method) -> tuple[str, ...]:
    """The numbers of a row as text, in the order of `HEADINGS`."""
    difference, wins = "(the best classical)" if method.family == "classical" else "none", ""
    if row.difference is not None:
        difference = interval_text(row.difference.psnr, 2, sign=True)
        wins = f"{row.difference.win_rate:.0%}"
    return (
        interval_text(row.psnr, 2),
        f"{row.worst:.2f}",
        interval_text(row.ssim, 3),
        f"{row.psnr_body.mean:.2f} / {row.ssim_body.mean:.3f}",
        f"{row.hfen.mean:.3f}",
        difference,
        wins,
        seconds_text(row.seconds),
    )


def notes_on(comparison: Comparison, groups: Sequence[Group]) -> list[str]:
    """What stands under the tables: how intervals were made, what converged, the caveats."""
    rows = [row for group in groups for row in group.rows]
    methods = dict.fromkeys(row.psnr.method for row in rows if not math.isnan(row.psnr.low))
    notes = [*comparison.notes, *contrasts(comparison, groups), *in_body(comparison, groups)]
    notes += [f"Brackets: 95 % interval, {method}." for method in methods]
    notes.append(
        "Worst: mean PSNR of the worst 5 % of slices, at least of one. In body: PSNR of the pixels "
        "inside the body, and SSIM over windows centred there. HFEN: error of the edges, "
        "relatively."
    )
    if any(row.difference for row in rows):
        notes.append(
            "Differences are paired: on the same slice with the same mask, phase and noise. Wins: "
            "share of slices with the higher PSNR."
        )
    for method in comparison.methods:
        gaps = [row.largest_gap for row in rows if row.method == method.name]
        known = [gap for gap in gaps if gap is not None]
        if known:
            notes.append(
                f"{method.title}: every objective is certified to be within {max(known):.1e} of "
                "its optimum, relatively."
            )
    return [*notes, *caveats_of(comparison)]


def contrasts(comparison: Comparison, groups: Sequence[Group]) -> list[str]:
    """One line for each method with a rival of its own kind, on what was fitted to."""
    titles = {method.name: method.title for method in comparison.methods}
    return [
        f"{titles[row.method]} against {titles[row.from_rival.against]}, {row.person}, {row.case}: "
        f"{interval_text(row.from_rival.psnr, 2, sign=True)} dB, "
        f"higher on {row.from_rival.win_rate:.0%} of slices."
        for group in groups
        for row in group.rows
        if row.from_rival is not None and group.is_fitted
    ]


def in_body(comparison: Comparison, groups: Sequence[Group]) -> list[str]:
    """One line for each network: its difference where an empty background helps nobody."""
    methods = {method.name: method for method in comparison.methods}
    return [
        f"Inside the body, {methods[row.method].title} against "
        f"{methods[row.difference_body.against].title} (the best classical there), {row.person}, "
        f"{row.case}: {interval_text(row.difference_body.psnr, 2, sign=True)} dB."
        for group in groups
        for row in group.rows
        if row.difference_body is not None
        and group.is_fitted
        and methods[row.method].family == "learned"
    ]


def as_rich(comparison: Comparison) -> Any:
    """The tables and what must be said beside them, for ``rich.console.Console.print``."""
    from rich.console import Group as Lines
    from rich.text import Text

    groups = summarise(comparison)
    methods = {method.name: method for method in comparison.methods}
    width = max(len(method.title) for method in comparison.methods)
    parts = []
    for group in groups:
        table = _rich_table(group.title, width, [(h, w, "right") for h, w in HEADING_WIDTHS])
        best = best_of(group, methods)
        for row in group.rows:
            style = "bold" if row.method == best else ""
            method = methods[row.method]
            table.add_row(Text(method.title), *cells_of(row, method), style=style)
        parts += [table, Text()]
    sides = zip(COST_HEADINGS, (0, 0, 0), ("right", "right", "left"), strict=True)
    costs = _rich_table("What each method cost", width, list(sides))
    for method in comparison.methods:
        for cells in costs_of(method, groups):
            costs.add_row(*map(Text, cells))
    notes = [Text(f"- {note}", style="dim") for note in notes_on(comparison, groups)]
    return Lines(*parts, costs, Text(), *notes)


def as_markdown(comparison: Comparison) -> str:
    """The same as a Markdown document."""
    groups = summarise(comparison)
    methods = {method.name: method for method in comparison.methods}
    lines = ["# Comparison", ""]
    for group in groups:
        lines += [f"## {group.title}", ""]
        lines += _markdown_table(
            ("method", *HEADINGS),
            [(methods[r.method].title, *cells_of(r, methods[r.method])) for r in group.rows],
        )
    lines += ["## What each method cost", ""]
    costs = [cells for method in comparison.methods for cells in costs_of(method, groups)]
    lines += _markdown_table(("method", *COST_HEADINGS), costs)
    lines += ["## To be read with it", ""]
    lines += [f"- {note}" for note in notes_on(comparison, groups)]
    return "\n".join(lines) + "\n"


def best_of(group: Group, methods: dict[str, Method]) -> str:
    """The method of the highest mean PSNR, the oracle aside."""
    rows = [row for row in group.rows if methods[row.method].family != "oracle"]
    return max(rows or group.rows, key=lambda row: row.psnr.mean).method


def costs_of(method: Method, groups: Sequence[Group]) -> list[tuple[str, str, str, str]]:
    """Title, parameters, seconds and budget; a line for each further fit."""
    own = [row for group in groups for row in group.rows if row.method == method.name]
    if not own:
        return []
    seconds = sum(row.seconds * row.psnr.n for row in own) / sum(row.psnr.n for row in own)
    first, *others = method.fits
    return [
        (method.title, f"{first.parameters:,}", seconds_text(seconds), first.budget.text),
        *(("", f"{fit.parameters:,}", "", fit.budget.text) for fit in others),
    ]


def interval_text(interval: Interval, digits: int, *, sign: bool = False) -> str:
    """``28.56 [28.10, 29.01]``, or the mean alone where there is no interval."""
    plus = "+" if sign else ""
    mean, low, high = (
        f"{v:{plus}.{digits}f}" for v in (interval.mean, interval.low, interval.high)
    )
    return mean if math.isnan(interval.low) else f"{mean} [{low}, {high}]"


def seconds_text(seconds: float) -> str:
    """Two digits that mean something."""
    return f"{seconds:.3f}" if seconds < 0.1 else f"{seconds:.2f}"


def _rich_table(title: str, width: int, columns: Sequence[tuple[str, int, Any]]) -> Any:
    """A table without lines; each column by its heading, least width and side."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(
        title=escape(title),
        title_justify="left",
        title_style="bold cyan",
        header_style="dim",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    table.add_column("", min_width=width)
    for heading, least, side in columns:
        table.add_column(heading, justify=side, min_width=least, no_wrap=True)
    return table


def _markdown_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    rule = ["---"] + ["---:"] * (len(headings) - 1)
    return ["| " + " | ".join(cells) + " |" for cells in (headings, rule, *rows)] + [""]
