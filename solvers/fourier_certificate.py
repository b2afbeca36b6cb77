"""Dual points of total variation that are feasible exactly, by one division in Fourier space."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from csmri import kernels
from csmri.arrays import Array, array_namespace, as_double, beside
from csmri.fidelity import LeastSquares
from csmri.operators.base import LinearOperator
from csmri.operators.finite_differences import FiniteDifferences
from csmri.operators.masked_fourier import MaskedFourier
from csmri.regularizers.base import Regularizer

POLISHING_STEPS = 20


def fourier_dual_for(
    f: LeastSquares, outer: Regularizer, transform: LinearOperator
) -> "FourierDual | None":
    """The dual of g(∇x) with periodic ∇ and one coil; None for any other problem."""
    if not (isinstance(transform, FiniteDifferences) and transform.periodic):
        return None
    if not (isinstance(f.A, MaskedFourier) and f.A.maps is None):
        return None
    probe = transform(f.zero_filled)
    return FourierDual(f.A, outer, transform) if outer.dual_norm(probe) is not None else None


@final
@dataclass(frozen=True, eq=False)
class FourierDual:
    """Makes p with ∇ᴴp measured entirely, so that q = −A ∇ᴴp gives Aᴴq + ∇ᴴp = 0.

    What of ∇ᴴp lies outside the sampled k-space is removed by p ← p − ∇(∇ᴴ∇)⁺ P ∇ᴴp, where P keeps
    what is not sampled: all is diagonal in Fourier space, with ∇ᴴ∇ = 4 sin²(πk/H) + 4 sin²(πl/W).
    That may leave the dual ball, so a few alternating projections *polish* p before it is scaled
    back into the ball: scaling alone is valid, but ten times looser.
    """

    A: MaskedFourier
    outer: Regularizer
    transform: FiniteDifferences

    def feasible(self, iterate: Any) -> Array:
        """p in double precision, near the ball, with ∇ᴴp inside the sampled k-space."""
        p = as_double(iterate.dual if iterate.dual is not None else 0 * self.transform(iterate.x))
        p = self._project(p)
        for _ in range(POLISHING_STEPS):
            p = self._project(self.outer.prox_conjugate(p, 1.0))
        return p

    def norm(self, p: Array) -> Array:
        """The dual norm of p, one number an image."""
        value: Array = self.outer.dual_norm(p)
        return value if value.ndim == p.ndim - 3 else array_namespace(p).max(value, axis=-1)

    def _project(self, p: Array) -> Array:
        outside = kernels.ifft2(self._filter_for(p) * kernels.fft2(self.transform.adjoint(p)))
        return p - self.transform(outside)

    def _filter_for(self, p: Array) -> Array:
        """(∇ᴴ∇)⁺ where k-space is not sampled, 0 where it is, zero frequency first."""
        return beside(self._filter(p.shape[-2], p.shape[-1]), p)

    def _filter(self, height: int, width: int) -> Array:
        xp = array_namespace(self.A.mask)
        symbol = beside(difference_symbol(height, width), self.A.mask)
        inverse = xp.where(symbol > 0, 1 / xp.where(symbol > 0, symbol, 1.0), 0.0)
        return xp.where(self.A.unshifted_mask, 0.0, inverse)


def difference_symbol(height: int, width: int) -> np.ndarray:
    """The eigenvalues 4 sin²(πk/H) + 4 sin²(πl/W) of ∇ᴴ∇, zero frequency first."""
    rows = 4 * np.sin(np.pi * np.arange(height) / height) ** 2
    columns = 4 * np.sin(np.pi * np.arange(width) / width) ** 2
    return rows[:, None] + columns
