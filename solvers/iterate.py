"""What a solver's box yields, and what one may start from."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, final

from csmri.arrays import Array


@final
class Iterate:
    """The image, and the dual variable where there is one.

    Both may come as functions, called when something asks. They are made of the solver's state,
    which its next iteration writes over: ask before that.

    Parameters
    ----------
    x : (..., H, W) complex, or callable
        The image.
    dual : array, Parts or callable, optional
        The dual variable.
    rho : float or array, optional
        The penalty of solvers that have one, so that a warm start goes on with it.
    """

    def __init__(self, x: Array | Callable[[], Array], dual: Any = None, rho: Any = None):
        self._image = x
        self.dual = dual
        self.rho = rho

    @cached_property
    def x(self) -> Array:
        """The image itself."""
        return self._image() if callable(self._image) else self._image

    @property
    def p(self) -> Any:
        """The dual variable itself."""
        return self.dual() if callable(self.dual) else self.dual
