import subprocess
from shutil import which

import numpy as np
import pytest
from fastmri_files import write_volume
from properties import assert_close, random_complex
from raw_files import SOME_COLUMNS, small_scan
from scipy import io

from csmri import formats
from csmri.formats import FileError
from csmri.formats.transforms import to_image


@pytest.mark.parametrize(
    ("name", "keeps"),
    [
        ("scan.h5", {"mask", "noise", "voxel_size"}),
        ("scan.mrd", {"mask", "noise", "voxel_size", "affine"}),
        ("scan.cfl", set()),
        ("scan.npz", {"mask", "noise", "voxel_size"}),
        ("scan.npy", set()),
    ],
)
def test_what_is_written_is_read_again(tmp_path, name, keeps):
    if name.endswith(("h5", "mrd")):
        pytest.importorskip("h5py", reason="HDF5 needs h5py")
    scan = small_scan(mask=SOME_COLUMNS)
    formats.write_scan(tmp_path / name, scan)
    back = formats.read(tmp_path / name)
    np.testing.assert_array_equal(np.asarray(back.kspace), scan.kspace)
    assert back.kspace.dtype == np.complex64
    np.testing.assert_array_equal(back.slice(1).kspace, scan.kspace[1])
    for field in ("mask", "noise", "voxel_size"):
        expected = getattr(scan, field) if field in keeps else None
        found = getattr(back, field)
        assert (found is None) == (expected is None), field
        if expected is not None:
            np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert (back.affine is not None) == ("affine" in keeps)


def test_the_same_scan_comes_out_of_every_kind_of_file(tmp_path, shared_data):
    pytest.importorskip("h5py", reason="HDF5 needs h5py")
    raw = formats.read(shared_data / "twix" / "2024-02-06-164128.dat")
    arrays = np.load(shared_data / "raw" / "pulseq_brain_16ch_gre128.npy")
    assert raw.shape == (1, 16, 128, 128)
    np.testing.assert_array_equal(raw.slice(0).kspace, arrays.transpose(0, 2, 1))
    for name in ("scan.h5", "scan.mrd", "scan.cfl", "scan.npz"):
        formats.write_scan(tmp_path / name, raw)
        found = formats.read(tmp_path / name).slice(0).kspace
        np.testing.assert_array_equal(found, raw.slice(0).kspace)


def test_the_twix_reader_agrees_with_an_independent_one(shared_data, capsys):
    twixtools = pytest.importorskip("twixtools", reason="the independent reader is not installed")
    path = shared_data / "twix" / "2024-02-06-164120.dat"
    theirs = twixtools.read_twix(str(path), verbose=False, parse_geometry=False)[-1]["mdb"]
    capsys.readouterr()
    ours = formats.read(path).slice(0).kspace
    for block in theirs:
        np.testing.assert_array_equal(ours[:, :, block.cLin], block.data)


def test_bart_and_we_read_each_others_arrays(tmp_path):
    if which("bart") is None:
        pytest.skip("BART is not installed")
    scan = small_scan(slices=1, noise=False)
    formats.write_scan(tmp_path / "k", scan, kind="cfl")
    command = "bart fft -u -i 3 k image && bart fft -u 3 image again"
    subprocess.run(command, shell=True, cwd=tmp_path, check=True, capture_output=True)
    again = formats.read(tmp_path / "again")
    assert_close(np.asarray(again.kspace), scan.kspace, 1e-6)
    image = formats.read(tmp_path / "image")
    assert_close(np.asarray(image.kspace), to_image(to_image(scan.kspace, -1), -2), 1e-6)


def test_frames_of_slices_keep_their_place_in_barts_order(tmp_path):
    array = random_complex(np, (2, 3, 2, 4, 5), dtype="complex64")
    formats.write_scan(tmp_path / "series", formats.Scan(array), kind="cfl")
    np.testing.assert_array_equal(np.asarray(formats.read(tmp_path / "series").kspace), array)


