from dataclasses import replace

import numpy as np
import pytest
import torch

import learned
from csmri import masks
from csmri.datasets import simulate
from csmri.kernels.torch_gpu import missing_for_torch
from csmri.operators import MaskedFourier
from csmri.reconstruction import Reconstruct
from learned import train_shipped
from learned.checkpoint import named_tensors
from learned.shipped import on_gpu


def psnr(image, truth):
    return 10 * np.log10(truth.max() ** 2 / np.mean((np.abs(image) - truth) ** 2))


def test_a_few_seconds_of_training_gain_two_decibels_on_another_person(
    small_images, small_recipe, tmp_path
):
    path = tmp_path / "small.safetensors"
    images = {"s1": small_images("s1")}
    recipe = small_recipe(
        100,
        architecture=learned.UnrolledArchitecture(iterations=3, channels=16, layers=5),
        augmentation=None,
    )
    learned.train(recipe, path, images=images, held_out=("colin27",))
    reconstruct = learned.load(path, evaluate_on=["colin27"])
    gains = []
    for index, truth in enumerate(small_images("colin27")):
        mask = masks.random_columns(64, acceleration=3, center_fraction=0.12, seed=index)
        kspace = simulate(truth, mask, seed=("colin27", index)).kspace
        zero_filled = MaskedFourier(mask).adjoint(kspace)
        gains.append(psnr(reconstruct(kspace, mask), truth) - psnr(zero_filled, truth))
    assert np.mean(gains) > 2


def test_the_record_says_what_was_done(small_images, small_recipe, tmp_path):
    trained = learned.train(small_recipe(2), tmp_path / "n", images={"s1": small_images("s1")})
    record = learned.load(tmp_path / "n").record
    assert record == trained.record
    assert record.persons == ("s1",)
    assert record.training["steps"] == 2
    assert record.training["batch_size"] == 2
    assert len(record.data["sha256"]["s1"]) == 64
    assert record.data["slices"] == 23
    assert record.masks["accelerations"] == [3.0]
    assert record.masks["first_masks"]
    assert record.versions["torch"].startswith(torch.__version__.split("+")[0])
    assert record.seeds == {"network": 0, "examples": 0}


def test_training_is_the_same_whatever_was_drawn_before(small_images, small_recipe, tmp_path):
    images = {"s1": small_images("s1")}
    first = learned.train(small_recipe(2), tmp_path / "a", images=images)
    drawn = torch.rand(3)
    torch.manual_seed(0)
    assert torch.equal(drawn, torch.rand(3))  # nor does training disturb what is drawn after
    again = learned.train(small_recipe(2), tmp_path / "b", images=images)
    pairs = zip(first.network.parameters(), again.network.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_a_recipe_may_not_train_on_a_person_held_out(small_recipe, tmp_path):
    with pytest.raises(ValueError, match="s1 both for training"):
        learned.train(small_recipe(1), tmp_path / "n", held_out=("S1",))


def test_images_of_all_persons_are_asked_for(small_recipe, tmp_path):
    for images in ({}, {"me": np.zeros((2, 16, 16))}):
        with pytest.raises(ValueError, match=r"no images of .*name yours in it: Recipe\(persons="):
            learned.train(small_recipe(1), tmp_path / "n", images=images)
    with pytest.raises(TypeError, match=r"type ndarray, expected a mapping"):
        learned.train(small_recipe(1), tmp_path / "n", images=np.zeros((2, 16, 16)))


def test_images_of_different_shapes_are_refused(small_recipe, tmp_path):
    images = {"a": np.zeros((2, 16, 16)), "b": np.zeros((2, 16, 18))}
    with pytest.raises(ValueError, match="one field of view"):
        learned.train(small_recipe(1, persons=("a", "b")), tmp_path / "n", images=images)


@pytest.mark.parametrize("coils", [None, 3])
@pytest.mark.parametrize("architecture", [learned.UnrolledArchitecture(2, 8, 3), None])
def test_a_network_is_a_reconstruction(small_problem, architecture, coils):
    architecture = architecture or learned.UNetArchitecture(widths=(8, 16))
    network = architecture.build()
    with torch.no_grad():
        for tensor in network.parameters():
            tensor.add_(0.05 * torch.randn_like(tensor))
    reconstruct = learned.LearnedReconstruction(network, learned.Record(architecture))
    y, mask, maps = small_problem(shape=(31, 42), coils=coils)
    image = reconstruct(y, mask, maps)
    assert isinstance(reconstruct, Reconstruct)
    assert image.shape == (31, 42)
    assert image.dtype == np.complex64
    assert np.array_equal(image, reconstruct(y, mask, maps))
    np.testing.assert_allclose(
        reconstruct(1e-6 * y, mask, maps), 1e-6 * image, rtol=1e-4, atol=1e-10
    )
    assert reconstruct(y.astype(np.complex128), mask, maps).dtype == np.complex128
    assert reconstruct.parameters == sum(t.numel() for t in named_tensors(network).values())


def test_bad_measurements_are_refused(small_problem):
    architecture = learned.UnrolledArchitecture(1, 8, 2)
    reconstruct = learned.LearnedReconstruction(architecture.build(), learned.Record(architecture))
    y, mask, _ = small_problem()
    with pytest.raises(TypeError, match="expected complex64"):
        reconstruct(y.real, mask)
    with pytest.raises(TypeError):
        reconstruct(y, mask.astype(float))
    broken = y.copy()
    broken[3, 4] = np.nan
    with pytest.raises(ValueError, match=r"index \(3, 4\)"):
        reconstruct(broken, mask)
    with pytest.raises(ValueError, match="mask"):
        reconstruct(y[:, :-1], mask)
    with pytest.raises(ValueError, match="nothing was measured"):
        reconstruct(y + 1, mask)


@pytest.mark.parametrize("coils", [None, 2])
def test_where_nothing_was_measured_the_image_is_zero(small_problem, coils):
    network = learned.UnrolledArchitecture(2, 8, 2).build()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1)
    reconstruct = learned.LearnedReconstruction(network, learned.Record(None))
    y, mask, _ = small_problem()
    maps = None
    if coils is not None:
        y = np.stack(coils * [y])
        maps = np.full(y.shape, coils**-0.5, y.dtype)
    image = reconstruct(y, mask, maps)
    batch = reconstruct(np.stack([0 * y, y]), mask, maps)
    assert not batch[0].any()
    np.testing.assert_allclose(batch[1], image, atol=1e-6 * np.abs(image).max())
    assert not reconstruct(0 * y, mask, maps).any()
    assert reconstruct(0 * y, mask, maps).shape == image.shape
    assert reconstruct(np.stack([y])[:0], mask, maps).shape == (0, *image.shape)


