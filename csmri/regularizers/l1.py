"""The ℓ1 norm: sparsity."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, final

from csmri import kernels
from csmri.arrays import IMAGE_AXES, Array, Placed, aligned, array_namespace, is_single
from csmri.operators.base import BatchIndex, LinearOperator, one_of_batch
from csmri.operators.finite_differences import FiniteDifferences
from csmri.operators.wavelet import Wavelet
from csmri.regularizers.base import Regularizer, as_weight, ratio


@final
@dataclass(frozen=True, eq=False)
class L1(Regularizer):
    """g(x) = Σ weight · |x|, the ℓ1 norm of complex (or real) numbers.

    Parameters
    ----------
    weight : float or (..., H, W) real array
        λ ≥ 0, one for all or one an entry (`Wavelet.band_weights` makes the latter). Leading axes
        hold what each image of a batch has for its own: (B, 1, 1) is one λ an image.

    References
    ----------
    D. L. Donoho (1995), IEEE Trans. Inf. Theory 41(3), 613–627 (soft thresholding).
    """

    weight: float | Array = 1.0

    def __post_init__(self):
        object.__setattr__(self, "weight", as_weights(self.weight))

    def value(self, x: Array) -> Array:
        if isinstance(self.weight, int | float):
            return self.weight * kernels.modulus_sum(x)
        xp = array_namespace(x)
        return xp.sum(self._weight_for(x) * xp.abs(x), axis=IMAGE_AXES)

    def prox(self, x: Array, step: Array | float) -> Array:
        return kernels.soft_threshold(x, step * self._weight_for(x))

    def value_through(self, K: LinearOperator, x: Array) -> Array:
        """For finite differences in one go, without differences in between."""
        if isinstance(K, FiniteDifferences) and isinstance(self.weight, int | float):
            return self.weight * kernels.difference_sum(x, isotropic=False, periodic=K.periodic)
        return super().value_through(K, x)

    def dual_step(
        self, K: LinearOperator, p: Any, x: Array, sigma: Array | float
    ) -> tuple[Any, Array]:
        """For finite differences in one pass."""
        if isinstance(K, FiniteDifferences) and isinstance(self.weight, int | float):
            return kernels.difference_dual_step(
                p, x, self.weight, sigma=aligned(sigma, p), isotropic=False, periodic=K.periodic
            )
        return super().dual_step(K, p, x, sigma)

    def prox_through(self, W: LinearOperator, x: Array, step: Array | float) -> Array:
        """For wavelets Wᴴ soft(W x) in one go, without coefficients in between."""
        if isinstance(W, Wavelet) and isinstance(self.weight, int | float):
            return W.shrink(x, step * self.weight)
        return super().prox_through(W, x, step)

    def prox_conjugate(self, p: Array, step: Array | float) -> Array:
        """The projection onto |p| ≤ weight, whatever the step."""
        return kernels.project_ball(p, self._weight_for(p))

    def dual_norm(self, p: Array) -> Array:
        if isinstance(self.weight, int | float):
            return ratio(kernels.modulus_peak(p), self.weight)
        xp = array_namespace(p)
        return xp.max(ratio(xp.abs(p), self._weight_for(p)), axis=IMAGE_AXES)

    @cached_property
    def penalises_all(self) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Whether no entry has the weight 0; one weight for all counts as some."""
        if isinstance(self.weight, int | float):
            return True
        return float(array_namespace(self.weight).min(self.weight)) > 0

    def penalised(self, z: Array) -> Array:
        if self.penalises_all:
            return z
        xp = array_namespace(z)
        return xp.where(self._weight_for(z) > 0, z, xp.zeros_like(z))

    def for_image(self, index: BatchIndex, batch_shape: tuple[int, ...], axes: int = 2) -> "L1":
        if isinstance(self.weight, int | float) or self.weight.ndim <= axes:
            return self
        leading = tuple(self.weight.shape[:-axes])
        whole = batch_shape[len(batch_shape) - len(leading) :]
        if len(leading) > len(whole) or any(
            n not in (1, m) for n, m in zip(leading, whole, strict=True)
        ):
            raise ValueError(
                f"got weights of shape {tuple(self.weight.shape)} for a batch {batch_shape} of "
                "images, expected as many along the leading axes, or 1"
            )
        return replace(self, weight=one_of_batch(self.weight, index, axes))

    def scaled(self, weight: float) -> Regularizer:
        return replace(self, weight=weight * self.weight)

    def _weight_for(self, x: Array) -> float | Array:
        """The weight as x wants it: real, of its precision, library and device."""
        if isinstance(self.weight, int | float):
            return self.weight
        grid = tuple(x.shape)[-len(self.weight.shape) :]
        pairs = zip(self.weight.shape, grid, strict=False)
        if len(self.weight.shape) > x.ndim or any(w not in (1, n) for w, n in pairs):
            raise ValueError(
                f"got weights of shape {tuple(self.weight.shape)} for entries of {tuple(x.shape)}, "
                "expected one for each entry, or for each image (B, 1, 1)"
            )
        xp = array_namespace(x)
        return self._placed_weight.beside(x, xp.float32 if is_single(x) else xp.float64)

    @cached_property
    def _placed_weight(self) -> Placed:
        return Placed(self.weight)

    def __repr__(self) -> str:
        return f"L1({describe(self.weight)})"


def as_weights(weight: Any) -> float | Array:
    """One weight as a float, an array of them as it is; refused where negative or not finite."""
    if getattr(weight, "ndim", 0) == 0:
        return as_weight(weight)
    xp = array_namespace(weight)
    if weight.ndim < 2 or xp.isdtype(weight.dtype, "complex floating"):
        raise ValueError(
            f"got weights of shape {tuple(weight.shape)} and {weight.dtype}, expected a number or "
            "real (..., H, W), one for each entry; add the axes that are missing"
        )
    lowest, highest = float(xp.min(weight)), float(xp.max(weight))
    if not (lowest >= 0 and highest < float("inf")):
        raise ValueError(
            f"got weights from {lowest} to {highest}, expected finite λ ≥ 0; "
            "a negative weight would make the objective unbounded or non-convex"
        )
    return weight


def describe(weight: float | Array) -> str:
    """The weight for a repr: a number, or the shape of an array."""
    if isinstance(weight, int | float):
        return f"{weight:g}"
    return f"weights of shape {tuple(weight.shape)}"
