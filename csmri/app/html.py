"""The comparison as one page that holds everything: charts, tables, figures, what must be said."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from typing import Any

from csmri.app.figure import encoded
from csmri.app.html_charts import dot_chart
from csmri.app.methods import Method
from csmri.app.provenance import machine
from csmri.app.records import Comparison
from csmri.app.summary import Group, Row, summarise
from csmri.app.table import (
    COST_HEADINGS,
    HEADINGS,
    best_of,
    cells_of,
    costs_of,
    interval_text,
    notes_on,
)

FAMILIES = {
    "linear": "linear",
    "classical": "compressed sensing, λ tuned",
    "learned": "learned",
    "own": "your own",
    "oracle": "knows the truth",
}
FIGURE_DPI, FIGURE_QUALITY = 95, 85
FULL_SCALE = 4.0  # dB; a difference that is drawn in the strongest colour
RED, BLUE = (178, 58, 44), (36, 100, 168)


def as_html(comparison: Comparison, figures: Mapping[str, Any]) -> str:
    """One self-contained page, for a screen or for paper; nothing is loaded from elsewhere.

    Parameters
    ----------
    comparison : Comparison
    figures : mapping
        Names to figures of `csmri.app.figure.comparison_figure`; shown in this order.
    """
    groups = summarise(comparison)
    methods = {method.name: method for method in comparison.methods}
    style = (resources.files("csmri.app") / "report.css").read_text(encoding="utf-8")
    body = [
        *_head(comparison, methods),
        *_charts(groups, methods),
        *_shifts(groups, methods),
        *_pictures(figures),
        *_tables(groups, methods),
        *_costs(comparison, groups),
        *_notes(comparison, groups),
        *_provenance(comparison),
    ]
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Comparison, csmri {escape(comparison.versions.get('csmri', ''))}</title>",
            f"<style>\n{style}</style>\n</head>\n<body>",
            *body,
            "</body>\n</html>\n",
        ]
    )


def _head(comparison: Comparison, methods: Mapping[str, Method]) -> list[str]:
    persons = dict.fromkeys(test.volume.person for test in comparison.tests)
    images = len({(r.case, r.person, r.slice) for r in comparison.records})
    used = dict.fromkeys(method.family for method in methods.values())
    legend = "".join(f'<span class="{name}">{FAMILIES[name]}</span>' for name in used)
    return [
        "<h1>Magnetic resonance images from undersampled k-space: methods compared</h1>",
        f'<p class="lead">{len(methods)} methods on {images} measured slices of '
        f"{escape(', '.join(persons))}. Every method is given the same mask, phase and noise, and "
        "is judged on persons that it was not fitted to.</p>",
        f'<p class="legend">{legend}</p>',
    ]


def _charts(groups: Sequence[Group], methods: Mapping[str, Method]) -> list[str]:
    """Of each case that was fitted to: the tests together, or else each by itself."""
    fitted = [group for group in groups if group.is_fitted]
    together = [group for group in fitted if len(group.tests) > 1]
    charts = []
    for group in together or fitted:
        charts += [
            dot_chart(group, methods, f"PSNR, dB: {group.title}", lambda r: r.psnr, 2, False),
            dot_chart(group, methods, "PSNR inside the body, dB", lambda r: r.psnr_body, 2, False),
            dot_chart(group, methods, "SSIM inside the body", lambda r: r.ssim_body, 3, False),
        ]
        charts.append(
            dot_chart(group, methods, "PSNR against the best classical, dB", _difference, 2, True)
        )
        charts.append(dot_chart(group, methods, "HFEN, error of edges", lambda r: r.hfen, 3, False))
    if not any(charts):
        return []
    return [
        "<h2>What the methods were fitted to, on another person</h2>",
        '<p class="note">Dots are means over slices, lines 95 % intervals; differences are '
        "paired, slice by slice, and narrower than the means suggest.</p>",
        '<div class="charts">',
        *(f"<div>{chart}</div>" for chart in charts if chart),
        "</div>",
    ]


def _difference(row: Row):
    return None if row.difference is None else row.difference.psnr


def _shifts(groups: Sequence[Group], methods: Mapping[str, Method]) -> list[str]:
    """A table of tests by methods, coloured by the difference from the best classical method."""
    single = [group for group in groups if len(group.tests) == 1]
    if len(single) < 2:
        return []
    heads = "".join(
        f'<th class="{method.family}">{escape(method.title.partition(" (")[0])}</th>'
        for method in methods.values()
    )
    lines = [
        "<h2>In and out of distribution</h2>",
        "<p>Mean PSNR in dB and, below it, the paired difference from the best classical method "
        "of the row: blue is better, red is worse. Nothing is fitted anew.</p>",
        '<div class="scroll"><table class="shifts">',
        f"<thead><tr><th></th>{heads}</tr></thead><tbody>",
    ]
    for group in single:
        rows = {row.method: row for row in group.rows}
        cells = [
            _shift_cell(rows[name], method) if name in rows else "<td>–</td>"
            for name, method in methods.items()
        ]
        lines.append(f"<tr><td>{escape(group.title)}</td>{''.join(cells)}</tr>")
    return [*lines, "</tbody></table></div>"]


def _shift_cell(row: Row, method: Method) -> str:
    mean = f"{row.psnr.mean:.1f}"
    if row.difference is None:
        label = "best" if method.family == "classical" else ""
        return f"<td>{mean}<small>{label or '&nbsp;'}</small></td>"
    difference = row.difference.psnr.mean
    strength = min(1.0, abs(difference) / FULL_SCALE)
    red, green, blue = BLUE if difference > 0 else RED
    ink = "#fff" if strength > 0.65 else "inherit"
    return (
        f'<td style="background:rgba({red},{green},{blue},{0.85 * strength:.2f});color:{ink}">'
        f"{mean}<small>{difference:+.2f}</small></td>"
    )


def _pictures(figures: Mapping[str, Any]) -> list[str]:
    lines = ["<h2>What it looks like</h2>"]
    lines.append(
        "<p>The middle slice: images, the framed square magnified, and absolute errors on one "
        "scale. In the corner PSNR and SSIM of this slice.</p>"
    )
    for name, figure in figures.items():
        content = encoded(figure, dpi=FIGURE_DPI, quality=FIGURE_QUALITY)
        source = base64.b64encode(content).decode("ascii")
        caption = f"The same without loss is {escape(name)}, beside this page."
        lines.append(
            f'<figure><img alt="{caption}" src="data:image/jpeg;base64,{source}">'
            f"<figcaption>{caption}</figcaption></figure>"
        )
    return lines


def _tables(groups: Sequence[Group], methods: Mapping[str, Method]) -> list[str]:
    headings = (*HEADINGS, "NMSE", "Wilcoxon p")
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    lines = ["<h2>All numbers</h2>"]
    for group in groups:
        best = best_of(group, dict(methods))
        lines += [
            f"<h3>{escape(group.title)}</h3>",
            f'<div class="scroll"><table><thead><tr><th></th>{head}</tr></thead><tbody>',
        ]
        for row in group.rows:
            p = "" if row.difference is None else f"{row.difference.wilcoxon:.2g}"
            cells = (
                *cells_of(row, methods[row.method]),
                interval_text(row.nmse, 4),
                p if row.psnr.n > 1 else "",
            )
            text = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
            lines.append(_row_line(methods[row.method], text, is_best=row.method == best))
        lines.append("</tbody></table></div>")
    return lines


def _costs(comparison: Comparison, groups: Sequence[Group]) -> list[str]:
    head = f"<th>{COST_HEADINGS[0]}</th><th>{COST_HEADINGS[1]}</th>"
    lines = [
        "<h2>What each method cost</h2>",
        '<div class="scroll"><table>',
        f'<thead><tr><th></th>{head}<th class="left">{COST_HEADINGS[2]}</th></tr></thead><tbody>',
    ]
    for method in comparison.methods:
        for title, parameters, seconds, budget in costs_of(method, groups):
            family = f' class="{method.family}"' if title else ""
            lines.append(
                f"<tr{family}><td>{escape(title)}</td><td>{parameters}</td><td>{seconds}</td>"
                f'<td class="left">{escape(budget)}</td></tr>'
            )
    return [*lines, "</tbody></table></div>"]


def _notes(comparison: Comparison, groups: Sequence[Group]) -> list[str]:
    notes = "".join(f"<li>{escape(note)}</li>" for note in notes_on(comparison, groups))
    return ["<h2>To be read with it</h2>", f"<ul>{notes}</ul>"]


def _provenance(comparison: Comparison) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in comparison.versions.items())
    where = ", ".join(f"{key} {value}" for key, value in machine().items())
    return [
        "<h2>Made with</h2>",
        f'<p class="note">{escape(versions)}.<br>{escape(where)}.<br>'
        "<code>csmri rerun results.json</code> makes it again and compares the numbers.</p>",
    ]


def _row_line(method: Method, cells: str, *, is_best: bool = False) -> str:
    best = " best" if is_best else ""
    return f'<tr class="{method.family}{best}"><td>{escape(method.title)}</td>{cells}</tr>'
