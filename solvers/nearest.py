"""ADMM's x-update: the image that fits the data and brings K x near a target."""

from typing import Protocol, final

import numpy as np

from csmri import kernels
from csmri.arrays import Array, beside, inner
from csmri.conjugate_gradients import solved
from csmri.fidelity import Fidelity, LeastSquares, inverse_symbol
from csmri.operators.base import LinearOperator


class Nearest(Protocol):
    """x = argmin f(x) + ρ/2 ‖K x − r‖², from t = Kᴴr."""

    def __call__(self, t: Array, rho: Array | float) -> Array:
        """The image x, for which the memory of t may be used."""
        ...


def nearest(f: Fidelity, K: LinearOperator, x: Array) -> Nearest:
    """The fastest way there is: exact where AᴴA and KᴴK are diagonal in Fourier space."""
    if f.A.normal_is_projection and K.is_unitary:
        return NearestByProjection(f)
    shape = tuple(x.shape[-2:])
    a, k = f.A.normal_symbol(shape), K.normal_symbol(shape)
    if a is not None and k is not None:
        return NearestByFourier(f, symbol_for(a, x), symbol_for(k, x))
    if not isinstance(f, LeastSquares):
        raise ValueError(
            f"a constraint {f!r} needs a regularizer whose KᴴK is diagonal in Fourier space, "
            f"got K = {K!r}; use periodic total variation or wavelets, or solvers.primal_dual"
        )
    return NearestByConjugateGradients(f, K, x)


@final
class NearestByProjection:
    """Where AᴴA is a projection and KᴴK = I: the prox of f, which has a closed form."""

    def __init__(self, f: Fidelity):
        self._f = f

    def __call__(self, t: Array, rho: Array | float) -> Array:
        """The image x."""
        return self._f.prox(t, 1 / rho, out=t)


@final
class NearestByFourier:
    """Where both are diagonal in Fourier space: one division there, between two transforms."""

    def __init__(self, f: Fidelity, a: Array, k: Array):
        self._solve = f.fourier_solver(a, k)

    def __call__(self, t: Array, rho: Array | float) -> Array:
        """The image x."""
        return self._solve(t, rho)


@final
class NearestByConjugateGradients:
    """The same by preconditioned conjugate gradients, begun at the last image.

    Each solve stops once its residual has fallen to a twentieth of what the last image left, so
    that the error falls as fast as ADMM itself. The preconditioner is exact where only the
    boundary of K differs from a periodic one.
    """

    REDUCTION = 0.05
    MOST = 20

    def __init__(self, f: LeastSquares, K: LinearOperator, x: Array):
        self._f, self._K, self._x = f, K, x
        shape = tuple(x.shape[-2:])
        self._a, self._k = (symbol_for(B.nearby_symbol(shape), x) for B in (f.A, K))

    def __call__(self, t: Array, rho: Array | float) -> Array:
        """The image x, near enough."""
        x = self._x
        r = self._f.zero_filled + rho * t - self._normal(x, rho)
        step, _ = solved(
            lambda p: self._normal(p, rho),
            r,
            lambda p: self._precondition(p, rho),
            goal=self.REDUCTION**2 * inner(r, r),
            most=self.MOST,
        )
        self._x = x + step
        return self._x

    def _normal(self, x: Array, rho: Array | float) -> Array:
        return self._f.A.normal(x) + rho * self._K.normal(x)

    def _precondition(self, r: Array, rho: Array | float) -> Array:
        """The residual over the nearby symbol; 0 where neither A nor K sees anything."""
        return kernels.filtered(r, inverse_symbol(self._a + rho * self._k, r))


def symbol_for(symbol: Array | float, x: Array) -> Array:
    """A symbol as a float64 array in the library and on the device of x."""
    return beside(np.asarray(symbol) if isinstance(symbol, float) else symbol, x)
