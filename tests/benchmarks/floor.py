"""What an iteration cannot be faster than, and what the solvers' iterations cost, in one process.

The floor of an iteration is one pair of 2-D Fourier transforms by the fastest library installed and
one pair of wavelet transforms, or one dual update of total variation, each alone and repeated, so
that its data are in cache.
"""

from importlib.util import find_spec
from statistics import median

import numpy as np
from benchmarks.accuracy import timed
from benchmarks.instances import LEVELS, WAVELET

from csmri import kernels
from csmri.operators.wavelet import lowpass
from solvers import admm, fista

REPEATED = 20  # calls in one measurement
SHORT, LONG = 30, 130  # iterations of the two runs whose difference is an iteration's time


def floor_and_iterations(wavelet, tv, repetitions):
    """Milliseconds of each piece and each solver's iteration, all by turns, medians.

    Parameters
    ----------
    wavelet, tv : Instance
        Of one size and image.
    """
    pieces = transforms(wavelet.zero_filled) | updates(wavelet, tv)
    solves = {
        f"{solver.__name__}, {instance.penalty}": (solver, instance)
        for solver, instance in ((fista, wavelet), (admm, wavelet), (admm, tv))
    }
    samples = {name: [] for name in (*pieces, *solves)}
    for _ in range(repetitions + 1):
        for name, piece in pieces.items():
            seconds, _ = timed(lambda piece=piece: [piece() for _ in range(REPEATED)])
            samples[name].append(1e3 * seconds / REPEATED)
        for name, (solver, instance) in solves.items():
            samples[name].append(1e3 * seconds_an_iteration(solver, instance))
    found = {name: median(times[1:]) for name, times in samples.items()}  # the first ones warm
    pair = min(found[name] for name in pieces if name.startswith("FFT pair"))
    floors = {"wavelet": pair + found["DWT pair"], "tv": pair + found["TV dual update"]}
    ratios = {name: found[name] / floors[solves[name][1].penalty] for name in solves}
    return {"milliseconds": found, "floor": floors, "iteration over floor": ratios}


def seconds_an_iteration(solver, instance):
    A, R, y = instance.A, instance.regularizer, instance.kspace
    short, _ = timed(lambda: solver(A, y, R, iterations=SHORT))
    long, _ = timed(lambda: solver(A, y, R, iterations=LONG))
    return (long - short) / (LONG - SHORT)


def transforms(x):
    """Pairs of unitary transforms by every library that is installed."""
    import scipy.fft

    found = {
        "FFT pair, scipy": lambda: scipy.fft.ifft2(
            scipy.fft.fft2(x, norm="ortho", workers=1), norm="ortho", workers=1
        ),
        "FFT pair, csmri": lambda: kernels.ifft2(kernels.fft2(x)),
        "row FFT pair, csmri": lambda: kernels.ifft(kernels.fft(x)),
    }
    if find_spec("mkl_fft"):
        import mkl_fft

        options = {"s": x.shape, "axes": (-2, -1), "norm": "ortho"}
        found["FFT pair, mkl_fft"] = lambda: mkl_fft.ifftn(mkl_fft.fftn(x, **options), **options)
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)
        t = torch.as_tensor(x)
        found["FFT pair, torch"] = lambda: torch.fft.ifft2(
            torch.fft.fft2(t, norm="ortho"), norm="ortho"
        )
    return found


def updates(wavelet, tv):
    """The wavelet pair and total variation's dual update, by the kernels of csmri."""
    x, filters = wavelet.zero_filled, lowpass(WAVELET)
    c, back = np.empty_like(x), np.empty_like(x)
    w, t = np.zeros((2, *x.shape), x.dtype), np.empty_like(x)

    def pair():
        kernels.wavelet_synthesis(
            kernels.wavelet_analysis(x, filters, LEVELS, out=c), filters, LEVELS, out=back
        )

    def dual_update():
        kernels.difference_shrink_relax(w, x, 10 * tv.weight, alpha=1.8, out=(w, t))

    return {"DWT pair": pair, "TV dual update": dual_update}