def test_the_command_trains_what_is_named_and_goes_on_where_it_stopped(
    small_recipe, monkeypatch, tmp_path, capsys
):
    recipe = small_recipe(2, rows=(16,), batch_size=1)
    monkeypatch.setitem(train_shipped.RECIPES, "unrolled", recipe)
    train_shipped.main(["unrolled", "--directory", str(tmp_path)])
    train_shipped.main(["unrolled", "--directory", str(tmp_path)])
    assert "written to" in capsys.readouterr().out
    assert sorted(child.name for child in tmp_path.iterdir()) == [
        "unrolled.safetensors",
        "unrolled.state",
    ]
    with pytest.raises(SystemExit):
        train_shipped.main(["transformer"])


def test_the_command_trains_on_a_gpu(small_recipe, monkeypatch, tmp_path):
    if lacking := missing_for_torch():
        pytest.skip(lacking)
    monkeypatch.setitem(train_shipped.RECIPES, "unrolled", small_recipe(2, rows=(16,)))
    train_shipped.main(["unrolled", "--gpu", "3", "--directory", str(tmp_path)])
    record = learned.load(tmp_path / "unrolled.safetensors").record
    assert record.training["batch_size"] == 16
    assert record.training["steps"] == 3


def test_a_network_knows_what_it_was_not_trained_on():
    network = learned.load("unrolled")
    row = masks.random_columns(64, acceleration=4, center_fraction=0.08, seed=0)
    maps = np.ones((16, 64, 64), np.complex64)
    assert network.unlike_training(row) == ""
    assert network.unlike_training(np.tile(row, (64, 1))) == ""
    assert network.unlike_training(np.ones(64, bool), maps) == (
        "16 coils, not one; an acceleration of 1.0, not 4 to 8"
    )
    points = np.random.default_rng(0).random((64, 64)) < 0.2
    assert network.unlike_training(points) == "samples that are not whole columns"


def test_a_gpu_that_is_missing_is_told(small_recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=r"device='cuda', but torch .*; train with device='cpu'"):
        learned.train(small_recipe(1), tmp_path / "n", device="cuda")


