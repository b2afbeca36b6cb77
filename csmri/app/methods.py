"""The methods of the comparison: each a `Reconstruct`, with a record of what it was given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, final

from csmri import MaskedFourier
from csmri.app import tuning_record
from csmri.app.classical import TunedReconstruction
from csmri.app.oracle import OracleTotalVariation
from csmri.app.settings import made
from csmri.app.tuning_record import TuningRecord
from csmri.app.volumes import Volume
from csmri.arrays import Array
from csmri.reconstruction import Reconstruct

Family = Literal["linear", "classical", "learned", "oracle", "own"]


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
class Fit:
    """A method made ready on some persons.

    Attributes
    ----------
    reconstruct : Reconstruct
        y, mask, maps to image. Where it also has a method ``solve`` with the same arguments
        that returns a `solvers.Result`, gap and iterations are recorded. An oracle has
        ``solve_knowing(y, mask, truth)`` instead.
    budget : Budget
        What it was tuned or trained with.
    parameters : int
        Numbers fitted to data.
    """

    reconstruct: Reconstruct | OracleTotalVariation
    budget: Budget
    parameters: int = 0

    def has_seen(self, volume: Volume) -> bool:
        """Whether it was made ready on this person."""
        seen = {person.lower() for person in self.budget.persons}
        return bool(seen & {volume.person.lower(), volume.identity.lower()})


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
    family : {"linear", "classical", "learned", "oracle", "own"}
        The classical methods compete for the place that all others are measured against.
    fits : tuple of Fit
        One for each fold: each person is reconstructed by the first that never saw them.
    rival : str
        A method of the same kind that it is compared with besides, or empty.
    """

    name: str
    title: str
    family: Family
    fits: tuple[Fit, ...]
    rival: str = ""

    def fit_for(self, volume: Volume) -> Fit | None:
        """The first fit that never saw this person; None where all have."""
        return next((fit for fit in self.fits if not fit.has_seen(volume)), None)


def single(
    name: str,
    title: str,
    family: Family,
    reconstruct: Reconstruct,
    parameters: int = 0,
    budget: Budget | None = None,
) -> Method:
    """A method that was made ready once, on the persons that its budget names."""
    budget = Budget("nothing to fit") if budget is None else budget
    return Method(name, title, family, (Fit(reconstruct, budget, parameters),))


def zero_filled() -> Method:
    """Aᴴy: the linear reconstruction, missing samples taken as zeros."""

    def reconstruct(y: Array, mask: Array, maps: Array | None = None, /) -> Array:
        return MaskedFourier(mask, maps).adjoint(y)

    return single("zero-filled", "Zero-filled", "linear", reconstruct)


def wavelet(records: Sequence[TuningRecord] | None = None) -> Method:
    """An orthonormal wavelet as it stands, solved to a certified gap."""
    return _tuned("wavelet", "Wavelet", records)


def cycle_spun(records: Sequence[TuningRecord] | None = None) -> Method:
    """An orthonormal wavelet under random shifts: FISTA without an objective."""
    return _tuned("cycle-spun", "Wavelet, shifts", records)


def undecimated(records: Sequence[TuningRecord] | None = None) -> Method:
    """The mean over all shifts of a wavelet, solved to a certified gap."""
    return _tuned("undecimated", "Undecimated wavelet", records)


def total_variation(records: Sequence[TuningRecord] | None = None) -> Method:
    """Total variation, solved to a certified gap."""
    return _tuned("tv", "Total variation", records)


def total_variation_l1(records: Sequence[TuningRecord] | None = None) -> Method:
    """Total variation and the ℓ1 norm of the image, solved to a certified gap."""
    return _tuned("tv-l1", "TV + ℓ1 of the image", records)


def oracle(records: Sequence[TuningRecord] | None = None) -> Method:
    """TV + ℓ1 with the best λ of each slice against the truth: a bound that none can reach."""
    fits = tuple(
        Fit(
            OracleTotalVariation(_reconstruction(record, "tv-l1")),
            Budget(
                f"λ of each slice by its truth; ratio as tuned on {record.person}", (record.person,)
            ),
            1,
        )
        for record in (tuning_record.shipped() if records is None else records)
    )
    return Method("oracle", "TV + ℓ1, oracle λ (unattainable)", "oracle", fits)


def _tuned(name: str, title: str, records: Sequence[TuningRecord] | None) -> Method:
    records = tuning_record.shipped() if records is None else records
    fits = tuple(
        Fit(
            _reconstruction(record, name),
            _tuning_budget(record, name),
            sum(1 + ("ratio" in choice) for choice in record.chosen(name)),
        )
        for record in records
    )
    kinds = {_kind(choice) for record in records for choice in record.chosen(name)} - {""}
    return Method(name, f"{title} ({kinds.pop()})" if len(kinds) == 1 else title, "classical", fits)


def _kind(choice: Mapping[str, Any]) -> str:
    """``haar 1``, a wavelet and its levels; empty for a method without."""
    return f"{choice['wavelet']} {choice['levels']}" if "wavelet" in choice else ""


def _reconstruction(record: TuningRecord, name: str) -> TunedReconstruction:
    return TunedReconstruction(
        {choice["acceleration"]: made(name, choice) for choice in record.chosen(name)}
    )


def _tuning_budget(record: TuningRecord, method: str) -> Budget:
    trials = record.trials(method)
    seconds = sum(trial["seconds"] for trial in trials)
    chosen = [f"{_kind(choice)} at {choice['case']}" for choice in record.chosen(method)]
    text = (
        f"{len(trials)} trials of λ, each on {len(record.slices)} slices of {record.person}, "
        f"{seconds / 60:.1f} min"
    )
    if "wavelet" in record.chosen(method)[0]:
        text += f"; chosen {', '.join(chosen)}"
    return Budget(text, (record.person,), {"kind": "tuning", **record.summary(method)})


MADE: dict[str, Callable[[Sequence[TuningRecord] | None], Method]] = {
    "zero-filled": lambda records: zero_filled(),
    "wavelet": wavelet,
    "cycle-spun": cycle_spun,
    "undecimated": undecimated,
    "tv": total_variation,
    "tv-l1": total_variation_l1,
    "oracle": oracle,
}
"""The methods without networks, by name, in the order of the table; tuned as records say."""
