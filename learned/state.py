"""The state of a training in one file, from which it goes on as if it had never stopped."""

import io
import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from learned.checkpoint import named_tensors, write_atomically


@dataclass
class State:
    """Everything that a training needs to go on as if it had never stopped."""

    network: nn.Module
    optimizer: torch.optim.Optimizer
    average: dict[str, Tensor] | None
    step: int = 0
    losses: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def save(self, path: Path) -> None:
        """Write the state to one file, whole or not at all."""
        content = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average,
            "step": self.step,
            "losses": self.losses,
            "seconds": self.seconds,
        }
        buffer = io.BytesIO()
        torch.save(content, buffer)
        write_atomically(path, buffer.getvalue())

    def load(self, path: Path) -> None:
        """Take over the state that `save` wrote.

        Raises
        ------
        ValueError
            Where the file is truncated, foreign, or of another network or optimiser.
        """
        try:
            device = next(self.network.parameters()).device
            content: dict[str, Any] = torch.load(path, weights_only=True, map_location=device)
            average = content.get("average")
            if (average is None) != (self.average is None):
                before = "without" if average is None else "with"
                raise ValueError(f"it was trained {before} averaged weights, unlike now")
            self.network.load_state_dict(content["network"])
            self.optimizer.load_state_dict(content["optimizer"])
            self.step, self.losses = content["step"], content["losses"]
        except (RuntimeError, ValueError, KeyError, EOFError, pickle.UnpicklingError) as error:
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise ValueError(
                f"cannot resume from {path}: it is damaged or belongs to another network or "
                f"optimiser ({reason}); remove it to start again"
            ) from error
        self.average = average
        self.seconds = content.get("seconds", 0.0)

    def exchange(self) -> None:
        """Swap the network's weights and their moving average, where there is one."""
        if self.average is None:
            return
        with torch.no_grad():
            for name, tensor in named_tensors(self.network).items():
                kept = tensor.clone()
                tensor.copy_(self.average[name])
                self.average[name].copy_(kept)
