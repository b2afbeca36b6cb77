"""The benchmark on a GPU: CuPy arrays through the same solvers.

    PYTHONPATH=tests python -m benchmarks.gpu [--parts copy iterations ...] [--images 256]

Writes table.md and gpu.json to results/benchmark-gpu/, after every part, so that a run that is
broken off leaves what it measured. Times are of device events, medians over repetitions. A true
1e-3 is (F(x) − F*)/F* ≤ 1e-3 for every slice of the batch, with F* of a run in complex128 whose
gap is certified and printed. Without a GPU it says what is missing.
"""

import argparse
import json
import sys
import traceback
from math import prod
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from benchmarks.batches import kspace
from benchmarks.gpu_bytes import bytes_of_iteration

from csmri import L1, MaskedFourier, TotalVariation, Wavelet, masks
from csmri.arrays import to_numpy
from csmri.kernels.gpu import missing_for_cupy
from solvers import RelativeGap, admm, fista, memory_forecast
from solvers.problem import problem

SIZE, TOLERANCE, WEIGHTS = 320, 1e-3, (0.002, 0.01)
PENALTIES = {"tv": TotalVariation(), "wavelet": L1() @ Wavelet("db4", levels=4)}
WAYS = {
    "wavelet, fista": (fista, PENALTIES["wavelet"]),
    "wavelet, admm": (admm, PENALTIES["wavelet"]),
    "tv, admm": (admm, PENALTIES["tv"]),
}
FOLDER = Path("results/benchmark-gpu")


class DeviceClock:
    """Times by events on the device."""

    def __init__(self, cupy):
        self._events = cupy.cuda

    def time(self, work):
        """Seconds that the device took for it."""
        start, end = self._events.Event(), self._events.Event()
        start.record()
        work()
        end.record()
        end.synchronize()
        return self._events.get_elapsed_time(start, end) / 1e3


class Bench:
    """Data on a device, and how time is taken there."""

    def __init__(self, xp, clock, images, size, repetitions):
        self.xp, self.clock, self.images, self.size = xp, clock, images, size
        self.repetitions = repetitions
        self.mask = masks.random_columns(size, acceleration=4, center_fraction=0.08, seed=0)
        self.A = MaskedFourier(xp.asarray(self.mask))
        available = kspace(self.mask, min(images, 64), size).astype(np.complex64)
        self.host = np.resize(available, (images, size, size))  # more slices repeat the first ones
        self.y = xp.asarray(self.host)

    def seconds(self, work):
        """The median of the repetitions, after one that compiles and plans."""
        work()
        return median(self.clock.time(work) for _ in range(self.repetitions))

    def each_iteration(self, solver, R, y, few=10, many=60):
        """Seconds of an iteration: what more of them take, so that setting up does not count."""
        first, last = (
            self.seconds(lambda n=n: solver(self.A, y, R, iterations=n)) for n in (few, many)
        )
        return (last - first) / (many - few)

    def iterations_to(self, solver, R, y, optimum):
        """The fewest iterations, of 5, 10, 15, …, after which every slice is within 1e-3."""
        target = problem(self.A, y, R)
        found = []

        def look(progress):
            if progress.iteration % 5:
                return False
            value = to_numpy(target.objective(progress.x))
            found.append(progress.iteration)
            return bool(np.all(value - optimum <= TOLERANCE * optimum))

        done = solver(self.A, y, R, iterations=2000, callback=look).iterations
        return None if int(np.max(done)) >= 2000 else int(np.max(done))


def copy(bench):
    """GB/s of copying on the device, bytes read plus bytes written."""
    xp = bench.xp
    source = xp.asarray(np.random.default_rng(0).random(2 * prod(bench.y.shape)))
    target = xp.empty_like(source)

    def work():
        target[...] = source

    return {"GB/s": 2 * source.nbytes / bench.seconds(work) / 1e9}


def iterations(bench):
    """Milliseconds of an iteration, and how often the time of moving its bytes that is."""
    bandwidth = copy(bench)["GB/s"]
    found = {}
    for way, (solver, R) in WAYS.items():
        seconds = bench.each_iteration(solver, WEIGHTS[1] * R, bench.y)
        least = bytes_of_iteration(way, bench.images, bench.size)
        found[way] = {
            "ms": 1e3 * seconds,
            "GB that it must move": least / 1e9,
            "times the floor (wanted: 2)": seconds * bandwidth * 1e9 / least,
        }
    return found


def slices(bench):
    """Slices a second to a true 1e-3, the iterations it takes, and the same with a proof of it."""
    found = {}
    for name, penalty in PENALTIES.items():
        for weight in WEIGHTS:
            R = weight * penalty
            optimum, gap = optima(bench, R)
            n = bench.iterations_to(admm, R, bench.y, optimum)
            row = {"gap of F*": float(np.max(gap)), "iterations": n}
            if n is not None:
                seconds = bench.seconds(lambda R=R, n=n: admm(bench.A, bench.y, R, iterations=n))
                row["slices/s (wanted: 1500)"] = bench.images / seconds
            rule = RelativeGap(TOLERANCE)
            proven = bench.seconds(
                lambda R=R, rule=rule: admm(bench.A, bench.y, R, iterations=2000, stop=rule)
            )
            row["slices/s with proof"] = bench.images / proven
            found[f"{name} {weight:g}"] = row
    return found


