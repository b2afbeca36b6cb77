"""Where a training ran: the machine, and the versions its numbers depend on."""

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
