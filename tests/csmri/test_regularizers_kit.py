"""The kit that tries a user's regularizer finds the faults that one makes."""

import numpy as np
import pytest
from properties import random_complex

from csmri.regularizers import L1, Regularizer, check

SHAPE = (8, 12)


class Planted(Regularizer):
    """|x| summed, until a test replaces one of its methods by a faulty one."""

    def __init__(self, value=None, prox=None):
        self._value, self._prox = value or L1().value, prox or L1().prox

    def value(self, x):
        return self._value(x)

    def prox(self, x, step):
        return self._prox(x, step)


def shrunk_apart(x, step):
    """Real and imaginary part on their own: the prox of another function."""
    shrink = L1().prox
    return shrink(x.real, step) + 1j * shrink(x.imag, step)


def written_in_place(x, step):
    result = L1().prox(x, step)
    x[...] = result
    return result


def test_what_is_no_regularizer_is_said_to_be_none():
    with pytest.raises(TypeError, match=r"expected a Regularizer; derive the class from it"):
        check(object(), np.zeros(SHAPE, complex))
    with pytest.raises(TypeError, match=r"pass np\.zeros\(\(16, 16\), complex\)"):
        check(L1(), np.zeros(SHAPE, "complex64"))


FAULTS = {
    "forgets the step": ({"prox": lambda x, step: L1().prox(x, 1.0)}, "no minimum"),
    "takes the step twice": ({"prox": lambda x, step: L1().prox(x, 2 * step)}, "no minimum"),
    "shrinks a little too much": (
        {"prox": lambda x, step: L1().prox(x, 1.05 * step)},
        "no minimum",
    ),
    "keeps what is large": ({"prox": lambda x, step: x * (abs(x) > step)}, "no minimum"),
    "shrinks real and imaginary part apart": ({"prox": shrunk_apart}, "no minimum"),
    "does nothing": ({"prox": lambda x, step: x + 0}, "no minimum"),
    "expands": (
        {"value": lambda x: 0 * L1().value(x), "prox": lambda x, step: 2 * x},
        "no minimum",
    ),
    "square root": (
        {"value": lambda x: np.sqrt(abs(x)).sum(axis=(-2, -1))},
        "value is not convex",
    ),
    "counts what is not zero": (
        {"value": lambda x: (abs(x) > 0).sum(axis=(-2, -1)) + 0.0},
        "value is not convex",
    ),
    "one number a pixel": ({"value": abs}, r"value gives shape \(8, 12\), expected one number"),
    "a Python number": ({"value": lambda x: float(abs(x).sum())}, "value gives a float"),
    "value mixes a batch": (
        {"value": lambda x: abs(x).sum()},
        r"value of a batch of two gives shape \(\), expected \(2,\)",
    ),
    "value of the first image alone": (
        {"value": lambda x: L1().value(x) + 0 * x.size + L1().value(x).flat[0] * (x.ndim > 2)},
        "value of a batch differs",
    ),
    "prox scaled by the batch": (
        {"prox": lambda x, step: L1().prox(x, step * (1 if x.ndim == 2 else 1.5))},
        "prox of a batch differs",
    ),
    "prox of another shape": (
        {"prox": lambda x, step: L1().prox(x, step)[:-1]},
        "prox gives shape",
    ),
    "prox drops the phase": ({"prox": lambda x, step: abs(L1().prox(x, step))}, "prox gives float"),
    "prox in double precision only": (
        {"prox": lambda x, step: L1().prox(x.astype(complex), step)},
        "prox gives complex128 for complex64",
    ),
    "prox writes its input": ({"prox": written_in_place}, "prox wrote into its input"),
    "a value of nan": ({"value": lambda x: np.nan * L1().value(x)}, "value is not convex"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_kit_finds_a_planted_fault(fault):
    methods, message = FAULTS[fault]
    check(Planted(), random_complex(np, SHAPE))
    with pytest.raises(AssertionError, match=message):
        check(Planted(**methods), random_complex(np, SHAPE))


def test_the_kit_finds_a_prox_of_no_convex_function():
    def jump(x, step):
        return np.where(abs(x) > 1, x, 0 * x)

    flat = {"value": lambda x: 0 * L1().value(x), "prox": jump}
    with pytest.raises(AssertionError, match=r"not firmly non-expansive|no minimum"):
        check(Planted(**flat), random_complex(np, SHAPE))


class Norm(Planted):
    """A sum of |x| that knows a dual norm, right or wrong."""

    def __init__(self, share, **methods):
        super().__init__(**methods)
        self._share = share

    def dual_norm(self, p):
        return self._share * L1().dual_norm(p)


def test_the_kit_finds_a_dual_norm_that_would_make_gaps_false():
    x = random_complex(np, SHAPE)
    check(Norm(1.0), x)
    check(Norm(1.1), x)  # loose, and still a proof
    with pytest.raises(AssertionError, match="too small: prox"):
        check(Norm(0.9), x)
    ridge = {"value": lambda x: (abs(x) ** 2).sum((-2, -1)) / 2, "prox": lambda x, s: x / (1 + s)}
    with pytest.raises(AssertionError, match="is no norm"):
        check(Norm(1.0, **ridge), x)


def test_the_kit_wants_double_precision(xp):
    with pytest.raises(TypeError, match="expected double precision"):
        check(L1(), random_complex(xp, SHAPE, dtype="complex64"))
