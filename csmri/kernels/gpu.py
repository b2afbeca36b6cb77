"""Whether there is a GPU for CuPy, and if not, what is missing."""

from importlib import import_module
from importlib.util import find_spec


def missing_for_cupy() -> str | None:
    """What keeps CuPy from a device, in words; None where nothing does."""
    if find_spec("cupy") is None:
        return "CuPy is not installed (pip install 'csmri[gpu]')"
    try:
        count = import_module("cupy").cuda.runtime.getDeviceCount()
    except (ImportError, OSError) as error:
        return f"CuPy is installed, but cannot be imported ({error})"
    except RuntimeError as error:  # the driver is missing, or too old
        return f"CuPy is installed, but finds no CUDA device ({error})"
    return None if count else "CuPy is installed, but finds no CUDA device"
