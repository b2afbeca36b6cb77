"""The state of a training in one file, from which it goes on as if it had never stopped."""

import io
import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from csmri.formats.writing import write_atomically
from learned.checkpoint import named_tensors
from learned.fingerprint import differences
from learned.schedule import Budget, departure


@dataclass
class State:
    """Everything that a training needs to go on as if it had never stopped.

    Attributes
    ----------
    network, optimizer, average
        With their numbers after the last step.
    step : int
        Steps made.
    losses, rates, starts : list of float
        Loss and learning rate of each step, and the seconds of computation before it.
    seconds : float
        Of computation so far.
    fingerprint : dict
        What the training is made of, from `learned.fingerprint.fingerprint_of`.
    """

    network: nn.Module
    optimizer: torch.optim.Optimizer
    average: dict[str, Tensor] | None
    step: int = 0
    losses: list[float] = field(default_factory=list)
    seconds: float = 0.0
    rates: list[float] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    fingerprint: dict[str, str] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write the state to one file, whole or not at all."""
        content = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average,
            "step": self.step,
            "losses": self.losses,
            "seconds": self.seconds,
            "rates": self.rates,
            "starts": self.starts,
            "fingerprint": self.fingerprint,
        }
        buffer = io.BytesIO()
        torch.save(content, buffer)
        write_atomically(path, buffer.getvalue())

    def load(self, path: Path, schedule: Budget) -> None:
        """Take over the state that `save` wrote, to go on by a schedule.

        Raises
        ------
        ValueError
            Where the file is truncated, foreign, of another training, or where its steps
            are not those that the schedule would have made.
        """
        try:
            device = next(self.network.parameters()).device
            content: Any = torch.load(path, weights_only=True, map_location=device)
            unlike = self._unlike(content, schedule)
            if not unlike:
                self.network.load_state_dict(content["network"])
                self.optimizer.load_state_dict(content["optimizer"])
                self.average, self.step = content["average"], content["step"]
                self.losses, self.seconds = content["losses"], content["seconds"]
                self.rates, self.starts = content["rates"], content["starts"]
        except (
            *(RuntimeError, ValueError, TypeError, KeyError, AttributeError, EOFError),
            pickle.UnpicklingError,
        ) as error:
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise ValueError(
                f"cannot resume from {path}: it is damaged or belongs to another network or "
                f"optimiser ({reason}); remove it to start again"
            ) from error
        if unlike:
            raise ValueError(
                f"cannot resume from {path}: {unlike}; remove it to start again, or choose "
                "another file for the state (another --output of csmri train)"
            )

    def _unlike(self, content: Any, schedule: Budget) -> str:
        """What of a state's content belongs to another training, in words; "" for nothing."""
        if not isinstance(content, dict) or "fingerprint" not in content:
            return "it does not say what its training was made of (an earlier version wrote it)"
        found = differences(content["fingerprint"], self.fingerprint)
        if found:
            return f"it is the state of another training, which differs in {found}"
        return departure(schedule, content["rates"], content["starts"])

    def exchange(self) -> None:
        """Swap the network's weights and their moving average, where there is one."""
        if self.average is None:
            return
        with torch.no_grad():
            for name, tensor in named_tensors(self.network).items():
                kept = tensor.clone()
                tensor.copy_(self.average[name])
                self.average[name].copy_(kept)
