import json

import numpy as np
import pytest
from raw_files import small_scan
from typer.testing import CliRunner

from csmri import datasets, formats
from csmri.app import commands, pipeline
from csmri.app.forecast import as_duration, forecast
from csmri.app.pipeline import Recipe
from csmri.formats import Scan


def run(*arguments):
    return CliRunner().invoke(commands.app, list(map(str, arguments)), catch_exceptions=False)


def sound_scan():
    """Two slices that the doctor finds nothing wrong with."""
    images = datasets.load("s1").images[40:60:10, ::2, ::2]
    mask = np.ones(128, bool)
    kspace = [datasets.simulate(image, mask, seed=n).kspace for n, image in enumerate(images)]
    return Scan(np.stack(kspace)[:, None], mask, voxel_size=(2.0, 2.0, 10.0))


def test_reconstruct_writes_an_image_and_says_so(tmp_path):
    formats.write_scan(tmp_path / "in.npz", sound_scan())
    found = run("reconstruct", tmp_path / "in.npz", "-o", tmp_path / "out.npy", "--iterations", 3)
    assert found.exit_code == 0
    assert "2 slices reconstructed, 0 failed" in found.output
    assert np.load(tmp_path / "out.npy").shape == (2, 128, 128)
    record = json.loads((tmp_path / "out.npy.json").read_text())
    assert record["slices"]["0"]["iterations"] == 3


def test_reconstruct_ends_with_1_where_a_slice_failed(tmp_path):
    scan = small_scan(coils=1)
    scan.kspace[1] = np.nan
    formats.write_scan(tmp_path / "in.npz", scan)
    found = run(
        "reconstruct", tmp_path / "in.npz", "-o", tmp_path / "out.npy", "--method", "zero-filled"
    )
    assert found.exit_code == 1
    assert "slice 1" in found.output
    assert "2 slices reconstructed, 1 failed" in found.output


def test_a_mask_in_a_file_is_taken(tmp_path):
    mask = np.arange(10) % 3 > 0
    formats.write_scan(tmp_path / "in.npy", small_scan(coils=1, mask=mask))
    np.save(tmp_path / "mask.npy", mask)
    arguments = ("reconstruct", tmp_path / "in.npy", "--method", "zero-filled", "-o")
    assert "pass --mask FILE" in run(*arguments, tmp_path / "a.npy").output
    assert run(*arguments, tmp_path / "b.npy", "--mask", tmp_path / "mask.npy").exit_code == 0
    assert run(*arguments, tmp_path / "c.npy", "--mask", "nonzero").exit_code == 0
    np.testing.assert_array_equal(np.load(tmp_path / "b.npy"), np.load(tmp_path / "c.npy"))


@pytest.mark.parametrize("coils", [1, 2])
def test_a_fastmri_file_without_mask_and_with_empty_columns_needs_one(tmp_path, coils):
    h5py = pytest.importorskip("h5py", reason="HDF5 needs h5py")
    mask = np.abs(np.arange(32) - 16) < 8
    mask[::3] = True
    formats.write_scan(tmp_path / "in.h5", small_scan(coils=coils, shape=(40, 32), mask=mask))
    with h5py.File(tmp_path / "in.h5", "r+") as file:
        del file["mask"]
    np.save(tmp_path / "mask.npy", mask)
    doctor = run("doctor", tmp_path / "in.h5").output
    assert "no mask, and zeros" in doctor
    assert "--mask FILE" in doctor
    arguments = ("reconstruct", tmp_path / "in.h5", "--method", "zero-filled", "-o")
    refused = run(*arguments, tmp_path / "a.npy")
    assert refused.exit_code == 1
    assert "pass --mask FILE" in refused.output
    assert run(*arguments, tmp_path / "b.npy", "--mask", tmp_path / "mask.npy").exit_code == 0


def test_an_interrupt_says_how_to_go_on(tmp_path, monkeypatch):
    formats.write_scan(tmp_path / "in.npz", sound_scan())

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "reconstruct", interrupted)
    found = run("reconstruct", tmp_path / "in.npz", "-o", tmp_path / "out.npy")
    assert found.exit_code == 130
    assert "finished slices are kept: the same command again goes on" in found.output


@pytest.mark.parametrize(
    ("option", "number", "message"),
    [
        ("--iterations", 0, "got 0 iterations, expected at least 1"),
        ("--coils", -1, "got -1 virtual coils, expected at least 0"),
        ("--format", ".foo", "got the format .foo, expected one of"),
    ],
)
def test_options_that_cannot_be_meant_are_refused_by_name(tmp_path, option, number, message):
    formats.write_scan(tmp_path / "in.npz", sound_scan())
    with pytest.raises(ValueError, match=message):
        run("reconstruct", tmp_path / "in.npz", "-o", tmp_path / "out.npy", option, number)


def test_less_than_one_worker_is_refused(tmp_path):
    formats.write_scan(tmp_path / "in.npz", sound_scan())
    with pytest.raises(ValueError, match="got 0 workers, expected at least 1"):
        run("reconstruct", tmp_path / "in.npz", "-o", tmp_path / "out.npy", "--workers", 0)


def test_the_help_names_the_usual_axes():
    shown = "".join(run("doctor", "--help").output.replace("│", " ").split())
    assert "lastonesofframe,slice,coil,readout,phase." in shown


def test_the_doctor_is_content_with_a_sound_file_and_draws_it(tmp_path):
    pytest.importorskip("matplotlib", reason="the picture needs matplotlib")
    formats.write_scan(tmp_path / "in.npz", sound_scan())
    found = run("doctor", tmp_path / "in.npz", "--plot", tmp_path / "seen.png")
    assert found.exit_code == 0
    assert "nothing looks wrong" in found.output
    assert "voxel  2 x 2 x 10 mm" in found.output
    assert (tmp_path / "seen.png").read_bytes().startswith(b"\x89PNG")


def test_the_doctor_ends_with_1_and_a_remedy(tmp_path):
    scan = sound_scan()
    shifted = Scan(np.roll(scan.kspace, 30, -1), scan.mask)
    formats.write_scan(tmp_path / "in.npz", shifted)
    found = run("doctor", tmp_path / "in.npz")
    assert found.exit_code == 1
    assert "k-space is shifted" in found.output
    assert "numpy.roll the k-space by -30 along axis -1" in found.output


class TestForecast:
    def test_more_slices_take_longer_and_more_coils_more_memory(self):
        recipe = Recipe("tv")
        once, often = (forecast((8, 64, 64), slices, recipe, 1) for slices in (1, 50))
        assert often.seconds > once.seconds
        assert often.bytes == once.bytes
        assert forecast((32, 64, 64), 1, recipe, 1).bytes > once.bytes

    def test_as_many_at_once_as_fit(self, monkeypatch):
        monkeypatch.setattr("csmri.app.forecast.available_memory", lambda: 1_000_000_000)
        assert forecast((12, 512, 512), 100, Recipe("tv"), 64).at_once < 4
        with pytest.raises(ValueError, match="compress to fewer coils"):
            forecast((64, 2048, 2048), 100, Recipe("tv"), 64)

    def test_durations_are_said_as_a_person_does(self):
        assert [as_duration(s) for s in (0.1, 30, 600, 7200)] == ["1 s", "30 s", "10 min", "2.0 h"]
