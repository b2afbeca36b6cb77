"""Trained networks as files: safetensors with a record of how the network came to be."""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from csmri.datasets.catalogue import CATALOGUE
from csmri.formats.writing import write_atomically
from learned.architectures import Architecture, from_record, to_record

FORMAT = "csmri-network-1"


@dataclass(frozen=True)
class Record:
    """How a network was made.

    Parameters
    ----------
    architecture : Architecture
        Builds the network.
    persons : tuple of str
        Whose images it was trained on.
    data : dict
        SHA-256 of the training images of each person, and how they were augmented.
    masks : dict
        The recipe of the training masks and SHA-256 of the first ones drawn.
    training : dict
        Steps, batch size, rates, loss, optimiser, precision, seconds: the budget.
    seeds : dict
        Of the first weights and of the training examples.
    versions : dict
        Of Python and the libraries.
    metrics : dict
        What was measured of it, on the training persons.
    initial : dict
        The whole record of the network whose weights it began with, as plain values; empty where
        it began untrained.
    """

    architecture: Architecture
    persons: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    masks: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    seeds: dict[str, int] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    initial: dict[str, Any] = field(default_factory=dict)

    @property
    def begun_with(self) -> "Record | None":
        """The record of the network whose weights it began with."""
        return Record.from_plain(self.initial) if self.initial else None

    def to_plain(self) -> dict[str, Any]:
        """Return the record as plain values for JSON."""
        return asdict(self) | {"architecture": to_record(self.architecture)}

    @staticmethod
    def from_plain(plain: dict[str, Any]) -> "Record":
        """Return the record that `to_plain` described."""
        rest = dict(plain)
        architecture, persons = from_record(rest.pop("architecture")), rest.pop("persons")
        return Record(architecture, names_of(persons), **rest)

    def to_json(self) -> str:
        """Return the record as one line of JSON."""
        return json.dumps(self.to_plain(), sort_keys=True)

    @staticmethod
    def from_json(text: str) -> "Record":
        """Return the record that `to_json` wrote."""
        return Record.from_plain(json.loads(text))


def save_network(
    path: Path | str,
    network: nn.Module,
    record: Record,
    *,
    storage: torch.dtype = torch.float32,
) -> None:
    """Write the weights and their record to one safetensors file, whole or not at all.

    Parameters
    ----------
    path : path
        Where to write; a file that is there is replaced in one step.
    network : Module
        Built by ``record.architecture``.
    record : Record
        Kept as JSON in the file's metadata.
    storage : dtype
        `torch.float16` halves the file; loading gives float32 again.
    """
    tensors = {
        name: tensor.detach().cpu().to(storage if tensor.is_floating_point() else tensor.dtype)
        for name, tensor in named_tensors(network).items()
    }
    tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
    metadata = {"format": FORMAT, "record": record.to_json(), "sha256": digest(tensors)}
    write_atomically(Path(path), save(tensors, metadata))


def load_network(
    path: Path | str,
    *,
    evaluate_on: Iterable[str] = (),
    allow_seen: bool = False,
) -> tuple[nn.Module, Record]:
    """Read a network and its record, in float32 and ready for evaluation.

    Parameters
    ----------
    path : path
        A file of `save_network`.
    evaluate_on : iterable of str, or str
        Persons whose images the network shall be judged on; a str is one of them.
    allow_seen : bool
        Judge it on persons it was trained on all the same.

    Raises
    ------
    FileNotFoundError
        Where there is no such file.
    ValueError
        Where the file is truncated, corrupt or not of this package, or where it was
        trained on a person of `evaluate_on`.
    """
    tensors, record = read(Path(path))
    if not allow_seen:
        refuse_shared_persons(record.persons, evaluate_on)
    network = record.architecture.build()
    load_weights(network, tensors, source=str(path))
    return network.eval(), record


def load_weights(network: nn.Module, tensors: dict[str, Tensor], *, source: str) -> None:
    """Copy tensors into a network of the same architecture.

    Raises
    ------
    ValueError
        Where a name or a shape differs; the network is then left as it was.
    """
    own = named_tensors(network)
    for name in sorted(own.keys() | tensors.keys()):
        expected = tuple(own[name].shape) if name in own else "nothing"
        got = tuple(tensors[name].shape) if name in tensors else "nothing"
        if expected != got:
            raise ValueError(
                f"{source} holds the weights of another architecture: got {got} for {name!r}, "
                f"expected {expected}; build the network from the file's own record"
            )
    with torch.no_grad():
        for name, tensor in tensors.items():
            own[name].copy_(tensor)


def read(path: Path) -> tuple[dict[str, Tensor], Record]:
    """Return the tensors of a file of `save_network`, as stored, and its record."""
    if not path.is_file():
        raise FileNotFoundError(
            f"got {path}, expected a network's safetensors file; train one with learned.train"
        )
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(
            f"{path} is truncated or no safetensors file ({error}); copy or train it again"
        ) from error
    if metadata.get("format") != FORMAT:
        raise ValueError(
            f"{path} is a safetensors file of something else: got format "
            f"{metadata.get('format')!r}, expected {FORMAT!r}; train one with learned.train"
        )
    if digest(tensors) != metadata.get("sha256"):
        raise ValueError(f"{path} is corrupt: its weights do not have their hash; copy it again")
    try:
        return tensors, Record.from_json(metadata["record"])
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(
            f"{path} has no record, or a damaged one ({type(error).__name__}: {error}); "
            "copy or train it again"
        ) from error


def refuse_shared_persons(training: Iterable[str], evaluation: Iterable[str]) -> None:
    """Refuse a split that has a person on both sides.

    Neighbouring slices of one person look alike, so that a network judged on a person it was
    trained on is judged too well: splits are made by person, never by slice.

    Parameters
    ----------
    training, evaluation : iterable of str
        Persons, or data of `csmri.datasets`, which stand for their persons. A str is one name.

    Raises
    ------
    ValueError
        Where a person is on both sides.
    """
    trained, judged = names_of(training), names_of(evaluation)
    shared = sorted({person_of(name) for name in trained} & {person_of(n) for n in judged})
    if shared:
        raise ValueError(
            f"got {', '.join(shared)} both for training and for evaluation, expected different "
            "persons; evaluate on others, or pass allow_seen=True and say so beside the figures"
        )


def names_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return names as a tuple; a str is one name, not its letters.

    Raises
    ------
    TypeError
        Where something else than names is among them.
    """
    found = (names,) if isinstance(names, str) else tuple(names)
    for name in found:
        if not isinstance(name, str):
            raise TypeError(f"got {name!r} among the names of persons, expected text alone")
    return found


def person_of(name: str) -> str:
    """Return who is meant: the person of a dataset that ships, or the name itself; in one case."""
    entry = CATALOGUE.get(name.casefold())
    return (name if entry is None else entry.person).casefold()


def named_tensors(network: nn.Module) -> dict[str, Tensor]:
    """Return parameters and buffers by name, shared ones once."""
    return dict(network.named_parameters()) | dict(network.named_buffers())


def digest(tensors: dict[str, Tensor]) -> str:
    """Return the SHA-256 of names, shapes, types and bytes."""
    sha = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].contiguous()
        sha.update(f"{name} {tuple(tensor.shape)} {tensor.dtype};".encode())
        sha.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return sha.hexdigest()


def require_writable(path: Path | str) -> None:
    """Make the folder of a file, and see that the file can be written there.

    Raises
    ------
    OSError
        Where it cannot.
    """
    path = Path(path)
    probe = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError("it is a folder")
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise type(error)(
            f"got {path}, expected a file that can be written ({error}); choose another path"
        ) from error
