"""The machine that networks run on, and the versions their numbers depend on."""

import platform
from importlib.metadata import PackageNotFoundError, version

import torch

LIBRARIES = ("csmri", "numpy", "scipy", "torch", "safetensors")


def device_kind(device: torch.device | str) -> str:
    """Return "cpu", "cuda", …: what torch calls the kind of a device."""
    try:
        return torch.device(device).type
    except RuntimeError:
        raise ValueError(f"got device={device!r}, expected 'cpu' or 'cuda'") from None


def machine_of(device: torch.device | str) -> str:
    """Return the name of the GPU, or the kind of processor."""
    if device_kind(device) == "cuda":
        return torch.cuda.get_device_name(device)
    return platform.machine()


def installed_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries whose numbers a training depends on."""
    found = {"python": platform.python_version()}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "not installed"
    return found


def bfloat16_pays(device: torch.device) -> bool:
    """Whether convolutions in bfloat16 are the faster ones on this device.

    Parameters
    ----------
    device : torch.device
        A CPU or a GPU.

    Returns
    -------
    bool
        True on CPUs with AVX512-BF16 or AMX, and on GPUs of compute capability 8.0 or more.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu" and torch.backends.mkldnn.is_available():
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return False
