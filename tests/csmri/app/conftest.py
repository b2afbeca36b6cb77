"""Small stand-ins for the comparison's volumes and methods, so that its tests take seconds."""

import numpy as np
import pytest

from csmri import MaskedFourier, phantoms
from csmri.app.cases import Case
from csmri.app.comparison import compare
from csmri.app.methods import Budget, single, zero_filled
from csmri.app.plan import every
from csmri.app.volumes import Volume


def small_volume(person="somebody", slices=5):
    images = np.stack([phantoms.ellipses((64, 64), count=12, seed=n) for n in range(slices)])
    images = np.clip(images, 0, None).astype(np.float32)
    images /= images.max()
    return Volume(person, person.title(), tuple(range(slices)), images, 1.0, "0" * 64)


def half(y, mask, maps=None, /):
    """A poor method: half of the zero-filled image."""
    return 0.5 * MaskedFourier(mask, maps).adjoint(y)


def poor_method(name="half", family="classical", budget=None):
    return single(name, name.title(), family, half, 1, budget or Budget("guessed"))


@pytest.fixture(scope="session")
def volumes():
    return [small_volume(), small_volume("other", 1)]


@pytest.fixture(scope="session")
def methods():
    return [zero_filled(), poor_method(), poor_method("network", "learned")]


@pytest.fixture(scope="session", name="poor_method")
def poor_method_fixture():
    """Makes a method that can be told apart: half of the zero-filled image."""
    return poor_method


@pytest.fixture(scope="session")
def cases():
    return [Case(4, 0.08), Case(8, 0.04)]


@pytest.fixture(scope="session")
def plan(volumes, cases):
    return every(volumes, cases)


@pytest.fixture(scope="session")
def comparison(methods, plan):
    return compare(methods, plan)


@pytest.fixture(scope="session", name="small_volume")
def small_volume_fixture():
    """Makes a person of few small slices, by any name."""
    return small_volume
