import errno
import json
import os
from dataclasses import replace

import numpy as np
import pytest
from properties import assert_close

from csmri import datasets, formats, masks
from csmri.app import pipeline
from csmri.app.pipeline import Recipe, kept, threads
from csmri.app.pipeline.recipe import calibration_region, mask_of, noise_of, reconstruct_slice
from csmri.formats import OutputError, Scan
from csmri.operators import Fourier

N = 32


def scan_of(coils=1, slices=4, mask=None, noise=0.01, seed=0, N=N):
    """Slices of a person at N², seen by coils on a circle, fully sampled or not."""
    step = 256 // N
    images = datasets.load("s1").images[30 : 30 + 2 * slices : 2, ::step, ::step]
    rows, columns = np.meshgrid(np.linspace(-1, 1, N), np.linspace(-1, 1, N), indexing="ij")
    angles = 2 * np.pi * np.arange(coils) / coils
    maps = np.stack(
        [np.exp(-((rows - np.cos(a)) ** 2 + (columns - np.sin(a)) ** 2) / 3) for a in angles]
    )
    maps = maps / np.sqrt((maps**2).sum(axis=0)) if coils > 1 else np.ones((1, N, N))
    rng = np.random.default_rng(seed)

    def white(*shape):
        return noise * (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / 2**0.5

    kspace = Fourier()(images[:, None] * maps) + white(slices, coils, N, N)
    mask = np.ones(N, bool) if mask is None else mask
    kspace = np.where(mask, kspace, 0).astype(np.complex64)
    scan = Scan(kspace, mask, noise=white(coils, 4000).astype(np.complex64))
    return scan, images


COLUMNS = masks.random_columns(N, acceleration=2, center_fraction=0.4, seed=0)
QUICK = Recipe(method="zero-filled")


def run(inputs, output, recipe=QUICK, suffix=".npy", **options):
    wanted = pipeline.targets(inputs, output, suffix)
    return pipeline.reconstruct(wanted, recipe, threads(2), **options)


def error(image, truth):
    return np.linalg.norm(np.abs(image) - truth) / np.linalg.norm(truth)


@pytest.mark.parametrize("method", ["zero-filled", "tv", "wavelet"])
def test_one_coil_is_reconstructed_in_the_units_of_the_data(method):
    scan, images = scan_of()
    scan = replace(scan, kspace=1e-6 * scan.kspace, noise=1e-6 * scan.noise)
    image, facts = reconstruct_slice(scan.slice(1), Recipe(method), noise_of(scan))
    assert image.dtype == np.complex64
    assert error(image, 1e-6 * images[1]) < 0.1
    assert facts["sigma"] == pytest.approx(1e-8, rel=0.05)


@pytest.mark.parametrize("method", ["tv", "wavelet", "sense"])
@pytest.mark.parametrize("maps", ["espirit", "walsh"])
def test_several_coils_undo_the_undersampling(method, maps):
    mask = (np.arange(64) % 2 == 0) | (np.abs(np.arange(64) - 32) < 10)
    scan, images = scan_of(coils=6, slices=3, mask=mask, N=64)
    noise = noise_of(scan)
    linear, _ = reconstruct_slice(scan.slice(2), Recipe("zero-filled", maps=maps), noise)
    image, facts = reconstruct_slice(scan.slice(2), Recipe(method, maps=maps), noise)
    assert error(image, images[2]) < 0.8 * error(linear, images[2])
    assert facts["iterations"] > 1


def test_grappa_fills_what_coils_tell():
    mask = (np.arange(64) % 2 == 0) | (np.abs(np.arange(64) - 32) < 10)
    scan, images = scan_of(coils=6, slices=3, mask=mask, N=64)
    linear, _ = reconstruct_slice(scan.slice(2), Recipe("zero-filled"), noise_of(scan))
    image, _ = reconstruct_slice(scan.slice(2), Recipe("grappa"), noise_of(scan))
    assert error(image, images[2]) < 0.8 * error(linear, images[2])
    alone, _ = scan_of()
    with pytest.raises(ValueError, match="got one coil"):
        reconstruct_slice(alone.slice(0), Recipe("grappa"), noise_of(alone))


@pytest.mark.parametrize("method", ["homodyne", "pocs"])
@pytest.mark.parametrize("coils", [1, 4])
def test_partial_fourier_is_completed(method, coils):
    mask = np.arange(64) < 42
    scan, images = scan_of(coils=coils, mask=mask, N=64)
    linear, _ = reconstruct_slice(scan.slice(1), Recipe("zero-filled"), noise_of(scan))
    image, _ = reconstruct_slice(scan.slice(1), Recipe(method), noise_of(scan))
    assert error(image, images[1]) < 0.9 * error(linear, images[1])


def test_a_network_says_what_it_was_never_trained_on():
    pytest.importorskip("torch")
    scan, _ = scan_of(slices=1)
    with pytest.warns(UserWarning, match=r"unrolled was never trained .* 1\.0, not 4 to 8"):
        image, _ = reconstruct_slice(scan.slice(0), Recipe("unrolled"), noise_of(scan))
    assert image.shape == (N, N)


def test_coils_are_compressed_to_as_many_as_asked_for():
    scan, images = scan_of(coils=6)
    image, facts = reconstruct_slice(
        scan.slice(0), Recipe("zero-filled", virtual_coils=4), noise_of(scan)
    )
    assert (facts["coils"], facts["virtual_coils"]) == (6, 4)
    assert facts["energy_kept"] > 0.95
    assert error(image, images[0]) < 0.15


@pytest.mark.parametrize("noise", [1e-4, 1e-2])
@pytest.mark.parametrize("method", ["zero-filled", "sense"])
def test_the_image_at_the_edge_of_k_space_is_not_taken_for_noise_of_the_coils(method, noise):
    scan, images = scan_of(coils=4, noise=noise, N=64)
    scan = replace(scan, noise=None)
    image, facts = reconstruct_slice(scan.slice(1), Recipe(method), noise_of(scan))
    plain, _ = reconstruct_slice(scan.slice(1), Recipe(method, whiten=False), noise_of(scan))
    assert not facts["whitened"]
    assert np.array_equal(image, plain)
    assert error(image, images[1]) < 0.02 + 2 * noise


def test_a_noise_scan_whitens_coils_of_which_one_is_noisy():
    scan, images = scan_of(coils=4, noise=0.01, N=64)
    rng = np.random.default_rng(1)
    for samples in (scan.kspace[:, 0], scan.noise[0]):
        draw = rng.standard_normal((2, *samples.shape)) * 0.1
        samples += draw[0] + 1j * draw[1]
    noise = noise_of(scan)
    errors = {}
    for whiten in (True, False):
        image, facts = reconstruct_slice(scan.slice(1), Recipe("sense", whiten=whiten), noise)
        assert facts["whitened"] == whiten
        fitted = np.abs(image) * np.vdot(np.abs(image), images[1]) / np.vdot(image, image).real
        errors[whiten] = error(fitted, images[1])
    assert errors[True] < 0.7 * errors[False]


def test_the_weight_grows_with_noise_and_acceleration():
    full, _ = scan_of()
    half, _ = scan_of(mask=COLUMNS)
    found = [
        reconstruct_slice(scan.slice(0), Recipe("tv"), noise_of(scan))[1]["weight_over_noise"]
        for scan in (full, half)
    ]
    assert found == pytest.approx([0.2, 0.2 * (N / COLUMNS.sum()) ** 0.5])


def test_the_calibration_region_is_the_block_that_was_measured():
    kspace = np.zeros((2, 40, 40))
    assert calibration_region(np.ones(40, bool), kspace) == (24, 24)
    middle = np.abs(np.arange(40) - 19.5) < 5
    assert calibration_region(middle, kspace) == (24, 10)
    assert calibration_region(middle[:, None] & middle, kspace) == (10, 10)
    with pytest.raises(ValueError, match="the middle of k-space is not fully measured"):
        calibration_region(np.arange(40) % 2 == 0, kspace)


def test_a_mask_is_never_guessed():
    scan, _ = scan_of(mask=COLUMNS)
    with pytest.raises(ValueError, match="pass --mask FILE, or --mask nonzero"):
        mask_of(replace(scan, mask=None).slice(0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "magic"}, "expected one of tv, wavelet"),
        ({"maps": "guess"}, "expected one of espirit, walsh"),
        ({"weight": -1.0}, "finite number"),
        ({"iterations": 0}, "expected at least 1"),
    ],
)
def test_recipes_that_cannot_be_meant_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Recipe(**options)


