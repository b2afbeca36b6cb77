"""The group ℓ1 norm: sparsity of vectors that live or die together."""

from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, final

from csmri import kernels
from csmri.arrays import IMAGE_AXES, Array, aligned, array_namespace
from csmri.operators.base import LinearOperator
from csmri.operators.finite_differences import FiniteDifferences
from csmri.regularizers.base import Regularizer, as_weight, ratio
from csmri.regularizers.l1 import describe


@final
@dataclass(frozen=True, eq=False)
class GroupL1(Regularizer):
    """g(x) = weight · Σ √(Σ_axis |x|²), the ℓ2,1 norm.

    Parameters
    ----------
    weight : float
        λ ≥ 0.
    axis : int
        The axis whose entries form a group, counted from the end; -3 (the default) is where
        `FiniteDifferences` stacks an image's differences. It may not be an image axis.

    References
    ----------
    M. Yuan and Y. Lin (2006), J. R. Stat. Soc. B 68, 49–67.
    """

    weight: float = 1.0
    axis: int = -3

    def __post_init__(self):
        object.__setattr__(self, "weight", as_weight(self.weight))
        if not isinstance(self.axis, Integral) or self.axis > -3:
            raise ValueError(
                f"got axis={self.axis!r}, expected an axis before the image axes, counted from "
                "the end: -3 for the differences that FiniteDifferences stacks"
            )

    def value(self, x: Array) -> Array:
        """g(x), summed over the group and image axes."""
        xp = array_namespace(x)
        modulus = xp.sum(kernels.group_modulus(x, self.axis), axis=IMAGE_AXES)
        return self.weight * xp.squeeze(modulus, axis=self.axis + 2)

    def value_through(self, K: LinearOperator, x: Array) -> Array:
        """For finite differences in one go, without differences in between."""
        if isinstance(K, FiniteDifferences) and self.axis == -3:
            return self.weight * kernels.difference_sum(x, isotropic=True, periodic=K.periodic)
        return super().value_through(K, x)

    def dual_step(
        self, K: LinearOperator, p: Any, x: Array, sigma: Array | float
    ) -> tuple[Any, Array]:
        """For finite differences in one pass."""
        if isinstance(K, FiniteDifferences) and self.axis == -3:
            return kernels.difference_dual_step(
                p, x, self.weight, sigma=aligned(sigma, p), isotropic=True, periodic=K.periodic
            )
        return super().dual_step(K, p, x, sigma)

    def prox(self, x: Array, step: Array | float) -> Array:
        return kernels.group_soft_threshold(x, step * self.weight, self.axis)

    def prox_conjugate(self, p: Array, step: Array | float) -> Array:
        """The projection onto the ball where each group's ℓ2 norm is at most the weight."""
        return kernels.project_group_ball(p, self.weight, self.axis)

    def dual_norm(self, p: Array) -> Array:
        xp = array_namespace(p)
        modulus = kernels.group_modulus(p, self.axis)
        largest = ratio(xp.max(modulus, axis=IMAGE_AXES), self.weight)
        return xp.squeeze(largest, axis=self.axis + 2)

    def scaled(self, weight: float) -> Regularizer:
        return replace(self, weight=weight * self.weight)

    def __repr__(self) -> str:
        return f"GroupL1({describe(self.weight)})"
