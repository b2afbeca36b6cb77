"""Whether there is a GPU for torch, and if not, what is missing."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from csmri.arrays import Array


def missing_for_torch() -> str | None:
    """What keeps torch from a CUDA device, in words; None where nothing does."""
    if find_spec("torch") is None:
        return "torch is not installed"
    torch: Any = import_module("torch")
    if torch.version.cuda is None:
        return f"torch {torch.__version__} is built without CUDA"
    return None if torch.cuda.is_available() else "torch finds no CUDA device"


def free_bytes(x: Array) -> int:
    """Memory that is free on the GPU that x is on, what torch keeps included."""
    memory: Any = import_module("torch").cuda
    kept = memory.memory_reserved(x.device) - memory.memory_allocated(x.device)
    return memory.mem_get_info(x.device)[0] + kept
