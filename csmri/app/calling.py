"""How the comparison calls a method: with arrays of its own, and a word where it goes wrong."""

import inspect
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from csmri.app.methods import Fit, Method
from csmri.app.oracle import OracleTotalVariation
from csmri.arrays import Array, to_numpy
from csmri.datasets import Acquisition
from solvers import Result

WANTED = "(y, mask, maps=None)"
"""The arguments of a reconstruction."""

Facts = dict[str, Any]
"""Of a record: seconds, gap, iterations."""


def reconstructed(
    method: Method, fit: Fit, acquired: Acquisition, truth: np.ndarray, where: str
) -> tuple[Array, Facts]:
    """The image, with the processor's seconds and what the solver says of itself.

    The method is given copies: one that works in place changes nothing for the others.

    Raises
    ------
    ValueError
        Where a function of a user's own fails, with its error and the line of its module.
    """
    y, mask = acquired.kspace.copy(), np.array(acquired.mask)
    if method.family != "own":
        return _reconstructed(fit, y, mask, truth)
    try:
        return _reconstructed(fit, y, mask, truth)
    except Exception as error:
        module = getattr(fit.reconstruct, "__module__", None)
        raise ValueError(
            f"{where} failed: {said(error, module)}; mend it, or leave the method out"
        ) from error


def maps_for(function: Callable[..., Any]) -> dict[str, None]:
    """What a function is given beside y and mask for one coil: ``maps=None`` where it must be.

    Raises
    ------
    ValueError
        Where it cannot be called as ``f(y, mask)`` or ``f(y, mask, maps=None)``.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return {}  # a compiled function does not tell
    named: dict[str, None]
    for named in ({}, {"maps": None}):
        try:
            signature.bind("y", "mask", **named)
        except TypeError:
            continue
        return named
    raise ValueError(f"got a function of {signature}, expected one of {WANTED}")


def magnitude(image: Any, shape: tuple[int, ...], where: str) -> np.ndarray:
    """|image| on the host.

    Raises
    ------
    ValueError
        Where it is no array of this shape, or not finite.
    """
    if isinstance(image, Result):
        raise ValueError(f"{where} gave a Result, expected an array; return result.x")
    array = to_numpy(image)
    if array.dtype.kind not in "biufc":
        raise ValueError(
            f"{where} gave a {type(image).__name__}, expected an array of {shape}; return the image"
        )
    if array.shape != shape:
        raise ValueError(
            f"{where} gave an image of {array.shape}, expected {shape}; "
            "a Reconstruct returns one image of the mask's field of view"
        )
    found = np.abs(array)
    if not np.isfinite(found).all():
        raise ValueError(
            f"{where} gave values that are not finite; look for steps that are too large"
        )
    return found


def said(error: Exception, module: str | None) -> str:
    """An error in words, with the line of the module where it arose."""
    file = getattr(sys.modules.get(module or ""), "__file__", None)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == file]
    place = f" ({Path(file).name}, line {lines[-1]})" if file and lines else ""
    return f"{type(error).__name__}: {error}{place}"


def _reconstructed(
    fit: Fit, y: np.ndarray, mask: np.ndarray, truth: np.ndarray
) -> tuple[Array, Facts]:
    solve = getattr(fit.reconstruct, "solve", None)
    if isinstance(fit.reconstruct, OracleTotalVariation):
        begin = time.process_time()
        result = fit.reconstruct.solve_knowing(y, mask, truth)
    elif solve is not None:
        named = maps_for(solve)
        begin = time.process_time()
        result = solve(y, mask, **named)
    else:
        named = maps_for(fit.reconstruct)
        begin = time.process_time()
        image = fit.reconstruct(y, mask, **named)
        return image, {"seconds": time.process_time() - begin, "gap": None, "iterations": None}
    seconds = time.process_time() - begin
    gap = None if result.gap is None else float(to_numpy(result.gap))
    return result.x, {"seconds": seconds, "gap": gap, "iterations": int(result.iterations)}
