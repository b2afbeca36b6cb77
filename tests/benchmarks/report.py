"""What was measured, as benchmark.json, table.md and convergence.png."""

import json
import os
import platform
from datetime import UTC, datetime

from benchmarks.entrant import installed_versions
from benchmarks.figure import draw
from benchmarks.table import table

PACKAGES = (
    "csmri",
    "numpy",
    "scipy",
    "PyWavelets",
    "numba",
    "mkl_fft",
    "mkl",
    "torch",
    "sigpy",
    "modopt",
    "pyproximal",
    "pylops",
    "scico",
    "jax",
)


def save(folder, part, result, how):
    """Put a part's results beside those of the others, and write all reports anew."""
    path = folder / "benchmark.json"
    folder.mkdir(parents=True, exist_ok=True)
    everything = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    everything[part] = result
    everything.setdefault("measured", {})[part] = {
        "on": datetime.now(UTC).isoformat(timespec="seconds"),
        **how,
        "machine": machine(),
        "versions": installed_versions(PACKAGES),
    }
    path.write_text(json.dumps(everything, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "table.md").write_text(table(everything), encoding="utf-8")
    if "accuracy" in everything:
        draw(everything["accuracy"], folder / "convergence.png")


def machine():
    """The processor, its cores, and how busy they are: a busy machine's times are worth less."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "load": load,
        "python": platform.python_version(),
    }


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [
                line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")
            ]
    except OSError:
        names = []
    return names[0] if names else platform.machine()