def test_volumes_become_slices_along_the_readout(tmp_path):
    from csmri.formats import cfl

    volume = random_complex(np, (6, 5, 4, 2), dtype="complex64")  # readout, two phases, coils
    cfl.write_array(tmp_path / "volume", volume)
    scan = formats.read(tmp_path / "volume")
    assert (scan.shape, scan.readout_axis) == ((6, 2, 5, 4), None)
    assert_close(scan.slice(2).kspace, to_image(volume, 0)[2].transpose(2, 0, 1), 1e-6)


class TestNamedAxes:
    def test_a_readout_that_comes_last_is_moved(self, tmp_path):
        scan = small_scan(slices=1)
        np.save(tmp_path / "k.npy", scan.kspace[0].transpose(0, 2, 1))
        found = formats.read(tmp_path / "k.npy", axes=("coil", "phase", "readout"))
        np.testing.assert_array_equal(np.asarray(found.kspace), scan.kspace[0])
        assert "brought to coil, readout, phase" in found.steps[0]

    def test_two_phase_encodings_have_no_readout(self, tmp_path):
        np.save(tmp_path / "k.npy", random_complex(np, (4, 5)))
        found = formats.read(tmp_path / "k.npy", axes=formats.axes_named("phase2, phase"))
        assert (found.shape, found.readout_axis) == ((1, 4, 5), None)

    @pytest.mark.parametrize("axes", ["coil,phase", "readout,phase,phase", "readout,phase,colour"])
    def test_names_that_cannot_be_meant_are_refused(self, axes):
        with pytest.raises(FileError, match="expected each once of frame, slice, coil"):
            formats.axes_named(axes)

    def test_kinds_that_know_their_axes_take_none(self, tmp_path):
        formats.write_scan(tmp_path / "k.cfl", small_scan())
        with pytest.raises(FileError, match="say themselves what theirs are"):
            formats.read(tmp_path / "k.cfl", axes=("readout", "phase"))


class TestMatlab:
    def arrays(self):
        return {"kspace": random_complex(np, (2, 6, 5)), "mask": np.array([[1.0, 0, 1, 1, 0]])}

    @pytest.mark.parametrize("compressed", [False, True])
    def test_version_5_is_read_as_scipy_wrote_it(self, tmp_path, compressed):
        arrays = self.arrays()
        arrays |= {"note": "text is passed over", "parts": {"a": 1}}
        io.savemat(tmp_path / "k.mat", arrays, do_compression=compressed)
        scan = formats.read(tmp_path / "k.mat")
        np.testing.assert_array_equal(np.asarray(scan.kspace), arrays["kspace"])
        np.testing.assert_array_equal(scan.mask, [True, False, True, True, False])

    def test_single_precision_stays_single(self, tmp_path):
        io.savemat(tmp_path / "k.mat", {"x": random_complex(np, (6, 5), dtype="complex64")})
        assert formats.read(tmp_path / "k.mat").kspace.dtype == np.complex64

    def test_version_7_3_is_read_with_its_axes_turned_back(self, tmp_path):
        h5py = pytest.importorskip("h5py", reason="HDF5 needs h5py")
        kspace = self.arrays()["kspace"]
        pairs = np.zeros((5, 6, 2), [("real", "f8"), ("imag", "f8")])
        pairs["real"], pairs["imag"] = kspace.T.real, kspace.T.imag
        with h5py.File(tmp_path / "k.mat", "w", userblock_size=512) as file:
            file["kspace"] = pairs
            file["kspace"].attrs["MATLAB_class"] = np.bytes_("double")
        with (tmp_path / "k.mat").open("r+b") as file:
            file.write(b"MATLAB 7.3 MAT-file".ljust(128))
        np.testing.assert_array_equal(np.asarray(formats.read(tmp_path / "k.mat").kspace), kspace)


