"""What each compiled kernel gains over its definition, one image at a time on one thread.

Prints the milliseconds of the definition in NumPy, of the twin, and of the floor: reading and
writing each array that the kernel must touch, once, by NumPy's own copy. Best of many runs beside
their median, since other processes only ever add time.

    OMP_NUM_THREADS=1 python tests/benchmarks/bench_kernels.py [--sizes 256 320] [--dtype complex64]
"""

import argparse
from functools import partial
from statistics import median
from time import perf_counter

import numpy as np

from csmri import kernels
from csmri.kernels import agnostic, agnostic_penalty, agnostic_wavelet
from csmri.operators.wavelet import lowpass

FILTER, LEVELS = lowpass("db4"), 4


def kernels_at(size, dtype):
    """Name, definition, twin, and how many images are at least read and written."""
    generator = np.random.default_rng(0)

    def numbers(*shape):
        values = generator.standard_normal((2, *shape, size, size)) / 2
        return (values[0] + 1j * values[1]).astype(dtype)

    x, y, z, t, c = (numbers() for _ in range(5))
    w, w_next = numbers(2), numbers(2)
    factor = generator.random((size, size)).astype(x.real.dtype)
    columns = generator.random(size) < 0.3
    mask = generator.random((size, size)) < 0.3
    split = {"alpha": 1.8, "isotropic": True, "periodic": True}
    dual = {"sigma": 0.2, "isotropic": True, "periodic": True}
    energies = {"alpha": 1.8, "isotropic": True}
    rescale = {"ratio": 1.01, "isotropic": True, "periodic": True}
    wavelet = FILTER, LEVELS
    # Arguments of the definition, and what else the twin is given: memory to write into.
    table = (
        ("difference_shrink_relax", (w, x, 0.7), split, {"out": (w, t)}, 6),
        ("difference_dual_step", (w, x, 0.7), dual, {"out": (w, t)}, 6),
        ("forward_differences_adjoint", (w,), {"periodic": True}, {}, 3),
        ("difference_step_energies", (w, w_next, 0.7), energies, {}, 4),
        ("difference_rescale", (w, 0.7), rescale, {}, 5),
        ("step_energies", (x, y, z, t), {"alpha": 1.8}, {}, 4),
        ("wavelet_analysis", (x, *wavelet), {}, {"out": c}, 2),
        ("wavelet_synthesis", (x, *wavelet), {}, {"out": c}, 2),
        ("wavelet_shrink", (x, *wavelet, 0.1), {}, {"out": c}, 2),
        ("soft_threshold", (x, 0.1), {}, {}, 2),
        ("group_soft_threshold", (w, 0.1, -3), {}, {}, 4),
        ("relax", (x, y, z, 1.8), {}, {}, 4),
        ("reflect", (x, y), {}, {}, 3),
        ("extrapolate", (x, y, 0.3), {}, {}, 3),
        ("multiply_add", (x, factor, y), {}, {"out": x}, 3.5),
        ("replace_samples, columns", (x, y, columns, 0.9), {}, {"out": x}, 3),
        ("replace_samples, grid", (x, y, mask, 0.9), {}, {"out": x}, 3),
    )
    for name, arguments, keywords, memory, images in table:
        function = name.partition(",")[0]
        homes = agnostic, agnostic_penalty, agnostic_wavelet
        home = next(module for module in homes if hasattr(module, function))
        definition = partial(getattr(home, function), *arguments, **keywords)
        twin = partial(getattr(kernels, function), *arguments, **keywords, **memory)
        yield name, definition, twin, images
    for name in ("fft2", "fft"):
        yield name, None, partial(getattr(kernels, name), x), 2


def milliseconds(function, runs):
    """The least and the median of single runs, after two that warm."""
    times = []
    for _ in range(runs + 2):
        since = perf_counter()
        function()
        times.append(1e3 * (perf_counter() - since))
    return min(times[2:]), median(times[2:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 320])
    parser.add_argument("--dtype", choices=("complex64", "complex128"), default="complex64")
    parser.add_argument("--runs", type=int, default=300)
    options = parser.parse_args()
    for size in options.sizes:
        image = np.ones((size, size), options.dtype)
        copied, _ = milliseconds(partial(np.copyto, np.empty_like(image), image), options.runs)
        print(f"\n{size}², {options.dtype}; milliseconds, best (median)")
        print(f"{'kernel':30}{'definition':>18}{'twin':>18}{'gain':>7}{'floor':>8}")
        for name, definition, twin, images in kernels_at(size, options.dtype):
            ours, typical = milliseconds(twin, options.runs)
            line = f"{ours:9.3f} ({typical:.3f}) "
            if definition is None:
                print(f"{name:30}{'':18}{line:>18}{'':7}{copied * images / 2:8.3f}")
                continue
            best, usual = milliseconds(definition, options.runs // 10)
            slow = f"{best:9.3f} ({usual:.3f}) "
            print(f"{name:30}{slow:>18}{line:>18}{best / ours:7.1f}{copied * images / 2:8.3f}")


if __name__ == "__main__":
    main()
