"""What a new process pays: the imports, the first solve, and the most memory it ever held."""

import json
import subprocess
import sys
from statistics import median

IMPORT = """
from time import perf_counter
since = perf_counter()
import {modules}
print(perf_counter() - since)
"""
# The kernel's own peak of this program: getrusage would count its parent's memory before exec.
PEAK = """
def peak():
    try:
        with open("/proc/self/status") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    except OSError:
        import resource
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
"""
FIRST_SOLVE = """
import json
from time import perf_counter
since = perf_counter()
import numpy as np
from csmri import L1, MaskedFourier, TotalVariation, Wavelet, masks, phantoms
from solvers import minimise
imported = perf_counter()
image = phantoms.shepp_logan({size}).astype(np.complex64)
A = MaskedFourier(masks.random_columns({size}, acceleration=4, center_fraction=0.08, seed=0))
y = A(image)
made = perf_counter()
result = minimise(A, y, {regularizer}, iterations=100)
solved = perf_counter()
print(json.dumps({{
    "imports": imported - since,
    "first solve": solved - made,
    "all": solved - since,
    "peak megabytes": peak(),
}}))
"""
REGULARIZERS = {
    "wavelet": '0.01 * (L1() @ Wavelet("db4", levels=4))',
    "tv": "0.01 * TotalVariation()",
}


def startup_times(repetitions, size=256):
    """Seconds and megabytes, medians of new processes by turns, after one that warms the caches.

    With no repetitions the first ones are what is given.
    """
    imports = {"numpy": [], "csmri, solvers": []}
    solves = {name: [] for name in REGULARIZERS}
    for _ in range(repetitions + 1):
        for modules, times in imports.items():
            times.append(float(output(IMPORT.format(modules=modules))))
        for name, regularizer in REGULARIZERS.items():
            solves[name].append(
                json.loads(output(PEAK + FIRST_SOLVE.format(size=size, regularizer=regularizer)))
            )
    found = {f"import {modules}": median(times[1:] or times) for modules, times in imports.items()}
    found["import more than numpy"] = found["import csmri, solvers"] - found["import numpy"]
    first = {
        name: {key: median(run[key] for run in runs[1:] or runs) for key in runs[0]}
        for name, runs in solves.items()
    }
    return {"imports": found, "first solve": first}


def output(script):
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    if process.returncode:
        raise RuntimeError(f"a new process failed:\n{process.stderr}")
    return process.stdout
