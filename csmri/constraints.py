"""The data as a constraint: exactly met, or met within the noise."""

import math
from dataclasses import dataclass
from numbers import Real
from typing import final

from csmri import kernels
from csmri.arrays import Array, array_namespace, sum_per_image
from csmri.fidelity import (
    Fidelity,
    FourierSolver,
    in_real_precision,
    inverse_symbol,
    largest_scale,
)
from csmri.operators.base import LinearOperator

__all__ = ["Ball", "Constraint", "Equality", "NoiseBound"]

ROUNDING = 1e-5
"""How far, relative to ‖y‖, A x may be from what is demanded: single precision needs as much."""


@dataclass(frozen=True, eq=False)
class Constraint(Fidelity):
    """f(x) = 0 where ‖A x − y‖ ≤ ε, and ∞ elsewhere; for A with AᴴA a projection (one coil)."""

    def __post_init__(self):
        if not self.A.normal_is_projection:
            raise ValueError(
                f"got {type(self.A).__name__} with several coils or of its own kind, expected an "
                "operator whose AᴴA is a projection, such as MaskedFourier(mask) of one coil; "
                "minimise ½‖A x − y‖² + λ R(x) with a small λ instead"
            )

    @property
    def bound(self) -> float:
        """ε."""
        return 0.0

    def value(self, x: Array) -> Array:
        """0 where the constraint is met up to rounding (1e-5 ‖y‖), ∞ elsewhere."""
        xp = array_namespace(x)
        error, size = (
            xp.sqrt(sum_per_image(xp.abs(v) ** 2, x.ndim - 2)) for v in (self.residual(x), self.y)
        )
        met = error <= self.bound + ROUNDING * size
        return xp.where(met, xp.zeros_like(error), xp.full_like(error, math.inf))

    def primal_step(self, x: Array, direction: Array, step: Array | float) -> Array:
        """The projection of x − step · direction onto the constraint."""
        return self.prox(x - step * direction, step)

    def lipschitz(self) -> float:
        """0: the step is a projection, and follows no gradient."""
        return 0.0

    def best_scaled_bound(self, energy: Array, overlap: Array, dual_norm: Array) -> Array:
        """max of −ε‖s q‖ − Re⟨s q, y⟩."""
        xp = array_namespace(energy)
        gain, most = overlap - self.bound * xp.sqrt(energy), largest_scale(dual_norm)
        worthwhile = (gain > 0) & xp.isfinite(most)
        return xp.where(worthwhile, gain * xp.where(worthwhile, most, xp.ones_like(most)), 0 * gain)


@final
@dataclass(frozen=True, eq=False)
class Equality(Constraint):
    """min R(x) subject to A x = y: for data without noise.

    Pass it as ``admm(A, y, R, fidelity=Equality)``.

    Parameters
    ----------
    A : LinearOperator
        Forward model, images (..., H, W) to k-space (..., H, W) or (..., C, H, W).
    y : (..., H, W) or (..., C, H, W) complex
        Measured k-space, zero where it was not sampled.

    References
    ----------
    E. J. Candès, J. Romberg and T. Tao (2006), IEEE Trans. Inf. Theory 52, 489–509, eq. 1.3.
    """

    def __repr__(self) -> str:
        return "[A x = y]"

    def with_data(self, A: LinearOperator, y: Array) -> "Equality":
        return Equality(A, y)

    def prox(self, x: Array, step: Array | float, *, out: Array | None = None) -> Array:
        """The nearest image with A x = y."""
        return x - self.A.normal(x) + self.zero_filled

    def fourier_solver(self, a: Array, k: Array) -> FourierSolver:
        data = self.data_spectrum
        inverse = inverse_symbol((1 - a) * k, data)  # off the samples F t/k, on them the data
        return lambda t, rho: kernels.filter_add(t, inverse, data)


