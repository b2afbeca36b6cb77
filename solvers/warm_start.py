"""Warm starts: what of a solution serves the next, similar problem."""

from dataclasses import replace
from typing import Any

from solvers.iterate import Iterate
from solvers.result import Result


def warm_start(last: Result | None, *, scale: float = 1.0) -> Result | None:
    """A result to begin a similar problem with: its image, and its dual times `scale`.

    The dual scales with λ, so that from λ₁ to λ₂ the scale is λ₂/λ₁. The penalty ρ is left behind:
    what suited the end of a solve is a poor start, and costs more iterations than it saves.
    """
    if last is None:
        return None
    iterate = last.iterate
    begun = Iterate(iterate.x, lambda: scaled(iterate.p, scale))
    parts = (warm_start(part, scale=scale) for part in last.parts)
    return replace(last, iterate=begun, parts=tuple(parts))


def scaled(p: Any, scale: float) -> Any:
    """The dual times a number; None where there is none."""
    return None if p is None else scale * p