def test_the_same_image_comes_out_of_every_kind_of_file(tmp_path):
    pytest.importorskip("h5py", reason="HDF5 needs h5py")
    scan, _ = scan_of(coils=3, slices=2)
    scan = replace(scan, noise=None)  # BART and .npy keep none
    images = []
    for name in ("a.h5", "b.mrd", "c.cfl", "d.npz", "e.npy"):
        formats.write_scan(tmp_path / name, scan)
        run([tmp_path / name], tmp_path / "out.npy", Recipe("tv", iterations=10))
        images.append(np.load(tmp_path / "out.npy"))
    for image in images[1:]:
        assert_close(image, images[0], 1e-5)


class TestRuns:
    def written(self, tmp_path, **options):
        scan, _ = scan_of(**options)
        formats.write_scan(tmp_path / "in.npz", scan)
        return tmp_path / "in.npz", tmp_path / "out.npy"

    def test_a_volume_is_written_with_a_record_and_no_parts(self, tmp_path):
        source, output = self.written(tmp_path)
        outcome = run([source], output)
        assert (outcome.done, outcome.resumed, outcome.faults) == (4, 0, ())
        assert np.load(output).shape == (4, N, N)
        record = json.loads((tmp_path / "out.npy.json").read_text())
        assert record["made_with"]["recipe"]["method"] == "zero-filled"
        assert set(record["slices"]) == {"0", "1", "2", "3"}
        assert sorted(p.name for p in tmp_path.iterdir()) == ["in.npz", "out.npy", "out.npy.json"]

    def test_a_finished_output_is_not_made_again(self, tmp_path):
        source, output = self.written(tmp_path)
        run([source], output)
        again = run([source], output)
        assert (again.done, again.resumed) == (0, 4)
        assert run([source], output, Recipe("zero-filled", whiten=False)).done == 4

    @pytest.mark.parametrize("damage", [b"", b"garbage"])
    def test_an_output_that_was_damaged_is_made_again(self, tmp_path, damage):
        source, output = self.written(tmp_path)
        run([source], output)
        whole = output.read_bytes()
        output.write_bytes(damage)
        assert run([source], output).done == 4
        assert output.read_bytes() == whole

    def test_an_interrupted_run_does_only_what_is_missing(self, tmp_path):
        source, output = self.written(tmp_path)

        def interrupt(done, total, what):
            if done == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run([source], output, watch=interrupt)
        assert not output.exists()
        outcome = run([source], output)
        assert (outcome.done, outcome.resumed) == (2, 2)
        whole = np.load(output)
        output.unlink()
        run([source], output)
        np.testing.assert_array_equal(np.load(output), whole)

    def test_a_half_written_slice_is_made_again(self, tmp_path):
        source, output = self.written(tmp_path)

        def interrupt(done, total, what):
            if done == 3:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run([source], output, watch=interrupt)
        parts = sorted((tmp_path / "out.npy.parts").glob("slice-*.npz"))
        parts[0].write_bytes(parts[0].read_bytes()[:100])
        assert run([source], output).resumed == 2

    def test_slices_of_another_recipe_are_not_mixed_in(self, tmp_path):
        source, output = self.written(tmp_path)

        def interrupt(done, total, what):
            if done == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run([source], output, watch=interrupt)
        assert run([source], output, Recipe("tv", iterations=2)).resumed == 0

    def test_a_bad_slice_is_reported_and_stops_no_other(self, tmp_path):
        scan, _ = scan_of()
        scan.kspace[2, 0, 3, 4] = np.nan
        formats.write_scan(tmp_path / "in.npz", scan)
        outcome = run([tmp_path / "in.npz"], tmp_path / "out.npy")
        assert outcome.done == 3
        ((where, why),) = outcome.faults
        assert where.endswith("in.npz, slice 2")
        assert "not finite, the first at (0, 3, 4)" in why
        image = np.load(tmp_path / "out.npy")
        assert image[[0, 1, 3]].any(axis=(1, 2)).all()
        assert not image[2].any()
        assert run([tmp_path / "in.npz"], tmp_path / "out.npy").resumed == 3

    def test_a_folder_is_done_file_by_file_and_a_broken_one_stops_no_other(self, tmp_path):
        folder = tmp_path / "in"
        folder.mkdir()
        scan, _ = scan_of(slices=3)
        for number, one in enumerate(scan):
            formats.write_scan(folder / f"s{number}.npz", one)
        (folder / "broken.npy").write_bytes(b"\x93NUMPY\x01\x00half")
        outcome = run([folder], tmp_path / "out")
        assert sorted(path.name for path in outcome.written) == ["s0.npy", "s1.npy", "s2.npy"]
        ((where, why),) = outcome.faults
        assert "broken.npy" in where
        assert "it is truncated, damaged or of another kind" in why or "damaged" in why

    def test_a_full_disk_keeps_what_is_finished(self, tmp_path, monkeypatch):
        source, output = self.written(tmp_path)
        saved, save = [], kept.Kept.save

        def full(self, number, image, facts):
            if len(saved) == 2:
                raise OutputError("the disk is full: free some space")
            saved.append(number)
            save(self, number, image, facts)

        monkeypatch.setattr(kept.Kept, "save", full)
        with pytest.raises(OutputError, match="the disk is full"):
            run([source], output)
        assert not output.exists()
        monkeypatch.undo()
        assert run([source], output).resumed == 2

    def test_an_output_that_may_not_be_written_to_is_told_before_any_work(
        self, tmp_path, monkeypatch
    ):
        source, output = self.written(tmp_path)

        def refused(*_, **__):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

        monkeypatch.setattr("pathlib.Path.mkdir", refused)
        with pytest.raises(OutputError, match="the file system is read-only"):
            run([source], output)