class TestFastMRI:
    def test_padded_columns_are_not_measured(self, tmp_path):
        h5py = pytest.importorskip("h5py", reason="HDF5 needs h5py")
        formats.write_scan(tmp_path / "k.h5", small_scan())
        with h5py.File(tmp_path / "k.h5", "r+") as file:
            header = file["ismrmrd_header"][()].decode()
            del file["ismrmrd_header"]
            limits = "<maximum>9</maximum><center>5</center>"
            file["ismrmrd_header"] = header.replace(
                limits, "<maximum>5</maximum><center>3</center>"
            )
        expected = np.array([0, 0, 1, 1, 1, 1, 1, 1, 0, 0], bool)
        np.testing.assert_array_equal(formats.read(tmp_path / "k.h5").mask, expected)

    @pytest.mark.parametrize("coils", [None, 2])
    def test_without_a_mask_empty_columns_are_not_called_measured(self, tmp_path, coils):
        h5py = pytest.importorskip("h5py", reason="HDF5 needs h5py")
        k = random_complex(np, (3, *([coils] if coils else ()), 12, 10), dtype="complex64")
        k[..., [0, 9]] = 0
        sound, holes, hollow = k.copy(), k.copy(), k.copy()
        holes[..., 4] = 0
        hollow[1] = 0
        hollow[..., 6, :] = 0
        padded = np.array([0, 1, 1, 1, 1, 1, 1, 1, 1, 0], bool)
        for name, kspace, expected in (
            ("sound", sound, padded),
            ("holes", holes, None),
            ("hollow", hollow, padded),
        ):
            write_volume(tmp_path / f"{name}.h5", kspace, padding=1)
            found = formats.read(tmp_path / f"{name}.h5").mask
            np.testing.assert_array_equal(found, expected)
        with h5py.File(tmp_path / "holes.h5", "r+") as file:
            file["mask"] = padded
        np.testing.assert_array_equal(formats.read(tmp_path / "holes.h5").mask, padded)

    def test_single_coil_files_have_one_coil(self, tmp_path):
        h5py = pytest.importorskip("h5py", reason="HDF5 needs h5py")
        with h5py.File(tmp_path / "k.h5", "w") as file:
            file["kspace"] = random_complex(np, (3, 6, 5), dtype="complex64")
        assert formats.read(tmp_path / "k.h5").shape == (3, 1, 6, 5)


class TestForeignFiles:
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"\x89PNG\r\n\x1a\n" + bytes(600), "is a PNG picture, expected k-space"),
            (bytes(128) + b"DICM" + bytes(600), "is a DICOM image"),
            (b"hello", "of no kind known here"),
            (b"", "of no kind known here"),
        ],
    )
    def test_another_kind_is_named(self, tmp_path, content, message):
        (tmp_path / "thing.bin").write_bytes(content)
        with pytest.raises(FileError, match=message):
            formats.read(tmp_path / "thing.bin")

    def test_half_of_a_bart_pair_is_not_enough(self, tmp_path):
        formats.write_scan(tmp_path / "k.cfl", small_scan())
        (tmp_path / "k.cfl").unlink()
        with pytest.raises(FileError, match=r"k\.cfl is missing; a BART array is a \.hdr and"):
            formats.read(tmp_path / "k")

    def test_a_missing_file_and_a_folder_are_named(self, tmp_path):
        with pytest.raises(FileError, match="cannot be opened"):
            formats.read(tmp_path / "nothing.npy")
        with pytest.raises(FileError, match="is a folder, expected a file"):
            formats.read(tmp_path)

    def test_pickles_are_never_read(self, tmp_path):
        np.save(tmp_path / "k.npy", np.array([{"a": 1}], object), allow_pickle=True)
        with pytest.raises(FileError, match="pickled objects, which are never read"):
            formats.read(tmp_path / "k.npy")

    def test_a_header_that_declares_more_than_the_file_holds_is_refused(self, tmp_path):
        formats.write_scan(tmp_path / "k.cfl", small_scan())
        (tmp_path / "k.hdr").write_text("# Dimensions\n99999 99999 99999 1\n")
        with pytest.raises(FileError, match="declares an array of"):
            formats.read(tmp_path / "k.cfl")

    def test_images_are_not_kspace(self, tmp_path):
        np.save(tmp_path / "image.npy", np.ones((8, 8)))
        with pytest.raises(FileError, match="if it holds images, transform them first"):
            formats.read(tmp_path / "image.npy")
