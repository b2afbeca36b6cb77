"""Fixtures that every test may ask for."""

import importlib
from importlib.util import find_spec
from pathlib import Path

import pytest
from cuda_on_host import cuda_on_host, folder_of_kernels  # noqa: F401

from csmri.kernels.gpu import missing_for_cupy

ARRAY_LIBRARIES = ["numpy", "array_api_strict", "torch"]
if find_spec("cupy"):  # where it is not installed, a skip for every law would drown the report
    ARRAY_LIBRARIES.append("cupy")


class OnDevice:
    """A namespace of the array API whose new arrays are on one device, as a user's on a GPU are.

    array_api_strict refuses what would mix arrays of two devices, and so finds on any machine what
    would fail on a GPU: constants that were made on the host.
    """

    def __init__(self, xp, device):
        self._xp, self._device = xp, device

    def __getattr__(self, name):
        found = getattr(self._xp, name)
        if name not in ("asarray", "empty", "eye", "full", "ones", "zeros", "arange", "linspace"):
            return found
        return lambda *arguments, **keywords: found(
            *arguments, **{"device": self._device, **keywords}
        )


def array_library(name):
    """The array-api namespace of a library; skips where the library, or its device, is missing."""
    pytest.importorskip(name, reason=f"{name} is not installed")
    if name == "array_api_strict":
        strict = importlib.import_module(name)
        return OnDevice(strict, strict.Device("device1"))
    if name == "cupy" and (lacking := missing_for_cupy()):
        pytest.skip(lacking)
    return importlib.import_module(f"array_api_compat.{name}")


@pytest.fixture(params=ARRAY_LIBRARIES)
def xp(request):
    """The namespace of each array library in turn."""
    return array_library(request.param)


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real scans that do not ship with the project; skips where it is missing."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder of real test scans, ../shared/data, is not there")
    return folder
