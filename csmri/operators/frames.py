"""Series of images as matrices, so that what couples frames is a regularizer like any other."""

import math
from dataclasses import dataclass
from typing import final

from csmri import kernels
from csmri.arguments import grid
from csmri.arrays import Array, array_namespace, as_complex
from csmri.operators.base import LinearOperator


@final
@dataclass(frozen=True, eq=False)
class Frames(LinearOperator):
    """The rows of a Casorati matrix as images: (..., T, H·W) ↦ (..., T, H, W).

    Solvers treat every image by itself. A series whose frames are to be coupled is therefore one
    "image" of T rows and H·W columns: ``A @ Frames((H, W))`` measures it, regularizers of the
    frames are ``R @ Frames((H, W))``, and those of time act on the matrix itself.

    Parameters
    ----------
    shape : (int, int)
        H and W of a frame.
    """

    shape: tuple[int, int]

    is_unitary = True
    extra_axes = 1

    def __post_init__(self):
        object.__setattr__(self, "shape", grid(self.shape))

    def __call__(self, x: Array) -> Array:
        if x.ndim < 2 or x.shape[-1] != math.prod(self.shape):
            raise ValueError(
                f"got a series of shape {tuple(x.shape)}, expected (..., T, "
                f"{math.prod(self.shape)}), a row for each frame of {self.shape}; "
                "turn frames into rows by adjoint(frames)"
            )
        return array_namespace(x).reshape(as_complex(x), (*x.shape[:-1], *self.shape))

    def adjoint(self, y: Array) -> Array:
        """The matrix of frames (..., T, H, W)."""
        if y.ndim < 3 or tuple(y.shape[-2:]) != tuple(self.shape):
            raise ValueError(
                f"got frames of shape {tuple(y.shape)}, expected (..., T, H, W) with frames of "
                f"{self.shape}"
            )
        return array_namespace(y).reshape(as_complex(y), (*y.shape[:-2], math.prod(self.shape)))

    def norm_bound(self) -> float:
        return 1.0


@final
@dataclass(frozen=True, eq=False)
class TemporalDifferences(LinearOperator):
    """x ↦ x[t+1] − x[t] for the rows of a Casorati matrix (..., T, H·W); the last is zero.

    ``L1() @ TemporalDifferences()`` is temporal total variation: images that stand still but for
    few moments.
    """

    def __call__(self, x: Array) -> Array:
        xp = array_namespace(x)
        steps = x[..., 1:, :] - x[..., :-1, :]
        return xp.concat((steps, xp.zeros_like(x[..., :1, :])), axis=-2)

    def adjoint(self, y: Array) -> Array:
        xp = array_namespace(y)
        steps = xp.concat((y[..., :-1, :], xp.zeros_like(y[..., :1, :])), axis=-2)
        return xp.roll(steps, 1, axis=-2) - steps

    def norm_bound(self) -> float:
        """2, which alternating frames come near to."""
        return 2.0


@final
@dataclass(frozen=True, eq=False)
class TemporalFourier(LinearOperator):
    """The unitary DFT along time, the rows of (..., T, H·W): periodic motion is sparse."""

    is_unitary = True

    def __call__(self, x: Array) -> Array:
        return self._along_time(x, kernels.fft)

    def adjoint(self, y: Array) -> Array:
        return self._along_time(y, kernels.ifft)

    def norm_bound(self) -> float:
        return 1.0

    def _along_time(self, x: Array, transform) -> Array:
        xp = array_namespace(x)
        return xp.matrix_transpose(transform(xp.matrix_transpose(as_complex(x)) + 0))
