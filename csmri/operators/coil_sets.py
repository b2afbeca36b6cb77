"""Several sets of sensitivities: several images seen through every receiver coil."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import final

from csmri.arrays import Array, Placed, array_namespace, as_complex, require_finite
from csmri.operators.base import LinearOperator


@final
@dataclass(frozen=True, eq=False)
class CoilSets(LinearOperator):
    """(x₁, …, x_N) ↦ Σ_n s_nc x_n for every coil c: soft SENSE.

    Parameters
    ----------
    maps : (N, C, H, W) complex
        Sets of sensitivities, of `csmri.calibration.espirit_sets`.

    Notes
    -----
    Takes one image a set, (..., N, H, W), to coil images (..., C, H, W). The sets belong together:
    solve for them as one series, ``Sampling(mask) @ Fourier() @ CoilSets(maps) @ Frames((H, W))``.

    References
    ----------
    M. Uecker et al. (2014), Magn. Reson. Med. 71, 990–1001, section "Soft SENSE reconstruction".
    """

    maps: Array

    def __post_init__(self):
        if self.maps.ndim != 4:
            raise ValueError(
                f"got sets of maps of shape {tuple(self.maps.shape)}, expected (N, C, H, W); "
                "one set is maps[None]"
            )
        as_complex(self.maps)  # refuses what is not floating point
        require_finite("the sensitivity maps", self.maps)

    def __call__(self, x: Array) -> Array:
        self._check(x, (self.maps.shape[0], *self.maps.shape[-2:]), "images, one a set,")
        x = as_complex(x)
        return array_namespace(x).sum(self._maps_for(x) * x[..., :, None, :, :], axis=-4)

    def adjoint(self, y: Array) -> Array:
        self._check(y, tuple(self.maps.shape[1:]), "coil images")
        y, xp = as_complex(y), array_namespace(y)
        return xp.sum(xp.conj(self._maps_for(y)) * y[..., None, :, :, :], axis=-3)

    def norm_bound(self) -> float:
        """A bound over all pixels, 1 for orthonormal sets.

        It is found from the N × N Gram matrix of every pixel.
        """
        xp = array_namespace(self.maps)
        columns = xp.permute_dims(as_complex(self.maps), (2, 3, 0, 1))
        gram = xp.matmul(columns, xp.conj(xp.matrix_transpose(columns)))
        # The eigenvalues of a Hermitian matrix do not exceed its largest absolute row sum.
        return math.sqrt(float(xp.max(xp.sum(xp.abs(gram), axis=-1))))

    def _maps_for(self, x: Array) -> Array:
        return self._placed_maps.beside(x, x.dtype)

    @cached_property
    def _placed_maps(self) -> Placed:
        return Placed(self.maps)

    def _check(self, x: Array, expected: tuple[int, ...], what: str) -> None:
        if tuple(x.shape[-3:]) != expected:
            raise ValueError(
                f"CoilSets holds {self.maps.shape[0]} sets of {self.maps.shape[1]} coils, got "
                f"{what} of {tuple(x.shape)}, expected (..., {', '.join(map(str, expected))})"
            )