def optima(bench, R):
    """F* of every slice and its proven gap, in double precision; of single slices first."""
    y = bench.xp.astype(bench.y, bench.xp.complex128)
    best = admm(bench.A, y, R, iterations=3000, stop=RelativeGap(1e-6))
    return np.asarray(best.objective), np.asarray(best.gap)


def latency(bench):
    """Milliseconds for one slice to a true 1e-3, wall clock, from data on the device to image."""
    found = {}
    y = bench.y[0] + 0
    for name, penalty in PENALTIES.items():
        R = WEIGHTS[1] * penalty
        double = bench.xp.astype(y, bench.xp.complex128)
        optimum = admm(bench.A, double, R, iterations=3000, stop=RelativeGap(1e-6)).objective
        n = bench.iterations_to(admm, R, y, optimum)
        times = []
        for _ in range(bench.repetitions + 1):
            since = perf_counter()
            bench.clock.time(lambda R=R, n=n: admm(bench.A, y, R, iterations=n or 1))
            times.append(1e3 * (perf_counter() - since))
        found[name] = {"iterations": n, "ms (wanted: below 10)": median(times[1:])}
    return found


def processor(bench):
    """The same on this machine's processor: slices a second on all threads, for comparison."""
    A, y, found = MaskedFourier(bench.mask), bench.host[:16], {}
    for name, penalty in PENALTIES.items():
        R, times = WEIGHTS[1] * penalty, []
        for _ in range(3):
            since = perf_counter()
            admm(A, y, R, iterations=50)
            times.append(perf_counter() - since)
        here = len(y) / median(times[1:])
        seconds = bench.seconds(lambda R=R: admm(bench.A, bench.y, R, iterations=50))
        there = bench.images / seconds
        found[name] = {"slices/s CPU": here, "slices/s GPU": there, "ratio": there / here}
    return found


def memory(bench):
    """What the forecast says, and what was taken at the peak."""
    pool, found = bench.xp.get_default_memory_pool(), {}
    for way, (solver, R) in WAYS.items():
        pool.free_all_blocks()
        before = pool.total_bytes()
        solver(bench.A, bench.y, WEIGHTS[1] * R, iterations=20)
        taken = pool.total_bytes() - before
        forecast = memory_forecast(bench.A, bench.y, WEIGHTS[1] * R)
        expected = forecast.images * forecast.bytes_each
        found[way] = {"GB taken": taken / 1e9, "GB forecast": expected / 1e9}
    return found


def sigpy(bench):
    """SigPy on the same GPU: see `benchmarks.gpu_sigpy`."""
    from benchmarks.gpu_sigpy import compared

    return compared(bench, WEIGHTS[1], TOLERANCE)


PARTS = (copy, iterations, slices, latency, processor, memory, sigpy)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [part.__name__ for part in PARTS]
    parser.add_argument("--parts", nargs="+", choices=names, default=names)
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    asked = parser.parse_args(arguments)
    if lacking := missing_for_cupy():
        print(f"no benchmark on a GPU: {lacking}", file=sys.stderr)
        return 2
    import cupy
    from array_api_compat import cupy as xp

    device = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    bench = Bench(xp, DeviceClock(cupy), asked.images, SIZE, asked.repetitions)
    title = f"{device}, CuPy {cupy.__version__}, {asked.images} x {SIZE}², complex64"
    return run(bench, [part for part in PARTS if part.__name__ in asked.parts], title, asked.folder)


def run(bench, parts, title, folder):
    """Each part in turn; one that fails is told, and spares the others."""
    found, failed = {"what": title}, 0
    folder.mkdir(parents=True, exist_ok=True)
    for part in parts:
        try:
            found[part.__name__] = part(bench)
        except Exception as error:  # noqa: BLE001 — whatever it is, the other parts go on
            traceback.print_exc()
            found[part.__name__] = {"failed": f"{type(error).__name__}: {error}"}
            failed += 1
        (folder / "gpu.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
        (folder / "table.md").write_text(table(found), encoding="utf-8")
        print(f"{part.__name__}: {json.dumps(found[part.__name__], indent=1)}", flush=True)
    return 1 if failed else 0


def table(found):
    """The results in Markdown."""
    lines = ["# On a GPU", "", found["what"], ""]
    for part, rows in found.items():
        if part == "what":
            continue
        lines += [f"## {part}", ""]
        flat = rows if all(isinstance(v, dict) for v in rows.values()) else {"": rows}
        for name, values in flat.items():
            text = ", ".join(f"{key} {number(value)}" for key, value in values.items())
            lines.append(f"- {name}: {text}" if name else f"- {text}")
        lines.append("")
    return "\n".join(lines)


def number(value):
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
