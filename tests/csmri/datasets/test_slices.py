import dataclasses
import hashlib
import subprocess
import sys
from importlib.resources import files

import numpy as np
import pytest
from properties import random_complex

from csmri import datasets
from csmri.datasets.catalogue import CATALOGUE
from csmri.datasets.slices import read_images

SHAPES = {
    "s1": (92, 256, 256),
    "colin27": (48, 217, 181),
    "macaque": (12, 206, 168),
    "shoulder": (1, 512, 512),
}
SHIPPED = files("csmri.datasets")


def test_the_names_are_those_that_ship():
    assert datasets.names() == tuple(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_slices_are_float32_with_the_volume_maximum_one(name):
    slices = datasets.load(name)
    assert slices.images.shape == SHAPES[name]
    assert slices.images.dtype == np.float32
    assert slices.images.min() == 0
    assert slices.images.max() == 1
    assert slices.images.max(axis=(1, 2)).min() > 0.2  # no slice is empty


@pytest.mark.parametrize("name", SHAPES)
def test_slices_are_the_stored_bytes_and_carry_their_hash(name):
    slices, entry = datasets.load(name), CATALOGUE[name]
    content = (SHIPPED / entry.file).read_bytes()
    assert slices.sha256 == hashlib.sha256(content).hexdigest()
    with np.load(str(SHIPPED / entry.file)) as archive:
        stored = archive["images"]
    assert stored.dtype == np.uint8
    np.testing.assert_array_equal(np.rint(slices.images * stored.max()), stored)


@pytest.mark.parametrize("name", SHAPES)
def test_slices_say_whose_they_are_and_under_which_licence(name):
    slices = datasets.load(name)
    notice = (SHIPPED / "NOTICE.md").read_text(encoding="utf-8")
    kind, holder = slices.licence.split(", ", 1)
    assert f"## {CATALOGUE[name].file} ({kind})" in notice
    for word in holder.replace("(c)", "").replace("(INIA19)", "").replace("et al.", "").split():
        assert word in notice
    assert slices.person
    assert slices.anatomy
    assert slices.source


def test_every_person_is_one_dataset():
    assert len({datasets.load(name).person for name in datasets.names()}) == len(SHAPES)


def test_slices_are_read_afresh_and_frozen():
    first, again = datasets.load("macaque"), datasets.load("macaque")
    first.images[0] = 7
    assert again.images.max() == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.person = "someone else"


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="got dataset 'knee', expected one of 's1', 'colin27'"):
        datasets.load("knee")


@pytest.mark.parametrize("damage", ["truncated", "one bit flipped"])
def test_a_damaged_file_is_refused(damage):
    entry = CATALOGUE["macaque"]
    content = bytearray((SHIPPED / entry.file).read_bytes())
    if damage == "truncated":
        del content[-100:]
    else:
        content[1000] ^= 1
    with pytest.raises(
        ValueError, match=r"got inia19.*npz with SHA-256 .*expected 1a2dcf4e.*install csmri again"
    ):
        read_images(bytes(content), entry)


def test_importing_reads_no_data():
    script = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from csmri import datasets
datasets.names()
assert not [path for path in opened if path.endswith(".npz")]
datasets.load("macaque")
assert [path for path in opened if path.endswith(".npz")]
"""
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize("name", SHAPES)
def test_a_field_of_view_of_256_squared_fits_all(name):
    images = datasets.load(name, shape=(256, 256)).images
    assert images.shape == (SHAPES[name][0], 256, 256)
    assert images.dtype == np.float32
    assert images.min() >= 0
    assert images.max() == 1


def test_a_head_keeps_its_pixels_and_the_shoulder_its_field_of_view():
    head, wider = datasets.load("colin27"), datasets.load("colin27", shape=(256, 256))
    np.testing.assert_array_equal(datasets.centred(wider.images, (217, 181)), head.images)

    whole = datasets.load("shoulder").images
    smaller = datasets.load("shoulder", shape=(256, 256)).images
    blocks = whole.reshape(1, 256, 2, 256, 2).mean(axis=(2, 4))
    assert np.corrcoef(blocks.ravel(), smaller.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("size", [4, 5, 8, 9])
@pytest.mark.parametrize("wanted", [4, 5, 8, 9])
def test_centring_keeps_pixel_half_in_the_middle(size, wanted):
    image = np.arange(1, size * size + 1).reshape(size, size)
    result = datasets.centred(image, (wanted, wanted))
    assert result.shape == (wanted, wanted)
    assert result.dtype == image.dtype
    assert result[wanted // 2, wanted // 2] == image[size // 2, size // 2]
    if wanted >= size:
        np.testing.assert_array_equal(datasets.centred(result, (size, size)), image)
        assert np.count_nonzero(result) == image.size


def test_centring_crops_one_axis_and_pads_the_other_over_a_batch():
    images = np.arange(1.0, 49).reshape(2, 4, 6)
    result = datasets.centred(images, (6, 4))
    np.testing.assert_array_equal(result[:, 1:5], images[:, :, 1:5])
    np.testing.assert_array_equal(result[:, [0, 5]], 0)


def test_reduction_keeps_the_intensity_and_the_place_of_a_smooth_image():
    def bump(size):
        position = (np.arange(size) - size // 2) / size
        return np.exp(-0.5 * np.add.outer((position - 0.1) ** 2, position**2) / 0.05**2)

    np.testing.assert_allclose(datasets.reduced(bump(128), (64, 64)), bump(64), atol=1e-5)


def test_reduction_to_the_same_matrix_changes_nothing():
    image = np.abs(random_complex(np, (3, 12, 9))).astype(np.float32)
    reduced = datasets.reduced(image, (12, 9))
    assert reduced.dtype == np.float32
    np.testing.assert_allclose(reduced, image, rtol=1e-5)


@pytest.mark.parametrize("function", [datasets.centred, datasets.reduced])
def test_a_wrong_matrix_is_refused(function):
    with pytest.raises(ValueError, match=r"expected \(\.\.\., H, W\)"):
        function(np.ones(4), (2, 2))
    with pytest.raises(ValueError, match=r"got shape=\(0, 2\), expected two sizes of at least 1"):
        function(np.ones((4, 4)), (0, 2))


def test_reduction_to_a_larger_matrix_is_refused():
    with pytest.raises(ValueError, match=r"got shape=\(8, 4\), expected at most \(4, 4\)"):
        datasets.reduced(np.ones((4, 4)), (8, 4))
