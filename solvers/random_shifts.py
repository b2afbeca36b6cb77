"""Random shifts of the transform (cycle spinning): a heuristic, and a good one."""

from typing import final

import numpy as np

from csmri.arguments import whole
from csmri.arrays import IMAGE_AXES, Array, array_namespace
from csmri.regularizers.base import Regularizer


def prox_of(regularizer: Regularizer, shifts: int | None) -> Regularizer:
    """The regularizer itself, or with shifts drawn from the seed `shifts`."""
    return regularizer if shifts is None else RandomShifts(regularizer, shifts)


@final
class RandomShifts(Regularizer):
    """A regularizer whose every prox acts on a freshly shifted image, shifted back afterwards.

    The shifts make a stream: one such object serves one run. All images of a batch share them, so
    that a batch gives what its images give alone.
    """

    def __init__(self, regularizer: Regularizer, seed: int):
        self._regularizer = regularizer
        self._rng = np.random.default_rng(whole("shifts", seed, 0))

    def value(self, x: Array) -> Array:
        return self._regularizer.value(x)

    def prox(self, x: Array, step: Array | float) -> Array:
        roll = array_namespace(x).roll
        down, right = (int(self._rng.integers(n)) for n in x.shape[-2:])
        shifted = self._regularizer.prox(roll(x, (down, right), axis=IMAGE_AXES), step)
        return roll(shifted, (-down, -right), axis=IMAGE_AXES)
