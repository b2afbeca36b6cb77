"""Whether there is a GPU for torch, and if not, what is missing; its tensors there as CuPy's."""

from collections.abc import Iterator
from contextlib import contextmanager
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


def as_cupy(tensor: Array) -> Array:
    """A tensor on a GPU as a CuPy array in the same memory; a mask is copied."""
    cupy: Any = import_module("cupy")
    torch: Any = import_module("torch")
    tensor = tensor.detach().resolve_conj().contiguous()
    if tensor.dtype == torch.bool:  # which not every release of DLPack carries
        return cupy.from_dlpack(tensor.to(torch.uint8)) != 0
    return cupy.from_dlpack(tensor)


@contextmanager
def following_torch(device: Any) -> Iterator[None]:
    """CuPy works on this GPU of torch's, and in torch's order there."""
    cuda: Any = import_module("cupy").cuda
    torch: Any = import_module("torch")
    stream = torch.cuda.current_stream(device)
    with cuda.Device(stream.device.index), cuda.ExternalStream(stream.cuda_stream):
        yield
