"""Small images, problems and recipes for the tests of the networks."""

from functools import cache

import numpy as np
import pytest
import torch

from csmri import datasets, masks
from csmri.operators import MaskedFourier
from learned import ColumnMasks, Recipe, Schedule, UnrolledArchitecture

SIZE = 64


@pytest.fixture(autouse=True)
def one_thread():
    """Bits depend on the number of threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def small_images():
    """Every fourth slice of a shipped dataset, reduced to 64² pixels."""
    return load_small


@cache
def load_small(name):
    images = datasets.centred(datasets.load(name).images[::4], (256, 256))
    return np.clip(datasets.reduced(images, (SIZE, SIZE)), 0, 1)


@pytest.fixture
def small_recipe():
    """An unrolled network of three steps with 16 channels that trains in seconds."""

    def recipe(steps, **changes):
        settings = {
            "architecture": UnrolledArchitecture(iterations=3, channels=16, layers=3),
            "schedule": Schedule(steps, learning_rate=3e-3, warm_up=5),
            "column_masks": ColumnMasks((3.0,), (0.12,), (1.0,)),
            "mixed_precision": False,
        }
        return Recipe(**(settings | changes))

    return recipe


@pytest.fixture
def small_problem():
    """k-space of complex noise, its column mask, and normalised maps where there are coils."""

    def problem(shape=(SIZE, SIZE), coils=None, seed=0, dtype=np.complex64):
        rng = np.random.default_rng(seed)

        def noise(*size):
            return (rng.standard_normal(size) + 1j * rng.standard_normal(size)).astype(dtype)

        mask = masks.random_columns(shape[-1], acceleration=3, center_fraction=0.1, seed=seed)
        x = noise(*shape)
        if coils is None:
            return MaskedFourier(mask)(x), mask, None
        maps = noise(coils, *shape[-2:])
        maps /= np.sqrt(np.sum(np.abs(maps) ** 2, axis=0))
        return MaskedFourier(mask, maps)(x), mask, maps

    return problem
