"""Compressed sensing "often takes longer than the scan itself": the two times, side by side.

    python examples/faster_than_the_scan.py [--size 320] [--repetition-time 0.005]

A gradient-echo scan takes one repetition time (TR) a line. Prints, for total variation and for
wavelets, the scan's time beside that of the reconstruction to a proven relative gap, and saves the
images. Times are this machine's, on one thread, after a first run that loads the kernels.
"""

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np

from csmri import L1, MaskedFourier, TotalVariation, Wavelet, datasets, masks, metrics
from solvers import RelativeGap, minimise

ACCELERATION, CENTER, SEED, SLICE = 4, 0.08, 0, 24
REGULARIZERS = {
    "total variation": 0.005 * TotalVariation(),
    "wavelet": 0.005 * (L1() @ Wavelet("haar", levels=4)),
}
GAPS = (1e-2, 1e-3)


def main(size: int, repetition_time: float, output: Path) -> None:
    truth = datasets.centred(datasets.load("colin27").images[SLICE : SLICE + 1], (size, size))[0]
    mask = masks.random_columns(size, acceleration=ACCELERATION, center_fraction=CENTER, seed=SEED)
    y = datasets.simulate(truth, mask, seed=("colin27", SLICE)).kspace
    A = MaskedFourier(mask)

    lines = int(mask.sum())
    scan = lines * repetition_time
    print(f"scan: {lines} lines × {1e3 * repetition_time:g} ms = {1e3 * scan:.0f} ms")
    images = {"truth": truth, "zero-filled": np.abs(A.adjoint(y))}
    for name, R in REGULARIZERS.items():
        for gap in GAPS:
            minimise(A, y, R, stop=RelativeGap(gap))
            begin = perf_counter()
            result = minimise(A, y, R, stop=RelativeGap(gap))
            seconds = perf_counter() - begin
            images[name] = np.abs(result.x)
            print(
                f"{name:>16}, gap ≤ {result.gap:.1e}: {1e3 * seconds:5.0f} ms, "
                f"{result.iterations} iterations, {seconds / scan:.2f} of the scan, "
                f"{metrics.psnr(images[name], truth, data_range=1.0):.2f} dB"
            )
    output.mkdir(parents=True, exist_ok=True)
    picture(images, output / "faster_than_the_scan.png")


def picture(images: dict[str, np.ndarray], path: Path) -> None:
    """Save the images side by side on one scale."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.2 * len(images), 3.5), layout="constrained", facecolor="black")
    for panel, (name, image) in zip(figure.subplots(1, len(images)), images.items(), strict=True):
        panel.imshow(image, cmap="gray", vmin=0, vmax=1)
        panel.set_title(name, color="white")
        panel.axis("off")
    figure.savefig(path, dpi=130)
    print(f"\nwrote {path}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--repetition-time", type=float, default=0.005, help="TR in seconds")
    parser.add_argument("--output", type=Path, default=Path("results/faster_than_the_scan"))
    options = parser.parse_args()
    main(options.size, options.repetition_time, options.output)
