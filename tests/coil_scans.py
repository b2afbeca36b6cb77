"""Small multi-coil scans for the calibration tests: smooth coils around a disc, and noise."""

import numpy as np


def smooth_maps(coils=6, shape=(40, 36)):
    """(C, H, W) complex128: sensitivities of loops around the image, Σ|s|² = 1 everywhere."""
    rows, columns = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    angles = 2 * np.pi * np.arange(coils) / coils
    maps = np.stack(
        [
            np.exp(1j * (a + 0.7 * rows * np.cos(a) - 0.5 * columns * np.sin(2 * a)))
            / (0.6 + (rows - 1.3 * np.sin(a)) ** 2 + (columns - 1.3 * np.cos(a)) ** 2)
            for a in angles
        ]
    )
    return maps / np.sqrt(np.sum(np.abs(maps) ** 2, axis=0))


def disc(shape=(40, 36)):
    """(H, W) complex128: an ellipse with a hole and a slow phase, 0 outside."""
    rows, columns = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    body = (rows / 0.75) ** 2 + (columns / 0.7) ** 2 < 1
    hole = (rows - 0.2) ** 2 + (columns + 0.1) ** 2 < 0.03
    return (body - 0.6 * hole) * np.exp(0.8j * rows)


def fourier(x):
    axes = (-2, -1)
    return np.fft.fftshift(np.fft.fft2(np.fft.ifftshift(x, axes), norm="ortho"), axes)


def inverse_fourier(y):
    axes = (-2, -1)
    return np.fft.fftshift(np.fft.ifft2(np.fft.ifftshift(y, axes), norm="ortho"), axes)


def scan(coils=6, shape=(40, 36), noise=0.0, seed=0):
    """(C, H, W) k-space of the disc."""
    y = fourier(smooth_maps(coils, shape) * disc(shape))
    return y + noise * white_noise(y.shape, seed)


def white_noise(shape, seed=0):
    """Complex numbers with E|n|² = 1."""
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / np.sqrt(2)


def coloured_noise(coils, samples, seed=0):
    """(C, N) correlated noise and the covariance it was drawn with."""
    rng = np.random.default_rng(seed + 100)
    mixing = np.eye(coils) + 0.4 * (
        rng.standard_normal((coils, coils)) + 1j * rng.standard_normal((coils, coils))
    )
    return mixing @ white_noise((coils, samples), seed), mixing @ mixing.conj().T


def real_brain(shared_data):
    """(16, 128, 128): the head scan with phase encoding last and zero frequency at N//2."""
    y = np.load(shared_data / "raw" / "pulseq_brain_16ch_gre128.npy")
    y = np.roll(np.swapaxes(y, -1, -2), (1, 1), (-2, -1))
    return np.ascontiguousarray(y / np.abs(y).max())
