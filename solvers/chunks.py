"""Batches larger than memory: a forecast of bytes, and as many images at once as fit."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, final

import numpy as np

from csmri.arguments import whole
from csmri.arrays import Array, array_namespace, is_single, to_numpy
from csmri.kernels.gpu import free_bytes, ran_out_of_memory, release_memory
from csmri.operators.base import LinearOperator
from csmri.regularizers.base import Regularizer
from solvers.residuals import parts_of
from solvers.result import Result

OF_IMAGE, OF_DUAL, OF_KSPACE = 8, 4, 3
"""Arrays alive at once: of an image's size, of that of K x, and of that of the k-space."""
PROOF = 2  # as much again, twice: proofs are made in double precision
SHARE = 0.9  # of the free memory: plans and fragments need some


class OutOfMemoryWarning(UserWarning):
    """A chunk did not fit into the memory, and was halved."""


@final
@dataclass(frozen=True)
class MemoryForecast:
    """What a batch will need.

    Attributes
    ----------
    images : int
        How many there are.
    bytes_each : int
        Memory for one of them while it is solved, estimated.
    free : int or None
        Bytes that are free where they are solved; None on the host, where the images of a batch
        are solved one by one.
    """

    images: int
    bytes_each: int
    free: int | None

    @property
    def at_once(self) -> int:
        """How many images fit into the memory together, at least one."""
        if self.free is None:
            return self.images
        return max(1, min(self.images, int(SHARE * self.free) // self.bytes_each))

    def __str__(self) -> str:
        free = "" if self.free is None else f", {self.free / 1e9:.2f} GB are free"
        return (
            f"{self.images} images need about {self.bytes_each / 1e6:.1f} MB each, together "
            f"{self.images * self.bytes_each / 1e9:.2f} GB{free}: {self.at_once} at once"
        )


@final
@dataclass(frozen=True, eq=False)
class Chunked:
    """What a solver found for a batch, chunk by chunk.

    Attributes
    ----------
    x : (B, H, W) complex
        The images, on the host where they were moved to be solved.
    iterations, converged : int and bool array
        Of each image, or where a chunk was solved at once, of its chunk.
    objective, gap : float array or None
        None where they were not asked for, or are not known.
    chunks : tuple of int
        How many images were solved together, in turn.
    forecast : MemoryForecast
    """

    x: Array
    iterations: np.ndarray
    converged: np.ndarray
    objective: np.ndarray | None
    gap: np.ndarray | None
    chunks: tuple[int, ...]
    forecast: MemoryForecast

    def __repr__(self) -> str:
        proof = "" if self.gap is None else f", gap ≤ {np.max(self.gap):.2g}"
        return (
            f"Chunked: {len(self.x)} images by {len(self.chunks)} chunks; "
            f"{np.max(self.iterations)} iterations{proof}"
        )


def memory_forecast(
    A: LinearOperator, y: Array, regularizer: Regularizer, *, certify: bool = False
) -> MemoryForecast:
    """How much memory a batch needs while it is solved, and how much is free where y is.

    Parameters
    ----------
    A : LinearOperator
        Of the whole batch.
    y : (B, H, W) or (B, C, H, W) complex
        K-space; A is applied to the first entry along its first axis, to see sizes.
    regularizer : Regularizer
    certify : bool
        Whether objectives and gaps are wanted too, which are computed in double precision.
    """
    return _forecast(_part_of(A, slice(0, 1), y), y[:1, ...], y.shape[0], regularizer, certify)


def _forecast(
    A: LinearOperator, one: Array, images: int, regularizer: Regularizer, certify: bool
) -> MemoryForecast:
    image = A.adjoint(one)
    if image.ndim != 3:
        raise ValueError(
            f"got k-space whose images are {(images, *image.shape[1:])}, expected one batch axis, "
            "(B, H, W); reshape the k-space, and the masks and maps that differ from image to image"
        )
    transformed = parts_of(regularizer.split()[1](image))
    numbers = (
        OF_IMAGE * prod(image.shape)
        + OF_DUAL * sum(prod(part.shape) for part in transformed)
        + OF_KSPACE * prod(one.shape)
    )
    size = 8 if is_single(one) else 16
    return MemoryForecast(images, numbers * size * (1 + PROOF * certify), free_bytes(one))


def in_chunks(
    solver: Callable[..., Result],
    A: LinearOperator,
    y: Array,
    regularizer: Regularizer,
    *,
    at_once: int | None = None,
    move: Callable[[Array], Array] | None = None,
    certify: bool = False,
    **keywords: Any,
) -> Chunked:
    """Solve a batch in chunks along its first axis, as many images at once as fit into memory.

    Where memory runs out all the same, the chunk is halved and solved again, with a warning. What
    was found before is kept.

    Parameters
    ----------
    solver : callable
        `admm`, `fista`, `minimise`, …
    A : LinearOperator
        Of the whole batch: the masks and maps of a chunk are taken from it.
    y : (B, H, W) or (B, C, H, W) complex
        K-space.
    regularizer : Regularizer
    at_once : int, optional
        The most images at once; by default as many as `memory_forecast` finds room for.
    move : callable, optional
        Takes a chunk to where it is solved, ``cupy.asarray`` for instance; its images come back to
        the host. Then neither the k-space nor the images of the batch need to fit on the device.
    certify : bool
        Whether to compute the objective and the gap of every image before its chunk is let go.
    **keywords
        For the solver; an array x0 is taken apart like y.

    Returns
    -------
    Chunked

    Raises
    ------
    ValueError
        For k-space without a batch axis, and an `at_once` that cannot be meant.
    MemoryError
        Where not even one image fits.

    Warns
    -----
    OutOfMemoryWarning
        Where a chunk is halved.
    """
    if y.ndim < 3 or y.shape[0] == 0:
        raise ValueError(
            f"got k-space of shape {tuple(y.shape)}, expected a batch (B, H, W) of at least "
            "one image; pass a single image to the solver itself"
        )
    if at_once is not None:
        at_once = whole("at_once", at_once, 1)

    def there(chunk: Array) -> Array:
        return chunk if move is None else move(chunk)

    def solve(part: slice) -> "_Answer":
        own = keywords
        if hasattr(keywords.get("x0"), "shape"):
            own = {**keywords, "x0": there(keywords["x0"][part, ...])}
        R = regularizer.for_image((part,), (y.shape[0],))
        result = solver(_part_of(A, part, y), there(y[part, ...]), R, **own)
        return _Answer.of(result, part.stop - part.start, certify, on_host=move is not None)

    one, first = there(y[:1, ...]), _part_of(A, slice(0, 1), y)
    forecast = _forecast(first, one, y.shape[0], regularizer, certify)
    answers = _solved(solve, forecast, at_once or forecast.at_once)
    return _together(answers, forecast)


def _solved(
    solve: Callable[[slice], "_Answer"], forecast: MemoryForecast, most: int
) -> "list[_Answer]":
    """The answers of chunks of at most so many images, of fewer once memory ran out."""
    answers, start = [], 0
    while start < forecast.images:
        part = slice(start, min(start + most, forecast.images))
        answer = _unless_memory_runs_out(solve, part)
        if answer is not None:
            answers.append(answer)
            start = part.stop
            continue
        release_memory()
        count = part.stop - part.start
        if count == 1:
            raise MemoryError(
                f"not even one image fits into the memory: it was forecast to need "
                f"{forecast.bytes_each / 1e9:.2f} GB; crop it, compress its coils, take "
                "complex64, or solve it on the host"
            )
        most = count // 2
        warnings.warn(
            f"{count} images at once ran out of memory; goes on with {most}",
            OutOfMemoryWarning,
            stacklevel=3,
        )
    return answers


def _unless_memory_runs_out(solve: Callable[[slice], "_Answer"], part: slice) -> "_Answer | None":
    """None where memory ran out; by the time this returns, what the solver held is let go."""
    try:
        return solve(part)
    except (MemoryError, RuntimeError) as error:
        if not ran_out_of_memory(error):
            raise
    return None


@final
@dataclass(frozen=True, eq=False)
class _Answer:
    """What is kept of a chunk, nothing of which refers to the solver's memory."""

    x: Array
    iterations: np.ndarray
    converged: np.ndarray
    objective: np.ndarray | None
    gap: np.ndarray | None

    @classmethod
    def of(cls, result: Result, images: int, certify: bool, *, on_host: bool) -> "_Answer":
        """From a result of a chunk of so many images."""
        values = (result.iterations, result.converged, None, None)
        if certify:
            values = (*values[:2], result.objective, result.gap)
        each = [None if value is None else np.broadcast_to(value, (images,)) for value in values]
        return cls(to_numpy(result.x) if on_host else result.x, *each)  # pyright: ignore[reportArgumentType]


def _together(answers: Sequence[_Answer], forecast: MemoryForecast) -> Chunked:
    def column(name: str) -> Any:
        values = [getattr(answer, name) for answer in answers]
        return None if values[0] is None else np.concatenate(values)

    xs = [answer.x for answer in answers]
    x = xs[0] if len(xs) == 1 else array_namespace(xs[0]).concat(xs, axis=0)
    return Chunked(
        x,
        column("iterations"),
        column("converged"),
        column("objective"),
        column("gap"),
        tuple(chunk.shape[0] for chunk in xs),
        forecast,
    )


def _part_of(A: LinearOperator, part: slice, y: Array) -> LinearOperator:
    """The operator of some images of the batch."""
    return A.for_image((part,), (y.shape[0],))
