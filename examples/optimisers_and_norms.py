"""One unrolled network, three optimisers and five normalisations: loss curves side by side.

    python examples/optimisers_and_norms.py [--steps 300] [--size 96] [--output results/ablation]

The update rules are those of torch.optim: stochastic gradient descent with momentum, RMSprop and
Adam, each at a learning rate that suits it. A group is 32 channels. Every run starts from the same
seed and sees the same examples. Prints the mean loss of the last tenth of the steps and saves the
curves. One seed and a short run: differences of a few per cent mean nothing. About six minutes at
the default size on one CPU core.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import torch

from csmri import datasets
from learned import Schedule, Simulation, UnrolledArchitecture, fit

SEED = 0
OPTIMISERS = {
    "SGD + momentum": (partial(torch.optim.SGD, momentum=0.9), 1e-1),
    "RMSprop": (torch.optim.RMSprop, 1e-3),
    "Adam": (torch.optim.Adam, 1e-3),
}
NORMS = ("group", "instance", "batch", "layer", "none")


def losses_of(norm: str, optimiser, rate: float, steps: int, simulation: Simulation) -> np.ndarray:
    """Train from the one seed; return the loss of every step."""
    torch.manual_seed(SEED)
    # 64 channels are two groups of 32; with 32, group and layer normalisation would be the same.
    network = UnrolledArchitecture(iterations=3, channels=64, layers=3, norm=norm).build()
    schedule = Schedule(steps, learning_rate=rate, warm_up=min(30, steps))
    state = fit(
        network.to(memory_format=torch.channels_last),  # pyright: ignore[reportCallIssue]
        simulation,
        schedule,
        optimizer=optimiser,
        seed=SEED,
    )
    return np.array(state.losses)


def main(steps: int, size: int, output: Path) -> None:
    torch.set_num_threads(1)  # the bits of a training depend on it
    images = datasets.load("s1", shape=(256, 256)).images[::2]
    images = np.clip(datasets.reduced(images, (size, size)), 0, 1)
    simulation = Simulation(images, batch_size=2)
    adam = OPTIMISERS["Adam"]
    studies = {
        "optimiser, group norm": {
            name: losses_of("group", *setting, steps, simulation)
            for name, setting in OPTIMISERS.items()
        },
        "normalisation, Adam": {norm: losses_of(norm, *adam, steps, simulation) for norm in NORMS},
    }
    for title, curves in studies.items():
        print(title)
        for name, losses in curves.items():
            print(f"{name:>16}  {np.mean(losses[-max(1, steps // 10) :]):.4f}")
    output.mkdir(parents=True, exist_ok=True)
    picture(studies, output / "losses.png")


def picture(studies: dict[str, dict[str, np.ndarray]], path: Path) -> None:
    """Save the smoothed curves of each study."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    for axes, (title, curves) in zip(figure.subplots(1, 2), studies.items(), strict=True):
        for name, losses in curves.items():
            window = max(1, len(losses) // 20)
            smooth = np.convolve(losses, np.ones(window) / window, mode="valid")
            axes.semilogy(np.arange(len(smooth)) + window, smooth, label=name)
        axes.set(title=title, xlabel="step", ylabel="loss, running mean")
        axes.legend(frameon=False)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--output", type=Path, default=Path("results/ablation"))
    options = parser.parse_args()
    main(options.steps, options.size, options.output)
