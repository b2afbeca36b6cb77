"""The methods of the comparison: each a `Reconstruct`, with a record of what it was given."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import Any, Literal, final

from csmri import L1, MaskedFourier, TotalVariation, Wavelet
from csmri.app import tuning_record
from csmri.app.tuning_record import TuningRecord
from csmri.arrays import Array, to_numpy
from csmri.reconstruction import Reconstruct
from solvers import RelativeGap, Result, fista, primal_dual

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


@final
@dataclass(frozen=True)
class WaveletReconstruction:
    """FISTA on ½‖Ax − y‖² + λ‖Wx‖₁.

    Parameters
    ----------
    wavelet : str
        An orthogonal wavelet of PyWavelets.
    weight : float
        λ, for images whose maximum is about 1.
    shifts : bool
        Shift the transform at random in every iteration (cycle spinning): a heuristic that has
        no fixed objective and hence no gap, but mends the blocks of an orthonormal wavelet.
    levels, iterations : int
        Of the transform, and of FISTA.
    """

    wavelet: str
    weight: float
    shifts: bool
    levels: int = 4
    iterations: int = 150

    def solve(self, y: Array, mask: Array, maps: Array | None = None) -> Result:
        """The solver's result; `x` is the image."""
        regularizer = self.weight * (L1() @ Wavelet(self.wavelet, levels=self.levels))
        return fista(
            MaskedFourier(mask, maps),
            y,
            regularizer,
            iterations=self.iterations,
            shifts=0 if self.shifts else None,
        )

    def __call__(self, y: Array, mask: Array, maps: Array | None = None, /) -> Array:
        """The image."""
        return self.solve(y, mask, maps).x


@final
@dataclass(frozen=True)
class TotalVariationReconstruction:
    """Primal-dual iterations on ½‖Ax − y‖² + λ TV(x), to a certified gap.

    Parameters
    ----------
    weight : float
        λ, for images whose maximum is about 1.
    gap : float
        Stop once the objective is proved to be within this fraction of its optimum.
    iterations : int
        The most to make.
    """

    weight: float
    gap: float = 1e-3
    iterations: int = 3000

    def solve(self, y: Array, mask: Array, maps: Array | None = None) -> Result:
        """The solver's result; `x` is the image and `gap` the proof."""
        return primal_dual(
            MaskedFourier(mask, maps),
            y,
            self.weight * TotalVariation(),
            iterations=self.iterations,
            stop=RelativeGap(self.gap),
        )

    def __call__(self, y: Array, mask: Array, maps: Array | None = None, /) -> Array:
        """The image."""
        return self.solve(y, mask, maps).x


@final
@dataclass(frozen=True)
class TunedReconstruction:
    """One reconstruction for each acceleration it was tuned at; the mask tells which to use.

    Parameters
    ----------
    tuned : mapping of float to reconstruction
        Accelerations to what was best there. A mask in between takes the nearest, by ratio.
    """

    tuned: Mapping[float, WaveletReconstruction | TotalVariationReconstruction]

    def at(self, mask: Array) -> WaveletReconstruction | TotalVariationReconstruction:
        """The reconstruction tuned nearest to this mask's acceleration."""
        achieved = 1 / float(to_numpy(mask).mean())
        return self.tuned[min(self.tuned, key=lambda known: abs(math.log(known / achieved)))]

    def solve(self, y: Array, mask: Array, maps: Array | None = None) -> Result:
        """The solver's result."""
        return self.at(mask).solve(y, mask, maps)

    def __call__(self, y: Array, mask: Array, maps: Array | None = None, /) -> Array:
        """The image."""
        return self.solve(y, mask, maps).x


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
    """Primal-dual total variation with the tuned λ, converged to a certified gap."""
    record = tuning_record.shipped() if record is None else record
    chosen = {
        choice["acceleration"]: TotalVariationReconstruction(choice["weight"])
        for choice in record.chosen("tv")
    }
    budget = _tuning_budget(record, "tv")
    title = "TV primal-dual"
    return Method("tv", title, "classical", TunedReconstruction(chosen), len(chosen), budget)


def unet() -> Method:
    """The shipped U-Net, x̂ = B(y)."""
    return _network("unet", "U-Net")


def unrolled() -> Method:
    """The shipped unrolled network."""
    return _network("unrolled", "Unrolled network")


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


def _network(name: str, title: str) -> Method:
    missing = [module for module in ("torch", "safetensors") if find_spec(module) is None]
    if missing:
        raise ModuleNotFoundError(
            f"the method {name!r} is a network and needs {' and '.join(missing)}: "
            "pip install 'csmri[learned]', or choose other methods with --methods",
            name=missing[0],
        )
    import learned

    network = learned.load(name)
    record = network.record
    training = dict(record.training)
    text = (
        f"{training['steps']:,} steps of batch {training['batch_size']}, "
        f"{record.data['slices']} slices of {', '.join(record.persons)}, "
        f"{training['seconds'] / 60:.0f} min"
    )
    budget = Budget(text, tuple(record.persons), {"kind": "training", **_facts(record)})
    return Method(name, title, "learned", network, network.parameters, budget)


def _facts(record: Any) -> dict[str, Any]:
    """What a result file says of a network: its whole record, and the seconds under one name."""
    facts = asdict(record)
    training = facts.pop("training")
    return {"training_seconds": training.pop("seconds", None), "training": training, **facts}
