"""Validation: how well a network does, while it is trained, on examples it is not trained with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np
import torch
from torch import nn

from csmri.metrics import psnr

if TYPE_CHECKING:
    from learned.training import Draws


@final
@dataclass(frozen=True)
class ValidationPSNR:
    """The mean PSNR of fixed examples, as ``{"psnr": decibels}``; for `learned.fit`.

    Parameters
    ----------
    draws : Draws
        Makes the examples: a `Simulation` of other persons without augmentation, say. It gives
        the same ones at every validation.
    batches : int
        How many batches of it to take.
    seed : int
        Of these examples; other than that of the training.
    """

    draws: "Draws"
    batches: int = 8
    seed: int = 2**31

    def __call__(self, network: nn.Module) -> Mapping[str, float]:
        """Judge magnitudes, each with the largest of its truth as the range."""
        device = next(network.parameters()).device
        found = []
        for step in range(self.batches):
            y, mask, truth, *maps = (part.to(device) for part in self.draws.draw(self.seed, step))
            with torch.inference_mode():
                estimate = network(y, mask, *maps)
            found.append(psnr(estimate.abs().cpu().numpy(), truth.abs().cpu().numpy()))
        return {"psnr": float(np.mean(np.concatenate([np.atleast_1d(one) for one in found])))}
