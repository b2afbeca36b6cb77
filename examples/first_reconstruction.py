"""A first reconstruction: one real slice, a quarter of its k-space, three images.

    python examples/first_reconstruction.py [--size 256] [--iterations 200]

Columns of k-space are left out at random, the middle ones kept. Filling the gaps with zeros is the
linear answer; sparse wavelet coefficients and small total variation are two better ones. Prints
the PSNR of each with its time, and saves the three images beside the true one.
"""

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np

from csmri import L1, MaskedFourier, TotalVariation, Wavelet, datasets, masks, metrics
from solvers import admm, fista

PERSON, SLICE, NOISE, SEED = "colin27", 24, 0.005, 0


def main(size: int, iterations: int, output: Path) -> dict[str, float]:
    # What the scanner measures: a real slice with smooth phase and noise, a quarter of its columns.
    slices = datasets.load(PERSON, shape=(256, 256)).images
    image = slices[SLICE] if size == 256 else datasets.reduced(slices[SLICE], (size, size))
    mask = masks.random_columns(size, acceleration=4, center_fraction=0.08, seed=SEED)
    scan = datasets.simulate(image, mask, noise=NOISE, seed=(PERSON, SLICE))

    # Three reconstructions of the same data.
    A, y = MaskedFourier(mask), scan.kspace
    sparse = 0.003 * (L1() @ Wavelet("haar", levels=4))
    smooth = 0.002 * TotalVariation()
    methods = {
        "zero-filled": lambda: A.adjoint(y),
        "wavelet": lambda: fista(A, y, sparse, iterations=iterations, shifts=SEED).x,
        "total variation": lambda: admm(A, y, smooth, iterations=iterations).x,
    }

    images, scores = {}, {}
    for name, reconstruct in methods.items():
        start = perf_counter()
        images[name] = reconstruct()
        seconds = perf_counter() - start
        scores[name] = float(metrics.psnr(images[name], scan.magnitude))
        print(f"{name:>16}  {scores[name]:5.2f} dB  {seconds:6.2f} s")
    save(output, scan.magnitude, mask, images, scores)
    print(f"\nwrote {output}")
    return scores


def save(output: Path, truth: np.ndarray, mask: np.ndarray, images: dict, scores: dict) -> None:
    """The mask, the truth and the images above their errors, all on one scale."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    with plt.style.context("dark_background"):
        figure, axes = plt.subplots(2, 1 + len(images), figsize=(3 * (1 + len(images)), 6.3))
        for panel in axes.flat:
            panel.axis("off")
        peak = truth.max()
        axes[0, 0].imshow(truth, cmap="gray", vmax=peak)
        axes[0, 0].set_title("truth")
        axes[1, 0].imshow(np.broadcast_to(mask, truth.shape), cmap="gray", interpolation="nearest")
        axes[1, 0].set_title(f"measured: {mask.mean():.0%} of k-space", fontsize=10)
        for (above, below), name in zip(axes[:, 1:].T, images, strict=True):
            above.imshow(abs(images[name]), cmap="gray", vmin=0, vmax=peak)
            above.set_title(f"{name}, {scores[name]:.1f} dB")
            below.imshow(abs(abs(images[name]) - truth), cmap="inferno", vmin=0, vmax=peak / 5)
            below.set_title("error × 5", fontsize=10)
        figure.tight_layout()
        output.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(output, dpi=130)
        plt.close(figure)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=256, help="pixels along each side")
    parser.add_argument("--iterations", type=int, default=200)
    parser.add_argument("--output", type=Path, default=Path("results/first_reconstruction.png"))
    options = parser.parse_args()
    main(options.size, options.iterations, options.output)
