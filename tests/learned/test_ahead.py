"""Examples that helper processes draw ahead are those that would be drawn without them."""

from itertools import islice

import pytest
import torch

from learned.ahead import batches
from learned.recipes import simulation_of
from learned.training import fit


def test_helpers_draw_the_same_batches_in_the_same_order(small_images, small_recipe):
    draws = simulation_of(small_recipe(1, rows=(16,)), {"s1": small_images("s1")})
    drawn = islice(batches(draws, seed=5, first=3, helpers=2), 5)
    for step, batch in enumerate(drawn, start=3):
        expected = draws.draw(5, step)
        assert type(batch) is type(expected)
        for one, other in zip(batch, expected, strict=True):
            assert torch.equal(one, other)


def test_a_training_with_helpers_gives_the_same_weights(small_images, small_recipe):
    recipe = small_recipe(3, rows=(16,))
    draws = simulation_of(recipe, {"s1": small_images("s1")})
    results = []
    for helpers in (0, 1):
        torch.manual_seed(1)
        network = recipe.architecture.build()
        fit(network, draws, recipe.schedule, helpers=helpers, mixed_precision=False)
        results.append(network.state_dict())
    assert all(torch.equal(results[0][name], results[1][name]) for name in results[0])


def test_fewer_helpers_than_none_are_refused(small_images, small_recipe):
    draws = simulation_of(small_recipe(1), {"s1": small_images("s1")})
    with pytest.raises(ValueError, match="helpers=-1"):
        batches(draws, seed=0, first=0, helpers=-1)
