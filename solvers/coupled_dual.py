"""Dual points that are feasible exactly for any A, several coils above all."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

from csmri import kernels
from csmri.arrays import Array, array_namespace, as_double, beside, device
from csmri.fidelity import LeastSquares, in_real_precision
from csmri.operators.base import LinearOperator
from csmri.regularizers.base import Regularizer
from solvers.feasible_dual import (
    OVER_PROJECTIONS,
    dual_norm_less,
    in_double,
    inverse_where_positive,
    is_rounding,
    only_where,
)

PseudoInverse = Callable[[Array], Array]
"""r ↦ (KᴴK)⁺ r, exact for images r of mean zero."""


def coupled_dual_for(
    f: LeastSquares, outer: Regularizer, K: LinearOperator
) -> "CoupledDual | None":
    """The dual of g(K x) where (KᴴK)⁺ is known but for constants; None elsewhere."""
    if not outer.has_dual_norm:
        return None
    inverse = pseudo_inverse(K, f.image_size, like=f.y)
    return None if inverse is None else CoupledDual(f, outer, K, inverse)


@final
@dataclass(frozen=True, eq=False)
class CoupledDual:
    """Makes (p, q) with Aᴴq + Kᴴp = 0, where q = A x − y for an image x that is polished too.

    What remains, r = ∇f(x) + Kᴴp, is taken by p ← p − K (KᴴK)⁺ r. That is exact for r of mean
    zero, which one constant added to x provides. Beforehand x ← x − r/‖A‖² takes of r what A
    measures, so that less is left for p; over-projections onto the ball alternate with both.
    """

    f: LeastSquares
    outer: Regularizer
    K: LinearOperator
    inverse: PseudoInverse

    def bound(self, iterate: Any) -> Array:
        """What weak duality says of (p, q), polished in the solver's precision; 0 without one."""
        x, p = self._polished(iterate.x, self._first(iterate))
        x, p = as_double(x), in_double(p)
        x = x - self.f.largest_step() * self._rest(x, p)
        x = x - self._constant(self._rest(x, p))
        q = self.f.dual_point(x)
        r = q.back + self.K.adjoint(p)
        correction = self.inverse(r)
        dual_norm = dual_norm_less(self.outer, self.K, p, correction)
        bound = self.f.best_scaled_bound(q.energy, q.overlap, dual_norm)
        rest = r - self.K.adjoint(self.K(correction))  # not rounding where q is nothing but that
        return only_where(is_rounding(rest, q.back), bound)

    def _first(self, iterate: Any) -> Any:
        """The solver's own dual, or none yet."""
        p = iterate.p
        return self.K(0 * iterate.x) if p is None else p

    def _polished(self, x: Array, p: Any) -> tuple[Array, Any]:
        step, normal = self.f.largest_step(), self.f.A.normal
        gradient = normal(x) - array_namespace(x).astype(self.f.zero_filled, x.dtype)
        for over in OVER_PROJECTIONS:
            r = gradient + self.K.adjoint(p)
            change = step * normal(r)
            x, gradient, r = x - step * r, gradient - change, r - change
            p = p - self.K(self.inverse(r))
            p = p + over * (self.outer.prox_conjugate(p, 1.0) - p)
        return x, p

    def _rest(self, x: Array, p: Any) -> Array:
        """∇f(x) + Kᴴp."""
        return self.f.gradient(x) + self.K.adjoint(p)

    def _constant(self, r: Array) -> Array:
        """The number to take from x so that r has mean zero; 0 where A does not see constants."""
        xp = array_namespace(r)
        seen = xp.real(_sum(self._normal_of_one))
        some = seen > 0
        share = _sum(r) / xp.astype(xp.where(some, seen, xp.ones_like(seen)), r.dtype)
        return xp.where(some, share, xp.zeros_like(share))

    @cached_property
    def _normal_of_one(self) -> Array:
        """AᴴA 1."""
        return self.f.A.normal(array_namespace(self.f.zero_filled).ones_like(self.f.zero_filled))


def pseudo_inverse(
    K: LinearOperator, shape: tuple[int, int], *, like: Array
) -> PseudoInverse | None:
    """(KᴴK)⁺ on images of a shape, by one division in Fourier space.

    None where K loses more than constants. Differences that do not wrap around, and their sums with
    wavelets, are diagonal for images that are mirrored at their edges.
    """
    symbol, size, mirrored = K.normal_symbol(shape), shape, False
    if symbol is None:
        symbol, size, mirrored = K.mirrored_symbol(shape), (2 * shape[0], 2 * shape[1]), True
    if symbol is None:
        return None
    xp = array_namespace(like)
    zeros = xp.zeros(size, dtype=xp.float64, device=device(like))
    symbol = beside(symbol, like) + zeros
    if not bool(xp.all(xp.reshape(symbol, (-1,))[1:] > 0)):
        return None
    inverse = inverse_where_positive(symbol)

    def solve(r: Array) -> Array:
        wide = _mirror(r) if mirrored else r
        x = kernels.filtered(wide, in_real_precision(inverse, r))
        return x[..., : shape[0], : shape[1]] if mirrored else x

    return solve


def _mirror(x: Array) -> Array:
    """An image and its reflections, twice as high and wide."""
    xp = array_namespace(x)
    x = xp.concat((x, xp.flip(x, axis=-2)), axis=-2)
    return xp.concat((x, xp.flip(x, axis=-1)), axis=-1)


def _sum(x: Array) -> Array:
    """The sum over each image, whose axes are kept with length 1."""
    return array_namespace(x).sum(x, axis=(-2, -1), keepdims=True)