@final
@dataclass(frozen=True, eq=False)
class Ball(Constraint):
    """min R(x) subject to ‖A x − y‖ ≤ radius; made by `NoiseBound`.

    Parameters
    ----------
    A : LinearOperator
        Forward model, images (..., H, W) to k-space (..., H, W) or (..., C, H, W).
    y : (..., H, W) or (..., C, H, W) complex
        Measured k-space, zero where it was not sampled.
    radius : float
        In the unit of y, over all samples of an image.
    """

    radius: float = 0.0

    def __repr__(self) -> str:
        return f"[‖A x − y‖ ≤ {self.radius:.6g}]"

    @property
    def bound(self) -> float:
        return self.radius

    def with_data(self, A: LinearOperator, y: Array) -> "Ball":
        return Ball(A, y, self.radius)

    def prox(self, x: Array, step: Array | float, *, out: Array | None = None) -> Array:
        """The nearest image with ‖A x − y‖ ≤ radius."""
        xp = array_namespace(x)
        off = self.A.normal(x) - self.zero_filled  # Aᴴ(A x − y), of the same norm as A x − y
        size = xp.sqrt(sum_per_image(xp.abs(off) ** 2, x.ndim - 2))[..., None, None]
        outside = size > self.radius
        share = xp.where(outside, 1 - self.radius / xp.where(outside, size, 1.0 + 0 * size), 0.0)
        return x - xp.astype(share, xp.real(x).dtype, copy=False) * off

    def fourier_solver(self, a: Array, k: Array) -> FourierSolver:
        data = self.data_spectrum
        inverse = inverse_symbol((1 - a) * k, data)
        a, symbol = in_real_precision(a, data), in_real_precision(k, data)

        def solve(t: Array, rho: Array | float) -> Array:
            t = kernels.fft2(t)
            error = self._error(a * (t - symbol * data), k)
            return kernels.ifft2(kernels.multiply_add(t, inverse, data + error))

        return solve

    def _error(self, d: Array, k: Array) -> Array:
        """x̂ − ŷ = d/(ν + k) on the samples, with the least ν ≥ 0 that brings its norm to ε.

        ν is found by Newton's method on 1/‖·‖, which never overshoots (J. J. Moré and D. C.
        Sorensen (1983), SIAM J. Sci. Stat. Comput. 4, 553–572, eq. 3.9).
        """
        xp = array_namespace(d)
        energy = xp.astype(xp.abs(d) ** 2, xp.float64)
        axes = (-2, -1)
        nu = xp.zeros_like(xp.sum(energy, axis=axes, keepdims=True))
        for _ in range(60):
            inverse = inverse_symbol(nu + k, energy)
            size2 = xp.sum(energy * inverse**2, axis=axes, keepdims=True)
            slope = xp.sum(energy * inverse**3, axis=axes, keepdims=True)
            excess = xp.sqrt(size2) / self.radius - 1
            moves = (excess > 1e-12) & (slope > 0)
            if not bool(xp.any(moves)):
                break
            change = excess * size2 / xp.where(slope > 0, slope, xp.ones_like(slope))
            nu = nu + xp.where(moves, change, xp.zeros_like(nu))
        return d * inverse_symbol(nu + k, d)


@final
@dataclass(frozen=True)
class NoiseBound:
    """‖A x − y‖ ≤ radius: pass it as ``admm(A, y, R, fidelity=NoiseBound(radius))``.

    Parameters
    ----------
    radius : float
        ε > 0 in the units of y; for noise with E|n|² = σ² on m samples, ε = σ√m.

    References
    ----------
    E. J. Candès, J. Romberg and T. Tao (2006), Comm. Pure Appl. Math. 59, 1207–1223, eq. 1.6.
    """

    radius: float

    def __post_init__(self):
        if not (isinstance(self.radius, Real) and 0 < self.radius < math.inf):
            raise ValueError(
                f"got radius={self.radius!r}, expected a positive finite number, such as σ√m; "
                "for data without noise pass fidelity=Equality"
            )

    def __call__(self, A: LinearOperator, y: Array) -> Ball:
        """The constraint for an operator and its data."""
        return Ball(A, y, float(self.radius))
