"""Networks as the comparison sees them: the package behind an extra, and what a record tells."""

import hashlib
from dataclasses import asdict
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from typing import Any


def learned_package(what: str) -> Any:
    """The package `learned`, refused with a remedy where its extra is not installed.

    Parameters
    ----------
    what : str
        What needs it, for the message.

    Raises
    ------
    ModuleNotFoundError
        Where torch or safetensors is missing.
    """
    missing = [module for module in ("torch", "safetensors") if find_spec(module) is None]
    if missing:
        raise ModuleNotFoundError(
            f"{what} is a network and needs {' and '.join(missing)}: "
            "pip install 'csmri[learned]', or choose other methods with --methods",
            name=missing[0],
        )
    return import_module("learned")


def training_text(record: Any) -> str:
    """One line for a table: steps, batch, slices, persons and minutes of a `learned.Record`."""
    training = record.training
    return (
        f"{training['steps']:,} steps of batch {training['batch_size']}, "
        f"{record.data['slices']} slices of {', '.join(record.persons)}, "
        f"{training['seconds'] / 60:.0f} min"
    )


def facts(name: str, record: Any) -> dict[str, Any]:
    """What a result file says of a shipped network: the hash of its file, and its whole record."""
    weights = (files("learned") / "weights" / f"{name}.safetensors").read_bytes()
    whole = asdict(record)
    training = whole.pop("training")
    return {
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "training_seconds": training.pop("seconds", None),
        "training": training,
        **whole,
    }
