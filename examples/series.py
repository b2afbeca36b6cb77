"""A series of frames: one by one with warm starts, temporal total variation, low rank + sparse.

    python examples/series.py [--size 96] [--frames 16] [--iterations 60]

A real slice whose brightness rises slowly (contrast arriving) while a spot pulses, seen through
four simulated coils; every frame measures other columns, an eighth of k-space in all. Prints PSNR,
iterations and time of each way, and saves a frame, and the spot over time.
"""

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np

from csmri import (
    L1,
    Fourier,
    Frames,
    MaskedFourier,
    TemporalDifferences,
    TotalVariation,
    datasets,
    masks,
    phantoms,
)
from solvers import RelativeChange, low_rank_plus_sparse, nested, reconstruct_series

COILS, NOISE, SEED = 4, 0.005, 0


def series(size: int, frames: int) -> np.ndarray:
    """(T, H, W): the slice, brighter from frame to frame, and a spot that pulses."""
    image = datasets.reduced(datasets.load("colin27", shape=(256, 256)).images[24], (size, size))
    time = np.arange(frames)[:, None, None] / frames
    rows, columns = np.ogrid[:size, :size]
    spot = np.hypot(rows - 0.55 * size, columns - 0.4 * size) < 0.05 * size
    moving = 0.3 * spot * np.sin(2 * np.pi * 3 * time)
    return (image * (1 + 0.2 * time) + moving).astype(np.complex64)


def main(size: int, frames: int, iterations: int, output: Path) -> dict[str, float]:
    truth = series(size, frames)
    maps = phantoms.loop_coils((size, size), COILS)
    mask = masks.random_columns_k_t(frames, size, acceleration=8, center_fraction=0.04, seed=SEED)
    mask = mask[:, None]  # (T, 1, 1, W): the same for every coil
    y = Fourier()(maps * truth[:, None])
    noise = np.random.default_rng(SEED).standard_normal((*y.shape, 2), np.float32)
    y = np.where(mask, y + np.float32(NOISE / np.sqrt(2)) * noise.view(np.complex64)[..., 0], 0)
    A = MaskedFourier(mask, maps)

    together = A @ Frames((size, size))  # the series as one matrix, a row for each frame
    smooth, steady = 0.002 * TotalVariation(), 0.01 * (L1() @ TemporalDifferences())
    largest = float(np.linalg.norm(A.adjoint(y).reshape(frames, -1), 2))
    stop = RelativeChange(2e-3)

    def one_by_one():
        warm = reconstruct_series(A, y, smooth, solver=nested, iterations=iterations, stop=stop)
        print(f"iterations of each frame: {', '.join(map(str, warm.iterations))}")
        return warm.x

    def temporal():
        return nested(together, y, steady, iterations=iterations).x.reshape(truth.shape)

    def low_rank():
        weights = {"low_rank": 0.02 * largest, "sparse": 0.01}
        return low_rank_plus_sparse(A, y, iterations=iterations, **weights).x

    ways = {
        "zero-filled": lambda: A.adjoint(y),
        "TV, warm starts": one_by_one,
        "temporal TV": temporal,
        "low rank + sparse": low_rank,
    }
    images, scores = {"truth": truth}, {}
    for name, way in ways.items():
        start = perf_counter()
        images[name] = way()
        error = np.mean(np.abs(images[name] - truth) ** 2)
        scores[name] = float(10 * np.log10(np.abs(truth).max() ** 2 / error))
        print(f"{name:>18}  {scores[name]:5.2f} dB  {perf_counter() - start:6.2f} s")
    save(images, output)
    print(f"\nwrote {output}")
    return scores


def save(images: dict[str, np.ndarray], output: Path) -> None:
    """A frame of each, and below one row of pixels over time."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2.6 * len(images), 4), layout="constrained", facecolor="black")
    panels = figure.subplots(2, len(images), height_ratios=(3, 1))
    for (above, below), (name, frames) in zip(panels.T, images.items(), strict=True):
        row = int(0.55 * frames.shape[1])
        above.imshow(np.abs(frames[len(frames) // 2]), cmap="gray", vmin=0, vmax=1)
        above.set_title(name, color="white")
        below.imshow(np.abs(frames[:, row]), cmap="gray", vmin=0, vmax=1, aspect="auto")
        above.axis("off")
        below.axis("off")
    output.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(output, dpi=130)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--iterations", type=int, default=60)
    parser.add_argument("--output", type=Path, default=Path("results/series.png"))
    given = parser.parse_args()
    main(given.size, given.frames, given.iterations, given.output)
