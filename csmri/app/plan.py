"""What is compared on: which slices at which cases, inside and outside of what was fitted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import final

from csmri.app.cases import CASES, FURTHER_CASES, OTHER_CASES, Case
from csmri.app.volumes import (
    OTHER_ANATOMY,
    PHANTOM,
    SLICES,
    TRAINING_PERSON,
    UNSEEN_PERSON,
    Volume,
    scans,
    volume,
)

FEW_SLICES = 2  # of each test out of distribution
MACAQUE_SLICES = 4


@final
@dataclass(frozen=True, eq=False)
class Test:
    """One person's slices at one case: a group of rows of the table."""

    __test__ = False  # not one of pytest's

    case: Case
    volume: Volume

    @property
    def name(self) -> str:
        """``colin27, 4x``, for instance."""
        return f"{self.volume.person}, {self.case.name}"

    @property
    def is_fitted(self) -> bool:
        """Whether case and anatomy are those that methods were fitted to, on another person."""
        return self.case.is_fitted and self.volume.is_fitted


def every(volumes: Iterable[Volume], cases: Iterable[Case]) -> list[Test]:
    """Every volume at every case."""
    volumes = list(volumes)
    return [Test(case, volume) for case in cases for volume in volumes]


def standard_plan(slices: int | None = SLICES, *, full: bool = False) -> list[Test]:
    """The tests of ``csmri compare``.

    Both persons of the folds at both accelerations; then what nothing was fitted to: other
    anatomy, a phantom, scans beside the project where there are any, and other masks,
    accelerations and noise on one person.

    Parameters
    ----------
    slices : int, optional
        Of each person of the folds; None takes all.
    full : bool
        All slices and cases out of distribution too, instead of a few.
    """
    few = None if full else FEW_SLICES
    persons = [volume(UNSEEN_PERSON, slices), volume(TRAINING_PERSON, slices)]
    others = [
        volume(OTHER_ANATOMY[0], None if full else MACAQUE_SLICES),
        *(volume(name, few) for name in (*OTHER_ANATOMY[1:], PHANTOM, *scans())),
    ]
    cases = (*OTHER_CASES, *FURTHER_CASES) if full else OTHER_CASES
    return [
        *every(persons, CASES),
        *every(others, CASES if full else CASES[:1]),
        *every([volume(UNSEEN_PERSON, slices if full else FEW_SLICES)], cases),
    ]


def persons_of(tests: Sequence[Test]) -> list[Volume]:
    """The volumes of all tests, each person once: the one with the most slices."""
    found: dict[str, Volume] = {}
    for test in tests:
        known = found.get(test.volume.person)
        if known is None or len(test.volume.slices) > len(known.slices):
            found[test.volume.person] = test.volume
    return list(found.values())
