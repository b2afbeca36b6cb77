"""Files as scanners write them: Siemens twix and ISMRMRD."""

import numpy as np
import pytest
from properties import assert_close
from raw_files import SOME_COLUMNS, small_scan, twix_bytes, twix_of

from csmri import formats


class TestTwix:
    def line(self, scan, column, **arguments):
        return {"lin": column, **arguments}, scan.kspace[0, :, :, column]

    def written(self, tmp_path, *readouts, **options):
        path = tmp_path / "scan.dat"
        path.write_bytes(twix_bytes(readouts, **options))
        return formats.read(path)

    def test_every_line_finds_its_place(self, tmp_path):
        scan = small_scan()
        (tmp_path / "scan.dat").write_bytes(twix_of(scan))
        np.testing.assert_array_equal(
            np.asarray(formats.read(tmp_path / "scan.dat").kspace), scan.kspace
        )

    def test_noise_lines_are_noise_and_missing_lines_are_not_measured(self, tmp_path):
        scan = small_scan(slices=1)
        found = self.written(
            tmp_path,
            self.line(scan, 0, flags=("noise",)),
            *(self.line(scan, n) for n in range(10) if n != 4),
        )
        np.testing.assert_array_equal(found.noise, scan.kspace[0, :, :, 0])
        np.testing.assert_array_equal(found.mask, np.arange(10) != 4)
        assert not found.slice(0).kspace[..., 4].any()

    def test_averages_and_repetitions_are_averaged(self, tmp_path):
        scan = small_scan(slices=1)
        once, thrice = scan.kspace[0, :, :, 0], 3 * scan.kspace[0, :, :, 0]
        found = self.written(tmp_path, ({"ave": 0}, once), ({"ave": 1}, thrice))
        assert_close(found.slice(0).kspace[..., 0], 2 * once, 1e-6)
        assert "up to 2 measurements of a line averaged" in found.steps
        path = tmp_path / "scan.dat"
        path.write_bytes(twix_bytes([({"rep": 0}, once), ({"rep": 1}, thrice)]))
        assert_close(formats.read(path).slice(0).kspace[..., 0], 2 * once, 1e-6)
        frames = formats.read(path, average_repetitions=False)
        assert frames.shape == (2, 1, 2, 12, 1)
        np.testing.assert_array_equal(frames.slice(1).kspace[..., 0], thrice)

    def test_reflected_lines_are_turned(self, tmp_path):
        scan = small_scan(slices=1)
        found = self.written(tmp_path, self.line(scan, 0, flags=("reflected",)))
        np.testing.assert_array_equal(found.slice(0).kspace[..., 0], scan.kspace[0, :, ::-1, 0])

    def test_the_line_of_zero_frequency_lies_in_the_middle(self, tmp_path):
        protocol = "sKSpace.lPhaseEncodingLines = 16\nsKSpace.lBaseResolution = 6"
        scan = small_scan(slices=1)
        lines = [self.line(scan, n, centre=(6, 4)) for n in range(10)]
        found = self.written(tmp_path, *lines, protocol=protocol)
        assert (found.shape, found.oversampling) == ((1, 2, 12, 16), 2.0)
        assert found.mask is not None
        np.testing.assert_array_equal(np.flatnonzero(found.mask), np.arange(4, 14))
        np.testing.assert_array_equal(found.slice(0).kspace[..., 8], scan.kspace[0, :, :, 4])

    def test_an_asymmetric_echo_leaves_its_missing_side_empty(self, tmp_path):
        scan = small_scan(slices=1, shape=(10, 10))
        lines = [self.line(scan, n, centre=(2, 5)) for n in range(10)]
        found = self.written(tmp_path, *lines, protocol="sKSpace.lBaseResolution = 8")
        assert found.shape == (1, 2, 16, 10)
        np.testing.assert_array_equal(found.slice(0).kspace[:, 6:], scan.kspace[0])
        assert not found.slice(0).kspace[:, :6].any()


