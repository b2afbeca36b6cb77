"""Direct reconstruction x̂ = B(y): a network corrects an image once."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from csmri.fidelity import LeastSquares
from csmri.operators import MaskedFourier
from learned.blocks import apply_to_complex
from learned.scales import in_units_of, largest_magnitude, magnitude_and_phase


class Direct(nn.Module):
    """x̂ = x₀ + D(x₀) with the zero-filled image x₀ = Aᴴy or a better one, relative to its scale.

    Parameters
    ----------
    denoiser : Module
        D, (B, 2, H, W) → (B, 2, H, W): a `UNet`, for instance.
    consistency : Module, optional
        Called as ``consistency(f, x)`` with the data term f after the denoiser:
        `SoftConsistency()` or `HardConsistency()`. None (the default) lets the
        network contradict the measurement.
    finish : Module, optional
        A second, small denoiser after the consistency, of the same kind as the first: it takes
        the noise out again that the samples brought back. By default none.
    scale : callable
        Takes the zero-filled image (..., H, W) to what images are divided by before a denoiser
        and multiplied with after it: by default its largest magnitude and its smooth phase.
    begin : callable, optional
        Takes the data term, in units of the zero-filled image's largest magnitude, to x₀: a
        `ClassicalStart`, for instance. By default x₀ is the zero-filled image.
    """

    def __init__(
        self,
        denoiser: nn.Module,
        consistency: nn.Module | None = None,
        finish: nn.Module | None = None,
        scale: Callable[[Tensor], Tensor] = magnitude_and_phase,
        *,
        begin: Callable[[LeastSquares], Tensor] | None = None,
    ):
        super().__init__()
        self.denoiser = denoiser
        self.consistency = consistency
        self.finish = finish
        self.scale = scale
        self.begin = begin

    def forward(self, y: Tensor, mask: Tensor, maps: Tensor | None = None) -> Tensor:
        """Reconstruct complex images (..., H, W); the arguments are those of `Unrolled`."""
        A = MaskedFourier(mask) if maps is None else MaskedFourier(mask, maps)
        zero_filled = A.adjoint(y)
        scale = self.scale(zero_filled)
        x = zero_filled
        if self.begin is not None:
            unit = largest_magnitude(zero_filled)
            x = unit * self.begin(in_units_of(unit, A, y))
        x = corrected(x, self.denoiser, scale)
        if self.consistency is not None:
            with torch.autocast(y.device.type, enabled=False):
                x = self.consistency(LeastSquares(A, y), x)
        return x if self.finish is None else corrected(x, self.finish, scale)


def corrected(x: Tensor, denoiser: nn.Module, scale: Tensor) -> Tensor:
    """Return x + D(x) with D at work on images divided by their scale."""
    return x + scale * apply_to_complex(denoiser, x / scale)


class HardConsistency(nn.Module):
    """x − Aᴴ(Ax − y): for one coil, every measured sample is put back as it was."""

    def forward(self, f: LeastSquares, x: Tensor) -> Tensor:
        """Return the consistent image (..., H, W)."""
        return f.gradient_step(x, 1.0)


class SoftConsistency(nn.Module):
    """x − η Aᴴ(Ax − y) with a learned η that starts at 0.5."""

    def __init__(self):
        super().__init__()
        self.step = nn.Parameter(torch.tensor(0.5))

    def forward(self, f: LeastSquares, x: Tensor) -> Tensor:
        """Return the image (..., H, W) moved towards the data."""
        return f.gradient_step(x, self.step)
