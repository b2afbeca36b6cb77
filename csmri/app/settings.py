"""What the tuning tries: every classical method with everything fixed but its weight λ."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

from csmri.app.classical import (
    ShiftedWaveletReconstruction,
    Solve,
    TotalVariationReconstruction,
    UndecimatedWaveletReconstruction,
    WaveletReconstruction,
)

WAVELETS = ("haar", "db4")
LEVELS = (1, 2, 4)
RATIOS = (4.0, 8.0, 16.0, 32.0, 64.0)
# λ to begin with, for images whose maximum is about 1; the search goes on beyond where it must.
COARSE = (0.002, 0.004, 0.008)
COARSE_SHIFTED = (0.0005, 0.001, 0.002)


@final
@dataclass(frozen=True)
class Setting:
    """A method with everything fixed but λ.

    Attributes
    ----------
    method : str
        As in `csmri.app.methods.METHODS`.
    details : dict
        What is fixed, as the record shall tell it; taken by `MAKES` of the method.
    coarse : tuple of float
        The λ to begin with, a geometric sequence; it is continued where its end is the best.
    """

    method: str
    details: Mapping[str, Any]
    coarse: tuple[float, ...] = COARSE

    @property
    def middle(self) -> float:
        """The λ in the middle of the grid."""
        return self.coarse[len(self.coarse) // 2]

    def at_weight(self, weight: float) -> Solve:
        """The reconstruction with λ = weight."""
        return made(self.method, {**self.details, "weight": weight})


MAKES: Mapping[str, Callable[..., Solve]] = {
    "wavelet": WaveletReconstruction,
    "cycle-spun": ShiftedWaveletReconstruction,
    "undecimated": UndecimatedWaveletReconstruction,
    "tv": TotalVariationReconstruction,
    "tv-l1": TotalVariationReconstruction,
}
"""The methods that are tuned, and what takes their settings to a reconstruction."""

DETAILS = ("wavelet", "levels", "ratio", "gap", "iterations")
"""What a trial may fix beside its λ."""


def made(method: str, trial: Mapping[str, Any]) -> Solve:
    """The reconstruction of a trial, which may hold other facts too."""
    fixed = {name: trial[name] for name in DETAILS if name in trial}
    return MAKES[method](**fixed, weight=trial["weight"])


def settings() -> list[Setting]:
    """Everything that is tried: wavelets of three kinds, and total variation of two."""
    wavelets = [
        Setting(method, {"wavelet": name, "levels": levels}, coarse)
        for method, coarse in (
            ("wavelet", COARSE),
            ("cycle-spun", COARSE_SHIFTED),
            ("undecimated", COARSE_SHIFTED),
        )
        for name in WAVELETS
        for levels in LEVELS
    ]
    both = [  # the larger weight, that of the image itself, begins alike
        Setting("tv-l1", {"ratio": ratio}, tuple(weight / ratio for weight in COARSE_SHIFTED))
        for ratio in RATIOS
    ]
    return [*wavelets, Setting("tv", {}), *both]
