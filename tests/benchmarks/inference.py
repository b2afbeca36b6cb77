"""What an image costs: the trained networks beside certified total variation."""

from contextlib import contextmanager
from functools import partial
from statistics import median
from time import perf_counter

import torch
from benchmarks.accuracy import timed
from benchmarks.batches import kspace, thread_count

import learned
from csmri import MaskedFourier, TotalVariation, masks
from solvers import RelativeGap, minimise

NETWORKS = ("wavelet", "unet", "unrolled", "refined_unet", "refined", "refined_long")
MIXED = ("unet", "refined_long")  # in bfloat16, too, where that is faster
GAPS = (1e-3, 1e-4)
WEIGHT = 0.002


def inference_times(count, size, repetitions, threads=(1, 2)):
    """Milliseconds a slice of a batch on each number of threads, by turns; medians."""
    mask = masks.random_columns(size, acceleration=4, center_fraction=0.08, seed=0)
    y = kspace(mask, count, size)
    runs = {f"total variation, gap ≤ {gap:g}": partial(proven, mask, y, gap) for gap in GAPS}
    for name in NETWORKS:
        network = learned.load(name)
        runs[f"{name}, {network.parameters:,} parameters"] = partial(network, y, mask)
    for name in MIXED if learned.bfloat16_pays(torch.device("cpu")) else ():
        runs[f"{name}, bfloat16"] = partial(learned.load(name, mixed_precision=True), y, mask)
    samples = {name: {number: [] for number in threads} for name in runs}
    for _ in range(repetitions + 1):
        for number in threads:
            for name, run in runs.items():
                with thread_count(number), torch_threads(number):
                    samples[name][number].append(timed(run, perf_counter)[0])
    return {
        name: {str(n): 1e3 * median(times[1:]) / count for n, times in found.items()}
        for name, found in samples.items()
    }


def proven(mask, y, gap):
    return minimise(MaskedFourier(mask), y, WEIGHT * TotalVariation(), stop=RelativeGap(gap)).x


@contextmanager
def torch_threads(number):
    """Torch's threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
