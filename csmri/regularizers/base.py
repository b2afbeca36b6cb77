"""Regularizers: what they promise, and how they are weighed, composed and added."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from csmri.arrays import Array, aligned, array_namespace, max_per_image, sum_per_image
from csmri.operators.base import BatchIndex, Identity, LinearOperator


class Regularizer(ABC):
    """A convex function R of an image, known by its value and its proximal map.

    A new regularizer defines `value` and `prox`; `csmri.regularizers.check` tells whether they
    agree. ``0.01 * R`` weighs, ``R @ W`` composes with a linear operator, ``R1 + R2`` adds.
    """

    __array_ufunc__ = None  # so that `array * R` is refused by NumPy instead of looped over

    @abstractmethod
    def value(self, x: Array) -> Array:
        """R(x), one number an image: summed over the last two axes, the rest is a batch."""

    @abstractmethod
    def prox(self, x: Array, step: Array | float) -> Array:
        """Argmin over z of R(z) + ‖z − x‖²/(2 step)."""

    @property
    def has_value(self) -> bool:
        """Whether R(x) is known: a plugged-in denoiser has a prox only, and so no objective."""
        return True

    @property
    def only_step(self) -> float | None:
        """The one step that `prox` is known for, as a plugged-in denoiser's; None for any."""
        return None

    def prox_conjugate(self, p: Array, step: Array | float) -> Array:
        """The proximal map of the convex conjugate R*, by Moreau's identity."""
        return p - step * self.prox(p / step, 1 / step)

    def dual_step(
        self, K: LinearOperator, p: Any, x: Array, sigma: Array | float
    ) -> tuple[Any, Array]:
        """(p⁺, Kᴴp⁺) with p⁺ = prox_{σR*}(p + σ K x), the dual half of a primal-dual step."""
        sigma = aligned(sigma, p)
        p = self.prox_conjugate(p + K(x) * sigma, sigma)
        return p, K.adjoint(p)

    def prox_through(self, W: LinearOperator, x: Array, step: Array | float) -> Array:
        """The proximal map of R ∘ W for a unitary W: Wᴴ prox(W x)."""
        z = W(x)
        return W.adjoint(self.prox(z, aligned(step, z)))

    def value_through(self, K: LinearOperator, x: Array) -> Array:
        """R(K x), one number an image of x."""
        return sum_per_image(self.value(K(x)), x.ndim - 2)

    def dual_norm(self, p: Array) -> Array | None:
        """For R a norm: the least s with p ∈ s ∂R(0), one number an image of p.

        A certificate needs it. None, the default, means that R is no norm or that its dual norm is
        not known: solvers then report no gap.
        """
        return None

    @property
    def has_dual_norm(self) -> bool:
        """Whether `dual_norm` is known."""
        return type(self).dual_norm is not Regularizer.dual_norm

    @property
    def penalises_all(self) -> bool:
        """Whether R(z) > 0 wherever z ≠ 0, as far as is known; else `penalised` says where."""
        return True

    def penalised(self, z: Array) -> Array:
        """The entries of z that R penalises, with zeros for the others."""
        return z

    def split(self) -> tuple["Regularizer", LinearOperator]:
        """(g, K) with R = g ∘ K, for solvers that need only the prox of g."""
        return self, Identity()

    def for_image(
        self, index: BatchIndex, batch_shape: tuple[int, ...], axes: int = 2
    ) -> "Regularizer":
        """The regularizer of one image of a batch; itself where all images share it.

        Slices, or arrays, in place of whole numbers ask for that of several images. Of what R takes
        the last `axes` axes belong to an image.
        """
        return self

    def scaled(self, weight: float) -> "Regularizer":
        """Weight · R."""
        return Weighted(self, weight)

    def scaled_by_image(self, weights: Array) -> "Regularizer":
        """weightsᵢ · R for image i of a batch."""
        from csmri.regularizers.image_weights import ImageWeights

        return ImageWeights(self, weights)

    def __rmul__(self, weight: Any) -> "Regularizer":
        if getattr(weight, "ndim", 0) == 1:
            return self.scaled_by_image(weight)
        return self.scaled(as_weight(weight))

    __mul__ = __rmul__

    def __matmul__(self, transform: LinearOperator) -> "Regularizer":
        if not isinstance(transform, LinearOperator):
            return NotImplemented
        return Composed(self, transform)

    def __add__(self, other: "Regularizer") -> "Regularizer":
        if not isinstance(other, Regularizer):
            return NotImplemented
        from csmri.regularizers.sum import Sum

        return Sum((*terms_of(self), *terms_of(other)))


def terms_of(R: Regularizer) -> tuple[Regularizer, ...]:
    """The summands of R; R alone where it is no sum."""
    from csmri.regularizers.sum import Sum

    return R.terms if isinstance(R, Sum) else (R,)


