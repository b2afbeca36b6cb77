"""Small stand-ins for the comparison's volumes and methods, so that its tests take seconds."""

import numpy as np
import pytest

from csmri import MaskedFourier, phantoms
from csmri.app.cases import Case, Volume
from csmri.app.comparison import compare
from csmri.app.methods import Budget, Method, zero_filled


def small_volume(person="somebody", slices=3):
    images = np.stack([phantoms.ellipses((64, 64), count=12, seed=n) for n in range(slices)])
    images = np.clip(images, 0, None).astype(np.float32)
    images /= images.max()
    return Volume(person, person.title(), tuple(range(slices)), images, 1.0, "0" * 64)


def half(y, mask, maps=None, /):
    """A poor method: half of the zero-filled image."""
    return 0.5 * MaskedFourier(mask, maps).adjoint(y)


def poor_method(name="half", family="classical", budget=None):
    return Method(name, name.title(), family, half, 1, budget or Budget("guessed"))


@pytest.fixture
def volumes():
    return [small_volume(), small_volume("other", 1)]


@pytest.fixture
def methods():
    return [zero_filled(), poor_method(), poor_method("network", "learned")]


@pytest.fixture(name="poor_method")
def poor_method_fixture():
    """Makes a method that can be told apart: half of the zero-filled image."""
    return poor_method


@pytest.fixture
def cases():
    return [Case(4, 0.08), Case(8, 0.04)]


@pytest.fixture
def comparison(methods, volumes, cases):
    return compare(methods, volumes, cases)
