"""Tuning of the classical methods on one person: λ, the wavelet, its levels."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from csmri import masks, metrics
from csmri.app.cases import CASES, Case
from csmri.app.provenance import versions
from csmri.app.search import Score, bracket, refine
from csmri.app.settings import DETAILS, Setting, settings
from csmri.app.tuning_record import TuningRecord
from csmri.app.volumes import TRAINING_PERSON, Volume, volume
from csmri.arrays import to_numpy

SLICES = 6
MARGIN = 1.0  # dB behind at the middle λ: more than λ moves a setting by
REFINEMENTS = 2  # each halves the logarithmic distance between neighbouring λ
CRITERION = "mean PSNR over the slices, range the volume's maximum"

Watch = Callable[[str], None]
"""Called with one line after each trial."""


def tune(
    *,
    person: Volume | None = None,
    cases: Sequence[Case] = CASES,
    refinements: int = REFINEMENTS,
    tried_settings: Sequence[Setting] | None = None,
    watch: Watch | None = None,
) -> TuningRecord:
    """Find the best λ of every setting at every case, and the best setting of every method.

    Every setting is tried at the middle of its grid; those within 1 dB of their method's best are
    searched until their best λ lies inside the grid; the grid of the best setting is then refined.

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
        With every trial in it. What has an objective is solved to its certified gap, and cannot
        be chosen where that is not reached: an unconverged method prefers another λ.

    Raises
    ------
    ValueError
        Where a method reaches its gap at no middle of its grids.
    """
    chosen_settings = settings() if tried_settings is None else tried_settings
    person = volume(TRAINING_PERSON, SLICES) if person is None else person
    tried: list[dict[str, Any]] = []
    best: list[dict[str, Any]] = []

    def scorer(case: Case, setting: Setting) -> Score:
        def score(weight: float) -> float:
            tried.append(_trial(person, case, setting, weight))
            if watch is not None:
                watch(_line(tried[-1]))
            return _worth(tried[-1])

        return score

    for case in cases:
        for method in dict.fromkeys(setting.method for setting in chosen_settings):
            begin = len(tried)
            own = [(s, scorer(case, s)) for s in chosen_settings if s.method == method]
            middles = [score(setting.middle) for setting, score in own]
            if max(middles) == -math.inf:
                raise ValueError(
                    f"{method} reached its gap in none of {len(own)} trials at {case.name}; "
                    "give it more iterations, or a wider gap"
                )
            grids = [
                (setting, score, bracket(score, setting.coarse, {setting.middle: middle}))
                for (setting, score), middle in zip(own, middles, strict=True)
                if middle >= max(middles) - MARGIN
            ]
            setting, score, scores = max(grids, key=lambda grid: max(grid[2].values()))
            refine(score, scores, setting.coarse[1] / setting.coarse[0], refinements)
            best.append(max(tried[begin:], key=_worth))
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


def _trial(person: Volume, case: Case, setting: Setting, weight: float) -> dict[str, Any]:
    begin = time.process_time()
    method = setting.at_weight(weight)
    scores, gaps, certified = [], [], True
    for index in person.slices:
        acquired = case.acquire(person, index)
        result = method.solve(acquired.kspace, acquired.mask)
        scores.append(metrics.psnr(result.x, person.image(index), data_range=person.peak))
        gaps.append(None if result.gap is None else float(to_numpy(result.gap)))
        certified = certified and (result.gap is None or bool(result.converged))
    known = [gap for gap in gaps if gap is not None]
    return {
        "method": setting.method,
        "case": case.name,
        "acceleration": case.acceleration,
        **setting.details,
        "weight": weight,
        "psnr": sum(scores) / len(scores),
        "largest_gap": max(known) if known else None,
        "certified": certified,
        "seconds": time.process_time() - begin,
    }


def _worth(trial: dict[str, Any]) -> float:
    return trial["psnr"] if trial["certified"] else -math.inf


def _line(trial: dict[str, Any]) -> str:
    details = " ".join(str(trial[key]) for key in DETAILS if key in trial)
    return (
        f"{trial['case']}  {trial['method']:12} {details:8} "
        f"λ {trial['weight']:.5f}  {trial['psnr']:6.2f} dB  {trial['seconds']:5.1f} s"
    )
