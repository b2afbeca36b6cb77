"""Unrolled gradient descent: a few steps of the solver, with a network where the prox was."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from csmri.fidelity import LeastSquares
from csmri.operators import MaskedFourier
from learned.blocks import apply_to_complex
from learned.scales import in_units_of, largest_magnitude


class Unrolled(nn.Module):
    """K steps of accelerated proximal gradient descent with learned denoisers.

    For k = 1…K, from z = x = Aᴴy or what else it shall begin with::

        v  = z − η_k Aᴴ(Az − y)
        x⁺ = v + D_k(v)
        z  = x⁺ + β_k (x⁺ − x)

    η_k and β_k are learned scalars that start at 1 and 0; D_k is a network of two
    channels that starts at zero. So an untrained network is K gradient steps, and
    with D = prox − 1 and Nesterov's β it is FISTA. A and the data term are the
    same `LeastSquares(MaskedFourier(mask, maps), y)` that the solvers minimise,
    computed in the precision of `y` whatever the autocast around it.

    Parameters
    ----------
    denoisers : sequence of Module
        D_1…D_K, each (B, 2, H, W) → (B, 2, H, W). The same module K times shares
        its weights over the steps.
    scale : callable
        Takes the zero-filled image (..., H, W) to its scale (..., 1, 1), by which the
        data are divided and the result multiplied; one factor for all pixels.
    begin : callable, optional
        Takes the scaled data term to the first iterate, a `ClassicalStart` for one; by default it
        is the zero-filled image.
    recompute : bool
        In training, compute the features of each denoiser a second time for the gradient
        instead of keeping them: memory for one denoiser in place of K, for a third more time.

    References
    ----------
    K. Hammernik et al. (2018), Magn. Reson. Med. 79(6), 3055–3071;
    J. Zhang and B. Ghanem (2018), ISTA-Net, CVPR.
    """

    def __init__(
        self,
        denoisers: Sequence[nn.Module],
        scale: Callable[[Tensor], Tensor] = largest_magnitude,
        *,
        begin: Callable[[LeastSquares], Tensor] | None = None,
        recompute: bool = False,
    ):
        super().__init__()
        if not denoisers:
            raise ValueError("got no denoisers, expected one for each step; pass at least one")
        self.denoisers = nn.ModuleList(denoisers)
        self.steps = nn.Parameter(torch.ones(len(denoisers)))
        self.momenta = nn.Parameter(torch.zeros(len(denoisers)))
        self.scale = scale
        self.begin = begin
        self.recompute = recompute
        self.frozen = 0
        self.judged: tuple[int, ...] = ()

    def freeze(self, count: int) -> None:
        """Keep the first `count` steps as they are: training reaches those after them alone.

        Raises
        ------
        ValueError
            Where later steps share a denoiser with those, so that it cannot stay as it is.
        """
        kept, later = (set(part) for part in (self.denoisers[:count], self.denoisers[count:]))
        if kept & later:
            raise ValueError(
                f"got a network whose steps share denoisers, expected {count} steps with their "
                "own to keep; build it with shared=False"
            )
        self.frozen = count
        for denoiser in self.denoisers[:count]:
            denoiser.requires_grad_(False)

    def judge(self, counts: Sequence[int]) -> None:
        """In training, give the images after so many steps before the last one's: (K, ..., H, W).

        A loss against the same truth then trains the first steps to be networks of their own.

        Raises
        ------
        ValueError
            Where a count is not between 1 and the number of steps, the last one excepted.
        """
        if not all(0 < count < len(self.denoisers) for count in counts):
            raise ValueError(
                f"got {tuple(counts)} steps of {len(self.denoisers)} to judge, expected fewer than "
                "those and at least one; the last image is judged anyway"
            )
        self.judged = tuple(sorted(counts))

    def first(self, count: int) -> "Unrolled":
        """Return the network of the first `count` steps alone; its denoisers are the same ones."""
        network = Unrolled(
            self.denoisers[:count],  # pyright: ignore[reportArgumentType]
            self.scale,
            begin=self.begin,
            recompute=self.recompute,
        )
        with torch.no_grad():
            network.steps.copy_(self.steps[:count])
            network.momenta.copy_(self.momenta[:count])
        return network.train(self.training)

    def forward(
        self,
        y: Tensor,
        mask: Tensor,
        maps: Tensor | None = None,
        start: Tensor | None = None,
    ) -> Tensor:
        """Reconstruct complex images (..., H, W).

        Parameters
        ----------
        y : (..., H, W) or (..., C, H, W) complex
            Measured k-space, zero where it was not sampled.
        mask : (W,) or (..., H, W) bool
            Sampled positions.
        maps : (..., C, H, W) complex, optional
            Coil sensitivities.
        start : (..., H, W) complex, optional
            First iterate, in the place of the network's own.
        """
        A = MaskedFourier(mask) if maps is None else MaskedFourier(mask, maps)
        scale = self.scale(A.adjoint(y))
        f = in_units_of(scale, A, y)
        if start is not None:
            x = start / scale
        else:
            x = f.zero_filled if self.begin is None else self.begin(f)
        z, trains, images = x, torch.is_grad_enabled(), []
        steps = zip(self.steps, self.momenta, self.denoisers, strict=True)
        for k, (step, momentum, denoiser) in enumerate(steps):
            with torch.set_grad_enabled(trains and k >= self.frozen):
                with torch.autocast(y.device.type, enabled=False):
                    v = f.gradient_step(z, step)
                x_previous, x = x, v + self._residual(denoiser, v)
                z = x + momentum * (x - x_previous)
            if self.training and k + 1 in self.judged:
                images.append(x)
        return scale * (torch.stack([*images, x]) if images else x)

    def _residual(self, denoiser: nn.Module, v: Tensor) -> Tensor:
        if self.recompute and torch.is_grad_enabled():
            return checkpoint(apply_to_complex, denoiser, v, use_reentrant=False)
        return apply_to_complex(denoiser, v)


def continued(tensors: dict[str, Tensor], steps: int, wanted: int) -> dict[str, Tensor]:
    """Return the weights of an unrolled network's steps, and then those of its last ones again."""
    again = min(steps, wanted - steps)
    source = [*range(steps), *(steps - again + k % again for k in range(wanted - steps))]
    found = {}
    for name, tensor in tensors.items():
        kind, *rest = name.split(".")
        if kind != "denoisers":
            found[name] = tensor[source]
            continue
        for k in (k for k, origin in enumerate(source) if origin == int(rest[0])):
            found[".".join([kind, str(k), *rest[1:]])] = tensor
    return found
