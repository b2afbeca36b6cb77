"""A classical reconstruction as the first iterate of an unrolled network."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from csmri import L1, TotalVariation
from csmri.arrays import Array
from csmri.fidelity import LeastSquares
from csmri.kernels.gpu import missing_for_cupy
from csmri.kernels.torch_gpu import as_cupy, following_torch
from csmri.operators import MaskedFourier
from csmri.operators.base import LinearOperator
from solvers import minimise


@dataclass(frozen=True)
class ClassicalStart:
    """Some iterations towards the minimum of f(x) + λ (TV(x) + ratio · ‖x‖₁).

    Aliases of a missing column reach over the whole image, and a network of few steps has to
    undo them first. The solvers do so in a fraction of the time that one of its steps takes, and
    for any mask and anatomy: what is left to learn is what a regularizer cannot know.

    Parameters
    ----------
    iterations : int
        Of `solvers.minimise`; their number is fixed, so that all images of a batch are alike.
    weight : float
        λ, relative to the scale of the data that the network sees.
    ratio : float
        Of the weight on the pixels to that on their differences; 0 is total variation alone.

    Notes
    -----
    No gradient flows through it, for it has nothing to learn. Tensors on the CPU are solved for as
    NumPy arrays, and those on a GPU as CuPy arrays where there is CuPy, by the kernels for those.
    """

    iterations: int = 60
    weight: float = 3e-5
    ratio: float = 16.0

    @torch.no_grad()
    def __call__(self, f: LeastSquares) -> Tensor:
        """Return the image (..., H, W), of the type and on the device of the data."""
        regularizer = self.weight * TotalVariation()
        if self.ratio:
            regularizer = regularizer + self.weight * self.ratio * L1()
        there = where_kernels_are(f.y.device)
        with following_torch(f.y.device) if there is as_cupy else nullcontext():
            A, y = (f.A, f.y) if there is None else (moved(f.A, there), there(f.y))
            x = minimise(A, y, regularizer, iterations=self.iterations, stop=None).x
            return torch.as_tensor(x, dtype=f.y.dtype, device=f.y.device)


def where_kernels_are(device: torch.device) -> Callable[[Tensor], Array] | None:
    """Return what shows a tensor to the library whose kernels serve its device, without a copy."""
    if device.type == "cpu":
        return lambda tensor: tensor.detach().numpy()
    if device.type == "cuda" and missing_for_cupy() is None:
        return as_cupy
    return None


def moved(A: LinearOperator, there: Callable[[Tensor], Array]) -> MaskedFourier:
    """Return the same operator with its arrays there."""
    if not isinstance(A, MaskedFourier):
        raise TypeError(f"got {type(A).__name__}, expected the MaskedFourier that networks build")
    return MaskedFourier(there(A.mask), None if A.maps is None else there(A.maps))
