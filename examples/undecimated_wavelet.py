"""Blocks, and two cures: random shifts, and the undecimated wavelet with its certificate.

    python examples/undecimated_wavelet.py [--size 256] [--weight 0.002] [--output DIRECTORY]

A decimated wavelet prefers some pixels to others and leaves blocks. Random shifts hide them but
minimise nothing in particular; the undecimated wavelet, the mean over all shifts, is an objective
whose minimum is found and proven. Prints PSNR and proof of each and saves the pictures.
"""

import argparse
from pathlib import Path

import numpy as np

from csmri import L1, MaskedFourier, UndecimatedWavelet, Wavelet, datasets, masks, metrics
from solvers import admm, fista

ACCELERATION, CENTER, NOISE, SEED, SLICE = 4, 0.08, 0.005, 0, 24
LEVELS, ITERATIONS = 4, 100


def main(size: int, weight: float, output: Path) -> None:
    truth = datasets.reduced(datasets.load("colin27", shape=(256, 256)).images[SLICE], (size, size))
    mask = masks.random_columns(size, acceleration=ACCELERATION, center_fraction=CENTER, seed=SEED)
    y = datasets.simulate(truth, mask, noise=NOISE, seed=("colin27", SLICE)).kspace
    A = MaskedFourier(mask)

    images: dict[str, np.ndarray] = {"truth": truth}
    print(f"{'wavelet':>7}  {'':>13}  {'PSNR':>8}  proven gap")
    for name in ("haar", "db4"):
        W, U = Wavelet(name, levels=LEVELS), UndecimatedWavelet(name, levels=LEVELS)
        decimated = weight * (L1() @ W)
        averaged = weight * (L1(U.band_weights()) @ U)  # the mean of `decimated` over all shifts
        results = {
            "decimated": admm(A, y, decimated, iterations=ITERATIONS),
            "random shifts": fista(A, y, decimated, iterations=ITERATIONS, shifts=SEED),
            "undecimated": admm(A, y, averaged, iterations=ITERATIONS),
        }
        for kind, result in results.items():
            psnr, gap = metrics.psnr(result.x, truth), result.gap
            proof = "none: a heuristic" if gap is None else f"{gap:.1e}"
            print(f"{name:>7}  {kind:>13}  {psnr:5.2f} dB  {proof}")
            images[f"{name}, {kind}, {psnr:.1f} dB"] = result.x
    output.mkdir(parents=True, exist_ok=True)
    picture(images, output / "undecimated.png")


def picture(images: dict[str, np.ndarray], path: Path) -> None:
    """Save the middle of each image."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 6.6), layout="constrained")
    panels = figure.subplots(2, 4).ravel()
    order = list(images.items())
    order.insert(4, order[0])  # the truth begins each row
    for panel, (name, image) in zip(panels, order, strict=True):
        height, width = image.shape
        middle = np.abs(image)[height // 4 : -(height // 4), width // 4 : -(width // 4)]
        panel.imshow(middle, cmap="gray", vmin=0, vmax=np.abs(images["truth"]).max())
        panel.set(title=name, xticks=[], yticks=[])
    figure.savefig(path, dpi=110)
    print(f"\nwrote {path}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--weight", type=float, default=0.002)
    parser.add_argument("--output", type=Path, default=Path("results/undecimated_wavelet"))
    options = parser.parse_args()
    main(options.size, options.weight, options.output)
