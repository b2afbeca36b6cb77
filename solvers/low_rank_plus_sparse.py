"""Low rank plus sparse: a series as a background of few patterns and what moves before it."""

import math
from dataclasses import dataclass
from typing import Any, final

from csmri.arrays import Array, array_namespace
from csmri.operators.base import LinearOperator
from csmri.operators.frames import Frames, TemporalFourier
from csmri.regularizers.base import Regularizer
from csmri.regularizers.l1 import L1
from csmri.regularizers.low_rank import NuclearNorm
from solvers.pogm import pogm
from solvers.progress import Callback
from solvers.result import Result
from solvers.stopping import StoppingRule


@final
@dataclass(frozen=True, eq=False)
class LowRankPlusSparse:
    """A series in two parts.

    Attributes
    ----------
    low_rank, sparse : (T, H, W) complex
        L and S.
    result : Result
        Of the solver, whose image is the matrix of L above that of S; with `gap`, `objective`,
        `iterations` and `history`.
    """

    low_rank: Array
    sparse: Array
    result: Result

    @property
    def x(self) -> Array:
        """The series L + S, (T, H, W)."""
        return self.low_rank + self.sparse

    def __repr__(self) -> str:
        return f"LowRankPlusSparse of {self.low_rank.shape[0]} frames by {self.result!r}"


def low_rank_plus_sparse(
    A: LinearOperator,
    y: Array,
    *,
    low_rank: float,
    sparse: float | Regularizer,
    iterations: int = 50,
    stop: StoppingRule | None = None,
    x0: LowRankPlusSparse | None = None,
    callback: Callback | None = None,
) -> LowRankPlusSparse:
    """Minimise ½‖A(L + S) − y‖² + λ_L ‖L‖_* + R(S) over series L and S of images.

    ‖L‖_* is the sum of the singular values of L written as a matrix of one frame a row.

    Parameters
    ----------
    A : LinearOperator
        Forward model of a series, images (T, H, W) to k-space: ``MaskedFourier(mask, maps)`` with a
        mask of shape (T, 1, 1, W), for instance.
    y : (T, H, W) or (T, C, H, W) complex
        Measured k-space, zero where it was not sampled.
    low_rank : float
        λ_L ≥ 0; a fraction of 0.01 to 0.1 of the largest singular value of the zero-filled series.
    sparse : float or Regularizer
        R, with a closed-form prox, of the matrix (T, H·W); a number is the weight of the ℓ1 norm of
        the series' Fourier transform along time.
    iterations, stop, callback
        As for `pogm`.
    x0 : LowRankPlusSparse, optional
        Start; by default the zero-filled series as L and nothing as S.

    Returns
    -------
    LowRankPlusSparse
        `x`, `low_rank`, `sparse`, `result`.

    Raises
    ------
    ValueError
        For k-space, weights or rules that cannot be meant.

    References
    ----------
    R. Otazo, E. Candès and D. K. Sodickson (2015), Magn. Reson. Med. 73, 1125–1136, eq. 5.
    C. Y. Lin and J. A. Fessler (2019), IEEE Trans. Comput. Imaging 5, 17–26 (optimized
    gradient).
    """
    R = sparse if isinstance(sparse, Regularizer) else sparse * (L1() @ TemporalFourier())
    shape = (int(y.shape[-2]), int(y.shape[-1]))
    frames = Frames(shape)
    A = A @ frames
    zero_filled = A.adjoint(y)
    xp = array_namespace(zero_filled)
    if zero_filled.ndim != 2:
        raise ValueError(
            f"got k-space of shape {tuple(y.shape)}, which holds images of "
            f"{(*zero_filled.shape[:-1], *shape)}, expected one series (T, H, W); "
            "solve one series after the other"
        )
    parts = (zero_filled, xp.zeros_like(zero_filled))
    if x0 is not None:
        parts = (frames.adjoint(x0.low_rank), frames.adjoint(x0.sparse))
    result = pogm(
        A @ SumOfHalves(),
        y,
        OnHalves(NuclearNorm(low_rank), R),
        iterations=iterations,
        stop=stop,
        x0=xp.concat(parts, axis=-2),
        callback=callback,
    )
    above, below = halves(result.x)
    return LowRankPlusSparse(frames(above), frames(below), result)


@final
@dataclass(frozen=True, eq=False)
class SumOfHalves(LinearOperator):
    """(L above S) ↦ L + S: (..., 2T, N) to (..., T, N)."""

    def __call__(self, x: Array) -> Array:
        above, below = halves(x)
        return above + below

    def adjoint(self, y: Array) -> Array:
        return array_namespace(y).concat((y, y), axis=-2)

    def norm_bound(self) -> float:
        """√2, reached by equal halves."""
        return math.sqrt(2)


@final
@dataclass(frozen=True, eq=False)
class OnHalves(Regularizer):
    """(L above S) ↦ g(L) + h(S)."""

    above: Regularizer
    below: Regularizer

    def value(self, x: Array) -> Array:
        L, S = halves(x)
        return self.above.value(L) + self.below.value(S)

    def prox(self, x: Array, step: Array | float) -> Array:
        L, S = halves(x)
        moved = (self.above.prox(L, step), self.below.prox(S, step))
        return array_namespace(x).concat(moved, axis=-2)

    @property
    def has_dual_norm(self) -> bool:
        return self.above.has_dual_norm and self.below.has_dual_norm

    def dual_norm(self, p: Array) -> Any:
        """The larger of both, None where one is not known."""
        if not self.has_dual_norm:
            return None
        P, Q = halves(p)
        return array_namespace(p).maximum(self.above.dual_norm(P), self.below.dual_norm(Q))

    def __repr__(self) -> str:
        return f"{self.above!r} of L + {self.below!r} of S"


def halves(x: Array) -> tuple[Array, Array]:
    """The upper and the lower half of a matrix's rows."""
    T = x.shape[-2] // 2
    return x[..., :T, :], x[..., T:, :]
