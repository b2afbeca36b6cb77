"""Series of images, frames or slices, each solved from where the last one ended."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np

from csmri.arrays import Array, array_namespace, energy_per_image
from csmri.operators.base import LinearOperator
from csmri.regularizers.base import Regularizer
from solvers.admm import admm
from solvers.path import Solver
from solvers.problem import problem
from solvers.result import Result
from solvers.warm_start import warm_start


@final
@dataclass(frozen=True, eq=False)
class Series:
    """The solutions of a series.

    Attributes
    ----------
    results : tuple of Result
        One for each image.
    x : (T, H, W) complex
        The images.
    iterations, converged : (T,) int and bool
        How many iterations each took, and whether its rule was met.
    objective, gap : (T,) float
        F(x) and its proven relative gap; None where a solver has none.
    """

    results: tuple[Result, ...]

    @cached_property
    def x(self) -> Array:
        images = [result.x for result in self.results]
        return array_namespace(*images).stack(images, axis=0)

    @property
    def iterations(self) -> np.ndarray:
        return np.asarray([result.iterations for result in self.results])

    @property
    def converged(self) -> np.ndarray:
        return np.asarray([result.converged for result in self.results])

    @cached_property
    def objective(self) -> np.ndarray | None:
        return together([result.objective for result in self.results])

    @cached_property
    def gap(self) -> np.ndarray | None:
        return together([result.gap for result in self.results])


def reconstruct_series(
    A: LinearOperator,
    y: Array,
    R: Regularizer,
    *,
    solver: Solver = admm,
    **options: Any,
) -> Series:
    """Minimise ½‖A x − y‖² + R(x) for the images of a series, one after the other.

    Each solve goes on from the image and the dual variable of its predecessor. Measured to a gap of
    1e-3: frames that differ by 2 to 5 % take a third to a half of the iterations, frames whose
    masks differ a fifth fewer, and slices next to each other save nothing. A predecessor that
    explains less than half of the k-space, of another phase perhaps, is left aside. The first
    starts from nothing, so that beside ``series.iterations[0]`` one sees what the others saved. A
    batch (``admm(A, y, R)``) solves all images at the same time on several cores.

    Parameters
    ----------
    A : LinearOperator
        Forward model; mask and maps hold for every image, or have the series as their first axis.
    y : (T, H, W) or (T, C, H, W) complex
        Measured k-space, zero where it was not sampled; frames or slices along the first axis.
    R : Regularizer
        With its weight, ``0.002 * TotalVariation()``. It couples no images.
    solver : callable
        `admm` by default, or another solver of this package.
    **options
        Passed to the solver: ``iterations=``, ``stop=RelativeGap(1e-3)``, and so on. An `x0` starts
        the first solve. Without a rule in `stop` nothing is saved: every iteration is made.

    Returns
    -------
    Series
        `x`, `gap`, `objective`, `iterations`, `converged`, `results`.

    Raises
    ------
    ValueError
        Where y is no series of images.
    """
    shape = problem(A, y, R).batch_shape
    if len(shape) != 1 or shape[0] == 0:
        raise ValueError(
            f"got k-space of shape {tuple(y.shape)}, which holds a batch of images of shape "
            f"{shape}, expected a series (T, H, W) or (T, C, H, W); "
            "reconstruct one series after the other"
        )
    x0 = options.pop("x0", None)
    results: list[Result] = []
    for t in range(shape[0]):
        A_t, y_t, R_t = A.for_image((t,), shape), y[t, ...], R.for_image((t,), shape)
        if results:
            last = results[-1]
            x0 = warm_start(last) if explains(last.x, A_t, y_t) else None
        results.append(solver(A_t, y_t, R_t, x0=x0, **options))
    return Series(tuple(results))


def explains(x: Array, A: LinearOperator, y: Array) -> bool:
    """Whether an image explains most of the k-space: ‖A x − y‖ < ½‖y‖."""
    return bool(4 * energy_per_image(A(x) - y, 0) < energy_per_image(y, 0))


def together(values: list[Any]) -> np.ndarray | None:
    """The numbers as an array; None where one is missing."""
    return None if any(value is None for value in values) else np.asarray(values)
