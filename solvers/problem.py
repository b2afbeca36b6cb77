"""The problem a solver minimises: F(x) = ½‖A x − y‖² + R(x), with its proof of optimality."""

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from numbers import Real
from typing import Any

import numpy as np

from csmri import kernels
from csmri.arrays import (
    Array,
    array_namespace,
    as_complex,
    as_double,
    beside,
    device,
    energy_per_image,
    is_numpy_array,
    precision,
    require_finite,
    sum_per_image,
    to_numpy,
)
from csmri.constraints import NoiseBound
from csmri.fidelity import Fidelity, LeastSquares, check_measurement
from csmri.operators.base import LinearOperator
from csmri.operators.masked_fourier import MaskedFourier
from csmri.regularizers.base import Regularizer
from solvers.certificate import Certificate, certificate_for

MakesFidelity = Callable[[LinearOperator, Array], Fidelity]
"""`LeastSquares`, `Equality` or ``NoiseBound(radius)``: from A and y to f."""

BELIEVED = 1e-6
"""By how much of the objective, and the square of it of the data's energy, rounding may lift a
bound."""

ROUNDINGS = 16
"""By how many roundings each sample of an exact fit may be off."""


@dataclass(frozen=True, eq=False)
class Problem:
    """min over x of f(x) + R(x), for one image or a batch.

    Attributes
    ----------
    f : Fidelity
    regularizer : Regularizer
    has_objective : bool
        False where a solver follows a heuristic that minimises no fixed objective, and where R is
        known by its prox alone.
    known_bound : array, optional
        A lower bound of min F from before, one for each image.
    """

    f: Fidelity
    regularizer: Regularizer
    has_objective: bool = True
    known_bound: Array | None = None

    @property
    def least_squares(self) -> LeastSquares:
        """f, for solvers that follow its gradient."""
        if not isinstance(self.f, LeastSquares):
            raise TypeError(
                f"got the constraint {self.f!r}, expected ½‖A x − y‖²; use solvers.admm"
            )
        return self.f

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The leading axes of the images."""
        return self.f.image_shape[:-2]

    def start(self, x0: Array | None) -> Array:
        """The image to start from: x0, checked, or the zero-filled one."""
        zero_filled = self.f.zero_filled
        if x0 is None:
            return zero_filled
        if not hasattr(x0, "shape"):
            raise TypeError(
                f"got x0 of type {type(x0).__name__}, expected an array like the images; "
                "drop x0 to start from the zero-filled image"
            )
        if tuple(x0.shape) != tuple(zero_filled.shape):
            raise ValueError(
                f"got x0 of shape {tuple(x0.shape)}, expected {tuple(zero_filled.shape)}, "
                "the shape of the images; drop x0 to start from the zero-filled image"
            )
        require_finite("x0", x0)
        xp = array_namespace(zero_filled)
        return xp.astype(beside(as_complex(x0), zero_filled), zero_filled.dtype, copy=False)

    def solves_images_alone(self) -> bool:
        """Whether a batch is solved image by image: on NumPy, where the cache is what counts."""
        return bool(self.batch_shape) and is_numpy_array(self.f.y)

    def images(self) -> Iterator[tuple[tuple[int, ...], "Problem"]]:
        """Each image of the batch, and its problem."""
        for index in product(*(range(n) for n in self.batch_shape)):
            A = self.f.A.for_image(index, self.batch_shape)
            f, R = (
                self.f.with_data(A, self.f.y[index]),
                self.regularizer.for_image(index, self.batch_shape),
            )
            yield index, replace(self, f=f, regularizer=R)

    def anew(self) -> "Problem":
        """The same problem, without the arrays that were computed on the way but for a bound."""
        made = self.__dict__.get("certificate")
        bound = self.known_bound if made is None else made.best
        return replace(self, f=self.f.with_data(self.f.A, self.f.y), known_bound=bound)

    def part(self, chosen: np.ndarray) -> "Problem":
        """The problem of those images of a batch (N, H, W) whose entry is True."""
        index = np.flatnonzero(chosen)
        A = self.f.A.for_image((index,), self.batch_shape)
        xp = array_namespace(self.f.y)
        y = xp.take(self.f.y, xp.asarray(index, device=device(self.f.y)), axis=0)
        f, R = self.f.with_data(A, y), self.regularizer.for_image((index,), self.batch_shape)
        return replace(self, f=f, regularizer=R)

    def objective(self, x: Array) -> Array:
        """F(x) in double precision, one number an image."""
        x = as_double(x)
        return self.in_double.value(x) + self.regularizer.value(x)

    def certify(self, iterate: Any) -> tuple[Any, Any]:
        """F(x) and the proven relative gap (None where there is no proof)."""
        if not self.has_objective:
            return None, None
        value = self.objective(iterate.x)
        if self.certificate is None:
            return as_result(value), None
        bound = self.certificate.best_bound(iterate)
        xp = array_namespace(value)
        least = self._rounding
        usual = (value > least) & xp.isfinite(value)  # an image that breaks a constraint costs ∞
        one = xp.ones_like(value)
        gap = (value - bound) / xp.where(usual, value, one)
        # What is no number is never near the optimum; at 0, or at rounding, there is nothing below.
        gap = xp.where(usual, gap, xp.where(value <= least, xp.zeros_like(one), math.inf * one))
        return as_result(value), self._believed(as_result(value), as_result(gap))

    @cached_property
    def _rounding(self) -> Any:
        """The most that F(x) may be where data are fitted exactly, but for rounding, and R is 0."""
        if not isinstance(self.f, LeastSquares):
            return 0.0
        y = self.f.y
        energy = sum_per_image(kernels.overlap(y, y), len(self.batch_shape))
        return as_double((ROUNDINGS * precision(y)) ** 2 / 2 * energy)

    def _believed(self, value: Any, gap: Any) -> Any:
        """The gap, ∞ with a warning where the bound is above F(x), which no proof can give."""
        if not np.any(np.asarray(gap) < -BELIEVED):
            return gap
        energy = as_result(energy_per_image(self.in_double.y, np.ndim(value)))
        false = -gap * value > BELIEVED * (value + BELIEVED * energy)
        if not np.any(false):
            return gap
        warnings.warn(
            "got a lower bound of the objective that is above the objective, so dual_norm of the "
            "regularizer, or what the operator says of itself, is wrong; try both with "
            "csmri.regularizers.check and csmri.operators.check. No gap is claimed",
            RuntimeWarning,
            stacklevel=2,
        )
        return as_result(np.where(false, math.inf, gap))

    @cached_property
    def certificate(self) -> Certificate | None:
        """The proof that fits f and R, None where there is none."""
        if not self.has_objective:
            return None
        certificate = certificate_for(self.in_double, self.regularizer)
        if certificate is not None:
            certificate.best = self.known_bound
        return certificate

    @cached_property
    def in_double(self) -> Fidelity:
        """The data term in double precision, where bounds are evaluated."""
        return self.f.in_double

    def __repr__(self) -> str:
        return f"{self.f!r} + R(x), R = {self.regularizer!r}"


def problem(
    A: LinearOperator,
    y: Array,
    regularizer: Regularizer,
    *,
    fidelity: MakesFidelity = LeastSquares,
    has_objective: bool = True,
) -> Problem:
    """The problem with its data checked; see `csmri.fidelity.check_measurement` for the errors."""
    check_measurement(A, y)
    require_regularizer(regularizer)
    target = Problem(_made(fidelity, A, y), regularizer, has_objective and regularizer.has_value)
    _require_fitting_operator(target.f)
    _require_a_value_for_each_image(target)
    return target


def _made(fidelity: MakesFidelity, A: LinearOperator, y: Array) -> Fidelity:
    """The data term or constraint that was asked for."""
    if not callable(fidelity) or fidelity is NoiseBound:
        raise TypeError(
            f"got fidelity={fidelity!r}, expected LeastSquares, or of csmri.constraints Equality "
            "or NoiseBound(radius)"
        )
    return fidelity(A, y)


def require_regularizer(regularizer: Regularizer) -> None:
    """Refuse anything else."""
    if not isinstance(regularizer, Regularizer):
        raise TypeError(
            f"got a regularizer of type {type(regularizer).__name__}, expected a Regularizer, "
            "for instance 0.01 * (L1() @ Wavelet('db4')) or 0.002 * TotalVariation()"
        )


def _require_fitting_operator(f: Fidelity) -> None:
    """Refuse a user's operator whose adjoint makes no images of y, or that has no norm."""
    if isinstance(f.A, MaskedFourier):
        return
    x, y = f.zero_filled, f.y
    back: Any = f.A(x)
    if x.dtype != y.dtype or back.dtype != y.dtype or tuple(back.shape) != tuple(y.shape):
        raise ValueError(
            f"{type(f.A).__name__} makes k-space of {y.dtype} and {tuple(y.shape)} an image of "
            f"{x.dtype} and {tuple(x.shape)}, and that k-space of {back.dtype} and "
            f"{tuple(back.shape)}, expected what it was; try csmri.operators.check"
        )
    _require_adjoint(f.A, x, y, back)
    bound: Any = f.A.norm_bound()
    if not (isinstance(bound, Real) and 0 <= float(bound) < math.inf):
        raise ValueError(
            f"norm_bound() of {type(f.A).__name__} gives {bound!r}, expected a finite number that "
            "‖A‖ does not exceed"
        )


