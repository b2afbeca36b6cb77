"""Small problems that solvers are tried on, each with its independent optimum."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from properties import random_complex, random_mask
from reference import Optimum, difference_matrix, image_optimum, wavelet_matrix

from csmri.operators import MaskedFourier, Wavelet
from csmri.regularizers import L1, Regularizer, TotalVariation

# A penalty's regularizer, its dense matrix for images of a shape, and how many rows form a group.
PENALTIES: dict[str, tuple[Regularizer, Any, int]] = {
    "identity": (L1(), lambda shape: np.eye(shape[0] * shape[1]), 1),
    "haar": (L1() @ Wavelet("haar", levels=2), lambda s: wavelet_matrix(s, "haar", 2), 1),
    "db2": (L1() @ Wavelet("db2", levels=1), lambda s: wavelet_matrix(s, "db2", 1), 1),
    "TV": (TotalVariation(), difference_matrix, 2),
    "TV anisotropic": (TotalVariation(isotropic=False), difference_matrix, 1),
    "TV Neumann": (TotalVariation(periodic=False), lambda s: difference_matrix(s, False), 2),
    "TV anisotropic Neumann": (
        TotalVariation(isotropic=False, periodic=False),
        lambda s: difference_matrix(s, False),
        1,
    ),
    **{
        f"haar + {name}": (
            L1() @ Wavelet("haar", levels=1)
            + 0.5 * TotalVariation(isotropic=False, periodic=periodic),
            lambda s, p=periodic: np.vstack(
                [wavelet_matrix(s, "haar", 1), 0.5 * difference_matrix(s, p)]
            ),
            1,
        )
        for name, periodic in (("TV", True), ("TV Neumann", False))
    },
}


@dataclass(frozen=True, eq=False)
class Case:
    """½‖M F S x − y‖² + weight · penalty(x), as arrays of NumPy in double precision."""

    y: np.ndarray
    mask: np.ndarray
    maps: np.ndarray | None
    penalty: str
    weight: float

    @property
    def shape(self) -> tuple[int, int]:
        return self.y.shape[-2:]

    @property
    def regularizer(self) -> Regularizer:
        return self.weight * PENALTIES[self.penalty][0]

    def problem(self, xp=np, dtype="complex128"):
        """(A, y, R), what every solver takes, in the array library xp."""
        maps = None if self.maps is None else xp.asarray(self.maps.astype(dtype))
        A = MaskedFourier(xp.asarray(self.mask), maps)
        return A, xp.asarray(self.y.astype(dtype)), self.regularizer

    @cached_property
    def optimum(self) -> Optimum:
        _, matrix, groups = PENALTIES[self.penalty]
        K = matrix(self.shape)
        return image_optimum(self.y, self.mask, K, self.weight, groups=groups, maps=self.maps)


@lru_cache
def case(penalty, *, shape=(8, 8), sampling="columns", coils=0, weight=0.3, seed=0) -> Case:
    """Noisy k-space of a random image; sampling is "columns", "points" or "full"."""
    mask = {
        "columns": lambda: random_mask(np, shape[-1:], fraction=0.5, seed=seed),
        "points": lambda: random_mask(np, shape, fraction=0.5, seed=seed),
        "full": lambda: np.ones(shape[-1:], dtype=bool),
    }[sampling]()
    maps = None
    if coils:
        maps = random_complex(np, (coils, *shape), seed=seed + 1)
        maps = maps / np.sqrt((abs(maps) ** 2).sum(axis=0))
    A = MaskedFourier(mask, maps)
    y = A(random_complex(np, shape, seed=seed + 2))
    noise = random_complex(np, y.shape, seed=seed + 3)
    return Case(np.where(mask, y + 0.1 * noise, 0), mask, maps, penalty, weight)


def points_problem(xp=np, penalty="identity"):
    """A, y and R of a small problem under a random mask of points."""
    return case(penalty, sampling="points", weight=0.6).problem(xp)


def batch_of_points(xp=np, penalty="identity"):
    """The same with three images, of which two are larger."""
    A, y, R = points_problem(xp, penalty)
    return A, xp.stack([y, 2 * y, 3 * y], axis=0), R
