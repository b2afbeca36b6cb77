"""A batch of slices: throughput on more threads, beside solving alone and beside processes.

How much faster two threads can be is the machine's affair too: two processes, which share nothing,
are measured in the same turns.
"""

import os
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from statistics import median
from time import perf_counter

import numpy as np
from benchmarks.accuracy import timed
from benchmarks.instances import NOISE

from csmri import L1, MaskedFourier, TotalVariation, Wavelet, datasets, masks
from solvers import admm

WEIGHT, ITERATIONS = 0.01, 50
REGULARIZERS = {"wavelet": WEIGHT * (L1() @ Wavelet("db4")), "tv": WEIGHT * TotalVariation()}


def batch_times(count, size, repetitions, threads=2):
    """Milliseconds a slice by each way of solving them, by turns; medians."""
    A, y = measurement(count, size)
    found = {}
    with processes(count, size, threads) as share_out:
        for name, R in REGULARIZERS.items():
            ways = {
                "alone": partial(solved, A, list(y), R, 1),
                "batch, 1 thread": partial(solved, A, [y], R, 1),
                f"batch, {threads} threads": partial(solved, A, [y], R, threads),
                f"{threads} processes": partial(share_out, name),
            }
            samples = {way: [] for way in ways}
            for _ in range(repetitions + 1):
                for way, run in ways.items():
                    samples[way].append(timed(run, perf_counter)[0])
            cost = {way: 1e3 * median(times[1:]) / count for way, times in samples.items()}
            alone, one, several, apart = cost.values()
            found[name] = {
                **cost,
                "throughput ratio": one / several,
                "throughput ratio of processes": one / apart,
                "batch over alone": one / alone,
            }
    return found


def solved(A, batches, R, threads):
    """Solve each of the batches, or slices, on so many threads."""
    with thread_count(threads):
        for y in batches:
            admm(A, y, R, iterations=ITERATIONS)


@contextmanager
def processes(count, size, number):
    """As many processes, each with its share of the slices: a function that has all solve theirs.

    They are made, and have compiled what they need, before any clock runs.
    """
    context = get_context("spawn")
    shares = [slice(n * count // number, (n + 1) * count // number) for n in range(number)]
    ends = []
    for share in shares:
        here, there = context.Pipe()
        context.Process(target=serve, args=(there, count, size, share), daemon=True).start()
        ends.append(here)

    def share_out(name):
        for end in ends:
            end.send(name)
        for end in ends:
            end.recv()

    try:
        yield share_out
    finally:
        for end in ends:
            end.send(None)


def serve(end, count, size, share):
    """A process: solve these slices with each regularizer that is named, until there is none."""
    A, y = measurement(count, size)
    while name := end.recv():
        solved(A, [y[share]], REGULARIZERS[name], 1)
        end.send(name)


def measurement(count, size):
    """The operator and the k-space of so many slices."""
    mask = masks.random_columns(size, acceleration=4, center_fraction=0.08, seed=0)
    return MaskedFourier(mask), kspace(mask, count, size)


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
