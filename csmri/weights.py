"""λ from the data: the largest weight that makes sense, and the level of the noise."""

import math
from collections.abc import Callable
from typing import Any, final

import numpy as np

from csmri import kernels
from csmri.arrays import (
    Array,
    array_namespace,
    as_double,
    beside,
    require_finite,
    to_numpy,
)
from csmri.conjugate_gradients import as_they_are, solved
from csmri.fidelity import LeastSquares, least_squares
from csmri.operators.base import LinearOperator
from csmri.regularizers.base import Composed, Regularizer

__all__ = ["LargestWeight", "distance_from_centre", "largest", "noise_level", "noise_level_of_scan"]

ENDLESS = 1e200
"""A step with which the prox of a norm leaves only what the norm does not penalise."""


@final
class LargestWeight(float):
    """A weight λ, as a float that knows whether it is exact.

    Attributes
    ----------
    exact : bool
        True where any smaller weight has another solution; False for an upper bound.
    """

    exact: bool

    def __new__(cls, value: float, *, exact: bool) -> "LargestWeight":
        """The float with its flag."""
        weight = super().__new__(cls, value)
        weight.exact = exact
        return weight

    def __repr__(self) -> str:
        return f"{float(self):.6g} ({'exact' if self.exact else 'an upper bound'})"


def largest(A: LinearOperator, y: Array, R: Regularizer) -> LargestWeight:
    """λ_max: the weight from which on min ½‖A x − y‖² + λ R(x) has the trivial solution.

    The trivial solution is 0, or where R leaves something unpenalised (total variation the
    constants, band weights perhaps the coarse band) the least-squares fit c by that alone. Useful
    weights are fractions of λ_max, and such a fraction does not depend on the unit of intensity.

    Parameters
    ----------
    A : LinearOperator
        Forward model, images (..., H, W) to k-space (..., H, W) or (..., C, H, W).
    y : (..., H, W) or (..., C, H, W) complex
        Measured k-space. For a batch the largest of its images' weights is given.
    R : Regularizer
        R of weight 1: ``TotalVariation()``, ``L1() @ Wavelet("db4")``.

    Returns
    -------
    LargestWeight
        A float. It is exact for norms of the image or of a unitary transform of it: the dual norm
        of Aᴴ(y − A c), for ``L1() @ W`` the largest |W Aᴴy|. For total variation, other frames and
        sums it is an upper bound and its `exact` is False: the dual norm of p = K(KᴴK)⁺Aᴴ(y − A c),
        one of many p with Kᴴp = Aᴴ(y − A c).

    Raises
    ------
    ValueError
        Where R is no norm whose dual is known, or no bound is known.

    Notes
    -----
    Where ``L1() @ Wavelet(...)`` penalises the coarse band too, that band sets λ_max, which then
    doubles with every level. The detail bands alone are the better yardstick:
    ``L1(W.band_weights(shape, coarse=0)) @ W``.

    References
    ----------
    S.-J. Kim et al. (2007), IEEE J. Sel. Top. Signal Process. 1, 606–617, section II-B (ℓ1).
    """
    f = least_squares(A, as_double(y))
    outer, K = parts_of(R)
    if outer.dual_norm(K(f.zero_filled)) is None:
        raise ValueError(
            f"got {R!r}, expected a norm whose dual norm is known, such as TotalVariation() or "
            "L1() @ Wavelet('db4'): others need not have a weight with a trivial solution"
        )
    if K.is_unitary:
        coefficients = K(gradient_at_trivial(f, lambda x: K.adjoint(outer.prox(K(x), ENDLESS))))
        p = coefficients - outer.prox(coefficients, ENDLESS)
    else:
        p = K(potential(K, gradient_at_trivial(f, lambda x: filtered(x, flat(K, x)))))
    norm: Any = outer.dual_norm(p)
    value = float(to_numpy(norm).max())
    if not math.isfinite(value):
        raise ValueError(
            f"no bound of the largest weight is known for {R!r}, which leaves a part of a "
            "redundant transform unpenalised; penalise all its bands"
        )
    return LargestWeight(value, exact=K.is_unitary)


def parts_of(R: Regularizer) -> tuple[Regularizer, LinearOperator]:
    """(g, K) with R = g ∘ K, unitary transforms included."""
    if not isinstance(R, Composed):
        return R.split()
    outer, inner_transform = R.outer.split()
    return outer, inner_transform @ R.transform


def gradient_at_trivial(f: LeastSquares, unpenalised: Callable[[Array], Array]) -> Array:
    """Aᴴ(y − A c), where c fits y best among what a projection says is not penalised."""
    c = found(lambda x: unpenalised(f.A.normal(x)), unpenalised(f.zero_filled))
    return -f.gradient(c)


