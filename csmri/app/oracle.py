"""The best λ of each slice, chosen by looking at the truth: a bound, not a method."""

from dataclasses import dataclass, replace
from math import sqrt
from typing import final

import numpy as np

from csmri.app.classical import TotalVariationReconstruction, TunedReconstruction
from csmri.app.search import bracket, refine
from csmri.arrays import to_numpy
from solvers import Result


@final
@dataclass(frozen=True)
class OracleTotalVariation:
    """Total variation with the λ that gives each slice its highest PSNR.

    Nobody can know it without the truth: no way of choosing λ, for any slice, does better with
    this objective (at its tuned ratio of weights, and to the factor √2 between the λ tried).

    Parameters
    ----------
    tuned : TunedReconstruction
        Of `TotalVariationReconstruction`: where the search begins.
    refinements : int
        How often to halve the logarithmic distance, √2 at first, to the best λ's neighbours.
    """

    tuned: TunedReconstruction
    refinements: int = 0

    def solve_knowing(self, y: np.ndarray, mask: np.ndarray, truth: np.ndarray) -> Result:
        """The result whose magnitude is nearest to the truth.

        Parameters
        ----------
        y, mask
            As for `csmri.reconstruction.Reconstruct`.
        truth : (H, W) real
            The image that was measured.
        """
        begin = self.tuned.at(mask)
        if not isinstance(begin, TotalVariationReconstruction):
            raise TypeError(
                f"got {type(begin).__name__} to choose λ for, expected "
                "TotalVariationReconstruction, whose solves start from one another"
            )
        found: dict[float, Result] = {}

        def score(weight: float) -> float:
            nearest = min(found, key=lambda known: abs(known - weight), default=None)
            start = None if nearest is None else found[nearest]
            found[weight] = replace(begin, weight=weight).solve(y, mask, start=start)
            return -float(np.sum((np.abs(to_numpy(found[weight].x)) - truth) ** 2))

        ratio = sqrt(2)
        grid = (begin.weight / ratio, begin.weight, begin.weight * ratio)
        scores = bracket(score, grid)
        return found[refine(score, scores, ratio, self.refinements)]
