"""A test-kit for linear operators: whether call, adjoint, normal and norm bound agree."""

import math

import numpy as np

from csmri.arrays import Array, array_namespace, device, is_single, to_numpy
from csmri.operators.base import LinearOperator


def check(A: LinearOperator, x: Array, *, seed: int = 0, tolerance: float | None = None) -> None:
    """Raise AssertionError, with figures, where A breaks a law of linear operators.

    Parameters
    ----------
    A : LinearOperator
        The operator to try, your own for instance.
    x : array
        An image of the shape, dtype and array library that A takes. Only its form matters.
    seed : int
        Seed of the random images that A is tried on.
    tolerance : float, optional
        Largest relative error; 1e-4 in single and 1e-10 in double precision by default.

    Raises
    ------
    AssertionError
        Where A is not linear, ⟨A u, v⟩ ≠ ⟨u, Aᴴ v⟩, normal ≠ adjoint ∘ call, ‖A‖ exceeds
        `norm_bound()`, `is_unitary`, `extra_axes`, `normal_is_projection`, `normal_symbol` or
        `mirrored_symbol` is claimed wrongly, a dtype is lost or an input is written.
    TypeError
        Where A is no `LinearOperator`.
    """
    if not isinstance(A, LinearOperator):
        raise TypeError(
            f"got A of type {type(A).__name__}, expected a LinearOperator; derive the class from it"
        )
    if tolerance is None:
        tolerance = 1e-4 if is_single(x) else 1e-10
    rng = np.random.default_rng(seed)
    u, w = random_like(x, rng), random_like(x, rng)
    u_before = to_numpy(u).copy()
    Au = A(u)
    v = random_like(Au, rng)
    v_before = to_numpy(v).copy()
    Ahv = A.adjoint(v)

    _require(np.array_equal(to_numpy(u), u_before), "A(x) wrote into its input x")
    _require(np.array_equal(to_numpy(v), v_before), "A.adjoint(y) wrote into its input y")
    _require(
        tuple(Ahv.shape) == tuple(u.shape), f"Aᴴ gives shape {tuple(Ahv.shape)}, x has {u.shape}"
    )
    _require(
        getattr(Au, "ndim", u.ndim + A.extra_axes) == u.ndim + A.extra_axes,
        f"A(x) has {getattr(Au, 'ndim', 0)} axes and x {u.ndim}, but extra_axes is {A.extra_axes}",
    )
    _require(Ahv.dtype == u.dtype, f"Aᴴ gives {Ahv.dtype} for an image of {u.dtype}")
    _require_close("A(2u − iw) and 2A(u) − iA(w)", A(2 * u - 1j * w), 2 * Au - 1j * A(w), tolerance)
    left, right = _dot(Au, v), _dot(u, Ahv)
    scale = _size(Au) * _size(v)
    _require(
        abs(left - right) <= tolerance * scale,
        f"⟨A u, v⟩ = {left:.6g} but ⟨u, Aᴴ v⟩ = {right:.6g}: the adjoint is not the adjoint",
    )
    _require_close("normal(u) and adjoint(A(u))", A.normal(u), A.adjoint(Au), tolerance)
    bound = A.norm_bound()
    reached = estimate_norm(A, x, seed=seed)
    _require(
        reached <= bound * (1 + 10 * tolerance),
        f"norm_bound() says {bound:.6g}, but ‖A x‖ = {reached:.6g} ‖x‖ was found",
    )
    if A.is_unitary:
        _require_close("AᴴA u and u (is_unitary)", A.adjoint(Au), u, tolerance)
        _require_close("AAᴴ v and v (is_unitary)", A(Ahv), v, tolerance)
    _check_claims(A, u, tolerance)


def estimate_norm(A: LinearOperator, x: Array, *, iterations: int = 30, seed: int = 0) -> float:
    """A lower bound of ‖A‖ by power iteration on AᴴA, tight after enough iterations.

    Parameters
    ----------
    A : LinearOperator
    x : array
        An image of the form that A takes; its values are not used.
    iterations : int
        Number of applications of AᴴA.
    seed : int
        Seed of the random start.
    """
    u = random_like(x, np.random.default_rng(seed))
    largest = 0.0
    for _ in range(iterations):
        u = u / _size(u)
        u = A.normal(u)
        largest = math.sqrt(_size(u))
        if largest == 0:
            return 0.0
    return largest


def random_like(x: Array, rng: np.random.Generator) -> Array:
    """Standard normal numbers (complex where x is) of the form of x, drawn on the CPU."""
    xp = array_namespace(x)
    values = rng.standard_normal(tuple(x.shape))
    if xp.isdtype(x.dtype, "complex floating"):
        values = values + 1j * rng.standard_normal(tuple(x.shape))
    return xp.asarray(values, dtype=x.dtype, device=device(x))


def _check_claims(A: LinearOperator, u: Array, tolerance: float) -> None:
    """What A says of AᴴA, which solvers and proofs build on."""
    normal = A.normal(u)
    if A.normal_is_projection:
        again = A.normal(normal)
        _require_close("(AᴴA)² u and AᴴA u (normal_is_projection)", again, normal, tolerance)
    shape = height, width = tuple(u.shape[-2:])
    image = to_numpy(u)
    mirrored = np.pad(image, [*(image.ndim - 2) * [(0, 0)], (0, height), (0, width)], "symmetric")
    for name, symbol, wide in (
        ("normal_symbol", A.normal_symbol(shape), image),
        ("mirrored_symbol", A.mirrored_symbol(shape), mirrored),
    ):
        if symbol is not None:
            filtered = np.fft.ifft2(to_numpy(symbol) * np.fft.fft2(wide))[..., :height, :width]
            _require_close(f"AᴴA u and what {name} makes", filtered, to_numpy(normal), tolerance)


def _dot(a: Array, b: Array) -> complex:
    return complex(np.vdot(to_numpy(b), to_numpy(a)))


def _size(a: Array) -> float:
    return float(np.linalg.norm(to_numpy(a)))


def _require_close(what: str, a: Array, b: Array, tolerance: float) -> None:
    error = _size(a - b)
    _require(
        error <= tolerance * max(_size(a), _size(b), 1e-300),
        f"{what} differ by {error:.3g}, where {_size(b):.3g} is their size",
    )


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
