"""What a solver's box yields, and what one may start from."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, final

from csmri.arrays import Array
from csmri.operators.base import LinearOperator


@final
class Expansion:
    """An image Wᴴc that is made when asked, of its coefficients c in an orthonormal basis."""

    def __init__(self, W: LinearOperator, coefficients: Array):
        self._W, self.coefficients = W, coefficients

    @cached_property
    def image(self) -> Array:
        """The image itself."""
        return self._W.adjoint(self.coefficients)


Shown = Array | Expansion


def image_of(shown: Shown) -> Array:
    """The image."""
    return shown.image if isinstance(shown, Expansion) else shown


def coordinates_of(shown: Shown) -> Array:
    """What is at hand: the image, or its coefficients, which are as far from others."""
    return shown.coefficients if isinstance(shown, Expansion) else shown


@final
class Iterate:
    """The image, and the dual variable where there is one.

    Both may come as functions, called when something asks. They are made of the solver's state,
    which its next iteration writes over: ask before that.

    Parameters
    ----------
    x : (..., H, W) complex, Expansion, or callable
        The image, or what it is made of.
    dual : array, Parts or callable, optional
        The dual variable.
    rho : float or array, optional
        The penalty of solvers that have one, so that a warm start goes on with it.
    """

    def __init__(self, x: Shown | Callable[[], Shown], dual: Any = None, rho: Any = None):
        self._x = x
        self.dual = dual
        self.rho = rho

    @cached_property
    def shown(self) -> Shown:
        """The image, or what it is made of, which stays as it is once asked for."""
        return self._x() if callable(self._x) else self._x

    @property
    def at_hand(self) -> Shown | None:
        """What is shown, None where it would have to be made."""
        return None if callable(self._x) else self._x

    @property
    def x(self) -> Array:
        """The image itself."""
        return image_of(self.shown)

    @property
    def p(self) -> Any:
        """The dual variable itself."""
        return self.dual() if callable(self.dual) else self.dual
