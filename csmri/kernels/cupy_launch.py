"""CUDA kernels, compiled when first needed and launched on CuPy arrays.

The sources are the `.cu` files in `cuda/`: plain functions of one thread each, which a test also
compiles as C++ and runs on the host.
"""

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from csmri.arrays import Array
from csmri.kernels.compilation import real_type

SOURCES = Path(__file__).with_name("cuda")
THREADS = 256  # the most of a block; its threads lie along a row
LANES = 32  # threads that share the sums of a row


def launch(
    file: str,
    kernel: str,
    grid: tuple[int, int, int],
    *arguments: Any,
    like: Array,
    constants: str = "",
) -> None:
    """Run a kernel with one thread for each entry of `grid`, (images, rows, columns).

    Arrays go as pointers and None as a null pointer, floats in the real precision of `like`,
    whole numbers and bools as int, `np.int64` as long long; rows and columns are added at the end.
    `constants` is source that the file asks to be defined before it is read.
    """
    images, rows, columns = grid
    block = block_size(columns)
    blocks = images * rows * -(-columns // block)
    number = real_type(like)
    given = tuple(as_argument(value, number) for value in (*arguments, rows, columns))
    with like.device:
        function = compiled(file, kernel, number is np.float32, constants, like.device.id)
        function((blocks,), (block,), given)


def block_size(columns: int) -> int:
    """Threads of a block: whole warps, as even a share of a row as there are blocks for it."""
    blocks = -(-columns // THREADS)
    return 32 * -(-columns // (32 * blocks))


def as_argument(value: Any, number: type[np.floating]) -> Any:
    """What a kernel takes for a value: see `launch`."""
    if value is None:
        return np.uintp(0)
    if isinstance(value, bool | int):
        return np.int32(value)
    if isinstance(value, float | np.floating):
        return number(value)
    return value


@cache
def compiled(file: str, kernel: str, single: bool, constants: str, device: int) -> Any:
    """A kernel of a file, loaded on a device."""
    return module(file, single, constants, device).get_function(kernel)


@cache
def module(file: str, single: bool, constants: str, device: int) -> Any:
    """The kernels of a file; CuPy keeps what it compiled on disk as well."""
    return import_module("cupy").RawModule(code=source(file, single, constants))


def source(file: str, single: bool, constants: str = "") -> str:
    """What is compiled, in ASCII: the comments' mathematics is not for the compiler."""
    texts = [(SOURCES / f"{name}.cu").read_text(encoding="utf-8") for name in ("prelude", file)]
    first = f"typedef {'float' if single else 'double'} real;\n"
    return "\n".join((first, texts[0], constants, texts[1])).encode("ascii", "ignore").decode()


def each_and_all(value: Array | float) -> tuple[Array | None, float]:
    """How kernels take what is one number, or a list of one for each image."""
    return (None, float(value)) if isinstance(value, float | int) else (value, 0.0)
