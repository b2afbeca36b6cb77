"""Sums of regularizers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import takewhile
from typing import final

import numpy as np

from csmri.arrays import (
    Array,
    aligned,
    array_namespace,
    max_per_image,
    sum_per_image,
    to_numpy,
)
from csmri.operators.base import BatchIndex, LinearOperator
from csmri.operators.stack import Parts, Stack
from csmri.regularizers.base import Composed, Regularizer, Weighted
from csmri.regularizers.group_l1 import GroupL1
from csmri.regularizers.image_weights import ImageWeights
from csmri.regularizers.l1 import L1


@final
@dataclass(frozen=True, eq=False)
class Sum(Regularizer):
    """x ↦ R₁(x) + R₂(x) + …, split as one regularizer of the stacked transforms.

    Parameters
    ----------
    terms : tuple of Regularizer
        R₁, R₂, …
    """

    terms: tuple[Regularizer, ...]

    @property
    def has_value(self) -> bool:
        return all(term.has_value for term in self.terms)

    @property
    def only_step(self) -> float | None:
        return next((term.only_step for term in self.terms if term.only_step is not None), None)

    def value(self, x: Array) -> Array:
        return total([term.value(x) for term in self.terms])

    def prox(self, x: Array, step: Array | float) -> Array:
        raise ValueError(
            f"{self!r} has no closed-form prox because it is a sum; minimise it with "
            "solvers.minimise, which needs only the prox of each term's outer part"
        )

    def split(self) -> tuple[Regularizer, LinearOperator]:
        """(g, K) with K the stacked transforms, scaled to suit each other; g(K x) = g(s K x)/s.

        Solvers take one step, or one penalty, for all parts of K x. Scales that are as √(λ ‖K‖) let
        it fit them all: found by measurement on sums of total variation, wavelets and the ℓ1 norm,
        at ratios of their weights from 0.4 to 64. Terms of weight 0 are left out.
        """
        parts = [term.split() for term in self.terms]
        counting = [(g, K) for g, K in parts if _counts(g)]
        outers, transforms = zip(*(counting or parts), strict=True)
        scales = _scales(outers, transforms)
        pairs = zip(outers, scales, strict=True)
        g = Separable(tuple(g if s == 1 else g.scaled(1 / s) for g, s in pairs))
        return g, Stack(transforms, scales)

    def for_image(
        self, index: BatchIndex, batch_shape: tuple[int, ...], axes: int = 2
    ) -> Regularizer:
        return Sum(tuple(term.for_image(index, batch_shape, axes) for term in self.terms))

    def scaled(self, weight: float) -> Regularizer:
        return Sum(tuple(term.scaled(weight) for term in self.terms))

    def scaled_by_image(self, weights: Array) -> Regularizer:
        return Sum(tuple(term.scaled_by_image(weights) for term in self.terms))

    def __repr__(self) -> str:
        return " + ".join(map(repr, self.terms))


@final
@dataclass(frozen=True, eq=False)
class Separable(Regularizer):
    """(z₁, z₂, …) ↦ g₁(z₁) + g₂(z₂) + …, of the parts that a `Stack` makes.

    Parameters
    ----------
    terms : tuple of Regularizer
        g₁, g₂, …, as many as there are parts.
    """

    terms: tuple[Regularizer, ...]

    def value(self, x: Parts) -> Array:
        return total([g.value(part) for g, part in zip(self.terms, x.parts, strict=True)])

    def prox(self, x: Parts, step: Array | float) -> Parts:
        pairs = zip(self.terms, x.parts, strict=True)
        return Parts(tuple(g.prox(part, aligned(step, part)) for g, part in pairs))

    def prox_conjugate(self, p: Parts, step: Array | float) -> Parts:
        pairs = zip(self.terms, p.parts, strict=True)
        return Parts(tuple(g.prox_conjugate(part, aligned(step, part)) for g, part in pairs))

    @property
    def penalises_all(self) -> bool:
        return all(term.penalises_all for term in self.terms)

    def penalised(self, z: Parts) -> Parts:
        pairs = zip(self.terms, z.parts, strict=True)
        return Parts(tuple(g.penalised(part) for g, part in pairs))

    @property
    def has_dual_norm(self) -> bool:
        return all(term.has_dual_norm for term in self.terms)

    def dual_norm(self, p: Parts) -> Array | None:
        """The largest of the terms' dual norms, None where one is not known."""
        pairs = zip(self.terms, p.parts, strict=True)
        norms = [n for n in (g.dual_norm(part) for g, part in pairs) if n is not None]
        if len(norms) < len(self.terms):
            return None
        batch_axes, xp = axes_in_common(norms), array_namespace(*norms)
        first, *others = (max_per_image(norm, batch_axes) for norm in norms)
        return reduce(xp.maximum, others, first)

    def __repr__(self) -> str:
        return " ⊕ ".join(map(repr, self.terms))


def _scales(
    outers: Sequence[Regularizer], transforms: Sequence[LinearOperator]
) -> tuple[float, ...]:
    """√(λ ‖K‖) for each term, relative to the largest; 1 where one of them is not known, or 0."""
    strengths = [_strength(g, K) for g, K in zip(outers, transforms, strict=True)]
    if not all(strengths):
        return len(strengths) * (1.0,)
    return tuple(math.sqrt(strength / max(strengths)) for strength in strengths)


def _strength(g: Regularizer, K: LinearOperator) -> float:
    """λ ‖K‖ where g is λ times a norm, the same λ everywhere (in the mean of images); else 0."""
    if isinstance(g, ImageWeights):
        return float(np.mean(to_numpy(g.weights))) * _strength(g.regularizer, K)
    inner = _inner(g)
    weight: object = getattr(inner, "weight", None)
    if not (isinstance(weight, int | float) and inner.has_dual_norm):
        return 0.0
    return weight * K.norm_bound()


def _counts(g: Regularizer) -> bool:
    """Whether g is more than 0 times something, as far as its kind tells what its weight means."""
    inner = _inner(g)
    if not isinstance(inner, L1 | GroupL1 | Weighted):
        return True
    return not (isinstance(inner.weight, int | float) and inner.weight == 0)


def _inner(g: Regularizer) -> Regularizer:
    return g.outer if isinstance(g, Composed) else g


def total(values: Sequence[Array]) -> Array:
    """The sum of the terms' values, one number an image.

    Some terms give one number for each of several arrays that belong to an image (differences down
    and across), where others couple these: what all terms have in common is the batch.
    """
    batch_axes = axes_in_common(values)
    first, *others = (sum_per_image(value, batch_axes) for value in values)
    return sum(others, start=first)


def axes_in_common(values: Sequence[Array]) -> int:
    """How many of their leading axes all have alike."""
    sizes = zip(*(value.shape for value in values), strict=False)
    return len(list(takewhile(lambda found: len(set(found)) == 1, sizes)))
