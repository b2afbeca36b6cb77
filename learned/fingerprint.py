"""What a training is made of, as short texts: its state goes on with the same alone."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from torch import nn

SAMPLE = 2**16
"""Bytes that are read at the beginning, in the middle and at the end of a large file."""

LONGEST, NAMED = 40, 6
"""Up to how many letters a message shows a setting, and how many it names."""


@runtime_checkable
class Fingerprinted(Protocol):
    """Draws that tell what they are made of: `Simulation` and `FastMRIDraws`."""

    def fingerprint(self) -> Mapping[str, Any]:
        """Return everything that decides the examples but for the seed, as values for JSON."""
        ...


def fingerprint_of(decisions: Mapping[str, Any], within: str = "") -> dict[str, str]:
    """Return every setting by its name as a text, those within others as "outer.inner"."""
    found: dict[str, str] = {}
    for name, value in decisions.items():
        value = plain(value)
        if isinstance(value, Mapping):
            found |= fingerprint_of(value, f"{within}{name}.")
        else:
            found[f"{within}{name}"] = json.dumps(value, default=plain)
    return found


def plain(value: Any) -> Any:
    """Return a setting as a value for JSON: dataclasses by their fields, functions by name."""
    if value is None or isinstance(value, bool | int | float | str | list | tuple | Mapping):
        return value
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if is_dataclass(value) and not isinstance(value, type):
        return {"type": type(value).__qualname__, **asdict(value)}
    if isinstance(value, partial):
        return {"type": plain(value.func), "given": list(value.args), **value.keywords}
    return getattr(value, "__qualname__", type(value).__qualname__)


def differences(then: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Say what two fingerprints differ in; "" where they are the same."""
    found = []
    for name in sorted(then.keys() | now.keys()):
        before, here = then.get(name, "nothing"), now.get(name, "nothing")
        if before == here:
            continue
        short = max(len(before), len(here)) <= LONGEST
        found.append(f"{name} ({before} then, {here} now)" if short else name)
    more = [f"{len(found) - NAMED} more"] if len(found) > NAMED else []
    return ", ".join(found[:NAMED] + more)


def sha256_of(content: np.ndarray | str) -> str:
    """Return the SHA-256 of an array's shape, type and bytes, or of a text."""
    sha = hashlib.sha256()
    if isinstance(content, str):
        sha.update(content.encode())
    else:
        sha.update(f"{content.shape} {content.dtype};".encode())
        sha.update(np.ascontiguousarray(content).tobytes())
    return sha.hexdigest()


def sha256_of_weights(network: nn.Module) -> str:
    """Return the SHA-256 of the names and numbers of a network's parameters and buffers."""
    sha = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        sha.update(f"{name} {sha256_of(tensor.cpu().numpy())};".encode())
    return sha.hexdigest()


def sampled_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's size, beginning, middle and end, quick for any size."""
    size = path.stat().st_size
    sha = hashlib.sha256(f"{size};".encode())
    with path.open("rb") as file:
        for start in (0, (size - SAMPLE) // 2, size - SAMPLE):
            file.seek(max(0, start))
            sha.update(file.read(SAMPLE))
    return sha.hexdigest()
