"""The CUDA kernels compiled as C++ and run on the host, thread after thread.

A kernel here is a function of one thread that shares nothing with others, so that a loop over the
grid does what the GPU does. What this cannot show is speed, and faults of the device's own.
"""

import ctypes
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from csmri.kernels import (
    compilation,
    cupy_launch,
    differences,
    penalty,
    pointwise,
    proof,
    sense,
    spectra,
    wavelet,
)

FFT = sys.modules["csmri.kernels.fft"]  # as an attribute, `fft` is the function
ROOMS = (differences, FFT, penalty, pointwise, proof, sense, spectra, wavelet)
HEADER = """
#include <cmath>
using std::sqrt;
#define __global__
#define __device__
#define __constant__ static const
struct dim { unsigned int x; };
static thread_local dim threadIdx, blockIdx, blockDim;
"""
KERNEL = re.compile(r'extern "C" __global__ void (\w+)\((.*?)\)', re.DOTALL)
TYPES = {
    np.float32: ctypes.c_float,
    np.float64: ctypes.c_double,
    np.int32: ctypes.c_int,
    np.int64: ctypes.c_longlong,
    np.uintp: ctypes.c_size_t,
}

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")


def with_loops(source):
    """The source, and for each kernel a function that runs it for every thread of a grid."""
    loops = []
    for name, parameters in KERNEL.findall(source):
        names = ", ".join(re.findall(r"(\w+)\s*(?:,|$)", parameters))
        loops.append(
            f'extern "C" void run_{name}(unsigned gridSize, unsigned blockSize, {parameters})'
            " { blockDim.x = blockSize; for (blockIdx.x = 0; blockIdx.x < gridSize; blockIdx.x++)"
            " for (threadIdx.x = 0; threadIdx.x < blockSize; threadIdx.x++)"
            f" {name}({names}); }}"
        )
    return "\n".join((HEADER, source, *loops))


@cache
def library(folder, file, single, constants):
    """The kernels of a file as functions on the host."""
    name = f"{file}{len(list(folder.iterdir()))}"
    text = with_loops(cupy_launch.source(file, single, constants))
    (folder / f"{name}.cpp").write_text(text)
    options = ["-O1", "-shared", "-fPIC", "-Wno-unknown-pragmas", "-Wall", "-Werror"]
    built = folder / f"{name}.so"
    command = ["g++", *options, "-o", str(built), str(folder / f"{name}.cpp")]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return ctypes.CDLL(str(built))


def launcher(folder: Path, launched: list[str]):
    """What stands for `cupy_launch.launch`, and notes the kernels that ran."""

    def launch(file, kernel, grid, *arguments, like, constants=""):
        images, rows, columns = grid
        block = cupy_launch.block_size(columns)
        blocks = images * rows * -(-columns // block)
        number = compilation.real_type(like)
        given = [
            as_c(cupy_launch.as_argument(value, number)) for value in (*arguments, rows, columns)
        ]
        function = getattr(library(folder, file, number is np.float32, constants), f"run_{kernel}")
        function(ctypes.c_uint(blocks), ctypes.c_uint(block), *given)
        launched.append(kernel)

    return launch


def as_c(value):
    """An argument as C takes it; arrays must be what a kernel assumes of them."""
    if isinstance(value, np.ndarray):
        assert value.flags.carray
        return ctypes.c_void_p(value.ctypes.data)
    return TYPES[type(value)](value.item())


def transform(x, name, *, norm, overwrite, **axes):
    """What stands for cuFFT: the same call, which overwrites what it may."""
    result = getattr(np.fft, name)(x, norm=norm, **axes).astype(x.dtype)
    if overwrite:
        x[...] = result
        return x
    return result


@pytest.fixture(scope="session")
def folder_of_kernels(tmp_path_factory):
    return tmp_path_factory.mktemp("kernels")


@pytest.fixture
def cuda_on_host(monkeypatch, folder_of_kernels):
    """NumPy arrays go where CuPy arrays go; the list is of the kernels that ran."""
    from csmri.kernels import (
        cupy_differences,
        cupy_fft,
        cupy_penalty,
        cupy_pointwise,
        cupy_proof,
        cupy_wavelet,
    )

    launched = []
    launch = launcher(folder_of_kernels, launched)
    rooms = (cupy_differences, cupy_fft, cupy_penalty, cupy_pointwise, cupy_proof, cupy_wavelet)
    for module in rooms:
        monkeypatch.setattr(module, "launch", launch)
    monkeypatch.setattr(cupy_fft, "transform", transform)
    monkeypatch.setattr(compilation, "is_cupy_array", lambda x: isinstance(x, np.ndarray))
    for room in ROOMS:
        monkeypatch.setattr(room, "numba_serves", lambda *_, **__: False, raising=False)
    return launched
