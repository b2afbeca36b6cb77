"""Train a small unrolled network on one person and judge it on another, 4-fold undersampled.

    python examples/train_unrolled.py [--steps 600] [--size 128] [--output results/train_unrolled]

Prints the PSNR of the zero-filled image, of wavelet FISTA with random shifts and of the network,
and saves the images of one slice with the loss. Same seed, same table. About four minutes at the
default size on one CPU core.
"""

import argparse
from pathlib import Path

import numpy as np

import learned
from csmri import L1, MaskedFourier, Wavelet, datasets, masks, metrics
from solvers import fista

ACCELERATION, CENTER, NOISE, SEED = 4, 0.08, 0.005, 0
THRESHOLD = 0.004  # λ for images of largest value 1, chosen on the training person


def slices(name: str, size: int) -> np.ndarray:
    """Every fourth slice of a person, on size² pixels."""
    images = datasets.load(name, shape=(256, 256)).images[::4]
    return np.clip(datasets.reduced(images, (size, size)), 0, 1)


def trained(steps: int, size: int, output: Path) -> tuple[learned.LearnedReconstruction, list]:
    """Train on S1; the losses are returned beside the network."""
    recipe = learned.Recipe(
        learned.UnrolledArchitecture(iterations=4, channels=32, layers=4),
        learned.Schedule(steps, learning_rate=2e-3, warm_up=min(30, steps)),
        column_masks=learned.ColumnMasks((ACCELERATION,), (CENTER,), (1.0,)),
        augmentation=learned.Augmentation(shift=size / 16),
    )
    losses = []
    network = learned.train(
        recipe,
        output / "unrolled.safetensors",
        images={"s1": slices("s1", size)},
        held_out=("colin27",),
        callback=lambda progress: losses.append(progress.loss),
    )
    return network, losses


def main(steps: int, size: int, output: Path) -> None:
    output.mkdir(parents=True, exist_ok=True)
    network, losses = trained(steps, size, output)
    scores: dict[str, list[float]] = {}
    images: dict[str, np.ndarray] = {}
    for index, truth in enumerate(slices("colin27", size)):
        mask = masks.random_columns(
            size, acceleration=ACCELERATION, center_fraction=CENTER, seed=index
        )
        y = datasets.simulate(truth, mask, noise=NOISE, seed=("colin27", index)).kspace
        A, R = MaskedFourier(mask), THRESHOLD * (L1() @ Wavelet("haar", levels=3))
        images = {
            "zero-filled": A.adjoint(y),
            "wavelet": fista(A, y, R, iterations=60, shifts=SEED).x,
            "unrolled": network(y, mask),
        }
        for name, image in images.items():
            psnr = metrics.psnr(np.abs(image), truth, data_range=float(truth.max()))
            scores.setdefault(name, []).append(float(psnr))
        images = {"truth": truth} | images
    for name, values in scores.items():
        print(f"{name:>12}  {np.mean(values):5.2f} dB")
    picture(images, losses, output / "images.png")


def picture(images: dict[str, np.ndarray], losses: list[float], path: Path) -> None:
    """Save the images beside the loss of every step."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3 * (len(images) + 1), 3.2), layout="constrained")
    *panels, curve = figure.subplots(1, len(images) + 1)
    for panel, (name, image) in zip(panels, images.items(), strict=True):
        panel.imshow(np.abs(image), cmap="gray", vmin=0, vmax=images["truth"].max())
        panel.set_title(name)
        panel.set_axis_off()
    curve.semilogy(losses, linewidth=0.7)
    curve.set(title="loss", xlabel="step")
    figure.savefig(path, dpi=150)
    print(f"\nwrote {path}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--output", type=Path, default=Path("results/train_unrolled"))
    options = parser.parse_args()
    main(options.steps, options.size, options.output)
