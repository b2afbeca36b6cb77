"""Coil sensitivities: one image seen through every receiver coil."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import final

from csmri.arrays import COIL_AXIS, Array, Placed, array_namespace, as_complex, require_finite
from csmri.operators.base import BatchIndex, LinearOperator, one_of_batch


@final
@dataclass(frozen=True, eq=False)
class Coils(LinearOperator):
    """S: x ↦ (s₁ x, …, s_C x), the image weighted by each coil's sensitivity.

    Parameters
    ----------
    maps : (..., C, H, W) complex
        Sensitivity maps; leading axes broadcast against the batch of images.

    Notes
    -----
    Takes images (..., H, W) to coil images (..., C, H, W). The adjoint is the matched coil
    combination Σ_c conj(s_c) y_c of Pruessmann et al. (1999), Magn. Reson. Med. 42, 952–962.
    """

    maps: Array

    def __post_init__(self):
        if self.maps.ndim < 3:
            raise ValueError(
                f"got sensitivity maps of shape {tuple(self.maps.shape)}, expected (..., C, H, W); "
                "a single coil is maps[None], with C = 1"
            )
        as_complex(self.maps)  # refuses what is not floating point
        require_finite("the sensitivity maps", self.maps)

    extra_axes = 1

    def __call__(self, x: Array) -> Array:
        x = as_complex(x)
        return self.maps_for(x) * x[..., None, :, :]

    def adjoint(self, y: Array) -> Array:
        xp = array_namespace(y)
        return xp.sum(xp.conj(self.maps_for(y)) * y, axis=COIL_AXIS)

    def norm_bound(self) -> float:
        """‖S‖ = max over pixels of √Σ_c |s_c|²; exactly 1 for normalised maps."""
        xp = array_namespace(self.maps)
        return math.sqrt(float(xp.max(xp.sum(xp.abs(self.maps) ** 2, axis=COIL_AXIS))))

    def for_image(self, index: BatchIndex, batch_shape: tuple[int, ...]) -> "Coils":
        return Coils(one_of_batch(self.maps, index, axes=3))

    def maps_for(self, x: Array) -> Array:
        """The maps in the library and precision of x, so that complex64 stays complex64."""
        self._check(x)
        return self._placed_maps.beside(x, x.dtype)

    @cached_property
    def _placed_maps(self) -> Placed:
        return Placed(self.maps)

    def _check(self, x: Array) -> None:
        if tuple(x.shape[-2:]) != tuple(self.maps.shape[-2:]):
            raise ValueError(
                f"Coils holds maps of {tuple(self.maps.shape[-2:])} pixels, "
                f"got images of {tuple(x.shape[-2:])}; crop or resample the maps first"
            )
