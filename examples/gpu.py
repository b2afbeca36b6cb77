"""The same reconstruction on a GPU: what differs is where the data are.

    python examples/gpu.py [--slices 64] [--iterations 50]

A batch of slices is reconstructed by total variation on this machine's processor and on its GPU, by
the same lines: the arrays decide where. Prints slices a second and the PSNR of both, and saves one
slice of each. Without a GPU it says what is missing.
"""

import argparse
from importlib import import_module
from pathlib import Path
from time import perf_counter

import numpy as np

from csmri import MaskedFourier, TotalVariation, datasets, masks, metrics
from csmri.arrays import to_numpy
from csmri.kernels.gpu import missing_for_cupy
from solvers import admm, in_chunks

PERSON, NOISE, SEED = "s1", 0.005, 0


def main(slices: int, size: int, iterations: int, output: Path) -> dict[str, float]:
    if lacking := missing_for_cupy():
        print(f"no GPU to show this on: {lacking}")
        return {}
    return compare(import_module("cupy"), slices, size, iterations, output)


def compare(cp, slices: int, size: int, iterations: int, output: Path) -> dict[str, float]:
    """Reconstruct by NumPy and by another library's arrays, CuPy's above all."""
    images = datasets.load(PERSON, shape=(256, 256)).images
    images = np.resize(images[16:80], (slices, 256, 256))
    images = images if size == 256 else datasets.reduced(images, (size, size))
    mask = masks.random_columns(size, acceleration=4, center_fraction=0.08, seed=SEED)
    scans = [datasets.simulate(image, mask, noise=NOISE, seed=n) for n, image in enumerate(images)]
    truth = np.stack([scan.magnitude for scan in scans])
    y, R = np.stack([scan.kspace for scan in scans]), 0.002 * TotalVariation()

    def on_processor():
        return admm(MaskedFourier(mask), y, R, iterations=iterations).x

    def on_gpu():
        there = cp.asarray(y)  # the line that differs; the mask follows by itself
        return to_numpy(admm(MaskedFourier(mask), there, R, iterations=iterations).x)

    def in_chunks_on_gpu():  # for more slices than the GPU has memory for
        solved = in_chunks(admm, MaskedFourier(mask), y, R, iterations=iterations, move=cp.asarray)
        return solved.x

    found, scores = {}, {}
    for solve in (on_processor, on_gpu, in_chunks_on_gpu):
        name = solve.__name__.replace("_", " ")
        solve()  # compiles and plans
        since = perf_counter()
        found[name] = solve()
        seconds = perf_counter() - since
        scores[name] = float(np.mean(metrics.psnr(found[name], truth)))
        print(f"{name:>16}  {scores[name]:5.2f} dB  {slices / seconds:8.1f} slices a second")
    save(output, truth[slices // 2], {name: images[slices // 2] for name, images in found.items()})
    print(f"\nwrote {output}")
    return scores


def save(output: Path, truth: np.ndarray, images: dict[str, np.ndarray]) -> None:
    """The truth and the images beside each other."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    output.parent.mkdir(parents=True, exist_ok=True)
    plt.imsave(output, np.hstack([truth, *map(abs, images.values())]), cmap="gray", vmin=0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--slices", type=int, default=64)
    parser.add_argument("--size", type=int, default=256, help="pixels along each side")
    parser.add_argument("--iterations", type=int, default=50)
    parser.add_argument("--output", type=Path, default=Path("results/gpu.png"))
    options = parser.parse_args()
    main(options.slices, options.size, options.iterations, options.output)
