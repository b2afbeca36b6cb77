"""Batch, layer, instance, group or no normalisation: loss curves and test PSNR at batch 1 and 8.

    python examples/normalization.py [--steps 200] [--size 64] [--output results/normalization]

One unrolled network of 64 channels, so that a group of 32 is neither all channels nor one. Every
run starts from the same seed; what is trained on S1 is tested on Colin27, 4-fold undersampled.
Prints the mean loss of the last tenth of the steps and the test PSNR, and saves the curves. Batch
normalisation is judged with the statistics of its training, as in use. One seed and a short run:
0.2 dB mean nothing. About six minutes on one CPU core.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn

from csmri import datasets, masks, metrics
from learned import Schedule, Simulation, UnrolledArchitecture, fit

NORMS, BATCHES = ("batch", "layer", "instance", "group", "none"), (1, 8)
ACCELERATION, CENTER, SEED, TEST_SLICES = 4, 0.08, 0, 8


def slices(person: str, size: int) -> np.ndarray:
    """Every other slice of a person, on size² pixels."""
    images = datasets.load(person, shape=(256, 256)).images[::2]
    return np.clip(datasets.reduced(images, (size, size)), 0, 1)


def trained(norm: str, batch: int, steps: int, images: np.ndarray) -> tuple[nn.Module, list[float]]:
    """A network and the loss of every step."""
    torch.manual_seed(SEED)
    network = UnrolledArchitecture(iterations=3, channels=64, layers=3, norm=norm).build()
    schedule = Schedule(steps, learning_rate=1e-3, warm_up=min(30, steps))
    state = fit(network, Simulation(images, batch_size=batch), schedule, seed=SEED)
    return network.eval(), state.losses


def tested(network: nn.Module, images: np.ndarray) -> float:
    """Mean PSNR over a few slices of another person, dB."""
    scores = []
    for index in np.linspace(0, len(images) - 1, TEST_SLICES).astype(int):
        width = images.shape[-1]
        mask = masks.random_columns(
            width, acceleration=ACCELERATION, center_fraction=CENTER, seed=int(index)
        )
        y = datasets.simulate(images[index], mask, seed=("colin27", int(index))).kspace
        with torch.inference_mode():
            image = network(torch.from_numpy(y)[None], torch.from_numpy(mask)[None])[0]
        scores.append(metrics.psnr(image.numpy(), images[index], data_range=float(images.max())))
    return float(np.mean(scores))


def main(steps: int, size: int, output: Path) -> None:
    from matplotlib.figure import Figure

    torch.set_num_threads(1)  # the bits of a training depend on it
    training, test = slices("s1", size), slices("colin27", size)
    figure = Figure(figsize=(10, 4), layout="constrained")
    panels = figure.subplots(1, len(BATCHES), sharey=True)
    print(f"{'norm':>8}  batch    loss   test PSNR")
    for panel, batch in zip(panels, BATCHES, strict=True):
        for norm in NORMS:
            network, losses = trained(norm, batch, steps, training)
            psnr = tested(network, test)
            last = np.mean(losses[-max(1, steps // 10) :])
            print(f"{norm:>8}  {batch:5}  {last:.4f}  {psnr:5.2f} dB")
            window = max(1, steps // 20)
            smooth = np.convolve(losses, np.ones(window) / window, mode="valid")
            label = f"{norm}, {psnr:.1f} dB"
            panel.semilogy(np.arange(len(smooth)) + window, smooth, label=label)
        panel.set(title=f"batch size {batch}", xlabel="step")
        panel.legend(frameon=False, title="normalisation, test PSNR")
    panels[0].set_ylabel("loss, running mean")
    output.mkdir(parents=True, exist_ok=True)
    figure.savefig(output / "normalization.png", dpi=150)
    print(f"\nwrote {output / 'normalization.png'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--output", type=Path, default=Path("results/normalization"))
    options = parser.parse_args()
    main(options.steps, options.size, options.output)
