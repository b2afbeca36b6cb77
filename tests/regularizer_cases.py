"""Regularizers of every kind, for the tests that hold for all of them."""

from dataclasses import dataclass

import numpy as np

from csmri.arrays import IMAGE_AXES, array_namespace
from csmri.operators import FiniteDifferences, Fourier, Wavelet
from csmri.regularizers import L1, GroupL1, Regularizer, Ridge, TotalVariation

SHAPE = (8, 12)


@dataclass(frozen=True, eq=False)
class ElasticNet(Regularizer):
    """A user's own: Σ |x| + ½|x|², with nothing but the two methods that are asked for."""

    def value(self, x):
        xp = array_namespace(x)
        return xp.sum(xp.abs(x) + xp.abs(x) ** 2 / 2, axis=IMAGE_AXES)

    def prox(self, x, step):
        return L1().prox(x, step) / (1 + step)


def entry_weights(xp):
    """Weights for each entry, some of them zero."""
    weights = np.random.default_rng(3).random(SHAPE)
    return xp.asarray(np.where(weights < 0.2, 0.0, weights))


def with_prox(xp):
    """Regularizers of closed-form prox, by name, with the form of what they take."""
    haar = Wavelet("haar", levels=2)
    grouped = (2, *SHAPE)
    return {
        "L1": (0.3 * L1(), SHAPE),
        "L1 by entry": (L1(entry_weights(xp)), SHAPE),
        "GroupL1": (0.3 * GroupL1(), grouped),
        "Ridge": (0.3 * Ridge(), SHAPE),
        "Weighted": (0.3 * ElasticNet(), SHAPE),
        "L1 @ Wavelet": (0.3 * (L1() @ haar), SHAPE),
        "L1 by band @ Wavelet": (L1(haar.band_weights(SHAPE, coarse=0.0)) @ haar, SHAPE),
        "Weighted @ Wavelet": (0.3 * (ElasticNet() @ haar), SHAPE),
        "Ridge @ Fourier": (0.3 * (Ridge() @ Fourier()), SHAPE),
    }


def without_prox():
    """Regularizers that only primal-dual solvers take."""
    return {
        "TV": 0.3 * TotalVariation(),
        "TV anisotropic": 0.3 * TotalVariation(isotropic=False),
        "TV Neumann": 0.3 * TotalVariation(periodic=False),
        "TV anisotropic Neumann": 0.3 * TotalVariation(isotropic=False, periodic=False),
        "Weighted @ differences": 0.3 * (ElasticNet() @ FiniteDifferences()),
        "Sum": 0.3 * TotalVariation() + 0.1 * (L1() @ Wavelet("haar", levels=2)),
        "Sum of a transform": 0.3 * ((L1() + GroupL1()) @ FiniteDifferences()),
    }


PROX_NAMES = list(with_prox(np))
OTHER_NAMES = list(without_prox())


def any_regularizer(xp, name):
    return with_prox(xp)[name] if name in PROX_NAMES else (without_prox()[name], SHAPE)
