"""Memory that kernels write into and forget: one buffer a thread, made once and grown at need."""

from threading import local
from typing import Any

import numpy as np

_of_thread = local()


LINE = 64  # bytes of the cache


def scratch(size: int, dtype: Any) -> np.ndarray:
    """`size` numbers of this dtype with any content, overwritten by the next call in this thread.

    Fresh memory of this size would be handed out page by page, which costs more than a kernel. It
    begins with a line of the cache.
    """
    buffers = _of_thread.__dict__
    buffer = buffers.get(dtype)
    if buffer is None or buffer.size < size:
        buffer = buffers[dtype] = _aligned(size, np.dtype(dtype))
    return buffer[:size]


def _aligned(size: int, dtype: np.dtype) -> np.ndarray:
    memory = np.empty(size * dtype.itemsize + LINE, np.uint8)
    first = -memory.ctypes.data % LINE
    return memory[first : first + size * dtype.itemsize].view(dtype)
