"""A classical reconstruction as the first iterate of an unrolled network."""

from dataclasses import dataclass

import torch
from torch import Tensor

from csmri import L1, TotalVariation
from csmri.fidelity import LeastSquares
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
    NumPy arrays, by the kernels for those.
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
        A, y = (f.A, f.y) if f.y.device.type != "cpu" else (on_numpy(f.A), f.y.detach().numpy())
        x = minimise(A, y, regularizer, iterations=self.iterations, stop=None).x
        return torch.as_tensor(x, dtype=f.y.dtype, device=f.y.device)


def on_numpy(A: LinearOperator) -> MaskedFourier:
    """Return the same operator on NumPy arrays, for tensors on the CPU."""
    if not isinstance(A, MaskedFourier):
        raise TypeError(f"got {type(A).__name__}, expected the MaskedFourier that networks build")
    maps = None if A.maps is None else A.maps.detach().numpy()
    return MaskedFourier(A.mask.numpy(), maps)
