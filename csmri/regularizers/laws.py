"""A test-kit for regularizers: whether value and prox agree."""

import math
from typing import Any

import numpy as np

from csmri.arrays import Array, array_namespace, inner, sum_per_image, to_numpy
from csmri.operators.laws import random_like
from csmri.regularizers.base import Regularizer

STEPS = (0.1, 1.0, 3.0)
DIRECTIONS = 20


def check(R: Regularizer, x: Array, *, seed: int = 0, tolerance: float = 1e-6) -> None:
    """Raise AssertionError, with figures, where R's value and prox cannot belong together.

    Parameters
    ----------
    R : Regularizer
        The regularizer to try, your own for instance: its prox, value and, where it has one,
        dual norm.
    x : (..., H, W) real or complex array, double precision
        One image, or whatever R gives one number for, (2, H, W) differences or (T, H, W) frames
        for instance. Only its form matters: R is tried on random numbers of order 1.
    seed : int
        Seed of the random images and directions.
    tolerance : float
        Largest relative violation.

    Raises
    ------
    AssertionError
        Where prox(v) does not minimise R(z) + ‖z − v‖²/(2 step) among many z tried, is not firmly
        non-expansive, does not treat each image of a batch alone, loses a dtype or writes into
        its input; where R is not convex between points tried, or a value is not one number an
        image; or where R has a dual norm but is no norm, or its dual norm is too small, so that
        solvers would claim gaps that are none.
    TypeError
        Where R is no `Regularizer`, or x is not in double precision.
    """
    if not isinstance(R, Regularizer):
        raise TypeError(
            f"got R of type {type(R).__name__}, expected a Regularizer; derive the class from it"
        )
    if str(x.dtype).rpartition(".")[-1] not in ("complex128", "float64"):
        raise TypeError(
            f"got an image of {x.dtype}, expected double precision for a sharp test; "
            "pass np.zeros((16, 16), complex) for instance"
        )
    rng = np.random.default_rng(seed)
    v, w = random_like(x, rng), random_like(x, rng)
    value = R.value(v)
    _require(
        hasattr(value, "shape"), f"value gives a {type(value).__name__}, expected an array's sum"
    )
    _require(
        tuple(value.shape) == tuple(v.shape[:-2])[: value.ndim],
        f"value gives shape {tuple(value.shape)}, expected one number an image: "
        f"{tuple(v.shape[:-2])}",
    )
    _check_convex(R, v, w, tolerance)
    for step in STEPS:
        p, q = _prox(R, v, step), _prox(R, w, step)
        _check_minimum(R, v, p, step, rng, tolerance)
        _check_firmly_nonexpansive(v, w, p, q, step, tolerance)
    _prox(R, _single(v), 1.0)
    _check_batch(R, v, w)
    if R.has_dual_norm:
        _check_dual_norm(R, v, tolerance)


def _prox(R, v, step):
    """prox(v, step), of the form of v, with v as it was."""
    before = to_numpy(v).copy()
    p = R.prox(v, step)
    _require(np.array_equal(to_numpy(v), before), "prox wrote into its input")
    _require(
        tuple(p.shape) == tuple(v.shape), f"prox gives shape {tuple(p.shape)} for {tuple(v.shape)}"
    )
    _require(p.dtype == v.dtype, f"prox gives {p.dtype} for {v.dtype}")
    return p


def _check_minimum(R, v, p, step, rng, tolerance):
    def objective(z):
        value = R.value(z)
        distance = sum_per_image(array_namespace(z).abs(z - v) ** 2, value.ndim)
        return to_numpy(value + distance / (2 * step))

    least = objective(p)
    trials = [v, 0 * v, p - (p - v) / 2]
    for size in (1.0, 1e-1, 1e-2, 1e-3):
        trials += [p + size * random_like(v, rng) for _ in range(DIRECTIONS)]
        trials += [p * (1 + size), p * (1 - size), p + size * (v - p), p - size * (v - p)]
    for z in trials:
        excess = (least - objective(z)).max()
        _require(
            excess <= tolerance * (1 + abs(least).max()),
            f"prox(v, {step}) is no minimum: another point has an objective lower by {excess:.3g}",
        )


def _check_firmly_nonexpansive(v, w, p, q, step, tolerance):
    left = to_numpy(inner(p - q, p - q)).sum()
    right = to_numpy(inner(p - q, v - w)).sum()
    _require(
        left <= right + tolerance * (1 + abs(right)),
        f"prox(·, {step}) is not firmly non-expansive, so it is the prox of no convex function",
    )


def _check_convex(R, v, w, tolerance):
    for share in (0.5, 0.1, 0.9):
        for other in (w, 0 * v, 1e-2 * w):
            between = to_numpy(R.value(share * v + (1 - share) * other))
            chord = share * to_numpy(R.value(v)) + (1 - share) * to_numpy(R.value(other))
            _require(
                bool((between <= chord + tolerance * (1 + abs(chord))).all()),
                "value is not convex: it is larger between two images than on the chord of "
                "its values at them",
            )


def _check_batch(R, v, w):
    both = array_namespace(v).stack((v, w), axis=0)
    for name, function in (("value", R.value), ("prox", lambda z: R.prox(z, 1.0))):
        together = to_numpy(function(both))
        alone = np.stack([to_numpy(function(v)), to_numpy(function(w))])
        _require(
            together.shape == alone.shape,
            f"{name} of a batch of two gives shape {together.shape}, expected {alone.shape}",
        )
        error = np.abs(together - alone).max()
        _require(
            error <= 1e-10 * (1 + np.abs(alone).max()),
            f"{name} of a batch differs from {name} of each image by {error:.3g}",
        )


def _check_dual_norm(R, v, tolerance):
    """By Moreau's identity prox(p, s) = 0 for every s that the dual norm of p does not exceed."""
    once, twice = to_numpy(R.value(v)), to_numpy(R.value(2 * v))
    _require(
        bool((abs(twice - 2 * once) <= tolerance * abs(twice)).all()),
        f"R has a dual norm but is no norm: R(2v) = {twice.max():.6g}, R(v) = {once.max():.6g}",
    )
    p = R.penalised(v)
    found: Any = R.dual_norm(p)
    norm = float(to_numpy(found).max())
    if not 0 < norm < math.inf:
        return
    left, whole = (float(np.abs(to_numpy(z)).max()) for z in (R.prox(p, norm * (1 + tolerance)), p))
    _require(
        left <= 100 * tolerance * whole,
        f"dual_norm(p) = {norm:.6g} is too small: prox(p, dual_norm(p)) leaves {left:.3g}, not 0",
    )


def _single(v):
    """V in single precision."""
    xp = array_namespace(v)
    return xp.astype(v, xp.complex64 if xp.isdtype(v.dtype, "complex floating") else xp.float32)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
