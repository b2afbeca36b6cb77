"""Tuning of the classical methods on the training person: λ, the wavelet, shifts or not."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, final

from csmri import masks, metrics
from csmri.app.cases import CASES, TRAINING_PERSON, Case, Volume, volume
from csmri.app.classical import TotalVariationReconstruction, WaveletReconstruction
from csmri.app.provenance import versions
from csmri.app.tuning_record import TuningRecord
from csmri.arrays import Array, to_numpy
from solvers import Result

SLICES = 6
# λ to begin with, for images whose maximum is about 1; the search goes on beyond where it must.
COARSE_SHIFTED = (0.0005, 0.001, 0.002)
COARSE = (0.002, 0.004, 0.008)
REFINEMENTS = 2  # each halves the logarithmic distance between neighbouring λ
WAVELETS = ("haar", "db4")
CRITERION = "mean PSNR over the slices, range the volume's maximum"

Watch = Callable[[str], None]
"""Called with one line after each trial."""


class Solve(Protocol):
    """What is tuned: measurements in, a solver's result out."""

    def solve(self, y: Array, mask: Array, maps: Array | None = None) -> Result:
        """As `csmri.app.classical.TotalVariationReconstruction.solve`."""
        ...


@final
@dataclass(frozen=True)
class Setting:
    """A method with everything fixed but λ.

    Attributes
    ----------
    method : str
        As in `csmri.app.methods.METHODS`.
    details : dict
        What is fixed, as the record shall tell it.
    at_weight : callable
        Takes λ to the reconstruction.
    coarse : tuple of float
        The λ to begin with, a geometric sequence; it is continued where its end is the best.
    """

    method: str
    details: dict[str, Any]
    at_weight: Callable[[float], Solve]
    coarse: tuple[float, ...] = COARSE


def settings() -> list[Setting]:
    """Everything that is tried: wavelets with and without random shifts, and total variation."""
    wavelets = [
        Setting(
            "wavelet",
            {"wavelet": name, "shifts": shifts},
            lambda weight, name=name, shifts=shifts: WaveletReconstruction(name, weight, shifts),
            COARSE_SHIFTED if shifts else COARSE,
        )
        for name in WAVELETS
        for shifts in (False, True)
    ]
    return [*wavelets, Setting("tv", {}, TotalVariationReconstruction)]


def tune(
    *,
    person: Volume | None = None,
    cases: Sequence[Case] = CASES,
    refinements: int = REFINEMENTS,
    tried_settings: Sequence[Setting] | None = None,
    watch: Watch | None = None,
) -> TuningRecord:
    """Find the best λ of every setting at every case, and the best setting of every method.

    Parameters
    ----------
    person : Volume, optional
        Whose slices to reconstruct in each trial; some of the training person's by default.
    cases : sequence of Case
        The accelerations to tune at.
    refinements : int
        How often to halve, logarithmically, the distance to the best λ's neighbours.
    tried_settings : sequence of Setting, optional
        What to tune; `settings()` by default.
    watch : callable, optional
        Called with one line after each trial.

    Returns
    -------
    TuningRecord
        With every trial in it. Total variation is solved to its certified gap in each: an
        unconverged one prefers a λ that is too large.
    """
    chosen_settings = settings() if tried_settings is None else tried_settings
    person = volume(TRAINING_PERSON, SLICES) if person is None else person
    tried: list[dict[str, Any]] = []
    best: list[dict[str, Any]] = []
    for case in cases:
        for setting in chosen_settings:

            def trial(weight: float, case: Case = case, setting: Setting = setting) -> float:
                found = _trial(person, case, setting, weight)
                tried.append(found)
                if watch is not None:
                    watch(_line(found))
                return found["psnr"]

            search(trial, setting.coarse, refinements)
        for method in dict.fromkeys(setting.method for setting in chosen_settings):
            own = [t for t in tried if t["method"] == method and t["case"] == case.name]
            best.append(max(own, key=lambda t: t["psnr"]))
    return TuningRecord(
        person=person.person,
        slices=person.slices,
        data_sha256=person.sha256,
        noise=cases[0].noise,
        masks={
            case.name: {
                str(index): masks.digest(case.mask(person, index)) for index in person.slices
            }
            for case in cases
        },
        criterion=CRITERION,
        tried=tuple(tried),
        best=tuple(best),
        versions=versions(),
    )


def search(score: Callable[[float], float], coarse: Sequence[float], refinements: int) -> float:
    """The argument with the highest score, on a geometric grid that is refined around it.

    Parameters
    ----------
    score : callable
        Of a positive number; has one maximum. Called once for each number tried.
    coarse : sequence of float
        The grid to begin with, ascending, at least two numbers of a constant ratio. It is
        continued, for at most its own length, where its end scores highest.
    refinements : int
        How often to halve the logarithmic distance to the best number's neighbours.

    Returns
    -------
    float
    """
    scores = {x: score(x) for x in coarse}
    ratio = coarse[1] / coarse[0]
    for _ in coarse:
        best = max(scores, key=scores.__getitem__)
        if min(scores) < best < max(scores):
            break
        beyond = best / ratio if best == min(scores) else best * ratio
        scores[beyond] = score(beyond)
    for _ in range(refinements):
        ratio = math.sqrt(ratio)
        best = max(scores, key=scores.__getitem__)
        for near in (best / ratio, best * ratio):
            scores[near] = score(near)
    return max(scores, key=scores.__getitem__)


def _trial(person: Volume, case: Case, setting: Setting, weight: float) -> dict[str, Any]:
    begin = time.perf_counter()
    method = setting.at_weight(weight)
    scores, gaps = [], []
    for index in person.slices:
        acquired = case.acquire(person, index)
        result = method.solve(acquired.kspace, acquired.mask)
        scores.append(metrics.psnr(result.x, person.image(index), data_range=person.peak))
        gaps.append(None if result.gap is None else float(to_numpy(result.gap)))
    known = [gap for gap in gaps if gap is not None]
    return {
        "method": setting.method,
        "case": case.name,
        "acceleration": case.acceleration,
        **setting.details,
        "weight": weight,
        "psnr": sum(scores) / len(scores),
        "largest_gap": max(known) if known else None,
        "seconds": time.perf_counter() - begin,
    }


def _line(trial: dict[str, Any]) -> str:
    details = [str(trial[key]) for key in ("wavelet",) if key in trial]
    details += ["shifts"] if trial.get("shifts") else []
    return (
        f"{trial['case']}  {trial['method']:8} {' '.join(details):12} "
        f"λ {trial['weight']:.5f}  {trial['psnr']:6.2f} dB  {trial['seconds']:5.1f} s"
    )
