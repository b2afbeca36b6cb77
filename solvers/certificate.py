"""Certificates: lower bounds of the optimum by weak duality.

For R(x) = ‖K x‖ in some norm, any q in k-space and any p with dual norm at most 1,

    min F ≥ −½‖q‖² − Re⟨q, y⟩    where Aᴴq + Kᴴp = 0,

so that F(x) minus the right-hand side is a *proof* of how far x can be from the optimum
(Fenchel–Rockafellar; R. T. Rockafellar (1970), Convex Analysis, theorem 31.3). Each certificate
here makes q and p, feasible to rounding in double precision, from the state of a solver.
"""

import math
from abc import ABC, abstractmethod
from typing import Any, final

from csmri.arrays import Array, array_namespace, as_double, sum_per_image
from csmri.fidelity import Fidelity, LeastSquares
from csmri.operators.base import LinearOperator
from csmri.regularizers.base import Regularizer
from csmri.regularizers.ridge import Ridge
from solvers.feasible_dual import FeasibleDual, feasible_dual_for


class Certificate(ABC):
    """Lower bounds of min F, of which the best is kept."""

    def __init__(self):
        self._best: Array | None = None

    @abstractmethod
    def bound(self, iterate: Any) -> Array:
        """A number that min F is not below, one for each image, made from the iterate."""

    def best_bound(self, iterate: Any) -> Array:
        """The largest bound seen so far."""
        bound = self.bound(iterate)
        if self._best is not None:
            bound = array_namespace(bound).maximum(bound, self._best)
        self._best = bound
        return bound


def certificate_for(f: Fidelity, regularizer: Regularizer) -> Certificate | None:
    """The certificate that fits the problem, None where there is no proof."""
    outer, K = regularizer.split()
    dual = feasible_dual_for(f, outer, K)
    if dual is not None:
        return PolishedCertificate(dual)
    if not isinstance(f, LeastSquares):
        return None
    if K.is_unitary and outer.dual_norm(f.zero_filled) is not None:
        return UnitaryCertificate(f, outer, K)
    if K.is_unitary and isinstance(outer, Ridge) and outer.weight > 0:
        return RidgeCertificate(f, outer.weight)
    return None


@final
class UnitaryCertificate(Certificate):
    """For a norm of the image, or of a unitary transform of it: q = s(A x − y), p = −K Aᴴq."""

    def __init__(self, f: LeastSquares, outer: Regularizer, K: LinearOperator):
        super().__init__()
        self._f, self._outer, self._K = f, outer, K

    def bound(self, iterate: Any) -> Array:
        q = self._f.residual(as_double(iterate.x))
        dual_norm: Any = self._outer.dual_norm(self._K(self._f.A.adjoint(q)))
        return self._f.best_scaled_bound(q, largest_scale(dual_norm))


@final
class RidgeCertificate(Certificate):
    """For λ/2 ‖x‖², where any q = s(A x − y) gives a bound: that above less ‖Aᴴq‖²/(2λ)."""

    def __init__(self, f: LeastSquares, weight: float):
        super().__init__()
        self._f, self._weight = f, weight

    def bound(self, iterate: Any) -> Array:
        x = as_double(iterate.x)
        xp, batch_axes = array_namespace(x), x.ndim - 2
        q = self._f.residual(x)
        energy = sum_per_image(xp.abs(q) ** 2, batch_axes)
        dual_energy = sum_per_image(xp.abs(self._f.A.adjoint(q)) ** 2, batch_axes)
        overlap = sum_per_image(xp.real(xp.conj(q) * self._f.y), batch_axes)
        total = energy + dual_energy / self._weight
        return overlap**2 / (2 * xp.where(total > 0, total, xp.ones_like(total)))


@final
class PolishedCertificate(Certificate):
    """For one coil and transforms that are diagonal in Fourier space, total variation above all."""

    def __init__(self, dual: FeasibleDual):
        super().__init__()
        self._dual = dual

    def bound(self, iterate: Any) -> Array:
        p = self._dual.feasible(iterate)
        most = largest_scale(self._dual.norm(p))
        return self._dual.f.best_scaled_bound(self._dual.measured(p), most)


def largest_scale(dual_norm: Array) -> Array:
    """1/dual_norm, ∞ where it is 0: how far a dual point may be stretched."""
    xp = array_namespace(dual_norm)
    some = dual_norm > 0
    inverse = 1 / xp.where(some, dual_norm, xp.ones_like(dual_norm))
    return xp.where(some, inverse, xp.full_like(dual_norm, math.inf))
