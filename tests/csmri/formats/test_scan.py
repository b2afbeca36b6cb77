import numpy as np
import pytest
from properties import assert_close, random_complex
from raw_files import small_scan

from csmri.formats import FileError, LazyKSpace, Scan
from csmri.formats.transforms import to_image, to_kspace


def lazy(array):
    """K-space that counts what is read of it."""
    read = []

    def load(index):
        read.append(index)
        return array[index]

    return LazyKSpace(array.shape, load, array.dtype), read


@pytest.mark.parametrize(
    "index", [0, -1, slice(1, 3), (0, 1), (1, 2, 0), (slice(None), 1), ..., (1, 0, 1, slice(2, 4))]
)
def test_lazy_kspace_is_indexed_as_the_array_it_stands_for(index):
    array = random_complex(np, (2, 3, 2, 4, 5))
    np.testing.assert_array_equal(lazy(array)[0][index], array[index])


def test_only_the_slice_that_is_asked_for_is_read():
    kspace, read = lazy(random_complex(np, (4, 2, 6, 5)))
    scan = Scan(kspace)
    assert scan.slice(2).kspace.shape == (2, 6, 5)
    assert read == [(2,)]


def test_a_scan_says_what_it_is_in_a_line():
    array, mask = random_complex(np, (2, 3, 4, 5)), np.arange(5) < 3
    scan = Scan(array, mask, voxel_size=(1.5, 1.5, 4.0), provenance={"kind": "BART"})
    assert repr(scan) == "Scan: 2 x 3 coils x 4 x 5, 3 of 5 columns, 1.5 x 1.5 x 4 mm, BART"
    assert repr(Scan(array[0, :1])) == "Scan: 1 coil x 4 x 5, no mask"
    assert repr(Scan(array, np.tile(mask, (4, 1)))).endswith("4 x 5, 60% of samples")


def test_a_number_counts_frames_and_slices_together():
    array = random_complex(np, (2, 3, 1, 4, 5))
    mask = np.zeros((2, 3, 1, 1, 5), bool)
    mask[1, 1, 0, 0, 2] = True
    one = Scan(array, mask).slice(4)
    np.testing.assert_array_equal(one.kspace, array[1, 1])
    np.testing.assert_array_equal(one.mask, mask[1, 1, 0, 0])


def test_removing_the_oversampling_keeps_the_middle_of_the_image():
    scan = small_scan(shape=(16, 10))
    once = Scan(scan.kspace, np.ones(10, bool), oversampling=2.0).without_oversampling()
    assert (once.shape, once.oversampling) == ((3, 2, 8, 10), 1.0)
    assert "16 to 8 rows" in once.steps[-1]
    whole, half = to_image(scan.kspace, -2), to_image(np.asarray(once.kspace), -2)
    assert_close(half, whole[..., 4:12, :], 1e-6)


def test_a_given_mask_zeroes_what_it_does_not_measure():
    scan = small_scan()
    mask = np.arange(10) % 2 == 0
    one = scan.with_mask(mask).slice(1)
    np.testing.assert_array_equal(one.kspace, np.where(mask, scan.kspace[1], 0))
    assert one.mask is mask


@pytest.mark.parametrize("n", [7, 8])
def test_the_transform_along_one_axis_is_centred_and_unitary(n):
    x = np.zeros((3, n), complex)
    x[:, n // 2] = 1
    assert_close(to_kspace(x, 1), np.full((3, n), n**-0.5))
    y = random_complex(np, (n, 4))
    assert_close(to_kspace(to_image(y, 0), 0), y)


@pytest.mark.parametrize(
    ("kspace", "mask", "message"),
    [
        (np.zeros((4, 5), complex), None, r"expected \(\.\.\., C, H, W\)"),
        (np.zeros((0, 4, 5), complex), None, "at least one sample"),
        (np.zeros((1, 4, 5)), None, "expected complex64"),
        (np.zeros((1, 4, 5), complex), np.ones(4, bool), "broadcasts"),
        (np.zeros((1, 4, 5), complex), np.ones(5), "pass mask != 0"),
    ],
)
def test_what_cannot_be_a_scan_is_refused(kspace, mask, message):
    with pytest.raises(FileError, match=message):
        Scan(kspace, mask)


def test_a_slice_that_is_not_there_is_refused():
    with pytest.raises(FileError, match="got slice 3, expected one of 0 … 2"):
        small_scan().slice(3)
