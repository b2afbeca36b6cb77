"""Unrolled primal-dual splitting: total variation's solver, with networks beside its proxes."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from csmri.operators import FiniteDifferences, MaskedFourier
from learned.blocks import ConvBlock, Norm, group_norm, zero_convolution
from learned.scales import in_units_of, largest_magnitude

TINY = 1e-20
"""Added to squared moduli, so that the gradient at a dual point of 0 is finite."""

SIGMA = 0.02
"""The dual step before training."""


class UnrolledPrimalDual(nn.Module):
    """K steps of primal-dual splitting with learned corrections of the image and of its dual.

    For k = 1…K, from x = Aᴴy and p = 0, with K the finite differences ∇::

        v  = x − τ_k (Aᴴ(Ax − y) + ∇ᴴp)
        x⁺ = v + D_k(v, ∇ᴴp/λ_k)
        g  = ∇(x⁺ + θ_k (x⁺ − x))
        q  = the projection of p + σ_k g onto |q| ≤ λ_k
        p⁺ = q + λ_k E_k(q/λ_k, g)

    τ_k, σ_k, θ_k and λ_k are learned. D_k and E_k start at zero, θ_k at 1: an untrained network
    makes K iterations of ``solvers.primal_dual(A, y, λ * TotalVariation(), sigma=σ, tau=τ)``.

    Parameters
    ----------
    primal : sequence of Module
        D_1…D_K, (B, 4, H, W) → (B, 2, H, W): v and ∇ᴴp/λ, each as real and imaginary part.
    dual : sequence of Module
        E_1…E_K, (B, 8, H, W) → (B, 4, H, W): q/λ and g, each down and across.
    weight : float
        Every λ before training, in units of the data divided by their scale.
    scale : callable
        As for `Unrolled`.

    References
    ----------
    J. Adler and O. Öktem (2018), Learned primal-dual reconstruction, IEEE Trans. Med. Imaging
    37(6), 1322–1332, algorithm 3; here the data enter by their gradient, and the dual lives on ∇x.
    L. Condat (2013), J. Optim. Theory Appl. 158, 460–479, algorithm 3.1.
    """

    def __init__(
        self,
        primal: Sequence[nn.Module],
        dual: Sequence[nn.Module],
        weight: float = 0.003,
        scale: Callable[[Tensor], Tensor] = largest_magnitude,
    ):
        super().__init__()
        if not primal or len(primal) != len(dual):
            raise ValueError(
                f"got {len(primal)} primal and {len(dual)} dual networks, expected one of each "
                "for every step; pass as many of both"
            )
        if not weight > 0 or math.isinf(weight):
            raise ValueError(f"got the weight {weight}, expected a positive one; try 0.003")
        self.primal, self.dual = nn.ModuleList(primal), nn.ModuleList(dual)
        self.differences = FiniteDifferences()
        steps = len(primal)
        # The largest τ with 1/τ − σ‖∇‖² ≥ ‖A‖²/2, where ‖A‖ ≤ 1.
        tau = 1 / (0.5 + SIGMA * self.differences.norm_bound() ** 2)
        self.taus = nn.Parameter(torch.full((steps,), tau))
        self.sigmas = nn.Parameter(torch.full((steps,), SIGMA))
        self.extrapolations = nn.Parameter(torch.ones(steps))
        self.log_weights = nn.Parameter(torch.full((steps,), math.log(weight)))
        self.scale = scale

    def forward(
        self,
        y: Tensor,
        mask: Tensor,
        maps: Tensor | None = None,
        start: Tensor | None = None,
    ) -> Tensor:
        """Reconstruct complex images (..., H, W); the arguments are those of `Unrolled`."""
        A, K = MaskedFourier(mask, maps), self.differences
        scale = self.scale(A.adjoint(y))
        f = in_units_of(scale, A, y)
        x = f.zero_filled if start is None else start / scale
        p = 0 * K(x)
        for k, (primal, dual) in enumerate(zip(self.primal, self.dual, strict=True)):
            weight = torch.exp(self.log_weights[k])
            slope = K.adjoint(p)
            with torch.autocast(y.device.type, enabled=False):
                v = f.gradient_step(x, self.taus[k]) - self.taus[k] * slope
            seen = torch.stack([v, slope / weight], dim=-3)
            x_previous, x = x, v + apply_to_stack(primal, seen)[..., 0, :, :]
            g = K(x + self.extrapolations[k] * (x - x_previous))
            q = into_ball(p + self.sigmas[k] * g, weight)
            p = q + weight * apply_to_stack(dual, torch.cat([q / weight, g], dim=-3))
        return scale * x


class StackedConvolutions(nn.Sequential):
    """A plain CNN from some real channels to others, whose last convolution starts at zero.

    Parameters
    ----------
    channels_in, channels_out : int
        Channels of the images before and after.
    channels, layers, norm
        As for `learned.blocks.Convolutions`.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        channels: int = 32,
        layers: int = 3,
        norm: Norm = group_norm,
    ):
        if layers < 2:
            raise ValueError(f"got {layers} layers, expected at least 2: one in and one out")
        widths = [channels_in] + [channels] * (layers - 1)
        blocks = [ConvBlock(a, b, norm) for a, b in pairwise(widths)]
        super().__init__(*blocks, zero_convolution(channels, channels_out, 3))


def into_ball(p: Tensor, radius: Tensor) -> Tensor:
    """Cut √(|p₁|² + |p₂|²) at `radius` in every pixel of (..., 2, H, W), keep its direction."""
    squared = torch.sum(p.real**2 + p.imag**2, dim=-3, keepdim=True)
    return p * torch.clamp(radius * torch.rsqrt(squared + TINY), max=1)


def apply_to_stack(network: nn.Module, images: Tensor) -> Tensor:
    """Run a network of 2C → 2D real channels on C complex images (..., C, H, W) at once.

    Returns D complex images, (..., D, H, W).
    """
    *batch, _, height, width = images.shape
    real = (
        torch.view_as_real(images).movedim(-1, -3).reshape(-1, 2 * images.shape[-3], height, width)
    )
    weights = next(network.parameters(), real)
    output = network(real.to(weights.dtype)).to(real.dtype)
    pairs = output.reshape(*batch, -1, 2, height, width).movedim(-3, -1)
    return torch.view_as_complex(pairs.contiguous())
