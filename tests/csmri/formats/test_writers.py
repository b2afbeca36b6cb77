import errno
import os
import struct

import numpy as np
import pytest
from properties import random_complex
from raw_files import small_scan

from csmri import formats
from csmri.formats import FileError, OutputError, writing


@pytest.fixture
def volume():
    return random_complex(np, (3, 12, 10), dtype="complex64")


def test_nifti_keeps_magnitude_voxels_and_affine(tmp_path, volume):
    nibabel = pytest.importorskip("nibabel", reason="NIfTI needs nibabel")
    formats.write(tmp_path / "x.nii.gz", volume, small_scan())
    image = nibabel.load(tmp_path / "x.nii.gz")
    np.testing.assert_allclose(image.get_fdata(), np.abs(volume).transpose(1, 2, 0), rtol=1e-6)
    assert image.header.get_zooms() == (1.5, 2.0, 4.0)
    assert image.header["sform_code"] == 0 == image.header["qform_code"]
    affine = np.array([[0, -2.0, 0, 7], [1.5, 0, 0, -3], [0, 0, 4.0, 11], [0, 0, 0, 1]])
    scan = formats.Scan(small_scan().kspace, affine=affine)
    formats.write(tmp_path / "y.nii", volume, scan)
    np.testing.assert_allclose(nibabel.load(tmp_path / "y.nii").affine, affine, atol=1e-5)


def test_dicom_is_a_valid_secondary_capture_with_the_values(tmp_path, volume):
    pydicom = pytest.importorskip("pydicom", reason="DICOM needs pydicom")
    formats.write(tmp_path / "x.dcm", volume, small_scan())
    data = pydicom.dcmread(tmp_path / "x.dcm")
    assert data.SOPClassUID.name.startswith("Multi-frame Grayscale Word Secondary Capture")
    assert data.pixel_array.shape == volume.shape
    found = data.pixel_array * float(data.RescaleSlope)
    assert np.abs(found - np.abs(volume)).max() <= 0.51 * float(data.RescaleSlope)
    assert [float(mm) for mm in data.PixelSpacing] == [1.5, 2.0]


def test_hdf5_npy_and_cfl_keep_complex_values(tmp_path, volume):
    formats.write(tmp_path / "x.npy", volume)
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), volume)
    formats.write(tmp_path / "x.cfl", volume)
    bart = formats.read(tmp_path / "x.cfl")
    np.testing.assert_array_equal(np.asarray(bart.kspace)[:, 0], volume)
    h5py = pytest.importorskip("h5py", reason="HDF5 needs h5py")
    formats.write(tmp_path / "x.h5", volume, small_scan())
    with h5py.File(tmp_path / "x.h5") as file:
        np.testing.assert_array_equal(file["reconstruction"][()], volume)
        assert file["reconstruction"].attrs["kind"] == "a test"


def test_png_shows_the_slices_side_by_side(tmp_path, volume):
    formats.write(tmp_path / "x.png", volume)
    content = (tmp_path / "x.png").read_bytes()
    assert struct.unpack(">II", content[16:24]) == (20, 24)
    image = pytest.importorskip("matplotlib.image", reason="matplotlib reads the picture again")
    shown = image.imread(tmp_path / "x.png")
    modulus = np.abs(volume)
    expected = np.clip(modulus[1] / np.quantile(modulus, 0.998), 0, 1)
    np.testing.assert_allclose(shown[:12, 10:], expected, atol=1 / 255)


def test_an_unknown_suffix_is_refused(tmp_path, volume):
    with pytest.raises(FileError, match=r"expected a name ending in \.nii\.gz"):
        formats.write(tmp_path / "x.jpg", volume)
    with pytest.raises(FileError, match=r"the suffix '\.mat' for the scan x\.mat, expected a name"):
        formats.write_scan(tmp_path / "x.mat", small_scan())
    with pytest.raises(FileError, match="the kind 'mat' for the scan x, expected a name"):
        formats.write_scan(tmp_path / "x", small_scan(), kind="mat")


def test_what_is_no_image_is_refused(tmp_path):
    with pytest.raises(FileError, match=r"expected \(H, W\) or \(S, H, W\)"):
        formats.write(tmp_path / "x.png", np.zeros((2, 2, 4, 4)))


@pytest.mark.parametrize("name", ["x.npy", "x.png", "x.cfl", "x.h5", "x.nii.gz", "x.dcm"])
def test_a_full_disk_leaves_nothing_and_says_so(tmp_path, monkeypatch, volume, name):
    def full(number):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(writing.os, "fsync", full)
    with pytest.raises(OutputError, match="the disk is full: free some space"):
        formats.write(tmp_path / name, volume)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_writer_leaves_what_was_there(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("before")

    def interrupted():
        with writing.replacing(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_in_place_of_a_folder_is_named(tmp_path, volume):
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="a file is where a folder is needed"):
        formats.write(tmp_path / "taken" / "x.npy", volume)


def test_frames_do_not_fit_into_fastmri_files(tmp_path):
    scan = formats.Scan(random_complex(np, (2, 3, 1, 4, 5)))
    with pytest.raises(FileError, match="hold no frames"):
        formats.write_scan(tmp_path / "k.h5", scan)
