"""Sums of regularizers."""

from dataclasses import dataclass
from typing import final

from csmri.arrays import Array, sum_per_image
from csmri.operators.base import LinearOperator
from csmri.operators.stack import Parts, Stack
from csmri.regularizers.base import Regularizer


@final
@dataclass(frozen=True, eq=False)
class Sum(Regularizer):
    """x ↦ R₁(x) + R₂(x) + …, split as one regularizer of the stacked transforms."""

    terms: tuple[Regularizer, ...]

    def value(self, x: Array) -> Array:
        total = self.terms[0].value(x)
        for term in self.terms[1:]:
            total = total + term.value(x)
        return total

    def prox(self, x: Array, step: Array | float) -> Array:
        raise ValueError(
            f"{self!r} has no closed-form prox because it is a sum; minimise it with "
            "solvers.primal_dual, which needs only the prox of each term's outer part"
        )

    def split(self) -> tuple[Regularizer, LinearOperator]:
        pairs = [term.split() for term in self.terms]
        return Separable(tuple(g for g, _ in pairs)), Stack(tuple(K for _, K in pairs))

    def scaled(self, weight: float) -> Regularizer:
        return Sum(tuple(term.scaled(weight) for term in self.terms))

    def __repr__(self) -> str:
        return " + ".join(map(repr, self.terms))


@final
@dataclass(frozen=True, eq=False)
class Separable(Regularizer):
    """(z₁, z₂, …) ↦ g₁(z₁) + g₂(z₂) + …, of the parts that a `Stack` makes."""

    terms: tuple[Regularizer, ...]

    def value(self, x: Parts) -> Array:
        values = [g.value(part) for g, part in zip(self.terms, x.parts, strict=True)]
        batch_axes = min(value.ndim for value in values)
        total = sum_per_image(values[0], batch_axes)
        for value in values[1:]:
            total = total + sum_per_image(value, batch_axes)
        return total

    def prox(self, x: Parts, step: Array | float) -> Parts:
        pairs = zip(self.terms, x.parts, strict=True)
        return Parts(tuple(g.prox(part, step) for g, part in pairs))

    def prox_conjugate(self, p: Parts, step: Array | float) -> Parts:
        pairs = zip(self.terms, p.parts, strict=True)
        return Parts(tuple(g.prox_conjugate(part, step) for g, part in pairs))

    def __repr__(self) -> str:
        return " ⊕ ".join(map(repr, self.terms))
