"""Gradient descent with momentum, RMSprop and Adam: the rules written out, and their loss curves.

    python examples/optimizers.py [--steps 300] [--size 96] [--output results/optimizers]

Each rule is checked against torch.optim on the same gradients, then trains the same unrolled
network on the same examples. Prints that deviation and the mean loss of the last tenth of the
steps, and saves the curves. One seed, a short run: a few per cent mean nothing. Three minutes on
one CPU core.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import torch

from csmri import datasets
from learned import Schedule, Simulation, UnrolledArchitecture, fit

SEED, CHECKED_STEPS, TINY = 0, 50, 1e-8


def momentum(g, s, rate, keep=0.9):
    """v ← μ v + g;  w ← w − η v (Polyak 1964)."""
    s["v"] = keep * s.get("v", 0) + g
    return -rate * s["v"]


def rmsprop(g, s, rate, keep=0.99):
    """s ← α s + (1 − α) g²;  w ← w − η g / (√s + ε) (Tieleman and Hinton 2012)."""
    s["square"] = keep * s.get("square", 0) + (1 - keep) * g**2
    return -rate * g / (s["square"].sqrt() + TINY)


def adam(g, s, rate, keep=(0.9, 0.999)):
    """Momentum over RMSprop, both freed of their start at zero (Kingma and Ba 2015)."""
    s["n"] = s.get("n", 0) + 1
    s["mean"] = keep[0] * s.get("mean", 0) + (1 - keep[0]) * g
    s["square"] = keep[1] * s.get("square", 0) + (1 - keep[1]) * g**2
    mean, square = s["mean"] / (1 - keep[0] ** s["n"]), s["square"] / (1 - keep[1] ** s["n"])
    return -rate * mean / (square.sqrt() + TINY)


class WrittenOut(torch.optim.Optimizer):
    """Applies a rule to every tensor of weights."""

    def __init__(self, parameters, rule, lr):
        super().__init__(parameters, {"lr": lr})
        self.rule = rule

    @torch.no_grad()
    def step(self):  # pyright: ignore[reportIncompatibleMethodOverride]
        for group in self.param_groups:
            for w in group["params"]:
                if w.grad is not None:
                    w += self.rule(w.grad, self.state[w], group["lr"])


RULES = {  # the rule, its twin in torch.optim, and a learning rate that suits it
    "SGD + momentum": (momentum, partial(torch.optim.SGD, momentum=0.9), 1e-1),
    "RMSprop": (rmsprop, torch.optim.RMSprop, 1e-3),
    "Adam": (adam, torch.optim.Adam, 1e-3),
}


def deviation(rule, twin, rate: float) -> float:
    """Largest relative difference of weights after steps with the same gradients."""
    generator = torch.Generator().manual_seed(SEED)
    w, v = torch.zeros(100, requires_grad=True), torch.zeros(100, requires_grad=True)
    ours, theirs = WrittenOut([w], rule, rate), twin([v], lr=rate)
    for _ in range(CHECKED_STEPS):
        w.grad = v.grad = torch.randn(100, generator=generator)
        ours.step()
        theirs.step()
    return float((w - v).detach().abs().max() / v.detach().abs().max())


def main(steps: int, size: int, output: Path) -> None:
    from matplotlib.figure import Figure

    torch.set_num_threads(1)  # the bits of a training depend on it
    images = datasets.reduced(datasets.load("s1", shape=(256, 256)).images[::2], (size, size))
    simulation = Simulation(np.clip(images, 0, 1), batch_size=2)
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name, (rule, twin, rate) in RULES.items():
        torch.manual_seed(SEED)
        network = UnrolledArchitecture(iterations=3, channels=32, layers=3).build()
        schedule = Schedule(steps, learning_rate=rate, warm_up=min(30, steps))
        state = fit(network, simulation, schedule, optimizer=partial(WrittenOut, rule=rule))
        last = np.mean(state.losses[-max(1, steps // 10) :])
        print(f"{name:>14}  loss {last:.4f}  from torch.optim {deviation(rule, twin, rate):.0e}")
        window = max(1, steps // 20)
        smooth = np.convolve(state.losses, np.ones(window) / window, mode="valid")
        axes.semilogy(np.arange(len(smooth)) + window, smooth, label=f"{name}, rate {rate:g}")
    axes.set(title="One network, three optimisers", xlabel="step", ylabel="loss, running mean")
    axes.legend(frameon=False)
    output.mkdir(parents=True, exist_ok=True)
    figure.savefig(output / "optimizers.png", dpi=150)
    print(f"\nwrote {output / 'optimizers.png'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--output", type=Path, default=Path("results/optimizers"))
    main(**vars(parser.parse_args()))
