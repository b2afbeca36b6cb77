"""The methods of the comparison: each a `Reconstruct`, with a record of what it was given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, final

from csmri import MaskedFourier
from csmri.app import networks, tuning_record
from csmri.app.classical import (
    TotalVariationReconstruction,
    TunedReconstruction,
    WaveletReconstruction,
)
from csmri.app.tuning_record import TuningRecord
from csmri.arrays import Array
from csmri.reconstruction import Reconstruct

Family = Literal["linear", "classical", "learned"]


@final
@dataclass(frozen=True)
class Budget:
    """What was spent to make a method ready, and on whom.

    Attributes
    ----------
    text : str
        One line for a table.
    persons : tuple of str
        Whose images were used; a method is never judged on them.
    record : mapping
        Everything that is known of it, as JSON values.
    """

    text: str
    persons: tuple[str, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict)


@final
@dataclass(frozen=True)
class Method:
    """One row of the comparison.

    Attributes
    ----------
    name : str
        As the command line and the records call it.
    title : str
        As tables and figures call it.
    family : {"linear", "classical", "learned"}
        The classical methods compete for the place that all others are measured against.
    reconstruct : Reconstruct
        y, mask, maps to image. Where it also has a method ``solve`` with the same arguments
        that returns a `solvers.Result`, gap and iterations are recorded.
    parameters : int
        Numbers fitted to data.
    budget : Budget
        What it was tuned or trained with.
    """

    name: str
    title: str
    family: Family
    reconstruct: Reconstruct
    parameters: int
    budget: Budget


def zero_filled() -> Method:
    """Aᴴy: the linear reconstruction, missing samples taken as zeros."""

    def reconstruct(y: Array, mask: Array, maps: Array | None = None, /) -> Array:
        return MaskedFourier(mask, maps).adjoint(y)

    return Method("zero-filled", "Zero-filled", "linear", reconstruct, 0, Budget("nothing to fit"))


def wavelet(record: TuningRecord | None = None) -> Method:
    """FISTA with the wavelet, the λ and the choice of shifts that the tuning found best."""
    record = tuning_record.shipped() if record is None else record
    chosen = {
        choice["acceleration"]: WaveletReconstruction(
            choice["wavelet"], choice["weight"], choice["shifts"]
        )
        for choice in record.chosen("wavelet")
    }
    names = {f"{one.wavelet}{', shifts' if one.shifts else ''}" for one in chosen.values()}
    title = f"Wavelet FISTA ({' / '.join(sorted(names))})"
    budget = _tuning_budget(record, "wavelet")
    return Method("wavelet", title, "classical", TunedReconstruction(chosen), len(chosen), budget)


def total_variation(record: TuningRecord | None = None) -> Method:
    """Total variation with the tuned λ, solved by ADMM to a certified gap."""
    record = tuning_record.shipped() if record is None else record
    chosen = {
        choice["acceleration"]: TotalVariationReconstruction(choice["weight"])
        for choice in record.chosen("tv")
    }
    budget = _tuning_budget(record, "tv")
    title = "Total variation"
    return Method("tv", title, "classical", TunedReconstruction(chosen), len(chosen), budget)


def unet() -> Method:
    """The shipped U-Net, x̂ = B(y)."""
    return _network("unet", "U-Net")


def unrolled() -> Method:
    """The shipped unrolled network."""
    return _network("unrolled", "Unrolled network")


def _network(name: str, title: str) -> Method:
    network = networks.learned_package(f"the method {name!r}").load(name)
    budget = Budget(
        networks.training_text(network.record),
        tuple(network.record.persons),
        {"kind": "training", **networks.facts(name, network.record)},
    )
    return Method(name, title, "learned", network, network.parameters, budget)


METHODS: dict[str, Callable[[], Method]] = {
    "zero-filled": zero_filled,
    "wavelet": wavelet,
    "tv": total_variation,
    "unet": unet,
    "unrolled": unrolled,
}
"""The methods that ship, by name, in the order of the table."""


def methods_named(names: Sequence[str]) -> list[Method]:
    """Make the named methods ready.

    Raises
    ------
    ValueError
        For a name that is not in `METHODS`, or none at all.
    """
    unknown = [name for name in names if name not in METHODS]
    if unknown or not names:
        raise ValueError(
            f"got the methods {', '.join(names) or '(none)'}, expected some of {', '.join(METHODS)}"
        )
    return [METHODS[name]() for name in dict.fromkeys(names)]


def _tuning_budget(record: TuningRecord, method: str) -> Budget:
    trials = record.trials(method)
    settings = len({(t["acceleration"], t.get("wavelet"), t.get("shifts")) for t in trials})
    slices = len(record.slices)
    seconds = sum(trial["seconds"] for trial in trials)
    text = (
        f"{len(trials)} values of λ in {settings} settings, "
        f"{slices} slices of {record.person}, {seconds / 60:.0f} min"
    )
    return Budget(text, (record.person,), {"kind": "tuning", **record.summary(method)})
