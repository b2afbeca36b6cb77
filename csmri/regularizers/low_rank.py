"""The nuclear norm: few singular values, hence few patterns in a series."""

from dataclasses import dataclass, replace
from typing import final

from csmri.arrays import Array, array_namespace, as_double, at_least_zero
from csmri.regularizers.base import Regularizer, as_weight


@final
@dataclass(frozen=True, eq=False)
class NuclearNorm(Regularizer):
    """g(X) = weight · Σ σᵢ(X), the sum of the singular values of a matrix (..., T, N).

    For a series the matrix holds one frame a row (Casorati's matrix), see
    `csmri.operators.Frames`.

    Parameters
    ----------
    weight : float
        λ ≥ 0.

    Notes
    -----
    Singular values are taken from the Gram matrix of the shorter side, in double precision; those
    below about 1e-8 of the largest are lost, which no prox of a positive weight notices.

    References
    ----------
    J.-F. Cai, E. J. Candès and Z. Shen (2010), SIAM J. Optim. 20(4), 1956–1982, theorem 2.1.
    """

    weight: float = 1.0

    def __post_init__(self):
        object.__setattr__(self, "weight", as_weight(self.weight))

    def value(self, x: Array) -> Array:
        xp = array_namespace(x)
        return self.weight * xp.sum(_spectrum(x)[0], axis=-1)

    def prox(self, x: Array, step: Array | float) -> Array:
        """Every singular value less step · weight, as long as it is positive."""
        xp = array_namespace(x)
        values, vectors, wide = _spectrum(x)
        threshold = step * self.weight
        some = values > 0
        kept = at_least_zero(values - _as_column(threshold))
        factors = kept / xp.where(some, values, xp.ones_like(values))
        shrink = xp.matmul(vectors * factors[..., None, :], xp.conj(xp.matrix_transpose(vectors)))
        shrink = xp.astype(shrink, x.dtype, copy=False)
        return xp.matmul(shrink, x) if wide else xp.matmul(x, shrink)

    def dual_norm(self, p: Array) -> Array:
        """σ₁/weight: the dual of the nuclear norm is the spectral norm."""
        xp = array_namespace(p)
        largest = xp.max(_spectrum(p)[0], axis=-1)
        if self.weight:
            return largest / self.weight
        return xp.where(largest > 0, float("inf") * xp.ones_like(largest), largest)

    def scaled(self, weight: float) -> Regularizer:
        return replace(self, weight=weight * self.weight)

    def __repr__(self) -> str:
        return f"NuclearNorm({self.weight:g})"


def _spectrum(x: Array) -> tuple[Array, Array, bool]:
    """Singular values, the singular vectors of the shorter side, and whether that is the rows."""
    xp = array_namespace(x)
    wide = x.shape[-2] <= x.shape[-1]
    x = as_double(x)
    adjoint = xp.conj(xp.matrix_transpose(x))
    energies, vectors = xp.linalg.eigh(xp.matmul(x, adjoint) if wide else xp.matmul(adjoint, x))
    return xp.sqrt(at_least_zero(energies)), vectors, wide


def _as_column(threshold: Array | float) -> Array | float:
    """A threshold an image, (..., 1, 1), as (..., 1); numbers as they are."""
    return threshold if isinstance(threshold, float | int) else threshold[..., 0]
