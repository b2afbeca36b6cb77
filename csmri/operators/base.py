"""Linear operators: what they promise, and how they compose."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import numpy as np

from csmri.arrays import Array, array_namespace, device

BatchIndex = tuple[int | slice | Array, ...]
"""Which images of a batch: a number for one of them, a slice or an array of numbers for several."""


class LinearOperator(ABC):
    """A linear map between arrays, applied to n-D arrays as they are.

    A new operator defines `__call__`, `adjoint` and `norm_bound`; `csmri.operators.check` tells
    whether they agree. Leading axes of its input are a batch, and the operator stores no shape.
    """

    __array_ufunc__ = None  # so that `array * A` is refused by NumPy instead of looped over

    is_unitary: bool = False
    """Whether AᴴA = AAᴴ = I."""

    extra_axes: int = 0
    """How many axes more A x has for an image x: 1 where it makes several arrays of it."""

    @abstractmethod
    def __call__(self, x: Array) -> Array:
        """A x."""

    @abstractmethod
    def adjoint(self, y: Array) -> Array:
        """Aᴴ y."""

    @abstractmethod
    def norm_bound(self) -> float:
        """A number that ‖A‖ does not exceed, as small as is known."""

    def normal(self, x: Array) -> Array:
        """AᴴA x."""
        return self.adjoint(self(x))

    normal_is_projection: bool = False
    """Whether AᴴA is an orthogonal projection, as for one coil and any mask."""

    def normal_symbol(self, shape: tuple[int, int]) -> Array | None:
        """The eigenvalues of AᴴA for images of `shape`, where the 2-D DFT diagonalises it.

        Real, broadcastable to (..., H, W), zero frequency first; None where AᴴA is not diagonal.
        """
        return None

    def mirrored_symbol(self, shape: tuple[int, int]) -> Array | None:
        """The eigenvalues of AᴴA for images of `shape` that are mirrored at their edges.

        Real, broadcastable to (..., 2H, 2W), zero frequency first; None where the DFT of mirrored
        images does not diagonalise it. One number for all is diagonal everywhere.
        """
        symbol = self.normal_symbol(shape)
        return symbol if symbol is not None and math.prod(symbol.shape) == 1 else None

    def nearby_symbol(self, shape: tuple[int, int]) -> Array | float:
        """As `normal_symbol`, but near AᴴA, to precondition with; ‖A‖² where none is better."""
        symbol = self.normal_symbol(shape)
        return self.norm_bound() ** 2 if symbol is None else symbol

    def check_data(self, y: Array) -> None:
        """Raise ValueError where y cannot have been measured by this operator."""
        return  # any y may have been: an operator that knows better says so

    def for_image(self, index: BatchIndex, batch_shape: tuple[int, ...]) -> "LinearOperator":
        """The operator that acts on one image of a batch; itself where all images share it.

        Slices, or arrays, in place of whole numbers ask for that of several images.
        """
        return self

    def __matmul__(self, inner: "LinearOperator") -> "LinearOperator":
        if not isinstance(inner, LinearOperator):
            return NotImplemented
        if isinstance(inner, Identity):
            return self
        return Composition(self, inner)


@final
@dataclass(frozen=True, eq=False)
class Composition(LinearOperator):
    """A B: x ↦ A(B x), written ``A @ B``.

    Parameters
    ----------
    outer, inner : LinearOperator
        A and B.
    """

    outer: LinearOperator
    inner: LinearOperator

    def __call__(self, x: Array) -> Array:
        return self.outer(self.inner(x))

    def adjoint(self, y: Array) -> Array:
        return self.inner.adjoint(self.outer.adjoint(y))

    def normal(self, x: Array) -> Array:
        return self.inner.adjoint(self.outer.normal(self.inner(x)))

    def norm_bound(self) -> float:
        return self.outer.norm_bound() * self.inner.norm_bound()

    @property
    def is_unitary(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.outer.is_unitary and self.inner.is_unitary

    @property
    def extra_axes(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.outer.extra_axes + self.inner.extra_axes

    def check_data(self, y: Array) -> None:
        self.outer.check_data(y)

    def for_image(self, index: BatchIndex, batch_shape: tuple[int, ...]) -> LinearOperator:
        return Composition(
            self.outer.for_image(index, batch_shape), self.inner.for_image(index, batch_shape)
        )


@final
@dataclass(frozen=True, eq=False)
class Identity(LinearOperator):
    """I: x ↦ x."""

    is_unitary = True

    def __call__(self, x: Array) -> Array:
        return x

    def adjoint(self, y: Array) -> Array:
        return y

    def normal(self, x: Array) -> Array:
        return x

    def norm_bound(self) -> float:
        return 1.0

    def normal_symbol(self, shape: tuple[int, int]) -> Array:
        return np.ones((1, 1))

    def __matmul__(self, inner: LinearOperator) -> LinearOperator:
        return inner


def one_of_batch(array: Array, index: BatchIndex, axes: int) -> Array:
    """The entry of `array` for one image of a batch; its last `axes` axes are not batch axes.

    Leading axes of `array` broadcast against the batch, as everywhere. Where the index holds a
    slice or an array of numbers, this is the part for several images.
    """
    leading = array.shape[: array.ndim - axes] if array.ndim > axes else ()
    own = index[len(index) - len(leading) :]
    shared = tuple(0 if isinstance(i, int | np.integer) else slice(None) for i in own)
    entry = tuple(s if n == 1 else i for n, i, s in zip(leading, own, shared, strict=True))
    if len(entry) == 1 and isinstance(entry[0], np.ndarray):
        xp = array_namespace(array)
        return xp.take(array, xp.asarray(entry[0], device=device(array)), axis=0)
    return array[(*entry, ...)]