def test_recipes_for_a_gpu_keep_what_is_learned_from_what():
    for name, recipe in learned.RECIPES.items():
        there = on_gpu(recipe, 700)
        assert there.schedule.total == 700
        for kept in (
            "architecture",
            "persons",
            "column_masks",
            "noise",
            "rows",
            "initial",
            "lengths",
        ):
            assert getattr(there, kept) == getattr(recipe, kept), name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 5}, r"seed \(0 then, 5 now\)"),
        ({"persons": ("colin27",)}, r"persons\.colin27, persons\.s1"),
        ({"noise": (0.01, 0.02)}, "examples.noise"),
        ({"augmentation": None}, "examples.augmentation"),
        ({"architecture": learned.UnrolledArchitecture(3, 16, 3, shared=True)}, "architecture"),
        ({"initial": "unrolled"}, "initial"),
        ({"schedule": learned.Schedule(2, 1e-3, warm_up=5)}, "step 1 at the learning rate"),
    ],
)
def test_the_state_of_another_recipe_is_refused(
    small_images, small_recipe, tmp_path, monkeypatch, change, message
):
    images = {name: small_images(name) for name in ("s1", "colin27")}
    recipe, state = small_recipe(2), tmp_path / "state"
    learned.train(recipe, tmp_path / "a", images=images, resume=state)
    monkeypatch.setattr("learned.recipes.initial_network", lambda *_: None)
    with pytest.raises(ValueError, match=rf"cannot resume from .*{message}"):
        learned.train(replace(recipe, **change), tmp_path / "b", images=images, resume=state)
    assert not (tmp_path / "b").exists()


def test_the_state_of_a_training_on_other_images_is_refused(small_images, small_recipe, tmp_path):
    images, state = small_images("s1"), tmp_path / "state"
    learned.train(small_recipe(2), tmp_path / "a", images={"s1": images}, resume=state)
    with pytest.raises(ValueError, match=r"differs in examples\.images, .*persons\.s1; remove"):
        learned.train(small_recipe(2), tmp_path / "b", images={"s1": images[1:]}, resume=state)


def test_one_name_is_a_person_and_not_its_letters(small_recipe, tmp_path):
    assert small_recipe(1, persons="s1").persons == ("s1",)
    with pytest.raises(ValueError, match="s1 both for training"):
        learned.train(small_recipe(1), tmp_path / "n", held_out="S1")
    with pytest.raises(ValueError, match="s1 both for training"):
        learned.load("unrolled", evaluate_on="s1")
    learned.load("unrolled", evaluate_on="colin27")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"averaging": 1.0}, "averaging=1"),
        ({"averaging": -0.5}, "averaging=-0.5"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"threads": 0}, "threads=0"),
        ({"storage": "float8"}, "storage='float8', expected one of float32, float16"),
        ({"noise": (0.0, 0.1)}, "two positive levels"),
        ({"noise": (0.1,)}, "two positive levels"),
        ({"persons": ()}, "no persons"),
        ({"rows": ()}, "got no rows"),
        ({"rows": (0,)}, "rows=0"),
        ({"seed": -1}, "seed=-1"),
        ({"lengths": (0,)}, "lengths=0"),
        ({"field_of_view": (64,)}, r"shape=\(64,\), expected \(H, W\)"),
    ],
)
def test_recipes_that_cannot_be_meant_are_refused(small_recipe, change, message):
    with pytest.raises(ValueError, match=message):
        small_recipe(1, **change)


def test_a_device_that_is_none_is_refused(small_recipe, tmp_path):
    with pytest.raises(ValueError, match="device='gpu', expected 'cpu' or 'cuda'"):
        learned.train(small_recipe(1), tmp_path / "n", device="gpu")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda images: images[0], r"shape \(64, 64\) of s1, expected \(N, H, W\)"),
        (lambda images: images[:0], "at least one image"),
        (lambda images: 255 * images, r"expected about \[0, 1\]"),
        (lambda images: 1e-4 * images, r"expected about \[0, 1\]"),
        (lambda images: images - 0.5, r"expected about \[0, 1\]"),
        (lambda images: images + 0j, "complex or not finite"),
        (lambda images: images * np.nan, "complex or not finite"),
    ],
)
def test_images_that_are_no_magnitudes_up_to_one_are_refused(
    small_images, small_recipe, tmp_path, change, message
):
    images = {"s1": change(small_images("s1"))}
    with pytest.raises(ValueError, match=message):
        learned.train(small_recipe(1), tmp_path / "n", images=images)


def test_where_the_network_cannot_be_written_training_does_not_begin(
    small_images, small_recipe, tmp_path
):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    options = {"images": {"s1": small_images("s1")}, "callback": pytest.fail}
    for path in (tmp_path / "file" / "net", tmp_path / "folder"):
        with pytest.raises(OSError, match="expected a file that can be written"):
            learned.train(small_recipe(1), path, **options)
        with pytest.raises(OSError, match="expected a file that can be written"):
            learned.train(small_recipe(1), tmp_path / "net", resume=path, **options)
    learned.train(small_recipe(1), tmp_path / "new" / "net", images=options["images"])
    assert [child.name for child in (tmp_path / "new").iterdir()] == ["net"]
