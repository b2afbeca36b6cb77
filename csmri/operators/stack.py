"""Stacked operators, and the tuple-like values they give."""

import math
from collections.abc import Callable, Iterator
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
    """x ↦ (s₁K₁x, s₂K₂x, …), as `Parts`.

    Parameters
    ----------
    operators : tuple of LinearOperator
        K₁, K₂, …
    scales : tuple of float, optional
        s₁, s₂, …, all 1 by default.
    """

    operators: tuple[LinearOperator, ...]
    scales: tuple[float, ...] = ()

    def __call__(self, x: Array) -> Parts:
        return Parts(tuple(times(s, K(x)) for s, K in self._scaled()))

    def adjoint(self, y: Parts) -> Array:
        pairs = zip(self._scaled(), y.parts, strict=True)
        images = [times(s, K.adjoint(part)) for (s, K), part in pairs]
        return sum(images[1:], start=images[0])

    def norm_bound(self) -> float:
        return math.sqrt(sum((s * K.norm_bound()) ** 2 for s, K in self._scaled()))

    def normal_symbol(self, shape: tuple[int, int]) -> Array | None:
        """The sum of the parts' symbols, None where one has none."""
        return self._summed([K.normal_symbol(shape) for K in self.operators])

    def mirrored_symbol(self, shape: tuple[int, int]) -> Array | None:
        return self._summed([K.mirrored_symbol(shape) for K in self.operators])

    def _summed(self, symbols: list[Array | None]) -> Array | None:
        total: Array = 0.0
        for (s, _), symbol in zip(self._scaled(), symbols, strict=True):
            if symbol is None:
                return None
            total = total + s**2 * symbol
        return total

    def nearby_symbol(self, shape: tuple[int, int]) -> Array | float:
        return sum(s**2 * K.nearby_symbol(shape) for s, K in self._scaled())

    def for_image(self, index: BatchIndex, batch_shape: tuple[int, ...]) -> "Stack":
        operators = tuple(K.for_image(index, batch_shape) for K in self.operators)
        return Stack(operators, self.scales)

    def _scaled(self) -> Iterator[tuple[float, LinearOperator]]:
        return zip(self.scales or len(self.operators) * (1.0,), self.operators, strict=True)


def times(scale: float, x: Array) -> Array:
    """scale · x, x itself where the scale is 1."""
    return x if scale == 1 else scale * x
