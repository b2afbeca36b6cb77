"""The lecture in one picture: fully sampled, linear, compressed sensing, U-Net, unrolled network.

    python examples/lecture.py [--slice 24] [--acceleration 4] [--output results/lecture]

One slice of a person that the networks never saw. The linear image takes missing samples as zeros;
compressed sensing minimises total variation and the ℓ1 norm of the image, and proves how far it is
from the optimum; the U-Net maps the linear image to the true one in one pass; the unrolled network
alternates gradient steps with small networks. Prints PSNR, SSIM and seconds of each; saves images,
a detail, and errors. Magnitude images with simulated phase: all look better than on raw data.
"""

import argparse
import time
from pathlib import Path

import numpy as np

import learned
from csmri import L1, MaskedFourier, TotalVariation, datasets, masks, metrics
from solvers import RelativeGap, minimise

PERSON, CENTER_TIMES_ACCELERATION, NOISE, SEED = "colin27", 0.32, 0.005, 0
WEIGHT, RATIO, GAP = 1e-4, 16.0, 1e-4  # as csmri tune finds them on S1, within 0.01 dB
ROW, COLUMN, SIZE = 95, 55, 56  # of the magnified detail


def main(index: int, acceleration: int, output: Path) -> None:
    volume = datasets.load(PERSON, shape=(256, 256))
    truth = volume.images[index]
    mask = masks.random_columns(
        truth.shape[-1],
        acceleration=acceleration,
        center_fraction=CENTER_TIMES_ACCELERATION / acceleration,
        seed=SEED,
    )
    y = datasets.simulate(truth, mask, noise=NOISE, seed=(PERSON, index)).kspace
    A, R = MaskedFourier(mask), WEIGHT * TotalVariation() + WEIGHT * RATIO * L1()
    unet, unrolled = (learned.load(name, evaluate_on=[PERSON]) for name in ("unet", "unrolled"))
    methods = {
        "linear": lambda: A.adjoint(y),
        "compressed sensing": lambda: minimise(A, y, R, stop=RelativeGap(GAP)).x,
        "U-Net": lambda: unet(y, mask),
        "unrolled": lambda: unrolled(y, mask),
    }
    images: dict[str, np.ndarray] = {"fully sampled": truth}
    print(f"{PERSON}, slice {index}, {acceleration}x: {mask.sum()} of {mask.size} columns")
    for name, reconstruct in methods.items():
        reconstruct()  # the first call compiles and imports
        begin = time.perf_counter()
        image = np.abs(reconstruct())
        seconds = time.perf_counter() - begin
        psnr = metrics.psnr(image, truth, data_range=1.0)
        ssim = metrics.ssim(image, truth, data_range=1.0)
        print(f"{name:>18}  {psnr:5.2f} dB  {ssim:.3f}  {seconds:6.3f} s")
        images[f"{name}\n{psnr:.1f} dB, {ssim:.3f}"] = image
    output.mkdir(parents=True, exist_ok=True)
    picture(images, output / "lecture.png")


def picture(images: dict[str, np.ndarray], path: Path) -> None:
    """Save images, the framed detail magnified, and errors on one scale."""
    from matplotlib.figure import Figure

    truth = images["fully sampled"]
    inside = slice(ROW, ROW + SIZE), slice(COLUMN, COLUMN + SIZE)
    figure = Figure(figsize=(2.4 * len(images), 7.4), layout="constrained")
    rows = figure.subplots(3, len(images))
    for column, (name, image) in enumerate(images.items()):
        whole, detail, error = rows[:, column]
        whole.imshow(image, cmap="gray", vmin=0, vmax=0.9)
        whole.set_title(name)
        detail.imshow(image[inside], cmap="gray", vmin=0, vmax=0.9)
        error.imshow(np.abs(image - truth), cmap="inferno", vmin=0, vmax=0.15)
    x, y = np.array([0, 1, 1, 0, 0]) * SIZE + COLUMN, np.array([0, 0, 1, 1, 0]) * SIZE + ROW
    rows[0, 0].plot(x, y, color="orange", linewidth=1)
    rows[2, 0].set_title("error, up to 0.15", y=0.4, color="white")
    for panel in rows.ravel():
        panel.set(xticks=[], yticks=[])
    figure.savefig(path, dpi=130)
    print(f"\nwrote {path}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--slice", type=int, default=24, help="of the person's 48")
    parser.add_argument("--acceleration", type=int, default=4, help="4 and 8 were trained")
    parser.add_argument("--output", type=Path, default=Path("results/lecture"))
    options = parser.parse_args()
    main(options.slice, options.acceleration, options.output)
