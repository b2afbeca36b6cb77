"""The benchmark: csmri against toolkits and hand-written loops, on one thread.

    PYTHONPATH=tests python -m benchmarks.run [--quick] [--only accuracy floor ...]

`make benchmark` installs the peers and runs it. Writes table.md, benchmark.json and convergence.png
to results/benchmark/; optima.npz there keeps the certified optima between runs. A part that is run
alone replaces its own results and leaves the others.
"""

import argparse
import os
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

PARTS = ("accuracy", "floor", "batches", "inference", "startup", "certified", "penalties")
ONE_THREAD = {
    **dict.fromkeys(
        ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
    ),
    "CSMRI_THREADS": "1",
    "NPROC": "1",  # for XLA, under SCICO
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
}


@dataclass(frozen=True)
class Extent:
    """How much is run.

    `cases` are the arguments of `benchmarks.instances.instances`; of these, only instances whose
    names hold one of `named` take part in what is compared case by case.
    """

    cases: dict
    repetitions: int = 7
    longest: float = 10.0
    tolerance: float = 1e-8
    slices: int = 32
    size: int = 256
    new_processes: int = 7
    parts: tuple = PARTS
    named: tuple = ("",)
    processor_time: bool = False


FULL = Extent({})
QUICK = Extent(
    {"images": ("slice",), "sizes": (256,), "penalties": ("wavelet",), "weights": (0.01,)},
    repetitions=2,
    longest=1.0,
    tolerance=1e-6,
    slices=4,
    new_processes=1,
    parts=("accuracy", "floor", "batches", "startup"),
)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one case and few repetitions")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="parts to run; all by default")
    parser.add_argument(
        "--processor-time", action="store_true", help="for a busy machine: time not on the wall"
    )
    parser.add_argument(
        "--longest", type=float, help="seconds a run may take before a solver is let go"
    )
    parser.add_argument("--cases", nargs="+", default=[""], help='parts of names: "slice 256² tv"')
    parser.add_argument("--output", type=Path, default=Path("results/benchmark"))
    chosen = parser.parse_args(arguments)
    os.environ.update(ONE_THREAD)  # before NumPy or any peer is imported
    extent = QUICK if chosen.quick else FULL
    extent = replace(
        extent,
        processor_time=chosen.processor_time,
        named=tuple(chosen.cases),
        longest=chosen.longest or extent.longest,
    )
    run(extent, chosen.only or extent.parts, chosen.output)


def run(extent, parts, folder):
    """Run the parts and write the reports; every part's results are saved as it ends."""
    from benchmarks import accuracy, report
    from benchmarks import parts as measured

    accuracy.CLOCK = accuracy.processor_seconds if extent.processor_time else perf_counter
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what peers say of themselves
        for part in parts:
            since = perf_counter()
            print(f"{part} …", flush=True)
            result = getattr(measured, part)(extent, folder)
            how = {"clock": accuracy.CLOCK.__name__, "seconds": round(perf_counter() - since, 1)}
            report.save(folder, part, result, how)
    print((folder / "table.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
