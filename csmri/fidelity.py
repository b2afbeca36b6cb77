"""Data fidelity: how an image is compared with what was measured."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

from csmri.arrays import (
    Array,
    array_namespace,
    require_finite,
    sum_per_image,
)
from csmri.operators.base import LinearOperator


@final
@dataclass(frozen=True, eq=False)
class LeastSquares:
    """f(x) = ½‖A x − y‖².

    The one place where solvers and networks meet the data. It is differentiable for torch tensors.

    Parameters
    ----------
    A : LinearOperator
        Forward model, images (..., H, W) to k-space (..., H, W) or (..., C, H, W).
    y : (..., H, W) or (..., C, H, W) complex
        Measured k-space, zero where it was not sampled.
    """

    A: LinearOperator
    y: Array

    @cached_property
    def zero_filled(self) -> Array:
        """Aᴴy, the image of a linear reconstruction with zeros for what was not measured."""
        return self.A.adjoint(self.y)

    def value(self, x: Array) -> Array:
        """½‖A x − y‖², one number an image."""
        xp = array_namespace(x)
        return sum_per_image(xp.abs(self.residual(x)) ** 2, x.ndim - 2) / 2

    def residual(self, x: Array) -> Array:
        """A x − y, in k-space."""
        return self.A(x) - self.y

    def gradient(self, x: Array) -> Array:
        """∇f(x) = Aᴴ(A x − y), the gradient with respect to Re⟨·,·⟩."""
        return self.A.normal(x) - self.zero_filled

    def gradient_step(self, x: Array, step: Array | float) -> Array:
        """X − step · ∇f(x)."""
        return x - step * self.gradient(x)

    def primal_step(self, x: Array, direction: Array, step: Array | float) -> Array:
        """X − step · (∇f(x) + direction): the explicit half of primal-dual algorithms."""
        return self.gradient_step(x, step) - step * direction

    def lipschitz(self) -> float:
        """A bound of the Lipschitz constant of ∇f: ‖A‖²."""
        return self.A.norm_bound() ** 2

    def largest_step(self) -> float:
        """1/‖A‖², with which a gradient step never increases f."""
        return 1 / self.lipschitz()


def least_squares(A: LinearOperator, y: Array) -> LeastSquares:
    """`LeastSquares(A, y)` with y checked: complex, finite, of a fitting shape, zero off the mask.

    Raises
    ------
    TypeError
        Where A is no operator or y holds no floating-point numbers.
    ValueError
        Where y has the wrong shape, holds NaN or infinity, or is nonzero off the mask.
    """
    if not isinstance(A, LinearOperator):
        raise TypeError(
            f"got A of type {type(A).__name__}, expected a LinearOperator; "
            "for a mask pass MaskedFourier(mask)"
        )
    try:
        xp = array_namespace(y)
    except TypeError as error:
        raise TypeError(
            f"got k-space of type {type(y).__name__}, expected an array of NumPy, CuPy or torch"
        ) from error
    if not xp.isdtype(y.dtype, "complex floating"):
        raise TypeError(
            f"got k-space of {y.dtype}, expected complex64 or complex128 samples; "
            "k-space of real numbers is rare: convert with astype if it is meant"
        )
    if y.ndim < 2:
        raise ValueError(
            f"got k-space of shape {tuple(y.shape)}, expected (..., H, W) or (..., C, H, W)"
        )
    require_finite("the k-space", y)
    A.check_data(y)
    return LeastSquares(A, y)
