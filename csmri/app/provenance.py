"""What a result was made with."""

import os
import platform
from importlib import metadata

DISTRIBUTIONS = (
    "csmri",
    "numpy",
    "scipy",
    "PyWavelets",
    "array-api-compat",
    "numba",
    "mkl_fft",
    "torch",
    "safetensors",
)


def versions() -> dict[str, str]:
    """Versions of Python and of every installed distribution that touches a number."""
    found = {"python": platform.python_version()}
    for name in DISTRIBUTIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, str]:
    """The machine that the seconds were measured on."""
    return {
        "system": platform.system(),
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "threads": os.environ.get("OMP_NUM_THREADS", "library default"),
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()
