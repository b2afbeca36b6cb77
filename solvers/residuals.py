"""How far an iteration of ADMM was from standing still."""

from collections.abc import Sequence
from math import sqrt
from typing import Any, NamedTuple

from csmri import kernels
from csmri.arrays import Array, array_namespace
from csmri.operators.stack import Parts


class Residuals(NamedTuple):
    """Relative residuals of ADMM, each a number, or an array of one for each image of a batch.

    Attributes
    ----------
    primal : float or array
        ‖K x − z‖ / max(‖K x‖, ‖z‖).
    dual : float or array
        ‖z − z_previous‖ / ‖u‖, with the scaled dual u = w − z.
    lag : float or array
        ‖K x − z‖ / ‖u‖: by what share of itself u has yet to move.
    """

    primal: Any
    dual: Any
    lag: Any

    @classmethod
    def of(cls, energies: Sequence[Any]) -> "Residuals":
        """From the energies of a step, as `kernels.step_energies` gives them."""
        difference, image, split, move, dual = (root(energy) for energy in energies)
        primal = quotient(difference, larger(image, split))
        return cls(primal, quotient(move, dual), quotient(difference, dual))


def residuals(z: Any, w: Any, z_next: Any, w_next: Any, alpha: float, batch_axes: int) -> Residuals:
    """The residuals of the step from (z, w) to (z, w)_next, where K x = z + (w_next − w)/α.

    References
    ----------
    B. Wohlberg (2017), arXiv:1704.06209, eq. 15 and 16, with z in place of Kᴴz.
    """
    states = (z, w, z_next, w_next)
    columns = zip(*(parts_of(state) for state in states), strict=True)
    energies = [kernels.step_energies(*c, alpha=alpha, batch_axes=batch_axes) for c in columns]
    return Residuals.of([sum(terms) for terms in zip(*energies, strict=True)])


def parts_of(value: Any) -> tuple[Any, ...]:
    """The parts of a stacked value; an array alone."""
    return value.parts if isinstance(value, Parts) else (value,)


def root(energy: Array | float) -> Any:
    """√energy, of a number or of each of an array."""
    return sqrt(energy) if kernels.is_number(energy) else array_namespace(energy).sqrt(energy)


def larger(a: Array | float, b: Array | float) -> Any:
    """The larger of two numbers, or of each two of arrays."""
    return max(a, b) if kernels.is_number(a, b) else array_namespace(a).maximum(a, b)


def quotient(a: Array | float, b: Array | float) -> Any:
    """a/b, 0 where b is 0, of numbers or arrays."""
    if kernels.is_number(a, b):
        return a / b if b > 0 else 0.0
    xp = array_namespace(a)
    return xp.where(b > 0, a / xp.where(b > 0, b, xp.ones_like(b)), xp.zeros_like(a))
