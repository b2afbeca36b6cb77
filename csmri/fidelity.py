"""Data fidelity: how an image is compared with what was measured."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, final

from csmri import kernels
from csmri.arrays import (
    Array,
    array_namespace,
    as_double,
    energy_per_image,
    is_single,
    require_finite,
    sum_per_image,
)
from csmri.operators.base import LinearOperator
from csmri.operators.masked_fourier import MaskedFourier


class DualPoint(NamedTuple):
    """A q in k-space, by what bounds need of it.

    Attributes
    ----------
    back : (..., H, W) complex
        Aᴴq.
    energy, overlap : one float an image
        ‖q‖² and −Re⟨q, y⟩.
    """

    back: Array
    energy: Array
    overlap: Array


FourierSolver = Callable[[Array, Any], Array]
"""(t, ρ) ↦ the x that minimises f(x) + ρ/2 ‖K x − r‖² with t = Kᴴr, by way of Fourier space."""


@dataclass(frozen=True, eq=False)
class Fidelity(ABC):
    """f(x), a convex function of A x and y.

    Parameters
    ----------
    A : LinearOperator
        Forward model, images (..., H, W) to k-space (..., H, W) or (..., C, H, W).
    y : (..., H, W) or (..., C, H, W) complex
        Measured k-space, zero where it was not sampled.
    """

    A: LinearOperator
    y: Array

    @property
    def image_shape(self) -> tuple[int, ...]:
        """(..., H, W) of the images, found without making one where A is a `MaskedFourier`."""
        if not isinstance(self.A, MaskedFourier):
            return tuple(self.zero_filled.shape)
        batch = self.y.shape[: -2 if self.A.maps is None else -3]
        return (*batch, *self.y.shape[-2:])

    @property
    def image_size(self) -> tuple[int, int]:
        """(H, W) of the images, which need not be that of the data."""
        height, width = self.image_shape[-2:]
        return height, width

    @cached_property
    def zero_filled(self) -> Array:
        """Aᴴy, the image of a linear reconstruction with zeros for what was not measured."""
        if self._is_of_one_coil:
            return kernels.ifft2(self.data_spectrum)
        return self.A.adjoint(self.y)

    @cached_property
    def data_spectrum(self) -> Array:
        """The 2-D transform of Aᴴy without shifts."""
        if self._is_of_one_coil:
            return self.A.data_spectrum(self.y)  # pyright: ignore[reportAttributeAccessIssue]
        return kernels.fft2(self.zero_filled)

    @property
    def _is_of_one_coil(self) -> bool:
        return isinstance(self.A, MaskedFourier) and self.A.normal_is_projection

    def residual(self, x: Array) -> Array:
        """A x − y, in k-space."""
        return self.A(x) - self.y

    @abstractmethod
    def with_data(self, A: LinearOperator, y: Array) -> "Fidelity":
        """The same fidelity for another operator and other data."""

    @property
    def in_double(self) -> "Fidelity":
        """The same in double precision, where bounds are evaluated."""
        return self.with_data(self.A, as_double(self.y))

    @abstractmethod
    def value(self, x: Array) -> Array:
        """f(x), one number an image."""

    @abstractmethod
    def prox(self, x: Array, step: Array | float, *, out: Array | None = None) -> Array:
        """argmin over z of f(z) + ‖z − x‖²/(2 step), where AᴴA is a projection.

        `out`, which may be x, offers memory; what is returned counts.
        """

    @abstractmethod
    def primal_step(self, x: Array, direction: Array, step: Array | float) -> Array:
        """The primal half of a primal-dual step of size `step` along −direction."""

    @abstractmethod
    def lipschitz(self) -> float:
        """A bound of the Lipschitz constant of the gradient that `primal_step` follows."""

    @abstractmethod
    def fourier_solver(self, a: Array, k: Array) -> FourierSolver:
        """The exact solver where AᴴA and KᴴK have the symbols a (0 or 1) and k; 0/0 is 0."""

    @abstractmethod
    def best_scaled_bound(self, energy: Array, overlap: Array, dual_norm: Array) -> Array:
        """The largest lower bound that weak duality gives of s q, 0 ≤ s ≤ 1/dual_norm.

        Parameters
        ----------
        energy, overlap : one float an image
            ‖q‖² and −Re⟨q, y⟩ of a dual point q in k-space.
        dual_norm : one float an image
            The regularizer's dual norm of a p with Aᴴq + Kᴴp = 0: s p has to stay in its ball.
        """


@final
@dataclass(frozen=True, eq=False)
class LeastSquares(Fidelity):
    """f(x) = ½‖A x − y‖².

    The one place where solvers and networks meet the data. It is differentiable for torch tensors.

    Parameters
    ----------
    A : LinearOperator
        Forward model, images (..., H, W) to k-space (..., H, W) or (..., C, H, W).
    y : (..., H, W) or (..., C, H, W) complex
        Measured k-space, zero where it was not sampled.
    """

    def __repr__(self) -> str:
        return "½‖A x − y‖²"

    def with_data(self, A: LinearOperator, y: Array) -> "LeastSquares":
        return LeastSquares(A, y)

    def value(self, x: Array) -> Array:
        if self._is_of_one_coil:
            return self.A.squared_error(x, self.data_spectrum) / 2  # pyright: ignore[reportAttributeAccessIssue]
        return energy_per_image(self.residual(x), x.ndim - 2) / 2

    @cached_property
    def _spectrum(self) -> Array:
        """What was measured, where `MaskedFourier.moved_to_data` wants it."""
        return self.A.spectrum(self.zero_filled)  # pyright: ignore[reportAttributeAccessIssue]

    def dual_point(self, x: Array) -> DualPoint:
        """q = A x − y."""
        batch_axes = x.ndim - 2
        if self.A.normal_is_projection:  # then ‖q‖ = ‖Aᴴq‖, and Re⟨q, y⟩ = Re⟨Aᴴq, Aᴴy⟩
            back = self.gradient(x)
            energy = energy_per_image(back, batch_axes)
            return DualPoint(back, energy, minus_overlap(back, self.zero_filled, batch_axes))
        q = self.residual(x)
        energy = energy_per_image(q, batch_axes)
        return DualPoint(self.A.adjoint(q), energy, minus_overlap(q, self.y, batch_axes))

    def gradient(self, x: Array) -> Array:
        """∇f(x) = Aᴴ(A x − y), the gradient with respect to Re⟨·,·⟩."""
        return self.A.normal(x) - self.zero_filled

    def gradient_step(self, x: Array, step: Array | float, *, out: Array | None = None) -> Array:
        """The image x − step · ∇f(x); for one coil samples are moved towards the data.

        `out`, which may be x, offers memory; what is returned counts.
        """
        if self._is_of_one_coil:
            return self.A.moved_to_data(x, self._spectrum, step, out=out)  # pyright: ignore[reportAttributeAccessIssue]
        return x - step * self.gradient(x)

    def prox(self, x: Array, step: Array | float, *, out: Array | None = None) -> Array:
        return self.gradient_step(x, step / (1 + step), out=out)

    def primal_step(self, x: Array, direction: Array, step: Array | float) -> Array:
        return self.gradient_step(x, step) - step * direction

    def lipschitz(self) -> float:
        """‖A‖²."""
        return self.A.norm_bound() ** 2

    def largest_step(self) -> float:
        """1/‖A‖², with which a gradient step never increases f; 1 where A measures nothing."""
        return 1 / (self.lipschitz() or 1.0)

    def fourier_solver(self, a: Array, k: Array) -> FourierSolver:
        return _FourierLeastSquares(self, a, k)

    def best_scaled_bound(self, energy: Array, overlap: Array, dual_norm: Array) -> Array:
        """max of −½‖s q‖² − Re⟨s q, y⟩."""
        xp = array_namespace(energy)
        free = overlap / xp.where(energy > 0, energy, xp.ones_like(energy))
        s = xp.maximum(xp.minimum(free, largest_scale(dual_norm)), xp.zeros_like(free))
        return s * overlap - s**2 * energy / 2


class _FourierLeastSquares:
    """F x = (F Aᴴy + ρ F t)/(a + ρ k), with the quotients kept while ρ stays."""

    def __init__(self, f: LeastSquares, a: Array, k: Array):
        self._data = f.data_spectrum
        self._a, self._k = in_real_precision(a, self._data), in_real_precision(k, self._data)
        self._rho: Any = None

    def __call__(self, t: Array, rho: Array | float) -> Array:
        if rho is not self._rho:
            self._offset, self._factor = kernels.quotients(self._data, self._a, self._k, rho)
            self._rho = rho
        return kernels.filter_add(t, self._factor, self._offset)


def inverse_symbol(symbol: Array, like: Array) -> Array:
    """1/symbol in the real precision of `like`, 0 where the symbol is 0."""
    xp = array_namespace(symbol)
    positive = xp.where(symbol > 0, symbol, xp.full_like(symbol, math.inf))
    return in_real_precision(1 / positive, like)


def in_real_precision(symbol: Array, like: Array) -> Array:
    """The symbol as float32 or float64, as precise as `like` is."""
    xp = array_namespace(symbol)
    return xp.astype(symbol, xp.float32 if is_single(like) else xp.float64, copy=False)


def largest_scale(dual_norm: Array) -> Array:
    """1/dual_norm, ∞ where it is 0: how far a dual point may be stretched."""
    xp = array_namespace(dual_norm)
    some = dual_norm > 0
    inverse = 1 / xp.where(some, dual_norm, xp.ones_like(dual_norm))
    return xp.where(some, inverse, xp.full_like(dual_norm, math.inf))


def minus_overlap(q: Array, y: Array, batch_axes: int) -> Array:
    """−Re⟨q, y⟩, one number an image."""
    xp = array_namespace(q)
    return -sum_per_image(xp.real(xp.conj(q) * y), batch_axes)


def check_measurement(A: LinearOperator, y: Array) -> None:
    """Refuse k-space that A cannot have measured, and what is no k-space at all.

    Raises
    ------
    TypeError
        Where A is no operator or y holds no complex numbers.
    ValueError
        Where y has the wrong shape, holds NaN or infinity, or is nonzero off the mask.
    """
    check_kinds(A, y)
    require_finite("the k-space", y)
    A.check_data(y)


def check_kinds(A: LinearOperator, y: Array) -> None:
    """Refuse what is no operator and no k-space, without a look at the samples.

    Raises
    ------
    TypeError
        Where A is no operator or y holds no complex numbers.
    ValueError
        Where y has too few axes.
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
            f"got k-space of type {type(y).__name__}, expected an array of NumPy, CuPy or torch: "
            f"{error}"
        ) from error
    if y.dtype not in (xp.complex64, xp.complex128):
        raise TypeError(
            f"got k-space of {y.dtype}, expected complex64 or complex128 samples; convert with "
            "astype if other precisions, or real numbers, are meant"
        )
    if y.ndim < 2:
        raise ValueError(
            f"got k-space of shape {tuple(y.shape)}, expected (..., H, W) or (..., C, H, W)"
        )


def least_squares(A: LinearOperator, y: Array) -> LeastSquares:
    """`LeastSquares(A, y)` with its data checked by `check_measurement`."""
    check_measurement(A, y)
    return LeastSquares(A, y)
