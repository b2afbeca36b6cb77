"""The objective above the optimum against time, one panel a case."""

import math

COLOURS = {"ours": "#c02020", "by hand": "#202020", "toolkit": "#3070c0"}
LINES = ("-", "--", ":", "-.", (0, (1, 3)), (0, (5, 1, 1, 1, 1, 1)))
COLUMNS = 4


def draw(part, path):
    """One panel for each case; the kinds by colour, the solvers of a kind by line."""
    from matplotlib.figure import Figure

    cases, kinds = part["cases"], part["kinds"]
    columns = min(COLUMNS, len(cases))
    rows = math.ceil(len(cases) / columns)
    figure = Figure(figsize=(4.2 * columns, 3.4 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    style = {name: (COLOURS[kind], line_of(name, kinds)) for name, kind in kinds.items()}
    shown = {}
    for panel, (name, case) in zip(panels, cases.items(), strict=False):
        for entrant, found in case["entrants"].items():
            points = [(s, d) for _, s, d in found["points"] if d > 0]
            colour, line = style[entrant]
            (shown[entrant],) = panel.loglog(
                *zip(*points, strict=True), color=colour, linestyle=line, linewidth=1.3
            )
        panel.set_title(name, fontsize=9)
        panel.axhline(1e-4, color="#999999", linewidth=0.6)
        panel.set_ylim(1e-7, 2)
        panel.tick_params(labelsize=8)
    for panel in panels[len(cases) :]:
        panel.set_axis_off()
    figure.supxlabel("seconds, one thread", fontsize=10)
    figure.supylabel("(F(x) − min F) / min F", fontsize=10)
    figure.legend(
        shown.values(), shown.keys(), loc="outside lower center", ncols=columns, fontsize=8
    )
    figure.savefig(path, dpi=110)


def line_of(name, kinds):
    alike = [other for other, kind in kinds.items() if kind == kinds[name]]
    return LINES[alike.index(name) % len(LINES)]
