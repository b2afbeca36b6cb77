"""Whether there is a GPU for CuPy, and if not, what is missing; and the memory of GPUs."""

from importlib import import_module
from importlib.util import find_spec
from sys import modules

from csmri.arrays import Array, is_cupy_array, is_torch_array


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


def free_bytes(x: Array) -> int | None:
    """Memory that is free on the GPU that x is on, what its library keeps included.

    None where x is on the host.
    """
    if is_cupy_array(x):
        cupy = import_module("cupy")
        with x.device:
            return cupy.cuda.runtime.memGetInfo()[0] + cupy.get_default_memory_pool().free_bytes()
    if is_torch_array(x) and x.device.type == "cuda":
        from csmri.kernels import torch_gpu

        return torch_gpu.free_bytes(x)
    return None


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether an error says so: Python's and CuPy's do by their kind, torch's by its name."""
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"


def release_memory() -> None:
    """Give back what CuPy and torch, where they are in use, keep for arrays that are gone."""
    if "cupy" in modules and missing_for_cupy() is None:
        modules["cupy"].get_default_memory_pool().free_all_blocks()
    if "torch" in modules:
        modules["torch"].cuda.empty_cache()
