"""Weights of images: a λ for each of a batch."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import final

from csmri.arrays import Array, Placed, array_namespace, is_single, to_numpy
from csmri.operators.base import BatchIndex, LinearOperator, one_of_batch
from csmri.regularizers.base import Regularizer, as_weight, ratio


@final
@dataclass(frozen=True, eq=False)
class ImageWeights(Regularizer):
    """λᵢ R for image i of a batch (B, H, W), made by ``weights * R`` or ``R * weights``.

    Slices differ in signal and noise, and so in their λ; or one slice stands there B times, to be
    solved for B weights at once.

    Parameters
    ----------
    regularizer : Regularizer
        R.
    weights : (B,) real array
        λᵢ ≥ 0.
    """

    regularizer: Regularizer
    weights: Array

    def __post_init__(self):
        if self.weights.ndim != 1:
            raise ValueError(
                f"got weights of shape {tuple(self.weights.shape)}, expected (B,), one for each "
                "image of a batch"
            )
        for weight in to_numpy(self.weights):
            as_weight(weight)  # refuses what is not real, negative or not finite

    @property
    def has_value(self) -> bool:
        return self.regularizer.has_value

    def value(self, x: Array) -> Array:
        value = self.regularizer.value(x)
        return value * self._beside(value)

    def prox(self, x: Array, step: Array | float) -> Array:
        return self.regularizer.prox(x, step * self._beside(x))

    def dual_norm(self, p: Array) -> Array | None:
        norm = self.regularizer.dual_norm(p)
        return None if norm is None else ratio(norm, self._beside(norm))

    @property
    def has_dual_norm(self) -> bool:
        return self.regularizer.has_dual_norm

    @property
    def penalises_all(self) -> bool:
        return self.regularizer.penalises_all

    def penalised(self, z: Array) -> Array:
        return self.regularizer.penalised(z)

    def split(self) -> tuple[Regularizer, LinearOperator]:
        outer, transform = self.regularizer.split()
        return ImageWeights(outer, self.weights), transform

    def for_image(
        self, index: BatchIndex, batch_shape: tuple[int, ...], axes: int = 2
    ) -> Regularizer:
        if tuple(self.weights.shape) != batch_shape:
            raise ValueError(
                f"got {self.weights.shape[0]} weights for images of batch shape {batch_shape}, "
                "expected one for each image of a batch (B, H, W)"
            )
        own = self.regularizer.for_image(index, batch_shape, axes)
        weights = one_of_batch(self.weights, index, axes=0)
        return own.scaled(float(weights)) if weights.ndim == 0 else ImageWeights(own, weights)

    def scaled(self, weight: float) -> Regularizer:
        return replace(self, weights=weight * self.weights)

    def _beside(self, like: Array) -> Array:
        """The weights along the first axis of `like`, in its real precision, library and device."""
        xp = array_namespace(like)
        weights = self._placed.beside(like, xp.float32 if is_single(like) else xp.float64)
        return xp.reshape(weights, (-1, *(like.ndim - 1) * (1,)))

    @cached_property
    def _placed(self) -> Placed:
        return Placed(self.weights)

    def __repr__(self) -> str:
        return f"{self.weights.shape[0]} weights · {self.regularizer!r}"