class TestIsmrmrd:
    def written(self, tmp_path, acquisitions, matrix=(12, 10), centre=5):
        """A file by the reference library, from (arguments of the head, samples)."""
        ismrmrd = pytest.importorskip("ismrmrd", reason="the reference library is not installed")
        path = tmp_path / "scan.h5"
        with ismrmrd.Dataset(str(path), "dataset", create_if_needed=True) as file:
            for column, flag, arguments, samples in acquisitions:
                one = ismrmrd.Acquisition.from_array(np.ascontiguousarray(samples))
                one.idx.kspace_encode_step_1 = column
                for name, value in arguments.items():
                    setattr(one.idx if hasattr(one.idx, name) else one, name, value)
                if flag:
                    one.set_flag(flag)
                file.append_acquisition(one)
            sizes = f"<x>{matrix[0]}</x><y>{matrix[1]}</y><z>1</z>"
            file.write_xml_header(
                '<ismrmrdHeader xmlns="http://www.ismrm.org/ISMRMRD"><encoding><encodedSpace>'
                f"<matrixSize>{sizes}</matrixSize></encodedSpace><encodingLimits>"
                f"<kspace_encoding_step_1><maximum>9</maximum><center>{centre}</center>"
                "</kspace_encoding_step_1></encodingLimits><trajectory>cartesian</trajectory>"
                "</encoding></ismrmrdHeader>".encode()
            )
        return formats.read(path)

    def test_lines_of_the_reference_library_find_their_places(self, tmp_path):
        scan = small_scan(slices=1)
        lines = [(n, 0, {"center_sample": 6}, scan.kspace[0, :, :, n]) for n in range(10)]
        noise = [(0, 19, {}, scan.kspace[0, :, :, 3])]
        found = self.written(tmp_path, noise + lines)
        np.testing.assert_array_equal(found.slice(0).kspace, scan.kspace[0])
        np.testing.assert_array_equal(found.noise, scan.kspace[0, :, :, 3])

    def test_partial_fourier_and_reversed_lines(self, tmp_path):
        scan = small_scan(slices=1)
        lines = [(n, 0, {"center_sample": 6}, scan.kspace[0, :, :, n]) for n in range(7)]
        lines[2] = (2, 22, {"center_sample": 6}, scan.kspace[0, :, :, 2])
        found = self.written(tmp_path, lines, centre=2)
        np.testing.assert_array_equal(np.flatnonzero(found.mask), np.arange(3, 10))
        np.testing.assert_array_equal(found.slice(0).kspace[..., 3], scan.kspace[0, :, :, 0])
        np.testing.assert_array_equal(found.slice(0).kspace[..., 5], scan.kspace[0, :, ::-1, 2])

    def test_repetitions_are_frames_where_they_are_asked_for(self, tmp_path):
        scan = small_scan(slices=1)
        lines = [(5, 0, {"repetition": n}, (n + 1) * scan.kspace[0, :, :, 5]) for n in range(2)]
        assert_close(
            self.written(tmp_path, lines).slice(0).kspace[..., 5],
            1.5 * scan.kspace[0, :, :, 5],
            1e-6,
        )
        frames = formats.read(tmp_path / "scan.h5", average_repetitions=False)
        assert frames.shape == (2, 1, 2, 12, 10)

    def test_our_files_are_read_by_the_reference_library(self, tmp_path):
        ismrmrd = pytest.importorskip("ismrmrd", reason="the reference library is not installed")
        scan = small_scan(mask=SOME_COLUMNS)
        formats.write_scan(tmp_path / "k.mrd", scan)
        with ismrmrd.Dataset(str(tmp_path / "k.mrd"), "dataset", False) as file:
            header = ismrmrd.xsd.CreateFromDocument(file.read_xml_header())
            matrix = header.encoding[0].encodedSpace.matrixSize
            assert (matrix.x, matrix.y, matrix.z) == (12, 10, 1)
            assert file.number_of_acquisitions() == 1 + 3 * SOME_COLUMNS.sum()
            last = file.read_acquisition(3 * int(SOME_COLUMNS.sum()))
        assert (last.idx.slice, last.idx.kspace_encode_step_1) == (2, 8)
        np.testing.assert_array_equal(last.data, scan.kspace[2, :, :, 8])

    def test_an_affine_survives(self, tmp_path):
        pytest.importorskip("h5py", reason="HDF5 needs h5py")
        turned = np.array([[0, -2.0, 0, 7], [1.5, 0, 0, -3], [0, 0, 4.0, 11], [0, 0, 0, 1]])
        scan = small_scan()
        scan = formats.Scan(scan.kspace, voxel_size=scan.voxel_size, affine=turned)
        formats.write_scan(tmp_path / "k.mrd", scan)
        found = formats.read(tmp_path / "k.mrd").affine
        assert found is not None
        np.testing.assert_allclose(found, turned, atol=1e-4)
