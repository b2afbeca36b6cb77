"""Stacked operators, and the tuple-like values they give."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

from csmri.arrays import Array, aligned
from csmri.operators.base import BatchIndex, LinearOperator


@final
@dataclass(frozen=True, eq=False)
class Parts:
    """A tuple of arrays with the arithmetic that solvers use: +, −, and * and / by numbers.

    There may be one number for each image of a batch, (..., 1, 1).
    """

    parts: tuple[Array, ...]

    __array_ufunc__ = None

    def map(self, function: Callable[..., Array], *others: "Parts") -> "Parts":
        """`function` of each part, and of the same part of the others."""
        columns = zip(self.parts, *(other.parts for other in others), strict=True)
        return Parts(tuple(function(*column) for column in columns))

    def __add__(self, other: "Parts") -> "Parts":
        return self.map(lambda a, b: a + b, other)

    def __sub__(self, other: "Parts") -> "Parts":
        return self.map(lambda a, b: a - b, other)

    def __neg__(self) -> "Parts":
        return self.map(lambda a: -a)

    def __mul__(self, number: Any) -> "Parts":
        return self.map(lambda a: aligned(number, a) * a)

    __rmul__ = __mul__

    def __truediv__(self, number: Any) -> "Parts":
        return self.map(lambda a: a / aligned(number, a))


@final
@dataclass(frozen=True, eq=False)
class Stack(LinearOperator):
    """x ↦ (K₁x, K₂x, …), as `Parts`."""

    operators: tuple[LinearOperator, ...]

    def __call__(self, x: Array) -> Parts:
        return Parts(tuple(K(x) for K in self.operators))

    def adjoint(self, y: Parts) -> Array:
        pairs = zip(self.operators, y.parts, strict=True)
        images = [K.adjoint(part) for K, part in pairs]
        return sum(images[1:], start=images[0])

    def norm_bound(self) -> float:
        return math.sqrt(sum(K.norm_bound() ** 2 for K in self.operators))

    def normal_symbol(self, shape: tuple[int, int]) -> Array | None:
        """The sum of the operators' symbols, None where one has none."""
        total: Array = 0.0
        for K in self.operators:
            symbol = K.normal_symbol(shape)
            if symbol is None:
                return None
            total = total + symbol
        return total

    def nearby_symbol(self, shape: tuple[int, int]) -> Array | float:
        return sum(K.nearby_symbol(shape) for K in self.operators)

    def for_image(self, index: BatchIndex, batch_shape: tuple[int, ...]) -> "Stack":
        return Stack(tuple(K.for_image(index, batch_shape) for K in self.operators))
