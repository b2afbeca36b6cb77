"""What training variety buys away from the training person: random contrast, random phantoms.

    python examples/training_variety.py [--steps 400] [--size 128] [--output FOLDER]

The same U-Net without data consistency and the same unrolled network, trained equally long on S1
randomly moved, with random contrast besides, and with as many phantoms of random ellipses besides.
All are tested on Colin27, the macaque and the shoulder, 4-fold undersampled. Prints the test PSNR
and saves a chart of it. One seed and a short run: 0.2 dB mean nothing. About fifteen minutes on
one CPU core.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from csmri import datasets, masks, metrics, phantoms
from csmri.operators import MaskedFourier
from learned import Augmentation, Schedule, Simulation, UNetArchitecture, UnrolledArchitecture, fit

PERSONS = ("colin27", "macaque", "shoulder")
ACCELERATION, CENTER, SEED, TEST_SLICES = 4, 0.08, 0, 8
NETWORKS = {
    "U-Net": UNetArchitecture(widths=(16, 32, 64, 64)),
    "unrolled": UnrolledArchitecture(iterations=4, channels=32, layers=4),
}
VARIED = Augmentation(sharpness=(0.0, 0.0), interpolation=1)
MOVED = replace(VARIED, gamma=0.0, contrast=0.0)


def slices(person: str, size: int) -> np.ndarray:
    """A person's slices on size² pixels."""
    images = datasets.load(person, shape=(256, 256)).images
    return np.clip(datasets.reduced(images, (size, size)), 0, 1)


def with_phantoms(images: np.ndarray) -> np.ndarray:
    """The images and as many phantoms of random ellipses."""
    size = images.shape[-1]
    drawn = np.stack([phantoms.ellipses(size, seed=seed) for seed in range(len(images))])
    return np.concatenate([images, drawn.astype(images.dtype)])


VARIETIES: dict[str, Callable[[np.ndarray], tuple[np.ndarray, Augmentation]]] = {
    "S1, moved": lambda images: (images, MOVED),
    "and random contrast": lambda images: (images, VARIED),
    "and random phantoms": lambda images: (with_phantoms(images), VARIED),
}
"""From a person's slices to the training images and how they are changed at every draw."""


def trained(network: str, variety: str, steps: int, images: np.ndarray) -> nn.Module:
    """A network after as many steps as every other."""
    torch.manual_seed(SEED)
    images, augmentation = VARIETIES[variety](images)
    schedule = Schedule(steps, warm_up=min(30, steps))
    module = NETWORKS[network].build()
    fit(module, Simulation(images, batch_size=4, augmentation=augmentation), schedule, seed=SEED)
    return module.eval()


def tested(reconstruct: Callable[..., torch.Tensor], person: str, images: np.ndarray) -> float:
    """Mean PSNR over a few slices, dB."""
    scores = []
    for index in np.unique(np.linspace(0, len(images) - 1, TEST_SLICES).astype(int)):
        mask = masks.random_columns(
            images.shape[-1], acceleration=ACCELERATION, center_fraction=CENTER, seed=int(index)
        )
        y = datasets.simulate(images[index], mask, seed=(person, int(index))).kspace
        with torch.inference_mode():
            image = reconstruct(torch.from_numpy(y)[None], torch.from_numpy(mask)[None])[0]
        scores.append(metrics.psnr(image.numpy(), images[index], data_range=float(images.max())))
    return float(np.mean(scores))


def zero_filled(y: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Aᴴy."""
    return MaskedFourier(mask[:, None]).adjoint(y)


def main(steps: int, size: int, output: Path) -> None:
    from matplotlib.figure import Figure

    torch.set_num_threads(1)  # the bits of a training depend on it
    training = slices("s1", size)
    test = {person: slices(person, size) for person in PERSONS}
    print(f"{'':30}" + "".join(f"{person:>11}" for person in PERSONS))

    def judged(name: str, reconstruct: Callable[..., torch.Tensor]) -> list[float]:
        scores = [tested(reconstruct, person, test[person]) for person in PERSONS]
        print(f"{name:30}" + "".join(f"{score:8.2f} dB" for score in scores), flush=True)
        return scores

    linear = judged("zero-filled", zero_filled)
    figure = Figure(figsize=(10, 4), layout="constrained")
    panels = figure.subplots(1, len(NETWORKS), sharey=True)
    for panel, network in zip(panels, NETWORKS, strict=True):
        for place, variety in enumerate(VARIETIES):
            module = trained(network, variety, steps, training)
            gains = np.subtract(judged(f"{network}: {variety}", module), linear)
            panel.bar(np.arange(len(PERSONS)) + 0.27 * (place - 1), gains, 0.25, label=variety)
        panel.set(title=network, xticks=range(len(PERSONS)), xticklabels=PERSONS)
    panels[0].set_ylabel("gain over zero-filled, dB")
    panels[0].legend(frameon=False)
    output.mkdir(parents=True, exist_ok=True)
    figure.savefig(output / "training_variety.png", dpi=150)
    print(f"\nwrote {output / 'training_variety.png'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--output", type=Path, default=Path("results/training_variety"))
    options = parser.parse_args()
    main(options.steps, options.size, options.output)
