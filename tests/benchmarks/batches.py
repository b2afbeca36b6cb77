"""A batch of slices: throughput on more threads, and a slice's time beside solving it alone."""

import os
from contextlib import contextmanager
from statistics import median
from time import perf_counter

import numpy as np
from benchmarks.accuracy import timed
from benchmarks.instances import NOISE

from csmri import L1, MaskedFourier, TotalVariation, Wavelet, datasets, masks
from solvers import admm

WEIGHT, ITERATIONS = 0.01, 50


def batch_times(count, size, repetitions, threads=(1, 2)):
    """Milliseconds a slice alone and in a batch on each number of threads, by turns; medians."""
    mask = masks.random_columns(size, acceleration=4, center_fraction=0.08, seed=0)
    A, y = MaskedFourier(mask), kspace(mask, count, size)
    found = {}
    for name, R in (("wavelet", L1() @ Wavelet("db4")), ("tv", TotalVariation())):

        def alone(R=WEIGHT * R):
            for one in y:
                admm(A, one, R, iterations=ITERATIONS)

        def together(R=WEIGHT * R):
            admm(A, y, R, iterations=ITERATIONS)

        samples = {"alone": [], **{thread: [] for thread in threads}}
        for _ in range(repetitions + 1):
            with thread_count(1):
                samples["alone"].append(timed(alone, perf_counter)[0])
            for thread in threads:
                with thread_count(thread):
                    samples[thread].append(timed(together, perf_counter)[0])
        milliseconds = {k: 1e3 * median(v[1:]) / count for k, v in samples.items()}
        found[name] = {
            "alone": milliseconds["alone"],
            **{f"batch, {thread} threads": milliseconds[thread] for thread in threads},
            "throughput ratio": milliseconds[threads[0]] / milliseconds[threads[-1]],
            "batch over alone": milliseconds[threads[0]] / milliseconds["alone"],
        }
    return found


def kspace(mask, count, size):
    """Slices from the middle of a head, measured one by one."""
    images = datasets.load("s1", (size, size)).images
    first = (len(images) - count) // 2
    chosen = images[first : first + count]
    measured = [
        datasets.simulate(image, mask, noise=NOISE, seed=index).kspace
        for index, image in enumerate(chosen)
    ]
    return np.stack(measured)


@contextmanager
def thread_count(number):
    """CSMRI_THREADS for a while."""
    before = os.environ.get("CSMRI_THREADS")
    os.environ["CSMRI_THREADS"] = str(number)
    try:
        yield
    finally:
        os.environ.pop("CSMRI_THREADS")
        if before is not None:
            os.environ["CSMRI_THREADS"] = before