def _require_adjoint(A: LinearOperator, x: Array, y: Array, back: Array) -> None:
    """Refuse an adjoint of another scale, sign or phase: ⟨A x, y⟩ = ‖x‖² where x = Aᴴy.

    What only approximates an adjoint, to a hundredth, is let through.
    """
    xp = array_namespace(y)
    found = complex(xp.sum(back * xp.conj(y)))
    expected = float(xp.sum(xp.real(x * xp.conj(x))))
    if math.isfinite(expected) and not abs(found - expected) <= 1e-2 * expected:
        raise ValueError(
            f"got {type(A).__name__} with ⟨A x, y⟩ = {found:.4g} and ‖x‖² = {expected:.4g} for "
            "x = Aᴴy, expected the same number twice: its adjoint, or its call, has another scale, "
            "sign or phase; try csmri.operators.check"
        )


def _require_a_value_for_each_image(target: Problem) -> None:
    """Refuse a regularizer that sums over axes which solvers take for a batch."""
    images_alone = target.solves_images_alone()
    part = tuple(slice(0, min(n, 2) if images_alone else n) for n in target.batch_shape)
    R = target.regularizer.for_image(part, target.batch_shape)  # refuses weights of other batches
    if not target.batch_shape or not target.regularizer.has_value:
        return
    x = _ones(target, part) if images_alone else target.f.zero_filled
    found, batch = tuple(R.value(x).shape), tuple(x.shape[:-2])
    if found != batch:
        raise ValueError(
            f"{target.regularizer!r} gives values of shape {found} for images of "
            f"{tuple(x.shape)}, expected {batch}, one for each image of the "
            "batch; sum over the last two axes alone, for solvers treat every image by itself: "
            "what couples images goes behind csmri.operators.Frames, R @ Frames((H, W))"
        )


def _ones(target: Problem, part: tuple[slice, ...]) -> Array:
    """Images like those of a part of a batch."""
    return np.ones((*(s.stop for s in part), *target.f.image_shape[-2:]), target.f.y.dtype)


def as_result(values: Array) -> Any:
    """A float for one image, a NumPy array for a batch."""
    values = np.asarray(to_numpy(values))
    return values.item() if values.ndim == 0 else values
