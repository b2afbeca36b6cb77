"""What a solver's box yields, and what one may start from."""

from typing import Any, NamedTuple

from csmri.arrays import Array


class Iterate(NamedTuple):
    """The image, and the dual variable where there is one.

    The dual may come as a function, called only when a certificate or a warm start asks. `rho` is
    the penalty of solvers that have one, so that a warm start goes on with it.
    """

    x: Array
    dual: Any = None
    rho: float | None = None

    @property
    def p(self) -> Any:
        """The dual variable itself."""
        return self.dual() if callable(self.dual) else self.dual
