"""Certificates: lower bounds of the optimum by weak duality.

For R(x) = ‖K x‖ in some norm, any q in k-space and any p with dual norm at most 1,

    min F ≥ −½‖q‖² − Re⟨q, y⟩    where Aᴴq + Kᴴp = 0,

so that F(x) minus the right-hand side is a *proof* of how far x can be from the optimum
(Fenchel–Rockafellar; R. T. Rockafellar (1970), Convex Analysis, theorem 31.3). Each certificate
here makes q and p, feasible to rounding in double precision, from the state of a solver.
"""

from abc import ABC, abstractmethod
from typing import Any, final

from csmri.arrays import (
    Array,
    array_namespace,
    as_double,
    energy_per_image,
    inner,
    max_per_image,
    precision,
)
from csmri.conjugate_gradients import solved
from csmri.fidelity import Fidelity, LeastSquares
from csmri.operators.base import LinearOperator
from csmri.regularizers.base import Regularizer
from csmri.regularizers.ridge import Ridge
from solvers.coupled_dual import CoupledDual, coupled_dual_for
from solvers.feasible_dual import (
    FeasibleDual,
    ImageDual,
    feasible_dual_for,
    is_rounding,
    only_where,
)
from solvers.partly_free_dual import (
    MOST,
    ROUNDING,
    PartlyFreeDual,
    partly_free_dual_for,
    unfolded,
)


class Certificate(ABC):
    """Lower bounds of min F, of which the best is kept."""

    def __init__(self):
        self.best: Array | None = None

    @abstractmethod
    def bound(self, iterate: Any) -> Array:
        """A number that min F is not below, one for each image, made from the iterate."""

    def best_bound(self, iterate: Any) -> Array:
        """The largest bound seen so far."""
        bound = self.bound(iterate)
        if self.best is not None:
            bound = array_namespace(bound).maximum(bound, self.best)
        self.best = bound
        return bound


def certificate_for(f: Fidelity, regularizer: Regularizer) -> Certificate | None:
    """The certificate that fits the problem, None where there is no proof."""
    outer, K = regularizer.split()
    dual = partly_free_dual_for(f, outer, K) or feasible_dual_for(f, outer, K)
    if dual is not None:
        return PolishedCertificate(dual)
    if not isinstance(f, LeastSquares):
        return None
    if K.is_unitary and outer.has_dual_norm:
        return UnitaryCertificate(f, outer, K)
    if K.is_unitary and isinstance(outer, Ridge) and outer.weight > 0:
        return RidgeCertificate(f, outer.weight)
    coupled = coupled_dual_for(f, outer, K)
    return None if coupled is None else PolishedCertificate(coupled)


@final
class UnitaryCertificate(Certificate):
    """For a norm of the image, or of a unitary transform of it: q = s(A x − y), p = −K Aᴴq.

    Where the norm leaves entries free p has to be 0: beforehand x is moved along them to where it
    fits y best.
    """

    def __init__(self, f: LeastSquares, outer: Regularizer, K: LinearOperator):
        super().__init__()
        self._f = f
        self._outer, self._K, _ = unfolded(outer, K)

    def bound(self, iterate: Any) -> Array:
        x, some_free = as_double(iterate.x), not self._outer.penalises_all
        q = self._f.dual_point(x - self._way_from_fit(x) if some_free else x)
        dual_norm: Any = self._outer.dual_norm(self._outer.penalised(self._K(q.back)))
        dual_norm = max_per_image(dual_norm, q.back.ndim - 2)
        bound = self._f.best_scaled_bound(q.energy, q.overlap, dual_norm)
        if not some_free:
            return bound
        return only_where(is_rounding(self._free(q.back), q.back), bound)

    def _way_from_fit(self, x: Array) -> Array:
        """The z of free entries for which ∇f(x − z) has none."""
        whole = self._f.zero_filled
        rounding = ROUNDING * precision(whole)
        z, _ = solved(
            lambda z: self._free(self._f.A.normal(z)),
            self._free(self._f.gradient(x)),
            goal=rounding**2 * inner(whole, whole),
            most=MOST,
        )
        return z

    def _free(self, x: Array) -> Array:
        """What of x is not penalised."""
        z = self._K(x)
        return self._K.adjoint(z - self._outer.penalised(z))


@final
class RidgeCertificate(Certificate):
    """For λ/2 ‖x‖², where any q = s(A x − y) gives a bound: that above less ‖Aᴴq‖²/(2λ)."""

    def __init__(self, f: LeastSquares, weight: float):
        super().__init__()
        self._f, self._weight = f, weight

    def bound(self, iterate: Any) -> Array:
        q = self._f.dual_point(as_double(iterate.x))
        xp = array_namespace(q.energy)
        total = q.energy + energy_per_image(q.back, q.energy.ndim) / self._weight
        return q.overlap**2 / (2 * xp.where(total > 0, total, xp.ones_like(total)))


@final
class PolishedCertificate(Certificate):
    """By a dual point that is feasible exactly, and polished: total variation above all."""

    def __init__(self, dual: ImageDual | FeasibleDual | PartlyFreeDual | CoupledDual):
        super().__init__()
        self._dual = dual

    def bound(self, iterate: Any) -> Array:
        return self._dual.bound(iterate)
