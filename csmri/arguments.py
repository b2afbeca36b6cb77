"""What is asked of arguments that are numbers: whole ones, real ones, shapes."""

import math
import operator
from numbers import Real


def whole(name: str, value: int, least: int) -> int:
    """`value` as an int, refused where it is no whole number or below `least`."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(
            f"got {name} of type {type(value).__name__}, expected a whole number; "
            f"pass an int of at least {least}"
        ) from None
    if number < least:
        raise ValueError(f"got {name}={number}, expected at least {least}; pass a larger one")
    return number


def real(name: str, value: float, least: float, most: float = math.inf) -> float:
    """`value` as a float, refused where it is no finite number from `least` to `most`."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(
            f"got {name} of type {type(value).__name__}, expected a number; pass a float or an int"
        )
    if not (math.isfinite(value) and least <= value <= most):
        bounds = f"at least {least:g}" if most == math.inf else f"from {least:g} to {most:g}"
        raise ValueError(f"got {name}={value}, expected a number {bounds}; pass one in that range")
    return float(value)


def grid(shape: tuple[int, int]) -> tuple[int, int]:
    """A shape (H, W) of whole numbers."""
    try:
        height, width = shape
    except (TypeError, ValueError):
        raise ValueError(
            f"got shape={shape!r}, expected (H, W), two whole numbers; pass (256, 256) for instance"
        ) from None
    return whole("the height of shape", height, 1), whole("the width of shape", width, 1)
