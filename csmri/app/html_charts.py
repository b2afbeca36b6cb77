"""Charts of the report as SVG: means with their intervals, one line a method."""

import math
from collections.abc import Callable, Mapping
from html import escape

from csmri.app.methods import Method
from csmri.app.summary import Group, Row
from csmri.statistics import Interval

WIDTH, LINE, TOP, BOTTOM = 640, 24, 34, 26
LABELS, NUMBERS = 232, 62  # pixels to the left and right of the plot
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)

Value = Callable[[Row], Interval | None]
"""Takes a row to what is drawn of it."""


def dot_chart(
    group: Group, methods: Mapping[str, Method], title: str, value: Value, digits: int, sign: bool
) -> str:
    """One line a method: its mean as a dot, its 95 % interval as a whisker, its number.

    Parameters
    ----------
    group : Group
        Whose rows to draw.
    methods : mapping
        By name, for titles and families.
    title : str
        What stands over the chart.
    value : callable
        Takes a row to the interval that is drawn; rows without one are left out.
    digits : int
        Decimals of the numbers.
    sign : bool
        Numbers are differences: draw zero, and write a plus.

    Returns
    -------
    str
        An ``<svg>`` element, or nothing where no row has a value.
    """
    drawn = [(row, found) for row in group.rows if (found := value(row)) is not None]
    if not drawn:
        return ""
    ends = [end for _, v in drawn for end in (v.mean, v.low, v.high) if not math.isnan(end)]
    low, high, step = axis(min([*ends, 0.0] if sign else ends), max([*ends, 0.0] if sign else ends))
    height = TOP + LINE * len(drawn) + BOTTOM

    def x(number: float) -> float:
        return LABELS + (number - low) / (high - low) * (WIDTH - LABELS - NUMBERS)

    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">',
        f'<text class="title" x="0" y="14">{escape(title)}</text>',
        *_grid(low, high, step, x, height, sign),
    ]
    for number, (row, v) in enumerate(drawn):
        parts.append(_line(methods[row.method], v, TOP + LINE * (number + 0.5), x, digits, sign))
    return "\n".join([*parts, "</svg>"])


def axis(low: float, high: float) -> tuple[float, float, float]:
    """Ends of the axis on round numbers, and their distance: at most eight from end to end."""
    span = max(high - low, 1e-9)
    step = next((s for s in STEPS if span / s <= 6), 10.0 ** math.ceil(math.log10(span / 6)))
    first, last = math.floor(low / step), math.ceil(high / step)
    return first * step, max(last, first + 1) * step, step


def _grid(
    low: float, high: float, step: float, x: Callable[[float], float], height: int, sign: bool
) -> list[str]:
    lines = []
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    for number in range(round((high - low) / step) + 1):
        at = low + number * step
        kind = "zero" if sign and abs(at) < step / 2 else "grid"
        lines.append(
            f'<line class="{kind}" x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{TOP}" '
            f'y2="{height - BOTTOM}"/><text class="soft" text-anchor="middle" x="{x(at):.1f}" '
            f'y="{height - BOTTOM + 17}">{at:{"+" if sign and kind == "grid" else ""}.{digits}f}'
            "</text>"
        )
    return lines


def _line(
    method: Method, v: Interval, y: float, x: Callable[[float], float], digits: int, sign: bool
) -> str:
    plus = "+" if sign else ""
    whisker = ""
    if not math.isnan(v.low):
        whisker = (
            f'<line class="whisker" x1="{x(v.low):.1f}" x2="{x(v.high):.1f}" '
            f'y1="{y:.1f}" y2="{y:.1f}"/>'
        )
    return (
        f'<g class="{method.family}"><text x="0" y="{y + 4:.1f}">{escape(method.title)}</text>'
        f'{whisker}<circle cx="{x(v.mean):.1f}" cy="{y:.1f}" r="4.5"/>'
        f'<text text-anchor="end" x="{WIDTH}" y="{y + 4:.1f}">{v.mean:{plus}.{digits}f}</text></g>'
    )
