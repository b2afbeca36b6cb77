"""The folder that a comparison leaves: report, table, figures, results."""

from pathlib import Path
from typing import Any

from csmri.app.figure import comparison_figure, encoded
from csmri.app.html import as_html
from csmri.app.plan import persons_of
from csmri.app.records import Comparison
from csmri.app.results_file import as_csv, as_json
from csmri.app.table import as_markdown
from csmri.formats.writing import write_atomically

DPI = 110  # a column is about two inches wide


def write_results(comparison: Comparison, folder: Path) -> list[Path]:
    """Write report.html, table.md, slices.csv, results.json and figures, each whole or not at all.

    Everything is made before anything is written. The first person's figure is comparison.png,
    the others carry their names; comparison_shifts.png shows the first person at the cases that
    nothing was fitted to, where there are any besides.
    """
    figures = figures_of(comparison)
    contents: dict[str, str | bytes] = {
        **{name: encoded(figure, dpi=DPI) for name, figure in figures.items()},
        "report.html": as_html(comparison, figures),
        "table.md": as_markdown(comparison),
        "slices.csv": as_csv(comparison.records),
        "results.json": as_json(comparison),
    }
    for name, content in contents.items():
        write_atomically(folder / name, content)
    return [folder / name for name in contents]


def figures_of(comparison: Comparison) -> dict[str, Any]:
    """A figure for every person, by the names of their files."""
    first, *others = [volume.person for volume in persons_of(comparison.tests)]
    kinds = {t.case.is_fitted for t in comparison.tests if t.volume.person == first}
    figures = {"comparison.png": comparison_figure(comparison, person=first)}
    if len(kinds) == 2:
        shifts = comparison_figure(comparison, person=first, fitted_cases=False)
        figures["comparison_shifts.png"] = shifts
    for person in others:
        figures[f"comparison_{person}.png"] = comparison_figure(comparison, person=person)
    return figures