def ratio(modulus: Array, weight: float | Array) -> Array:
    """Modulus / weight, 0 where both are 0 and ∞ where only the weight is."""
    xp = array_namespace(modulus)
    weight = weight + xp.zeros_like(modulus)
    free = weight == 0
    infinite = xp.where(modulus > 0, float("inf") * xp.ones_like(modulus), xp.zeros_like(modulus))
    return xp.where(free, infinite, modulus / xp.where(free, xp.ones_like(modulus), weight))


def as_weight(weight: Any) -> float:
    """The weight λ as a Python float; refused where it is no number, negative or not finite."""
    if getattr(weight, "requires_grad", False):
        raise TypeError(
            "got a weight that requires a gradient, expected a number λ, through which none flows; "
            "pass it as (B,) weights, one for each image of a batch, or pass weight.item()"
        )
    try:
        real: Any = None if isinstance(weight, complex | np.complexfloating) else weight
        value = float(real) if hasattr(real, "__float__") else None
    except (TypeError, ValueError):  # an array of several numbers
        value = None
    if value is None:
        raise TypeError(
            f"got a weight of type {type(weight).__name__}, expected a number λ, or (B,) of "
            "them, one an image; weights that differ from entry to entry go into L1(weight)"
        )
    if not value >= 0 or math.isinf(value):
        raise ValueError(
            f"got the weight {value}, expected a finite λ ≥ 0; "
            "a negative weight would make the objective unbounded or non-convex"
        )
    return value


@final
@dataclass(frozen=True, eq=False)
class Weighted(Regularizer):
    """weight · R, for a regularizer that carries no weight of its own.

    Parameters
    ----------
    regularizer : Regularizer
        R.
    weight : float
        At least 0.
    """

    regularizer: Regularizer
    weight: float

    @property
    def has_value(self) -> bool:
        return self.regularizer.has_value

    def value(self, x: Array) -> Array:
        return self.weight * self.regularizer.value(x)

    def prox(self, x: Array, step: Array | float) -> Array:
        return self.regularizer.prox(x, step * self.weight) if self.weight else x

    def dual_norm(self, p: Array) -> Array | None:
        value = self.regularizer.dual_norm(p)
        return None if value is None else ratio(value, self.weight)

    @property
    def has_dual_norm(self) -> bool:
        return self.regularizer.has_dual_norm

    @property
    def penalises_all(self) -> bool:
        return self.regularizer.penalises_all

    def penalised(self, z: Array) -> Array:
        return self.regularizer.penalised(z)

    def split(self) -> tuple[Regularizer, LinearOperator]:
        outer, transform = self.regularizer.split()
        return outer.scaled(self.weight), transform

    def for_image(
        self, index: BatchIndex, batch_shape: tuple[int, ...], axes: int = 2
    ) -> Regularizer:
        own = self.regularizer.for_image(index, batch_shape, axes)
        return replace(self, regularizer=own)

    def scaled(self, weight: float) -> Regularizer:
        return replace(self, weight=weight * self.weight)

    def __repr__(self) -> str:
        return f"{self.weight:g}·{self.regularizer!r}"


@final
@dataclass(frozen=True, eq=False)
class Composed(Regularizer):
    """x ↦ g(K x): a regularizer of a transform of the image.

    Parameters
    ----------
    outer : Regularizer
        g.
    transform : LinearOperator
        K.
    """

    outer: Regularizer
    transform: LinearOperator

    @property
    def has_value(self) -> bool:
        return self.outer.has_value

    def value(self, x: Array) -> Array:
        return sum_per_image(self.outer.value_through(self.transform, x), x.ndim - 2)

    def prox(self, x: Array, step: Array | float) -> Array:
        if not self.transform.is_unitary:
            raise ValueError(
                f"{self!r} has no closed-form prox because its transform is not unitary; "
                "minimise it with solvers.minimise, which needs only the prox of its outer part"
            )
        return self.outer.prox_through(self.transform, x, step)

    def dual_norm(self, p: Array) -> Array | None:
        norm = self.outer.dual_norm(self.transform(p)) if self.transform.is_unitary else None
        return None if norm is None else max_per_image(norm, p.ndim - 2)

    @property
    def has_dual_norm(self) -> bool:
        return self.transform.is_unitary and self.outer.has_dual_norm

    @property
    def penalises_all(self) -> bool:
        return self.outer.penalises_all

    def penalised(self, z: Array) -> Array:
        return self.transform.adjoint(self.outer.penalised(self.transform(z)))

    def split(self) -> tuple[Regularizer, LinearOperator]:
        """(g, K); (self, I) where K is unitary, since R then has a prox of its own."""
        outer, inner = self.outer.split()
        K = inner @ self.transform
        return (self, Identity()) if K.is_unitary else (outer, K)

    def for_image(
        self, index: BatchIndex, batch_shape: tuple[int, ...], axes: int = 2
    ) -> Regularizer:
        outer = self.outer.for_image(index, batch_shape, axes + self.transform.extra_axes)
        return self if outer is self.outer else replace(self, outer=outer)

    def scaled(self, weight: float) -> Regularizer:
        return Composed(self.outer.scaled(weight), self.transform)

    def __repr__(self) -> str:
        return f"{self.outer!r} @ {self.transform!r}"
