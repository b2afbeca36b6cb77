"""What a certificate says, and what is true: total variation after 10, 50 and 200 iterations.

    python examples/certificate.py [--size 128] [--weight 0.01] [--output results/certificate]

The gap is a proof, made without knowing the optimum, that the objective is at most so far above it.
Here the optimum is known as well, from a long run in double precision with a proof of its own.
Prints both beside the distance between the images, and saves the curves and the differences.
"""

import argparse
from pathlib import Path

import numpy as np

from csmri import MaskedFourier, TotalVariation, datasets, masks
from solvers import RelativeGap, Result, Trace, admm

ACCELERATION, CENTER, NOISE, SEED, SLICE = 4, 0.08, 0.005, 0, 24
SHOWN, EVERY, GOAL = (10, 50, 200), 10, 1e-8


def main(size: int, weight: float, output: Path) -> None:
    truth = datasets.reduced(datasets.load("colin27", shape=(256, 256)).images[SLICE], (size, size))
    mask = masks.random_columns(size, acceleration=ACCELERATION, center_fraction=CENTER, seed=SEED)
    y = datasets.simulate(truth, mask, noise=NOISE, seed=("colin27", SLICE)).kspace
    A, R = MaskedFourier(mask), weight * TotalVariation()

    best = admm(A, y.astype("complex128"), R, iterations=20_000, stop=RelativeGap(GOAL))
    print(f"optimum {best.objective:.10g}, proven to {best.gap:.1e} ({best.iterations} iterations)")

    kept: dict[int, np.ndarray] = {}

    def keep(progress) -> None:
        trace(progress)
        if progress.iteration in SHOWN:
            kept[progress.iteration] = progress.x.copy()

    trace = Trace(EVERY, image=lambda x: np.linalg.norm(x - best.x) / np.linalg.norm(best.x))
    run = admm(A, y, R, iterations=max(SHOWN), callback=keep)

    print(f"{'iteration':>9}  {'proven gap':>10}  {'true gap':>10}  {'‖x − x*‖/‖x*‖':>13}")
    for record in run.history:
        if record.iteration in SHOWN:
            numbers = record.gap, above(record.objective, best), record.metrics["image"]
            print("{:9d}  {:10.1e}  {:10.1e}  {:13.1e}".format(record.iteration, *numbers))
    output.mkdir(parents=True, exist_ok=True)
    picture(run, best, kept, output / "certificate.png")


def above(objective: float, best: Result) -> float:
    """(F(x) − F*)/F(x), where F* is the best objective known."""
    return (objective - best.objective) / objective


def picture(run: Result, best: Result, kept: dict[int, np.ndarray], path: Path) -> None:
    """Save both gaps against the iteration, and what the images still lack."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.2 * (len(kept) + 1) + 1.5, 3.4), layout="constrained")
    widths = [1.5] + [1.0] * len(kept)
    curves, *panels = figure.subplots(1, len(kept) + 1, width_ratios=widths)
    iterations = [record.iteration for record in run.history]
    curves.semilogy(iterations, [record.gap for record in run.history], label="proven")
    curves.semilogy(iterations, [above(r.objective, best) for r in run.history], label="true")
    curves.set(xlabel="iteration", title="relative gap")
    curves.legend(frameon=False)
    for panel, (iteration, x) in zip(panels, kept.items(), strict=True):
        shown = panel.imshow(np.abs(x - best.x), cmap="magma")
        panel.set(title=f"|x − x*| after {iteration}", xticks=[], yticks=[])
        figure.colorbar(shown, ax=panel, shrink=0.8)
    figure.savefig(path, dpi=130)
    print(f"\nwrote {path}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--weight", type=float, default=0.01)
    parser.add_argument("--output", type=Path, default=Path("results/certificate"))
    options = parser.parse_args()
    main(options.size, options.weight, options.output)