def potential(K: LinearOperator, g: Array) -> Array:
    """(KᴴK)⁺ g: by one division in Fourier space, or by conjugate gradients."""
    symbol = K.normal_symbol(tuple(g.shape[-2:]))
    if symbol is not None:
        return filtered(g, inverse(symbol))
    near = inverse(np.asarray(K.nearby_symbol(tuple(g.shape[-2:]))))
    return found(K.normal, g - filtered(g, flat(K, g)), lambda r: filtered(r, near))


def flat(K: LinearOperator, x: Array) -> Array:
    """The symbol of the projection onto what K maps to 0."""
    symbol = to_numpy(K.nearby_symbol(tuple(x.shape[-2:])))
    return np.where(symbol > 0, 0.0, 1.0)


def inverse(symbol: Array) -> np.ndarray:
    """1/symbol, 0 where it is 0."""
    symbol = to_numpy(symbol)
    return np.where(symbol > 0, 1 / np.where(symbol > 0, symbol, 1), 0)


def filtered(x: Array, symbol: np.ndarray) -> Array:
    """The image with its spectrum multiplied by a symbol."""
    return kernels.filtered(x, beside(symbol, x))


def found(
    B: Callable[[Array], Array], b: Array, precondition: Callable[[Array], Array] = as_they_are
) -> Array:
    """x with B x = b, refused where there is none to be found."""
    x, met = solved(B, b, precondition)
    if not bool(array_namespace(b).all(met)):
        raise ValueError(
            "the unpenalised part of the image was not found in 5000 steps of conjugate gradients; "
            "expected data that determine it: measure the middle of k-space, or penalise all bands"
        )
    return x


def noise_level(y: Array, mask: Array, *, share: float = 0.05) -> float:
    """σ with E|n|² = σ² for a complex sample, from the samples farthest from the k-space centre.

    There the image has faded and noise is left, whose modulus follows Rayleigh's distribution with
    the median σ√(ln 2). A median is blind to the few samples where an edge still shines through.

    Parameters
    ----------
    y : (..., H, W) or (..., C, H, W) complex
        Measured k-space, centred, of one scan or of several with the same noise. Coils should be
        prewhitened, so that they have the same noise too.
    mask : (W,) or (H, W) or (..., H, W) bool
        Where it was measured; it broadcasts against y.
    share : float
        The share of the measured samples that is looked at, in (0, 1].

    Returns
    -------
    float
        σ, in units of y. What is left of the image there makes it too large: by a few per cent
        where noise is 2 % of the brightest pixel, severalfold where the image itself is grainy and
        the noise 0.2 %. A noise scan knows better (`noise_level_of_scan`).

    Raises
    ------
    ValueError
        If the mask measures nothing or does not fit, or if most of those samples are exactly 0:
        k-space was then padded with zeros, which are no measurements.
    """
    if not 0 < share <= 1:
        raise ValueError(f"got share={share!r}, expected a number in (0, 1]; 0.05 is a good choice")
    k, measured = to_numpy(y), to_numpy(mask)
    try:
        measured = np.broadcast_to(measured, k.shape)
    except ValueError:
        raise ValueError(
            f"got k-space of {k.shape} and a mask of {measured.shape}, expected a mask that "
            "broadcasts against the k-space: (W,), (H, W) or (..., H, W)"
        ) from None
    if measured.dtype != bool or not measured.any():
        raise ValueError(
            f"got a mask of {measured.dtype} that measures {int(measured.sum())} samples, expected "
            "bool with at least one True; pass mask != 0 if nonzero entries mark the measured ones"
        )
    require_finite("the k-space", k)
    distance = np.broadcast_to(distance_from_centre(k.shape[-2:]), k.shape)[measured]
    moduli = np.abs(k[measured]).astype(float)
    remote = moduli[distance >= np.quantile(distance, 1 - share)]
    median = float(np.median(remote))
    if median == 0:
        raise ValueError(
            f"got k-space of which most of the {remote.size} outermost measured samples are "
            "exactly 0, expected noise there; the scanner padded k-space with zeros: "
            "leave them out of the mask"
        )
    return median / math.sqrt(math.log(2))


def noise_level_of_scan(noise: Array) -> float:
    """σ with E|n|² = σ² for a complex sample: the root mean square of a scan without excitation.

    Parameters
    ----------
    noise : complex array of any shape
        Samples that are noise alone, scaled as the k-space is.
    """
    samples = to_numpy(noise)
    if samples.size == 0:
        raise ValueError("got a noise scan without samples, expected at least one")
    require_finite("the noise scan", samples)
    return float(np.sqrt(np.mean(np.abs(samples.astype(complex)) ** 2)))


def distance_from_centre(shape: tuple[int, int]) -> np.ndarray:
    """(H, W): how far each sample is from zero frequency, 1 at the edges of either axis."""
    rows, columns = ((np.arange(n) - n // 2) / (n / 2) for n in shape)
    return np.hypot(rows[:, None], columns)
