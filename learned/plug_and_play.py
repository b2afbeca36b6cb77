"""Plug and play: a trained denoiser where a regularizer's prox was."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn

from csmri.arrays import Array, beside, is_torch_array, to_numpy
from csmri.operators.base import LinearOperator
from csmri.regularizers.base import Regularizer
from learned.blocks import apply_to_complex
from learned.direct import Direct
from learned.primal_dual import UnrolledPrimalDual
from learned.reconstruct import LearnedReconstruction
from learned.scales import largest_magnitude
from learned.unrolled import Unrolled


@final
@dataclass(frozen=True, eq=False)
class PlugAndPlay(Regularizer):
    """The regularizer, if there is one, whose prox with step `step` is a trained denoiser.

    Solvers only ask for the prox, so that `solvers.fista` and `solvers.admm` run with it. The
    denoiser must have been trained on noise: here it is that of an unrolled network of one step,
    trained on noisy images of which every column is measured, in [0, 1] of a person "s1"::

        recipe = learned.Recipe(
            learned.UnrolledArchitecture(iterations=1, channels=16, layers=4),
            learned.Schedule(120, learning_rate=3e-3, warm_up=5),
            batch_size=4,
            column_masks=learned.ColumnMasks((1.0,), (1.0,), (1.0,)),
            augmentation=None,
            noise=(0.03, 0.09),
            mixed_precision=False,
        )
        learned.train(recipe, path, images={"s1": images})
        R = learned.PlugAndPlay(learned.load(path).network.denoisers[0])
        image = solvers.fista(A, y, R, iterations=5).x
        image = solvers.admm(A, y, R, iterations=5).x

    A network is rarely the gradient of anything, so R(x) is not known and may not exist: results
    have no objective and no gap (None), and nothing proves that the iterations converge. Where
    they do, both solvers reach the same image, one with x = prox(x − Aᴴ(Ax − y)). A small denoiser
    trained on noise alone made images better for about five iterations, and worse by the thirtieth:
    take few, and choose how many on training persons.

    Parameters
    ----------
    network : Module
        (B, 2, H, W) → (B, 2, H, W), real and imaginary part. A network that reconstructs,
        (y, mask) → image, is refused; a denoiser that was trained to correct zero-filled images,
        as that of `Direct`, may make the iterations diverge.
    residual : bool
        Whether the network gives the correction D(v) of v + D(v), as all networks of this package
        do, or the clean image itself.
    step : float
        The one step for which the denoiser stands: 1 for `fista` on normalised operators. `admm`
        keeps its ρ at 1/step, and a larger step makes the denoiser count for more there.
    scale : callable
        Takes the image (..., H, W) to its scale (..., 1, 1), by which it is divided before the
        network and multiplied after it: the units in which the network was trained.

    References
    ----------
    S. V. Venkatakrishnan, C. A. Bouman and B. Wohlberg (2013), Plug-and-play priors for model
    based reconstruction, IEEE GlobalSIP, 945–948.
    """

    network: nn.Module
    residual: bool = True
    step: float = 1.0
    scale: Callable[[Tensor], Tensor] = largest_magnitude

    def __post_init__(self):
        reconstructs = (LearnedReconstruction, Direct, Unrolled, UnrolledPrimalDual)
        if isinstance(self.network, reconstructs):
            raise TypeError(
                f"got a whole reconstruction, {type(self.network).__name__}, expected a denoiser "
                "(B, 2, H, W) → (B, 2, H, W); train one on noise and pass it alone, as "
                "network.denoisers[0] of an unrolled network of one step"
            )
        if not isinstance(self.network, nn.Module):
            raise TypeError(
                f"got a denoiser of type {type(self.network).__name__}, expected a torch Module"
            )
        if not 0 < self.step < float("inf"):
            raise ValueError(f"got step={self.step}, expected a positive number; 1 is usual")

    @property
    def has_value(self) -> bool:
        return False

    @property
    def only_step(self) -> float:
        return self.step

    def value(self, x: Array) -> Array:
        raise ValueError(
            "a plugged-in denoiser has no known R(x), so there is no objective; judge its images "
            "by a metric, or take a regularizer that is defined by its value"
        )

    def prox(self, x: Array, step: Array | float) -> Array:
        """The denoised image, of the library, device and dtype of x; `step` must be the own one."""
        self._require_step(step)
        parameter = next(self.network.parameters(), torch.empty(0))
        image = x if is_torch_array(x) else torch.from_numpy(np.ascontiguousarray(to_numpy(x)))
        with torch.inference_mode(), torch.autocast(parameter.device.type, enabled=False):
            denoised = self._denoised(image.to(parameter.device))
        if is_torch_array(x):
            return denoised.to(x.device).clone()
        return beside(denoised.cpu().numpy(), x)

    def scaled(self, weight: float) -> Regularizer:
        if weight == 1:
            return self
        raise ValueError(
            f"got the weight {weight:g} for a plugged-in denoiser, expected 1: how much it smooths "
            "was decided by its training; choose another `step` for admm"
        )

    def __matmul__(self, transform: LinearOperator) -> Regularizer:
        raise TypeError(
            f"got a plugged-in denoiser of {type(transform).__name__}, expected it alone: "
            "it denoises images, not their transforms"
        )

    def _denoised(self, image: Tensor) -> Tensor:
        scale = self.scale(image)
        image = image / scale
        output = apply_to_complex(self.network, image)
        return scale * (image + output if self.residual else output)

    def _require_step(self, step: Any) -> None:
        steps = np.asarray(to_numpy(step) if hasattr(step, "shape") else step)
        if not np.allclose(steps, self.step, rtol=1e-5, atol=0):
            raise ValueError(
                f"got a prox of step {steps.flat[0]:g}, expected {self.step:g}, for which the "
                f"denoiser stands; pass step={self.step:g} to fista, take admm without rho, or "
                "make PlugAndPlay with another step"
            )

    def __repr__(self) -> str:
        return f"PlugAndPlay({type(self.network).__name__})"
