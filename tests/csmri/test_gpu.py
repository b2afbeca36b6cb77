"""Without CuPy, or with it but no GPU: everything imports, and who asks is told what is missing."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from raw_files import small_scan
from typer.testing import CliRunner

from csmri import formats
from csmri.app import commands
from csmri.app.pipeline import devices
from csmri.kernels import gpu, torch_gpu

ROOT = Path(__file__).resolve().parents[2]
FAKE = """
class Runtime:
    def getDeviceCount(self):
        raise RuntimeError("cudaErrorInsufficientDriver: the driver is insufficient")

class Cuda:
    runtime = Runtime()

cuda = Cuda()
class ndarray: ...
"""


def no_device():
    raise RuntimeError("cudaErrorInsufficientDriver")


@pytest.fixture
def cupy(monkeypatch):
    """A function that puts something in the place of CuPy; None is its absence."""

    def install(module):
        names = set() if module is None else {"cupy"}
        monkeypatch.setattr(gpu, "find_spec", lambda name: name if name in names else None)
        monkeypatch.setitem(sys.modules, "cupy", module)

    return install


@pytest.fixture
def torch_without_cuda(monkeypatch):
    torch = SimpleNamespace(__version__="2.9+cpu", version=SimpleNamespace(cuda=None))
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr(torch_gpu, "find_spec", lambda name: name)


def with_devices(count):
    return SimpleNamespace(cuda=SimpleNamespace(runtime=SimpleNamespace(getDeviceCount=count)))


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (None, r"CuPy is not installed \(pip install 'csmri\[gpu\]'\)"),
        (with_devices(no_device), "finds no CUDA device .cudaErrorInsufficientDriver"),
        (with_devices(lambda: 0), "finds no CUDA device$"),
    ],
)
@pytest.mark.usefixtures("torch_without_cuda")
def test_who_asks_for_a_gpu_is_told_what_is_missing(cupy, module, reason):
    cupy(module)
    with pytest.raises(ValueError, match=r"none is within reach.*--device cpu") as caught:
        devices.placed(np.zeros(3), "cuda")
    assert caught.match(reason.removesuffix("$"))
    assert caught.match("built without CUDA")


def test_a_library_that_cannot_be_imported_is_told_apart(cupy, monkeypatch):
    cupy(with_devices(lambda: 1))

    def broken(name):
        raise ImportError("libcublas.so: cannot open shared object file")

    monkeypatch.setattr(gpu, "import_module", broken)
    assert "cannot be imported (libcublas.so" in gpu.missing_for_cupy()


def test_a_gpu_that_is_there_is_taken(cupy):
    cupy(with_devices(lambda: 1))
    assert devices.library_for("cuda") == "cupy"
    assert devices.library_for("cpu") is None


def test_a_device_of_another_name_is_refused():
    with pytest.raises(ValueError, match="got the device 'gpu0', expected cpu or cuda"):
        devices.placed(np.zeros(3), "gpu0")


@pytest.mark.usefixtures("torch_without_cuda")
def test_reconstruct_refuses_before_it_reads(cupy, tmp_path):
    cupy(None)
    formats.write_scan(tmp_path / "in.npz", small_scan(coils=1))
    out = tmp_path / "out.npy"
    with pytest.raises(ValueError, match="CuPy is not installed"):
        CliRunner().invoke(
            commands.app,
            ["reconstruct", str(tmp_path / "in.npz"), "-o", str(out), "--device", "cuda"],
            catch_exceptions=False,
        )
    assert not out.exists()


def test_nothing_clips_since_that_waits_for_the_gpu():
    """array-api-compat's clip picks entries by a mask, which CuPy counts on the host."""
    sources = [path for room in ("csmri", "solvers") for path in (ROOT / room).rglob("*.py")]
    assert len(sources) > 100
    assert [path.name for path in sources if "xp.clip(" in path.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("source", [FAKE, "raise ImportError('no libcuda')"])
def test_everything_imports_and_solves_beside_a_cupy_that_has_no_device(source, tmp_path):
    (tmp_path / "cupy.py").write_text(source)
    program = (
        "import numpy as np, csmri, solvers, csmri.kernels.gpu as gpu\n"
        "from csmri.kernels import cupy_differences, cupy_fft, cupy_penalty, cupy_wavelet\n"
        "A = csmri.MaskedFourier(np.ones(8, bool))\n"
        "x = solvers.fista(A, A(np.ones((8, 8), 'complex64')), 0.1 * csmri.L1(), iterations=2).x\n"
        "assert x.shape == (8, 8)\n"
        "assert gpu.missing_for_cupy()\n"
    )
    environment = {"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin"}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, timeout=120)
