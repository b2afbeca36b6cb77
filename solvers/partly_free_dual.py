"""Dual points where a regularizer leaves a part free, such as the coarse band of wavelets."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

from csmri import kernels
from csmri.arrays import Array, as_double, beside, inner, max_per_image, precision
from csmri.conjugate_gradients import solved
from csmri.fidelity import Fidelity, LeastSquares, in_real_precision
from csmri.operators.base import Identity, LinearOperator
from csmri.operators.stack import Parts, Stack
from csmri.regularizers.base import Composed, Regularizer
from csmri.regularizers.sum import Separable
from solvers.feasible_dual import (
    OVER_PROJECTIONS,
    OVER_PROJECTIONS_OF_IMAGES,
    in_double,
    inverse_where_positive,
    is_rounding,
    only_where,
)

ROUGHLY = 0.1
"""How well each polishing step projects: a tenth proves as much as projections in full."""

ROUNDING = 100
"""Equations are solved to so many units of the last digit of Kᴴp."""

MOST = 300
"""Steps of conjugate gradients. They are 5 to 15 where the data determine what is free."""


def partly_free_dual_for(
    f: Fidelity, outer: Regularizer, K: LinearOperator
) -> "PartlyFreeDual | None":
    """The dual of g(K x) where AᴴA is a projection, all is diagonal, and g leaves entries free."""
    if not (f.A.normal_is_projection and outer.has_dual_norm):
        return None
    g, T, unfold = unfolded(outer, K)
    symbol = K.normal_symbol(f.image_size)
    if g.penalises_all or symbol is None:
        return None
    return PartlyFreeDual(f, g, T, symbol, unfold)


@final
@dataclass(frozen=True, eq=False)
class PartlyFreeDual:
    """Makes p that is 0 where g is free, with Kᴴp inside the sampled k-space, so that q = −A Kᴴp.

    With D what g penalises, and P what is not sampled, p ← D (p − K c) does so for the image c of
    unsampled frequencies that solves P Kᴴ D K c = P Kᴴ D p. That takes conjugate gradients: a step
    or two of them while p is polished, and as many as it takes in the end.
    """

    f: Fidelity
    g: Regularizer
    K: LinearOperator
    k: Array
    unfold: Callable[[Any], Any]

    def bound(self, iterate: Any) -> Array:
        """What weak duality says of p, 0 where no p was found."""
        p = self._first(iterate)
        for over in OVER_PROJECTIONS_OF_IMAGES if self.K.is_unitary else OVER_PROJECTIONS:
            p = self._feasible(p, ROUGHLY)
            p = p - over * self.g.prox(p, 1.0)  # by Moreau's identity the way to the ball
        p = self._feasible(in_double(p), 0)
        back = self.K.adjoint(p)
        outside = self._unsampled(back)
        inside = beside(self.f.A.normal_symbol(self.f.image_size), self.f.y)
        energy, overlap, _ = kernels.split_filtered(back, self.f.data_spectrum, inside, inside)
        dual_norm: Any = self.g.dual_norm(p)
        dual_norm = max_per_image(dual_norm, energy.ndim)
        bound = self.f.best_scaled_bound(energy, overlap, dual_norm)
        return only_where(is_rounding(outside, back), bound)

    def _feasible(self, p: Any, tolerance: float) -> Any:
        """p made feasible, to a tolerance and rounding, where that is possible."""
        p = self.g.penalised(p)
        back = self.K.adjoint(p)
        outside = self._unsampled(back)
        rounding = ROUNDING * precision(back)
        c, _ = solved(
            lambda c: self._unsampled(self.K.adjoint(self.g.penalised(self.K(c)))),
            outside,
            self._precondition,
            goal=tolerance**2 * inner(outside, outside) + rounding**2 * inner(back, back),
            most=MOST,
        )
        return p - self.g.penalised(self.K(c))

    def _unsampled(self, x: Array) -> Array:
        """P x."""
        return x - self.f.A.normal(x)

    def _precondition(self, r: Array) -> Array:
        """(KᴴK)⁺ r, what it takes where nothing is free."""
        if self.k.size == 1:
            return r
        return kernels.filtered(r, in_real_precision(self._inverse, r))

    def _first(self, iterate: Any) -> Any:
        """The solver's own dual, or the least p with Kᴴp = −Aᴴ(A x − y)."""
        p = iterate.p
        if p is not None:
            return self.unfold(p)
        if not isinstance(self.f, LeastSquares):
            return self.K(0 * self.f.zero_filled)
        gradient = self.f.gradient(as_double(iterate.x))
        return -1 * self.K(kernels.filtered(gradient, self._inverse))

    @cached_property
    def _inverse(self) -> Array:
        """The symbol of (KᴴK)⁺."""
        return inverse_where_positive(beside(self.k, self.f.y))


def unfolded(
    outer: Regularizer, K: LinearOperator
) -> tuple[Regularizer, LinearOperator, Callable[[Any], Any]]:
    """(h, T, U): outer(K x) = h(T x) with no transforms left in h, and U p is the dual p there."""
    if isinstance(outer, Separable) and isinstance(K, Stack):
        pairs = [_innermost(g) for g in outer.terms]
        h = Separable(tuple(g for g, _ in pairs))
        transforms = tuple(U @ part for (_, U), part in zip(pairs, K.operators, strict=True))
        return h, Stack(transforms, K.scales), lambda p: _each([U for _, U in pairs], p)
    h, U = _innermost(outer)
    return h, U @ K, U


def _each(transforms: list[LinearOperator], p: Parts) -> Parts:
    return Parts(tuple(U(part) for U, part in zip(transforms, p.parts, strict=True)))


def _innermost(g: Regularizer) -> tuple[Regularizer, LinearOperator]:
    """(h, U) with g = h ∘ U for a unitary U."""
    if not isinstance(g, Composed):
        return g, Identity()
    h, U = _innermost(g.outer)
    return h, U @ g.transform
