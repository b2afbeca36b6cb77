"""Memory and time before a long run, and how many slices fit into the machine at once."""

import math
import os
import time
from dataclasses import dataclass
from typing import final

import numpy as np

from csmri import MaskedFourier
from csmri.app.pipeline.recipe import Recipe

COPIES = 14
"""Arrays of a slice's coils that are alive at once: data, maps, calibration, work of the FFT."""
PROGRAM = 400_000_000  # bytes of an interpreter with NumPy, SciPy and compiled kernels
APPLICATIONS = {
    "zero-filled": 1.0,
    "sense": 35.0,
    "unrolled": 60.0,
    "refined": 90.0,
    "refined-unet": 70.0,
    "refined-long": 190.0,
    "unet": 60.0,
}
"""How often a method applies AᴴA, or what takes as long; the others about once an iteration."""
OVERHEAD_SECONDS = 0.05  # reading, and keeping the finished slice
CALIBRATION_SECONDS = 4e-7  # for each pixel and pair of coils; measured for ESPIRiT


@final
@dataclass(frozen=True)
class Forecast:
    """What a run will need.

    Attributes
    ----------
    slices : int
        How many are to be done.
    at_once : int
        How many at a time, so that they fit into the memory.
    bytes : int
        Memory at the peak, all workers together.
    seconds : float
        Of the whole run; a guess of the order of magnitude.
    """

    slices: int
    at_once: int
    bytes: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.slices} slices, {self.at_once} at once: about {self.bytes / 1e9:.1f} GB and "
            f"{as_duration(self.seconds)}"
        )


def forecast(shape: tuple[int, int, int], slices: int, recipe: Recipe, workers: int) -> Forecast:
    """Estimate a run, timing AᴴA once on arrays of its size.

    Parameters
    ----------
    shape : (C, H, W)
        Of one slice, as it is read.
    slices : int
        How many.
    recipe : Recipe
        How.
    workers : int
        The most slices at once; fewer where memory is short.

    Raises
    ------
    ValueError
        Where not even one slice fits into the memory.
    """
    memory = bytes_of_slice(shape, recipe)
    available = available_memory()
    fitting = max(0, int((available - PROGRAM) // memory))
    if fitting == 0:
        raise ValueError(
            f"a slice of {shape} needs about {memory / 1e9:.1f} GB, {available / 1e9:.1f} GB are "
            "free; compress to fewer coils (--coils), or take a larger machine"
        )
    at_once = max(1, min(workers, fitting, slices))
    seconds = seconds_of_slice(shape, recipe) * math.ceil(slices / at_once)
    return Forecast(slices, at_once, PROGRAM + at_once * memory, seconds)


def bytes_of_slice(shape: tuple[int, int, int], recipe: Recipe) -> int:
    """Memory at the peak of one slice: as it is read, and with its virtual coils."""
    coils, rows, columns = shape
    virtual = min(coils, recipe.virtual_coils or coils)
    return 8 * rows * columns * (3 * coils + COPIES * virtual + 20)


def seconds_of_slice(shape: tuple[int, int, int], recipe: Recipe) -> float:
    """Time of one slice, from that of AᴴA."""
    coils, rows, columns = shape
    virtual = min(coils, recipe.virtual_coils or coils)
    x = np.ones((rows, columns), np.complex64)
    maps = np.full((virtual, rows, columns), virtual**-0.5, np.complex64)
    mask = np.arange(columns) % 4 == 0
    A = MaskedFourier(mask) if virtual == 1 else MaskedFourier(mask, maps)
    A.normal(x)  # plans and compiles
    since = time.perf_counter()
    A.normal(x)
    once = time.perf_counter() - since
    calibrated = 0.0 if virtual == 1 else CALIBRATION_SECONDS * virtual**2 * rows * columns
    solved = 3 * once * APPLICATIONS.get(recipe.method, 0.5 * recipe.iterations)
    return OVERHEAD_SECONDS + calibrated + solved


def available_memory() -> int:
    """Bytes that are free, a container's limit regarded; 4 GB where the system does not tell."""
    found = []
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            named = dict(line.split(":", 1) for line in lines)
        found.append(1024 * int(named["MemAvailable"].split()[0]))
    except (OSError, KeyError, ValueError):
        names = getattr(os, "sysconf_names", {})
        if "SC_AVPHYS_PAGES" in names:
            found.append(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    limit, used = (_cgroup(name) for name in ("memory.max", "memory.current"))
    if limit is not None and used is not None:
        found.append(max(0, limit - used))
    return min(found, default=4_000_000_000)


def _cgroup(name: str) -> int | None:
    try:
        with open(f"/sys/fs/cgroup/{name}", encoding="ascii") as file:
            text = file.read().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def as_duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
