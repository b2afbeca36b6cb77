"""The training loop: one function, read from top to bottom."""

import io
import math
import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from learned.checkpoint import named_tensors, write_atomically
from learned.data import Batch
from learned.losses import Loss, magnitude_l1


class Draws(Protocol):
    """Anything that makes the batch of a training step from a seed, `Simulation` for one."""

    def draw(self, seed: int, step: int) -> Batch:
        """Return the batch of step 0, 1, …; the same one whenever it is asked again."""
        ...


@dataclass(frozen=True)
class Schedule:
    """How the learning rate moves over a budget of steps.

    Parameters
    ----------
    steps : int
        The budget.
    learning_rate : float
        The peak.
    warm_up : int
        Steps of linear growth to the peak.
    hold : float
        Fraction of the budget at whose end the cosine begins; 0 begins it after the
        warm-up. Until the cosine begins, the steps do not depend on the budget, so that
        a run can still be made shorter or longer.
    final : float
        Fraction of the peak where the cosine ends.
    then : Schedule, optional
        What follows after these steps: a warm restart.
    """

    steps: int
    learning_rate: float = 1e-3
    warm_up: int = 50
    hold: float = 0.0
    final: float = 0.02
    then: "Schedule | None" = None

    def __post_init__(self):
        if self.steps < 1:
            raise ValueError(f"got a budget of {self.steps} steps, expected at least 1")

    @property
    def total(self) -> int:
        """The steps of this schedule and of what follows."""
        return self.steps + (0 if self.then is None else self.then.total)

    def rate(self, step: int) -> float:
        """Return the learning rate of step 0, 1, …: warm-up, peak, half a cosine.

        The cosine and its restarts are those of Loshchilov and Hutter (2017), SGDR, eq. 5.
        """
        if self.then is not None and step >= self.steps:
            return self.then.rate(step - self.steps)
        if step < self.warm_up:
            return self.learning_rate * (step + 1) / self.warm_up
        start = max(self.warm_up, round(self.hold * self.steps))
        progress = min(1.0, max(0, step - start) / max(1, self.steps - start))
        cosine = (1 + math.cos(math.pi * progress)) / 2
        return self.learning_rate * (self.final + (1 - self.final) * cosine)


@dataclass(frozen=True)
class Progress:
    """What a callback sees after each step."""

    step: int
    steps: int
    loss: float
    learning_rate: float
    seconds: float
    network: nn.Module = field(repr=False)


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
            content: dict[str, Any] = torch.load(path, weights_only=True)
            self.network.load_state_dict(content["network"])
            self.optimizer.load_state_dict(content["optimizer"])
            self.step, self.losses = content["step"], content["losses"]
        except (RuntimeError, ValueError, KeyError, EOFError, pickle.UnpicklingError) as error:
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise ValueError(
                f"cannot resume from {path}: it is damaged or belongs to another network or "
                f"optimiser ({reason}); remove it to start again"
            ) from error
        self.average = content.get("average")
        self.seconds = content.get("seconds", 0.0)


def fit(
    network: nn.Module,
    draws: Draws,
    schedule: Schedule,
    *,
    loss: Loss = magnitude_l1,
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
    seed: int = 0,
    clip: float = 1.0,
    averaging: float | None = None,
    mixed_precision: bool | None = None,
    resume: Path | None = None,
    save_every: int = 100,
    callback: Callable[[Progress], Any] | None = None,
) -> State:
    """Train a network in place, for a budget counted in steps.

    Parameters
    ----------
    network : Module
        Called as ``network(y, mask)``; it gives complex images. It is trained where it is,
        and left ready for evaluation.
    draws : Draws
        Makes the batch of each step.
    schedule : Schedule
        The budget and the learning rates.
    loss : callable
        (estimate, truth) to one number, computed in float32.
    optimizer : callable
        An optimiser class, called as ``optimizer(parameters, lr=...)``:
        ``partial(torch.optim.SGD, momentum=0.9)``, for instance.
    seed : int
        Of the batches.
    clip : float
        Gradients of a larger norm are shortened to this one (Pascanu et al., 2013).
    averaging : float, optional
        Decay of an exponential moving average of the weights that the network gets in
        the end, 0.999 for instance; None keeps the last weights.
    mixed_precision : bool, optional
        Convolve in bfloat16. Fourier transforms, data consistency and the loss stay in
        float32. By default where `bfloat16_pays`.
    resume : path, optional
        File of the training state: read where it exists, written every `save_every`
        steps and in the end. A resumed training equals an uninterrupted one bit for bit,
        on one machine at one number of threads.
    save_every : int
        Steps between two writings of the state.
    callback : callable, optional
        Sees a `Progress` after each step.

    Returns
    -------
    State
        With the loss of every step and the seconds of computation.

    Raises
    ------
    FloatingPointError
        Where the loss is no longer finite; the last state saved is from before.
    """
    device = next(network.parameters()).device
    if mixed_precision is None:
        mixed_precision = bfloat16_pays(device)
    average = None
    if averaging is not None:
        average = {name: value.detach().clone() for name, value in named_tensors(network).items()}
    state = State(network, optimizer(network.parameters(), lr=schedule.learning_rate), average)
    if resume is not None and resume.exists():
        state.load(resume)
    network.train()
    while state.step < schedule.total:
        begun, rate = time.perf_counter(), schedule.rate(state.step)
        y, mask, truth = (part.to(device) for part in draws.draw(seed, state.step))
        with torch.autocast(device.type, torch.bfloat16, enabled=mixed_precision):
            estimate = network(y, mask)
        value = loss(estimate, truth)
        take_step(state.optimizer, network, value, rate, clip, state.step)
        if averaging is not None and state.average is not None:
            follow(state.average, network, averaging)
        state.step += 1
        state.losses.append(value.item())
        state.seconds += time.perf_counter() - begun
        if resume is not None and (state.step % save_every == 0 or state.step == schedule.total):
            state.save(resume)
        if callback is not None:
            callback(
                Progress(state.step, schedule.total, state.losses[-1], rate, state.seconds, network)
            )
    if state.average is not None:
        with torch.no_grad():
            for name, tensor in named_tensors(network).items():
                tensor.copy_(state.average[name])
    network.eval()
    return state


def take_step(
    optimizer: torch.optim.Optimizer,
    network: nn.Module,
    loss: Tensor,
    rate: float,
    clip: float,
    step: int,
) -> None:
    """Move the weights once, down the clipped gradient of the loss."""
    if not torch.isfinite(loss):
        raise FloatingPointError(
            f"the loss of step {step + 1} is {loss.item()}; resume with a lower learning rate"
        )
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), clip)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()


@torch.no_grad()
def follow(average: dict[str, Tensor], network: nn.Module, decay: float) -> None:
    """Move an exponential moving average towards the weights; take counters as they are."""
    for name, tensor in named_tensors(network).items():
        if tensor.is_floating_point():
            average[name].lerp_(tensor, 1 - decay)
        else:
            average[name].copy_(tensor)


def bfloat16_pays(device: torch.device) -> bool:
    """Whether convolutions in bfloat16 are the faster ones on this device.

    On CPUs with AVX512-BF16 or AMX, and on GPUs of compute capability 8.0 or more.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu" and torch.backends.mkldnn.is_available():
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return False
