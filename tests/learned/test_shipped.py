import re
from dataclasses import asdict, replace
from importlib.resources import files

import numpy as np
import pytest
import torch

import learned
from csmri import datasets, masks
from csmri.operators import MaskedFourier
from learned.recipes import sha256_of
from learned.reconstruct import CONTAINED

LARGEST_FILE, LARGEST_FOLDER = 10_000_000, 48_000_000  # bytes

SLICE = {"colin27": 24, "s1": 46}


@pytest.fixture(scope="module", params=learned.SHIPPED)
def shipped(request):
    unseen = unseen_by(request.param)
    return request.param, learned.load(request.param, evaluate_on=[unseen, "macaque"])


def test_a_loaded_network_shows_itself_in_a_line(shipped):
    name, network = shipped
    assert repr(network).startswith("LearnedReconstruction(")
    assert repr(network).endswith(f"trained on {seen_by(name)})")


def seen_by(name):
    """The person of the fold: two folds, each trained on one and tested on the other."""
    return "colin27" if name.endswith("_colin27") else "s1"


def unseen_by(name):
    return "s1" if name.endswith("_colin27") else "colin27"


def psnr(image, truth):
    return 10 * np.log10(truth.max() ** 2 / np.mean((np.abs(image) - truth) ** 2))


def test_the_files_are_small_enough_to_ship():
    sizes = {path.name: path.stat().st_size for path in map(learned.weights_of, learned.SHIPPED)}  # pyright: ignore[reportAttributeAccessIssue]
    assert max(sizes.values()) <= LARGEST_FILE
    assert sum(sizes.values()) <= LARGEST_FOLDER
    folder = files("learned") / "weights"
    assert {path.name for path in folder.iterdir()} == {"README.md", *sizes}


def test_the_record_is_that_of_the_recipe_to_train_it_again(shipped):
    name, reconstruct = shipped
    whole, steps = CONTAINED.get(name, (name, None))
    recipe, record = learned.RECIPES[whole], reconstruct.record
    if steps is not None:
        assert steps in recipe.lengths
        assert record.architecture == replace(recipe.architecture, iterations=steps)
    else:
        assert record.architecture == recipe.architecture
    assert record.training.get("lengths", []) == list(recipe.lengths)
    assert record.persons == recipe.persons == (seen_by(name),)
    assert record.training["schedule"] == asdict(recipe.schedule)
    assert record.training["steps"] == recipe.schedule.total
    assert record.training["batch_size"] == recipe.batch_size
    assert record.training["seconds"] > 0
    assert record.masks["accelerations"] == list(recipe.column_masks.accelerations)
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in record.masks["first_masks"])


def test_it_was_trained_on_the_images_that_ship(shipped):
    name, reconstruct = shipped
    images = datasets.load(seen_by(name), shape=(256, 256)).images
    assert reconstruct.record.data["sha256"] == {seen_by(name): sha256_of(images)}
    assert reconstruct.record.data["slices"] == len(images)


def test_judging_it_on_the_person_it_was_trained_on_is_refused(shipped):
    name, _ = shipped
    seen = seen_by(name)
    with pytest.raises(ValueError, match=f"{seen} both for training and for evaluation"):
        learned.load(name, evaluate_on=[seen.upper()])


@pytest.mark.parametrize(
    ("acceleration", "center_fraction", "gain"), [(4, 0.08, 2.5), (8, 0.04, 1.0)]
)
def test_it_reconstructs_a_person_it_never_saw(shipped, acceleration, center_fraction, gain):
    name, reconstruct = shipped
    person = unseen_by(name)
    truth = datasets.load(person, shape=(256, 256)).images[SLICE[person]]
    mask = masks.random_columns(
        256, acceleration=acceleration, center_fraction=center_fraction, seed=0
    )
    kspace = datasets.simulate(truth, mask, seed=(person, SLICE[person])).kspace
    zero_filled = MaskedFourier(mask).adjoint(kspace)
    assert psnr(reconstruct(kspace, mask), truth) > psnr(zero_filled, truth) + gain


def test_sizes_that_are_no_multiples_of_anything_work(shipped):
    _, reconstruct = shipped
    mask = masks.random_columns(181, acceleration=4, center_fraction=0.08, seed=0)
    truth = datasets.load("colin27").images[24]
    kspace = datasets.simulate(truth, mask, seed=1).kspace
    image = reconstruct(kspace, mask)
    assert image.shape == truth.shape
    assert psnr(image, truth) > psnr(MaskedFourier(mask).adjoint(kspace), truth)


def test_an_unknown_name_is_taken_for_a_path():
    with pytest.raises(FileNotFoundError, match="got transformer"):
        learned.load("transformer")


@pytest.mark.parametrize("name", ["wavelet", "unet", "unrolled", "refined"])
def test_mixed_precision_costs_next_to_nothing_of_the_image(name):
    truth = datasets.centred(datasets.load("colin27").images[SLICE["colin27"]], (256, 256))
    mask = masks.random_columns(256, acceleration=4, center_fraction=0.08, seed=0)
    y = datasets.simulate(truth, mask, seed=0).kspace
    image = learned.load(name)(y, mask)
    mixed = learned.load(name, mixed_precision=True)(y, mask)
    assert mixed.dtype == image.dtype == np.complex64
    assert abs(psnr(mixed, truth) - psnr(image, truth)) < 0.05
    pays = learned.bfloat16_pays(torch.device("cpu")) and name != "wavelet"
    assert np.array_equal(mixed, image) != pays


def test_the_first_steps_are_as_precise_as_the_whole():
    whole = learned.load("refined_long", mixed_precision=True)
    assert whole.first(6).mixed_precision
    assert not learned.load("refined").mixed_precision
