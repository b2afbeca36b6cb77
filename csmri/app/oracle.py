"""The best λ of each slice, chosen by looking at the truth: a bound, not a method."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np

from csmri.app.classical import TotalVariationReconstruction, TunedReconstruction
from csmri.arrays import to_numpy
from solvers import Result


@final
@dataclass(frozen=True)
class OracleTotalVariation:
    """Total variation with the λ that gives each slice its highest PSNR.

    Nobody can know it without the truth: no way of choosing λ, for any slice, does better with
    this objective (at its tuned ratio of weights, among the multiples of its λ that are tried).

    Parameters
    ----------
    tuned : TunedReconstruction
        Of `TotalVariationReconstruction`.
    multiples : tuple of float
        Of the tuned λ, which is tried besides.
    gap : float
        Relative gap at these; the tuned λ is solved to its own.
    """

    tuned: TunedReconstruction
    multiples: tuple[float, ...] = (2.0, 4.0, 0.5)
    gap: float = 5e-3

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
        tuned = begin.solve(y, mask)
        results = [tuned]
        for multiple in self.multiples:
            near = replace(begin, weight=multiple * begin.weight, gap=self.gap)
            results.append(near.solve(y, mask, start=tuned))
        return min(results, key=lambda r: float(np.sum((np.abs(to_numpy(r.x)) - truth) ** 2)))
