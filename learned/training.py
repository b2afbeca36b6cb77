"""The training loop: one function, read from top to bottom."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from csmri.arguments import whole
from learned.ahead import Draws, batches
from learned.checkpoint import named_tensors
from learned.environment import bfloat16_pays
from learned.fingerprint import Fingerprinted, fingerprint_of
from learned.interruption import unbroken
from learned.losses import Loss, magnitude_l1
from learned.schedule import Budget, Schedule
from learned.state import State
from learned.workers import Workers

__all__ = ["Draws", "Progress", "Schedule", "State", "fit"]


class Follows(Protocol):
    """Sees a `Progress` after each step: a log, a progress bar."""

    def __call__(self, progress: "Progress", /) -> Any:
        """Look at the progress; what it returns is not used."""
        ...


@dataclass(frozen=True)
class Progress:
    """What a callback sees after each step.

    Attributes
    ----------
    step : int
        Steps made, from 1.
    steps : int or None
        Steps in all; None where the budget is in minutes.
    loss, learning_rate : float
        Of this step.
    seconds : float
        Of computation so far, those before an interruption included.
    network : Module
        In training.
    fraction : float
        How much of the budget is spent.
    metrics : mapping
        What the last validation found, empty before the first.
    validated : bool
        Whether that was after this step.
    """

    step: int
    steps: int | None
    loss: float
    learning_rate: float
    seconds: float
    network: nn.Module = field(repr=False)
    fraction: float = 0.0
    metrics: Mapping[str, float] = field(default_factory=dict)
    validated: bool = False


def fit(
    network: nn.Module,
    draws: Draws,
    schedule: Budget,
    *,
    loss: Loss = magnitude_l1,
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
    seed: int = 0,
    clip: float = 1.0,
    averaging: float | None = None,
    mixed_precision: bool | None = None,
    resume: Path | None = None,
    decisions: Mapping[str, Any] | None = None,
    save_every: int = 100,
    validate: Callable[[nn.Module], Mapping[str, float]] | None = None,
    validate_every: int = 200,
    callback: Follows | None = None,
    workers: Workers = Workers(),  # noqa: B008  a frozen value
    helpers: int = 0,
) -> State:
    """Train a network in place, for a budget of steps or of minutes.

    Parameters
    ----------
    network : Module
        Called as ``network(y, mask)``, or ``network(y, mask, maps)`` for draws with maps; it
        gives complex images. It is trained where it is, and left ready for evaluation.
    draws : Draws
        Makes the batch of each step.
    schedule : Schedule or MinutesSchedule
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
        steps, on Ctrl-C, which waits for the step at work, and in the end. A resumed training
        equals an uninterrupted one bit for bit, on one machine at one number of threads, for
        a budget of steps. The state of another training is refused: see `decisions`.
    decisions : mapping, optional
        What decides the training and neither these arguments nor a ``draws.fingerprint()``
        tell, as values for JSON: the persons, say. A state is taken over only where all of
        them are the same, and all steps made have the learning rate of the schedule.
    save_every : int
        Steps between two writings of the state.
    validate : callable, optional
        Takes the network, ready for evaluation and with averaged weights where there are
        any, to numbers by name: ``ValidationPSNR(...)``, for instance.
    validate_every : int
        Steps between two validations; there is one in the end, too.
    callback : callable, optional
        Sees a `Progress` after each step.
    workers : Workers
        The processes that train together, from `joined_workers`; each calls `fit` alike.
    helpers : int
        Processes that draw the batches ahead, where a GPU would wait for them: see
        `learned.ahead.batches`. The batches are the same.

    Returns
    -------
    State
        With the loss of every step and the seconds of computation.

    Raises
    ------
    FloatingPointError
        Where the loss is no longer finite; the last state saved is from before.
    ValueError
        Where the state to resume from is damaged or of another training, or a batch cannot be
        shared.
    """
    whole("save_every", save_every, 1)
    whole("validate_every", validate_every, 1)
    device = next(network.parameters()).device
    if mixed_precision is None:
        mixed_precision = bfloat16_pays(device)
    workers.start_alike(network)
    average = None
    if averaging is not None:
        average = {name: value.detach().clone() for name, value in named_tensors(network).items()}
    state = State(network, optimizer(network.parameters(), lr=schedule.learning_rate), average)
    if resume is not None:
        own = {"seed": seed, "averaging": averaging, "mixed_precision": mixed_precision}
        own |= {"clip": clip, "loss": loss, "optimizer": optimizer}
        told = draws.fingerprint() if isinstance(draws, Fingerprinted) else {}
        state.fingerprint = fingerprint_of({**(decisions or {}), **own, "examples": told})
        if resume.exists():
            state.load(resume, schedule)
    metrics: Mapping[str, float] = {}
    network.train()
    examples = batches(draws, seed, state.step, helpers)
    while schedule.fraction(state.step, state.seconds) < 1:
        with unbroken(resume is not None and workers.count == 1) as interrupted:
            begun, rate = time.perf_counter(), schedule.rate(state.step, state.seconds)
            batch = workers.share(next(examples))
            y, mask, truth, *maps = (part.to(device) for part in batch)
            with torch.autocast(device.type, torch.bfloat16, enabled=mixed_precision):
                estimate = network(y, mask, *maps)
            value = take_step(state, loss(estimate, truth), rate, clip, workers)
            if averaging is not None and state.average is not None:
                follow(state.average, network, averaging)
            state.step += 1
            state.losses.append(value)
            state.rates.append(rate)
            state.starts.append(state.seconds)
            state.seconds += workers.agreed(time.perf_counter() - begun)
            spent = schedule.fraction(state.step, state.seconds)
            if not workers.is_first:
                continue
            if resume is not None and (state.step % save_every == 0 or spent >= 1):
                state.save(resume)
            due = validate is not None and (state.step % validate_every == 0 or spent >= 1)
            if validate is not None and due:
                metrics = validated(validate, state)
            if callback is not None:
                progress = (state.step, schedule.total, value, rate, state.seconds, network)
                callback(Progress(*progress, spent, metrics, due))
            if resume is not None and interrupted():
                state.save(resume)
    state.exchange()
    network.eval()
    return state


def take_step(state: State, loss: Tensor, rate: float, clip: float, workers: Workers) -> float:
    """Move the weights once, down the clipped gradient of the loss, and return the loss."""
    value = workers.mean(loss.detach()).item()
    if not math.isfinite(value):
        raise FloatingPointError(
            f"the loss of step {state.step + 1} is {value}; start again with a lower learning rate"
        )
    state.optimizer.zero_grad()
    loss.backward()
    workers.average_gradients(state.network)
    nn.utils.clip_grad_norm_(state.network.parameters(), clip)
    for group in state.optimizer.param_groups:
        group["lr"] = rate
    state.optimizer.step()
    return value


def validated(
    validate: Callable[[nn.Module], Mapping[str, float]], state: State
) -> Mapping[str, float]:
    """Judge the network with the weights it would have if training ended now."""
    state.exchange()
    state.network.eval()
    with torch.no_grad():
        metrics = dict(validate(state.network))
    state.network.train()
    state.exchange()
    return metrics


@torch.no_grad()
def follow(average: dict[str, Tensor], network: nn.Module, decay: float) -> None:
    """Move an exponential moving average towards the weights; take counters as they are."""
    for name, tensor in named_tensors(network).items():
        if tensor.is_floating_point():
            average[name].lerp_(tensor, 1 - decay)
        else:
            average[name].copy_(tensor)
