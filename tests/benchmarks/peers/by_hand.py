"""Loops that a good programmer writes in an afternoon: fast libraries, no shift inside."""

import numpy as np
import pywt
import scipy.fft
from benchmarks.entrant import BY_HAND, Entrant
from benchmarks.instances import LEVELS, WAVELET


def numpy_wavelet(instance):
    """FISTA (Beck and Teboulle 2009) with scipy.fft and pywt."""
    mask, start = np.fft.ifftshift(instance.mask), instance.zero_filled
    threshold = np.float32(instance.weight)

    def shrink(c):
        modulus = np.abs(c)
        return c * (np.maximum(modulus - threshold, 0) / np.maximum(modulus, np.float32(1e-30)))

    def prox(x):
        coarse, *details = pywt.wavedec2(x, WAVELET, "periodization", LEVELS)
        shrunk = [tuple(map(shrink, bands)) for bands in details]
        return pywt.waverec2([shrink(coarse), *shrunk], WAVELET, "periodization")

    def solve(iterations):
        x = z = start
        t = 1.0
        for _ in range(iterations):
            k = scipy.fft.fft2(z, norm="ortho", workers=1)
            k *= mask
            k = scipy.fft.ifft2(k, norm="ortho", overwrite_x=True, workers=1)
            x_previous, x = x, prox(z - k + start)
            t_previous, t = t, (1 + np.sqrt(1 + 4 * t**2)) / 2
            z = x + np.float32((t_previous - 1) / t) * (x - x_previous)
        return x

    return solve


# Fixed for all cases: the best of a grid over the geometric mean of iterations to 1e-4.
TAU = 2.0


def torch_tv(instance):
    """PDHG (Chambolle and Pock 2011) with the exact prox of the data term, torch's MKL FFT."""
    import torch

    torch.set_num_threads(1)
    mask = torch.as_tensor(np.fft.ifftshift(instance.mask))
    start = torch.as_tensor(instance.zero_filled)
    tau, sigma, radius = TAU, 1 / (8 * TAU), instance.weight
    divisor = 1 / (1 + tau * mask.float())
    measured = tau * torch.fft.fft2(start, norm="ortho")

    @torch.no_grad()
    def solve(iterations):
        x = reflected = start
        p, q = torch.zeros_like(x), torch.zeros_like(x)
        for _ in range(iterations):
            p = p + sigma * (torch.roll(reflected, -1, 0) - reflected)
            q = q + sigma * (torch.roll(reflected, -1, 1) - reflected)
            scale = torch.sqrt(p.abs().square() + q.abs().square()).div_(radius).clamp_(min=1)
            p, q = p / scale, q / scale
            divergence = torch.roll(p, 1, 0) - p + torch.roll(q, 1, 1) - q
            k = torch.fft.fft2(x - tau * divergence, norm="ortho")
            x_previous, x = x, torch.fft.ifft2((k + measured) * divisor, norm="ortho")
            reflected = 2 * x - x_previous
        return x.numpy()

    return solve


ENTRANTS = (
    Entrant("NumPy/pywt FISTA", BY_HAND, ("wavelet",), numpy_wavelet, note="scipy.fft, pywt"),
    Entrant(
        "torch PDHG", BY_HAND, ("tv",), torch_tv, ("torch",), f"τ = {TAU:g}, σ = 1/(8τ) everywhere"
    ),
)
