"""How large should λ be? A path of total variation, and the weight that the noise asks for.

    python examples/choose_the_weight.py [--size 192] [--slice 24] [--output DIRECTORY]

Prints for every λ the iterations (each solve goes on from the last), the residual in units of the
noise and the PSNR, then the λ of the discrepancy principle; saves the picture at each. The noise is
estimated from the measured k-space itself. A few seconds on one CPU core.
"""

import argparse
from pathlib import Path

import numpy as np

from csmri import MaskedFourier, TotalVariation, datasets, masks, metrics
from csmri.weights import largest, noise_level
from solvers import RelativeGap, Result, discrepancy, path

ACCELERATION, CENTER, NOISE, SEED = 2, 0.1, 0.04, 0
FRACTIONS = [2.0**-k for k in range(7, 15)]  # of λ_max


def main(size: int, index: int, output: Path) -> None:
    slices = datasets.load("colin27", shape=(size, size))
    truth = slices.images[index]
    mask = masks.random_columns(size, acceleration=ACCELERATION, center_fraction=CENTER, seed=SEED)
    y = datasets.simulate(truth, mask, noise=NOISE, seed=("colin27", index)).kspace

    A, R, stop = MaskedFourier(mask), TotalVariation(), RelativeGap(2e-3)
    sigma = noise_level(y, mask)
    most = largest(A, y, R)
    print(f"noise {sigma:.4f} a sample (simulated: {NOISE}); λ_max = {most!r}")

    images: dict[str, np.ndarray] = {"truth": truth, "zero-filled": A.adjoint(y)}
    samples = size * int(mask.sum())

    def show(name: str, weight: float, result: Result) -> None:
        ratio = np.linalg.norm(A(result.x) - y) / (sigma * np.sqrt(samples))
        psnr = metrics.psnr(result.x, truth)
        images[f"{name}{weight:.2g}, {psnr:.1f} dB"] = result.x
        print(f"{weight:10.5f}  {result.iterations:10d}  {ratio:10.2f}  {psnr:7.2f} dB  {name}")

    print(f"{'λ':>10}  {'iterations':>10}  {'residual':>10}  {'PSNR':>7}")
    for weight, result in path(A, y, R, [f * most for f in FRACTIONS], stop=stop, iterations=500):
        show("", weight, result)
    found = discrepancy(A, y, R, sigma, stop=stop, iterations=500)
    show("discrepancy: ", found.weight, found.result)
    print(f"{len(found.tried)} solves found the weight whose residual is that of the noise")

    output.mkdir(parents=True, exist_ok=True)
    picture(images, output / "weights.png")


def picture(images: dict[str, np.ndarray], path: Path) -> None:
    """Save the images with their weights."""
    from matplotlib.figure import Figure

    columns = 4
    rows = -(-len(images) // columns)
    figure = Figure(figsize=(3 * columns, 3.2 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel in panels:
        panel.set_axis_off()
    for panel, (name, image) in zip(panels, images.items(), strict=False):
        panel.imshow(np.abs(image), cmap="gray", vmin=0, vmax=images["truth"].max())
        panel.set_title(f"λ = {name}" if name[0].isdigit() else name, fontsize=9)
    figure.savefig(path, dpi=110)
    print(f"\nwrote {path}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=192)
    parser.add_argument("--slice", type=int, default=24)
    parser.add_argument("--output", type=Path, default=Path("results/choose_the_weight"))
    options = parser.parse_args()
    main(options.size, options.slice, options.output)
