"""A test-kit for regularizers: whether value and prox agree."""

import numpy as np

from csmri.arrays import Array, array_namespace, inner, to_numpy
from csmri.operators.laws import random_like
from csmri.regularizers.base import Regularizer

STEPS = (0.1, 1.0, 3.0)
DIRECTIONS = 20


def check(R: Regularizer, x: Array, *, seed: int = 0, tolerance: float = 1e-6) -> None:
    """Raise AssertionError, with figures, where R's value and prox cannot belong together.

    Parameters
    ----------
    R : Regularizer
        The regularizer to try, your own for instance; only R's prox and value are used.
    x : (H, W) or (B, H, W) real or complex array, double precision
        An image of the form that R takes; its values set the scale.
    seed : int
        Seed of the random images and directions.
    tolerance : float
        Largest relative violation.

    Raises
    ------
    AssertionError
        Where prox(v) does not minimise R(z) + ‖z − v‖²/(2 step) among many z tried, is not firmly
        non-expansive, does not treat each image of a batch alone, or loses a dtype; or where R is
        not convex between points tried, or a value is not one number an image.
    """
    if "128" not in str(x.dtype) and "float64" not in str(x.dtype):
        raise TypeError(f"got an image of {x.dtype}, expected double precision for a sharp test")
    rng = np.random.default_rng(seed)
    v, w = random_like(x, rng), random_like(x, rng)
    _require(
        tuple(R.value(v).shape) == tuple(v.shape[:-2]),
        f"value gives shape {tuple(R.value(v).shape)}, expected one number an image: "
        f"{tuple(v.shape[:-2])}",
    )
    _check_convex(R, v, w, tolerance)
    for step in STEPS:
        p, q = R.prox(v, step), R.prox(w, step)
        _require(tuple(p.shape) == tuple(v.shape), f"prox gives shape {p.shape} for {v.shape}")
        _require(p.dtype == v.dtype, f"prox gives {p.dtype} for {v.dtype}")
        _check_minimum(R, v, p, step, rng, tolerance)
        _check_firmly_nonexpansive(v, w, p, q, step, tolerance)
    _check_batch(R, v, w)


def _check_minimum(R, v, p, step, rng, tolerance):
    def objective(z):
        return R.value(z) + inner(z - v, z - v)[..., 0, 0] / (2 * step)

    least = objective(p)
    trials = [v, 0 * v, p - (p - v) / 2]
    for size in (1.0, 1e-1, 1e-2, 1e-3):
        trials += [p + size * random_like(v, rng) for _ in range(DIRECTIONS)]
        trials += [p * (1 + size), p * (1 - size)]
    for z in trials:
        excess = to_numpy(least - objective(z)).max()
        _require(
            excess <= tolerance * (1 + abs(to_numpy(least)).max()),
            f"prox(v, {step}) is no minimum: another point has an objective lower by {excess:.3g}",
        )


def _check_firmly_nonexpansive(v, w, p, q, step, tolerance):
    left = to_numpy(inner(p - q, p - q))
    right = to_numpy(inner(p - q, v - w))
    _require(
        bool((left <= right + tolerance * (1 + abs(right))).all()),
        f"prox(·, {step}) is not firmly non-expansive, so it is the prox of no convex function",
    )


def _check_convex(R, v, w, tolerance):
    middle = to_numpy(R.value((v + w) / 2))
    mean = to_numpy(R.value(v) + R.value(w)) / 2
    _require(
        bool((middle <= mean + tolerance * (1 + abs(mean))).all()),
        "value is not convex: it is larger midway between two images than on average at them",
    )


def _check_batch(R, v, w):
    xp = array_namespace(v)
    both = xp.stack((v, w), axis=0)
    together = to_numpy(R.prox(both, 1.0))
    alone = np.stack([to_numpy(R.prox(v, 1.0)), to_numpy(R.prox(w, 1.0))])
    error = np.abs(together - alone).max()
    _require(error <= 1e-10, f"prox of a batch differs from prox of each image by {error:.3g}")


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
