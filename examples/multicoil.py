"""Raw k-space of several coils to images: zero-filled, CG-SENSE, wavelets, total variation.

    python examples/multicoil.py [--kspace scan.npy --noise noise.npy] [--acceleration 4]

A .npy file holds fully sampled k-space (coils, readout, phase encoding), centred; columns are left
out here. Another holds the noise scan (coils, samples): without it coils are not whitened, for
what is left of the image at the edge of k-space would be taken for noise that they share. Without
either a real slice is measured by eight simulated coils. Prints the PSNR against the full data's
root sum of squares, scale fitted, with each time, and saves the images.
"""

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np

from csmri import L1, Fourier, MaskedFourier, TotalVariation, Wavelet, datasets, masks, phantoms
from csmri.baselines import root_sum_of_squares
from csmri.calibration import compress_coils, espirit, noise_covariance, prewhiten
from solvers import conjugate_gradient, fista, nested

COILS, NOISE, SEED, MIDDLE = 8, 0.01, 0, 16


def simulated(size: int) -> tuple[np.ndarray, np.ndarray]:
    """(C, H, W) of a real slice with a smooth phase through simulated coils, and a noise scan."""
    image = datasets.reduced(datasets.load("colin27", shape=(256, 256)).images[24], (size, size))
    scan = datasets.simulate(image, np.ones(size, bool), noise=0.0, seed=SEED)
    kspace = Fourier()(phantoms.loop_coils((size, size), COILS) * scan.truth)
    rng = np.random.default_rng(SEED)

    def noise(*shape: int) -> np.ndarray:
        numbers = rng.standard_normal((*shape, 2), np.float32).view(np.complex64)[..., 0]
        return np.float32(NOISE / np.sqrt(2)) * numbers

    return kspace + noise(*kspace.shape), noise(COILS, 4096)


def reconstruct(kspace: np.ndarray, mask: np.ndarray, iterations: int) -> dict[str, np.ndarray]:
    """Ten lines from k-space to images."""
    y = np.where(mask, compress_coils(kspace, min(COILS, kspace.shape[0])), 0)
    y = y / np.abs(Fourier().adjoint(y)).max()  # so that weights mean the same for every scan
    A = MaskedFourier(mask, espirit(y, calibration=MIDDLE, kernel=5))
    sparse, smooth = 0.003 * (L1() @ Wavelet("haar", levels=4)), 0.002 * TotalVariation()
    methods = {
        "zero-filled RSS": lambda: root_sum_of_squares(Fourier().adjoint(y)),
        "CG-SENSE": lambda: conjugate_gradient(A, y, iterations=8).x,
        "wavelet": lambda: fista(A, y, sparse, iterations=iterations, shifts=SEED).x,
        "total variation": lambda: nested(A, y, smooth, iterations=iterations).x,
    }
    images = {}
    for name, method in methods.items():
        start = perf_counter()
        images[name] = np.abs(method())
        print(f"{name:>16}  {perf_counter() - start:6.2f} s")
    return images


def main(
    kspace: np.ndarray, noise: np.ndarray | None, acceleration: float, iterations: int, output: Path
) -> dict:
    if noise is not None:
        kspace = prewhiten(kspace, noise_covariance(noise))
    mask = masks.random_columns(
        kspace.shape[-1],
        acceleration=acceleration,
        center_fraction=MIDDLE / kspace.shape[-1],
        seed=SEED,
    )
    truth = root_sum_of_squares(Fourier().adjoint(kspace))
    images, scores = reconstruct(kspace, mask, iterations), {}
    for name, image in images.items():
        images[name] = image * np.sum(image * truth) / np.sum(image**2)
        error = np.mean((images[name] - truth) ** 2)
        scores[name] = float(10 * np.log10(truth.max() ** 2 / error))
        print(f"{name:>16}  {scores[name]:5.2f} dB")
    save({"all of k-space": truth} | images, output)
    print(f"\nwrote {output}")
    return scores


def save(images: dict[str, np.ndarray], output: Path) -> None:
    """The images side by side on one scale."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3 * len(images), 3.3), layout="constrained", facecolor="black")
    for panel, (name, image) in zip(figure.subplots(1, len(images)), images.items(), strict=True):
        panel.imshow(image, cmap="gray", vmin=0, vmax=images["all of k-space"].max())
        panel.set_title(name, color="white")
        panel.axis("off")
    output.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(output, dpi=130)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kspace", type=Path, help="(C, H, W) k-space as .npy")
    parser.add_argument("--noise", type=Path, help="(C, N) samples of the noise scan as .npy")
    parser.add_argument("--acceleration", type=float, default=4)
    parser.add_argument("--size", type=int, default=256, help="of the simulated slice")
    parser.add_argument("--iterations", type=int, default=40)
    parser.add_argument("--output", type=Path, default=Path("results/multicoil.png"))
    given = parser.parse_args()
    data, noise = simulated(given.size)
    if given.kspace is not None:
        data, noise = np.load(given.kspace), None if given.noise is None else np.load(given.noise)
    main(data, noise, given.acceleration, given.iterations, given.output)
