"""The results as Markdown tables."""

from statistics import median

from benchmarks.entrant import BY_HAND, TOOLKIT

MINIMISE = "csmri minimise"


def table(everything):
    """Every part that was measured, in one text."""
    writers = {
        "accuracy": accuracy,
        "floor": floor,
        "batches": batches,
        "inference": inference,
        "startup": startup,
        "certified": certified,
        "penalties": penalties,
    }
    text = ["# Benchmark", "", *heading(everything)]
    for part, write in writers.items():
        if part in everything:
            text += ["", *write(everything[part])]
    return "\n".join(text) + "\n"


def heading(everything):
    runs = everything["measured"].values()
    machines = {(run["machine"]["processor"], run["machine"]["cores"]) for run in runs}
    busiest = max(run["machine"]["load"] or 0 for run in runs)
    clocks = {run["clock"] for run in runs}
    versions = {k: v for run in runs for k, v in run["versions"].items()}
    return [
        "; ".join(f"{processor}, {cores} cores" for processor, cores in sorted(machines)),
        f"(load up to {busiest:.1f}). complex64 and one thread unless stated; medians of runs by "
        f"turns. Clock: {', '.join(sorted(clocks))} (batches and new processes: the wall's).",
        ", ".join(f"{name} {version}" for name, version in sorted(versions.items())) + ".",
    ]


def accuracy(part):
    cases = part["cases"]
    lines = ["## Time to an accuracy", "", *summary(cases, part["kinds"])]
    for name, case in cases.items():
        lines += ["", f"### {name}", ""]
        lines += [f"Optimum {case['optimum']:.9g}, proven to {case['proven gap']:.1e}.", ""]
        lines += row(
            "solver",
            "s to 1e-3",
            "s to 1e-4",
            "s to 1e-6",
            "ms/iteration",
            "iterations",
            "to 1e-4 ÷ ours",
            head=True,
        )
        ours = case["entrants"][MINIMISE]["seconds to"]["0.0001"]
        for entrant, found in case["entrants"].items():
            to = found["seconds to"]
            lines += row(
                entrant,
                number(to["0.001"]),
                reached(found, to["0.0001"]),
                number(to["1e-06"]),
                number(found["milliseconds an iteration"]),
                str(found["iterations to"]["0.0001"] or "–"),
                times(to["0.0001"], ours),
            )
    lines += ["", "Entrants:", ""]
    lines += [f"- {name}: {note}" for name, note in part["notes"].items() if note]
    lines += [f"- {name} was not run: {reason}" for name, reason in part["absent"].items()]
    return lines


def summary(cases, kinds):
    """The best of each kind in every case, and how many times longer than ours it takes to 1e-4."""
    lines = row("case", "minimise, s", "best toolkit, s", "÷", "best by hand, s", "÷", head=True)
    ratios = {TOOLKIT: [], BY_HAND: []}
    for name, case in cases.items():
        ours = case["entrants"][MINIMISE]["seconds to"]["0.0001"]
        cells = [name, number(ours)]
        for kind in (TOOLKIT, BY_HAND):
            best, seconds = best_of(case, kinds, kind)
            cells += [f"{number(seconds)} {best}", times(seconds, ours)]
            if seconds and ours:
                ratios[kind].append(seconds / ours)
        lines += row(*cells)
    said = [
        f"{kind} {min(found):.3g}x at least, {median(found):.3g}x in the median of {len(found)}"
        for kind, found in ratios.items()
        if found
    ]
    return [*lines, "", f"Longer than ours where they get there: {'; '.join(said) or '–'}."]


def best_of(case, kinds, kind):
    reached = {
        name: found["seconds to"]["0.0001"]
        for name, found in case["entrants"].items()
        if kinds[name] == kind and found["seconds to"]["0.0001"]
    }
    if not reached:
        return "nobody", None
    best = min(reached, key=reached.__getitem__)
    return best, reached[best]


def floor(part):
    lines = ["## The floor, and an iteration over it", ""]
    names = list(dict.fromkeys(n for size in part.values() for n in size["milliseconds"]))
    lines += row("ms", *(f"{size}²" for size in part), head=True)
    for name in names:
        lines += row(name, *(number(size["milliseconds"].get(name)) for size in part.values()))
    for penalty in ("wavelet", "tv"):
        lines += row(
            f"floor, {penalty}", *(number(size["floor"][penalty]) for size in part.values())
        )
    for name in next(iter(part.values()))["iteration over floor"]:
        ratios = (size["iteration over floor"][name] for size in part.values())
        lines += row(f"{name} ÷ floor", *(f"{ratio:.2f}" for ratio in ratios))
    return lines


def batches(part):
    lines = ["## A batch of slices, ms a slice", ""]
    lines += row("", *part, head=True)
    for name in next(iter(part.values())):
        lines += row(name, *(number(found[name]) for found in part.values()))
    return lines


def inference(part):
    threads = list(next(iter(part.values())))
    lines = ["## An image of a batch, ms", ""]
    lines += row("", *(f"{count} thread{'s' * (count != '1')}" for count in threads), head=True)
    for name, found in part.items():
        lines += row(name, *(number(found[count]) for count in threads))
    return lines


def startup(part):
    lines = ["## A new process", ""]
    lines += row("what", "seconds", head=True)
    for name, seconds in part["imports"].items():
        lines += row(name, number(seconds))
    for penalty, found in part["first solve"].items():
        lines += row(f"first solve, {penalty}", number(found["first solve"]))
        lines += row(f"first solve with imports, {penalty}", number(found["all"]))
        lines += row(f"peak memory, {penalty}", f"{found['peak megabytes']:.0f} MB")
    return lines


def certified(part):
    lines = ["## admm's iterations to 1e-3, true and certified", ""]
    lines += row(
        "case",
        "true",
        "certified",
        "ratio",
        "RelativeGap stops at",
        "s",
        "proof's share",
        head=True,
    )
    for name, found in part.items():
        lines += row(
            name,
            str(found["true"]),
            str(found["certified at every iteration"]),
            number(found["ratio"]),
            str(found["stopped by RelativeGap"]),
            number(found["seconds with the proof"]),
            f"{100 * found['share of the proof']:.0f} %",
        )
    return lines


def penalties(part):
    lines = ["## admm's penalty: iterations to 1e-4", ""]
    rhos = list(dict.fromkeys(rho for found in part.values() for rho in found["fixed"]))
    lines += row(
        "case",
        "adaptive",
        "best fixed ρ",
        "iterations ÷",
        "time ÷",
        *(f"ρ = {rho}" for rho in rhos),
        head=True,
    )
    for name, found in part.items():
        lines += row(
            name,
            str(found["adaptive"] or "–"),
            str(found["best fixed"]),
            number(found.get("iteration ratio")),
            number(found["time ratio"]),
            *(str(found["fixed"].get(rho) or "–") for rho in rhos),
        )
    return lines


def row(*cells, head=False):
    line = "| " + " | ".join(cells) + " |"
    return [line, "|" + "---|" * len(cells)] if head else [line]


def number(value):
    return "–" if value is None else f"{value:.3g}"


def reached(found, seconds):
    if seconds is not None:
        return number(seconds)
    last = found["last"]
    return f"– ({last['distance']:.0e} in {last['seconds']:.2g} s)"


def times(seconds, ours):
    return "–" if seconds is None or not ours else f"{seconds / ours:.3g}"
