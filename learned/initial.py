"""What a training begins with: the weights of another network, and where it is judged."""

from pathlib import Path

from torch import nn

from learned.checkpoint import Record, load_weights, named_tensors
from learned.direct import Direct
from learned.reconstruct import SHIPPED, load
from learned.unrolled import Unrolled, continued


def judge(network: nn.Module, lengths: tuple[int, ...]) -> None:
    """Have an unrolled network judged after so many steps, too; others are refused."""
    if not isinstance(network, Unrolled):
        raise ValueError(
            f"got lengths={lengths} for a {type(network).__name__}, expected an unrolled network; "
            "leave them out"
        )
    network.judge(lengths)


def initial_network(
    name: str, network: nn.Module, held_out: tuple[str, ...], path: Path
) -> Record | None:
    """Give a network the weights of another and return its record.

    The other one is a file of that name beside `path`, where the network will be written, or comes
    with the package.
    """
    if not name:
        return None
    trained = path.with_name(f"{name}.safetensors")
    there = trained.is_file() and trained != path
    if not there and name not in SHIPPED:
        raise FileNotFoundError(
            f"got initial={name!r}, expected {trained} or the name of a network that "
            "comes with the package; train that one into the same folder first"
        )
    begun = load(trained if there else name, evaluate_on=held_out)
    first, tensors = begun.network, named_tensors(begun.network)
    if isinstance(network, Unrolled) and isinstance(first, Unrolled):
        had, wanted = len(first.denoisers), len(network.denoisers)
        if wanted > had:
            tensors = continued(tensors, had, wanted)
            network.freeze(had)
    if isinstance(network, Direct) and isinstance(first, Direct):
        tensors = {key: tensors[key] for key in named_tensors(network) if key in tensors}
    load_weights(network, tensors, source=name)
    return begun.record
