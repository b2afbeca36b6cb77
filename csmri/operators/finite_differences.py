"""Finite differences: the discrete gradient of an image."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np

from csmri import kernels
from csmri.arrays import Array
from csmri.operators.base import LinearOperator


@final
@dataclass(frozen=True, eq=False)
class FiniteDifferences(LinearOperator):
    """∇: x ↦ (x[i+1, j] − x[i, j], x[i, j+1] − x[i, j]), stacked on a new axis -3.

    Parameters
    ----------
    periodic : bool
        Whether the last difference wraps around to the first pixel (default: it is what the
        Fourier domain sees, and ∇ᴴ∇ is then diagonal there); otherwise it is zero (Neumann).

    Notes
    -----
    Takes images (..., H, W) to (..., 2, H, W), rows first.
    """

    periodic: bool = True

    extra_axes = 1

    def __call__(self, x: Array) -> Array:
        return kernels.forward_differences(x, periodic=self.periodic)

    def adjoint(self, y: Array) -> Array:
        if y.ndim < 3 or y.shape[-3] != 2:
            raise ValueError(
                f"got differences of shape {tuple(y.shape)}, expected (..., 2, H, W): "
                "rows and columns on axis -3"
            )
        return kernels.forward_differences_adjoint(y, periodic=self.periodic)

    def norm_bound(self) -> float:
        """‖∇‖ ≤ √8, reached by a chequerboard of even size with periodic boundary."""
        return math.sqrt(8)

    def normal_symbol(self, shape: tuple[int, int]) -> Array | None:
        """4 sin²(πk/H) + 4 sin²(πl/W) for periodic differences."""
        return difference_symbol(shape) if self.periodic else None

    def mirrored_symbol(self, shape: tuple[int, int]) -> Array | None:
        """That of periodic differences of the mirrored image, for those that do not wrap around."""
        return None if self.periodic else difference_symbol((2 * shape[0], 2 * shape[1]))

    def nearby_symbol(self, shape: tuple[int, int]) -> Array:
        """That of periodic differences, whatever the boundary."""
        return difference_symbol(shape)


@lru_cache(maxsize=8)
def difference_symbol(shape: tuple[int, int]) -> np.ndarray:
    """The eigenvalues 4 sin²(πk/H) + 4 sin²(πl/W) of periodic ∇ᴴ∇, zero frequency first.

    One array for all who ask: not to be written into.
    """
    rows, columns = (4 * np.sin(np.pi * np.arange(n) / n) ** 2 for n in shape)
    return rows[:, None] + columns
