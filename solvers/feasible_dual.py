"""Dual points that are feasible exactly, by one division in Fourier space, and then polished."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

from csmri import kernels
from csmri.arrays import Array, array_namespace, as_double, beside, max_per_image
from csmri.fidelity import Fidelity, LeastSquares, in_real_precision
from csmri.operators.base import LinearOperator
from csmri.operators.stack import Parts
from csmri.regularizers.base import Regularizer
from csmri.regularizers.group_l1 import GroupL1
from csmri.regularizers.total_variation import has_difference_kernels

POLISHING_STEPS = 10
OVER_PROJECTION = 1.9
"""Going nearly twice as far as the ball's surface halves the number of steps (measured)."""


def feasible_dual_for(f: Fidelity, outer: Regularizer, K: LinearOperator) -> "FeasibleDual | None":
    """The dual of g(K x) where AᴴA is a projection and all is diagonal; None elsewhere."""
    shape = tuple(f.zero_filled.shape[-2:])
    a, k = f.A.normal_symbol(shape), K.normal_symbol(shape)
    if not f.A.normal_is_projection or a is None or k is None:
        return None
    if outer.dual_norm(K(f.zero_filled)) is None:
        return None
    return FeasibleDual(f, outer, K, a, k)


@final
@dataclass(frozen=True, eq=False)
class FeasibleDual:
    """Makes p with Kᴴp inside the sampled k-space, so that q = −A Kᴴp gives Aᴴq + Kᴴp = 0.

    What of Kᴴp lies outside is removed by p ← p − K (KᴴK)⁺ P Kᴴp, where P keeps what is not
    sampled. That may leave the dual ball, so a few alternating over-projections *polish* p before
    it is scaled back into the ball: scaling alone is valid, but ten times looser.
    """

    f: Fidelity
    outer: Regularizer
    K: LinearOperator
    a: Array
    k: Array

    def feasible(self, iterate: Any) -> Any:
        """p in double precision, near the ball, with Kᴴp inside the sampled k-space.

        Polishing keeps the solver's precision; only the last projection, which is what the proof
        rests on, is made in double.
        """
        return self._projected(in_double(self._polished(self._first(iterate))))

    def measured(self, p: Any) -> Array:
        """q = −A Kᴴp."""
        return -self.f.A(self.K.adjoint(p))

    def norm(self, p: Any) -> Array:
        """The dual norm of p, one number an image."""
        value: Any = self.outer.dual_norm(p)
        return max_per_image(value, self.f.zero_filled.ndim - 2)

    def _first(self, iterate: Any) -> Any:
        """The solver's own dual, or the least p with Kᴴp = −Aᴴ(A x − y)."""
        if iterate.p is not None:
            return iterate.p
        if not isinstance(self.f, LeastSquares):
            return self.K(0 * self.f.zero_filled)
        gradient = self.f.gradient(as_double(iterate.x))
        return -1 * self.K(self._filtered(gradient, self._inverse))

    def _polished(self, p: Any) -> Any:
        """Over-projections onto the subspace and the ball in turn, ending on the ball's."""
        if has_difference_kernels(self.outer, self.K):
            return self._polished_differences(p)
        for _ in range(POLISHING_STEPS):
            p = self._projected(p)
            p = p + OVER_PROJECTION * (self.outer.prox_conjugate(p, 1.0) - p)
        return p

    def _polished_differences(self, p: Array) -> Array:
        """The same for total variation, in one pass over p beside the Fourier pair."""
        t = self.K.adjoint(p)
        for _ in range(POLISHING_STEPS):
            p, t = kernels.difference_polish(
                p,
                self._filtered(t, self._outside),
                float(self.outer.weight),  # pyright: ignore[reportAttributeAccessIssue]
                over=OVER_PROJECTION,
                isotropic=isinstance(self.outer, GroupL1),
                periodic=True,
            )
        return p

    def _projected(self, p: Any) -> Any:
        return p - self.K(self._filtered(self.K.adjoint(p), self._outside))

    def _filtered(self, x: Array, symbol: Array) -> Array:
        return kernels.ifft2(in_real_precision(symbol, x) * kernels.fft2(x))

    @cached_property
    def _inverse(self) -> Array:
        """The symbol of (KᴴK)⁺."""
        k = beside(self.k, self.f.zero_filled)
        xp = array_namespace(k)
        return xp.where(k > 0, 1 / xp.where(k > 0, k, xp.ones_like(k)), 0 * k)

    @cached_property
    def _outside(self) -> Array:
        """The symbol of (KᴴK)⁺ P."""
        return (1 - beside(self.a, self._inverse)) * self._inverse


def in_double(p: Any) -> Any:
    """p in double precision, an array or stacked ones."""
    return p.map(as_double) if isinstance(p, Parts) else as_double(p)
