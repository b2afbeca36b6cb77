"""How far an iteration of ADMM was from standing still."""

from collections.abc import Sequence
from math import sqrt
from typing import Any, NamedTuple

import numpy as np

from csmri import kernels
from csmri.operators.stack import Parts


class Residuals(NamedTuple):
    """Relative residuals of ADMM.

    Attributes
    ----------
    primal : float
        ‖K x − z‖ / max(‖K x‖, ‖z‖).
    dual : float
        ‖z − z_previous‖ / ‖u‖, with the scaled dual u = w − z.
    """

    primal: float
    dual: float

    @classmethod
    def of(cls, energies: Sequence[float]) -> "Residuals":
        """From the energies of a step, as `kernels.step_energies` gives them."""
        difference, image, split, move, dual = (sqrt(energy) for energy in energies)
        return cls(quotient(difference, max(image, split)), quotient(move, dual))


def residuals(z: Any, w: Any, z_next: Any, w_next: Any, alpha: float) -> Residuals:
    """The residuals of the step from (z, w) to (z, w)_next, where K x = z + (w_next − w)/α.

    References
    ----------
    B. Wohlberg (2017), arXiv:1704.06209, eq. 15 and 16, with z in place of Kᴴz.
    """
    states = (z, w, z_next, w_next)
    columns = list(zip(*(parts_of(state) for state in states), strict=True))
    energies = np.sum([kernels.step_energies(*column, alpha=alpha) for column in columns], axis=0)
    return Residuals.of(energies)


def parts_of(value: Any) -> tuple[Any, ...]:
    """The parts of a stacked value; an array alone."""
    return value.parts if isinstance(value, Parts) else (value,)


def quotient(a: float, b: float) -> float:
    """a/b, 0 where b is 0."""
    return a / b if b > 0 else 0.0
