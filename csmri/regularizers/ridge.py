"""The ridge: Tikhonov's squared norm."""

from dataclasses import dataclass, replace
from typing import final

from csmri.arrays import IMAGE_AXES, Array, array_namespace
from csmri.regularizers.base import Regularizer, as_weight
from csmri.regularizers.l1 import describe


@final
@dataclass(frozen=True, eq=False)
class Ridge(Regularizer):
    """g(x) = weight/2 · ‖x‖₂², after Tikhonov (1963).

    Parameters
    ----------
    weight : float
        λ ≥ 0.
    """

    weight: float = 1.0

    def __post_init__(self):
        object.__setattr__(self, "weight", as_weight(self.weight))

    def value(self, x: Array) -> Array:
        xp = array_namespace(x)
        return self.weight / 2 * xp.sum(xp.abs(x) ** 2, axis=IMAGE_AXES)

    def prox(self, x: Array, step: Array | float) -> Array:
        return x / (1 + step * self.weight)

    def scaled(self, weight: float) -> Regularizer:
        return replace(self, weight=weight * self.weight)

    def __repr__(self) -> str:
        return f"Ridge({describe(self.weight)})"
