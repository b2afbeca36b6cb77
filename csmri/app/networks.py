"""Networks as the comparison sees them: the package behind an extra, and what a record tells."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, final

from csmri.app.methods import Budget, Fit, Method


@final
@dataclass(frozen=True)
class Network:
    """Trained weights that ship, as a method.

    Attributes
    ----------
    title : str
        As tables and figures call it.
    folds : tuple of str
        Names of the network of each fold.
    rival : str
        The method without learned weights that is of the same kind, or empty.
    over_flips : bool
        Whether it is asked about mirror images too, as `learned.OverFlips`.
    """

    title: str
    folds: tuple[str, ...]
    rival: str = ""
    over_flips: bool = False


NETWORKS: Mapping[str, Network] = {
    "learned-wavelet": Network(
        "Learned-threshold wavelet", ("wavelet", "wavelet_colin27"), rival="undecimated"
    ),
    "unet": Network("U-Net", ("unet", "unet_colin27")),
    "unrolled": Network("Unrolled network", ("unrolled", "unrolled_colin27")),
    "refined-unet": Network(
        "TV + ℓ1, then U-Net", ("refined_unet", "refined_unet_colin27"), rival="tv-l1"
    ),
    "refined": Network("TV + ℓ1, then unrolled", ("refined", "refined_colin27"), rival="tv-l1"),
    "refined-long": Network(
        "TV + ℓ1, 16 unrolled steps", ("refined_long", "refined_long_colin27"), rival="tv-l1"
    ),
    "refined-long-flips": Network(
        "TV + ℓ1, 16 steps, 4 flips",
        ("refined_long", "refined_long_colin27"),
        rival="tv-l1",
        over_flips=True,
    ),
}
"""The networks that ship, by name, in the order of the table."""

MADE_WITH = "csmri train"


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
            "pip install 'csmri[learned]', or choose other methods",
            name=missing[0],
        )
    return import_module("learned")


def shipped_network(name: str) -> Method:
    """A network of `NETWORKS`, with those of its folds whose weights are there.

    Raises
    ------
    ModuleNotFoundError
        Where torch or safetensors is missing.
    FileNotFoundError
        Where the weights of no fold are there.
    """
    network = NETWORKS[name]
    learned = learned_package(f"the method {name!r}")
    there = [fold for fold in network.folds if learned.weights_of(fold).is_file()]
    if not there:
        raise FileNotFoundError(
            f"the weights of the method {name!r} are not there ({network.folds[0]}.safetensors); "
            f"make them with: {MADE_WITH}, or choose other methods with --methods"
        )
    fits = [trained(fold, learned.weights_of(fold)) for fold in there]
    if network.over_flips:
        fits = [replace(fit, reconstruct=learned.OverFlips(fit.reconstruct)) for fit in fits]
    return Method(name, network.title, "learned", tuple(fits), network.rival)


def own_network(path: Path) -> Method:
    """A network of `learned.train`, named by its file.

    Raises
    ------
    FileNotFoundError, ValueError
        Where there is no such file, or it is no network of this version.
    """
    learned_package(f"the method {path}")
    return Method(str(path), path.stem, "learned", (trained(path, path),))


def trained(source: str | Path, weights: Traversable | Path) -> Fit:
    """The network of a name or of a file, with its record as budget."""
    network = learned_package(f"the method {source}").load(source)
    budget = Budget(
        training_text(network.record),
        tuple(network.record.persons),
        {"kind": "training", **facts(weights, network.record)},
    )
    return Fit(network, budget, network.parameters)


def training_text(record: Any) -> str:
    """One line for a table: steps, batch, slices, persons and minutes of a `learned.Record`."""
    training = record.training
    text = (
        f"{training['steps']:,} steps of batch {training['batch_size']}, "
        f"{record.data['slices']} slices of {', '.join(record.persons)}, "
        f"{training['seconds'] / 60:.0f} min"
    )
    while (record := record.begun_with) is not None:
        name, training = training["initial"], record.training
        minutes = training["seconds"] / 60
        text += f"; begun with {name} ({training['steps']:,} steps, {minutes:.0f} min)"
    return text


def facts(weights: Traversable | Path, record: Any) -> dict[str, Any]:
    """What a result file says of a network: the hash of its file, and its whole record."""
    whole = asdict(record)
    training = whole.pop("training")
    return {
        "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "training_seconds": training.pop("seconds", None),
        "training": training,
        **whole,
    }
