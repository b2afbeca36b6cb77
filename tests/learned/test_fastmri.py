import pickle

import numpy as np
import pytest
import torch
from fastmri_files import volume, write_volume
from torch.utils.data import DataLoader

from csmri import metrics
from csmri.calibration import walsh
from csmri.formats import FileError
from csmri.masks import fastmri as fastmri_masks
from csmri.operators import MaskedFourier
from learned import FastMRIDraws, FastMRIMasks, FastMRISlices, Schedule, UnrolledArchitecture, fit
from learned.fastmri import centre_crop
from learned.fastmri_draws import acquisition, centre_of


@pytest.fixture(params=[None, 4], ids=["single-coil", "multi-coil"])
def folder(request, tmp_path):
    """Two persons' volumes, of two widths."""
    for name, shape in (("anna", (64, 36)), ("bert", (64, 40))):
        kspace = volume(coils=request.param, shape=shape, seed=len(name) + shape[1])
        write_volume(tmp_path / f"{name}.h5", kspace, patient=name)
    return tmp_path


def test_slices_are_counted_and_persons_are_known(folder):
    slices = FastMRISlices(folder)
    assert len(slices) == 6
    assert slices.persons == ("anna", "bert")
    assert sorted(len(group) for group in slices.groups()) == [3, 3]
    assert slices.path_of(4).name == "bert.h5"


def test_the_truth_is_fastmris_own_reconstruction(folder):
    for one in FastMRISlices(folder):
        assert one.kspace.shape[-2] == 32
        found = centre_crop(np.abs(one.truth), one.target.shape)
        np.testing.assert_allclose(found, one.target, rtol=1e-4, atol=1e-9)
        assert one.largest >= one.target.max()


def test_padding_that_was_never_measured_is_left_out_of_masks(tmp_path):
    write_volume(tmp_path / "a.h5", volume(), padding=5)
    (one, *_) = FastMRISlices([tmp_path / "a.h5"])
    assert np.flatnonzero(~one.measured).tolist() == [0, 1, 2, 3, 4, 31, 32, 33, 34, 35]
    _, mask, _ = FastMRIDraws(FastMRISlices(tmp_path)).draw(0, 0)
    assert not mask[..., ~torch.tensor(one.measured)].any()


def test_batches_are_what_the_operator_measures(folder):
    draws = FastMRIDraws(FastMRISlices(folder), batch_size=2, column_masks=FastMRIMasks())
    for step in range(3):
        y, mask, truth, *maps = (part.numpy() for part in draws.draw(1, step))
        assert y.dtype == truth.dtype == np.complex64
        assert mask.dtype == bool
        assert np.abs(truth).max() <= 1 + 1e-5
        assert not y[~np.broadcast_to(mask, y.shape)].any()
        if maps:
            again = MaskedFourier(mask, maps[0])(truth)
            assert np.linalg.norm(np.abs(again) - np.abs(y)) < 1.5 * np.linalg.norm(y)
            np.testing.assert_allclose(np.sum(np.abs(maps[0]) ** 2, axis=1).max(), 1, rtol=1e-4)
        else:
            np.testing.assert_allclose(MaskedFourier(mask)(truth), y, atol=1e-5)


def test_the_batch_of_a_step_is_always_the_same(folder):
    draws = FastMRIDraws(FastMRISlices(folder))
    first, again, other = draws.draw(0, 3), draws.draw(0, 3), draws.draw(0, 4)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert first[0].shape != other[0].shape or not torch.equal(first[0], other[0])


def test_a_network_trains_on_them(folder):
    network = UnrolledArchitecture(2, 8, 3).build()
    draws = FastMRIDraws(FastMRISlices(folder), batch_size=2)
    state = fit(network, draws, Schedule(3, warm_up=0), mixed_precision=False)
    assert np.isfinite(state.losses).all()


def test_workers_of_a_data_loader_read_the_same_slices(folder):
    slices = FastMRISlices(folder)
    workers = {"num_workers": 2, "multiprocessing_context": "spawn"}
    spent = list(DataLoader(slices, batch_size=None, collate_fn=None, **workers))
    assert [np.array_equal(a.kspace, b.kspace) for a, b in zip(spent, slices, strict=True)] == (
        [True] * 6
    )
    copy = pickle.loads(pickle.dumps(slices))  # as workers that are spawned receive it
    assert np.array_equal(copy[2].kspace, slices[2].kspace)


def test_a_damaged_file_is_passed_over_and_reported(folder):
    (folder / "broken.h5").write_bytes((folder / "anna.h5").read_bytes()[:3000])
    (folder / "text.h5").write_text("no HDF5")
    slices = FastMRISlices(folder)
    assert len(slices) == 6
    assert sorted(path.rsplit("/")[-1] for path in slices.faults) == ["broken.h5", "text.h5"]
    assert all("could not be read" in fault for fault in slices.faults.values())


def test_a_file_that_breaks_during_training_is_passed_over_and_reported(folder):
    slices = FastMRISlices(folder)
    draws = FastMRIDraws(slices, batch_size=2)
    (folder / "anna.h5").write_bytes(b"\x89HDF\r\n\x1a\n broken since")
    assert {draws.draw(0, step)[0].shape[-1] for step in range(6)} == {40}
    assert list(slices.faults) == [str(folder / "anna.h5")]


def test_a_damaged_slice_is_passed_over_alike_whatever_was_drawn_before(tmp_path):
    kspace = volume()
    kspace[1, 3, 4] = np.nan
    write_volume(tmp_path / "a.h5", kspace)
    through = FastMRIDraws(FastMRISlices(tmp_path), batch_size=2)
    all_steps = [through.draw(0, step) for step in range(6)]
    assert "not finite in slice 1" in through.slices.faults[str(tmp_path / "a.h5")]
    for step, expected in enumerate(all_steps):
        resumed = FastMRIDraws(FastMRISlices(tmp_path), batch_size=2).draw(0, step)
        assert all(torch.equal(a, b) for a, b in zip(resumed, expected, strict=True))


def test_slices_of_zeros_teach_nothing_and_are_passed_over(tmp_path):
    kspace = volume()
    kspace[0] = 0
    write_volume(tmp_path / "a.h5", kspace)
    draws = FastMRIDraws(FastMRISlices(tmp_path), batch_size=2)
    assert all(draws.draw(0, step)[0].abs().amax((-2, -1)).all() for step in range(6))
    assert "k-space is zero" in draws.slices.faults[str(tmp_path / "a.h5")]
    write_volume(tmp_path / "a.h5", 0 * kspace)
    with pytest.raises(FileError, match=r"no slice could be used .* k-space is zero"):
        FastMRIDraws(FastMRISlices(tmp_path)).draw(0, 0)


def test_the_fingerprint_knows_files_by_their_content(folder):
    fingerprint = FastMRIDraws(FastMRISlices(folder)).fingerprint()
    assert FastMRIDraws(FastMRISlices(folder)).fingerprint() == fingerprint
    kspace = volume(shape=(64, 36), seed=99)
    write_volume(folder / "anna.h5", kspace, patient="anna")
    found = FastMRIDraws(FastMRISlices(folder)).fingerprint()
    assert found["files"]["anna.h5"] != fingerprint["files"]["anna.h5"]
    assert found["files"]["bert.h5"] == fingerprint["files"]["bert.h5"]


def test_several_coils_cannot_be_calibrated_without_a_centre(tmp_path):
    write_volume(tmp_path / "a.h5", volume(coils=3))
    one, mask = FastMRISlices(tmp_path)[0], np.arange(36) < 9
    with pytest.raises(ValueError, match=r"middle column for 3 coils.*larger centre fraction"):
        acquisition(one, mask, walsh)


def test_where_nothing_can_be_read_the_error_says_why(tmp_path):
    write_volume(tmp_path / "a.h5", volume())
    slices = FastMRISlices(tmp_path)
    (tmp_path / "a.h5").write_bytes(b"")
    with pytest.raises(FileError, match=r"no slice could be used.*empty"):
        FastMRIDraws(slices).draw(0, 0)
    with pytest.raises(ValueError, match="none of 1 files can be used"):
        FastMRISlices(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"folder of fastMRI's \.h5 files"):
        FastMRISlices(tmp_path / "nowhere")


def test_undersampled_volumes_cannot_be_trained_on(tmp_path):
    mask = np.arange(36) % 4 == 0
    write_volume(tmp_path / "a.h5", volume() * mask, mask=mask)
    with pytest.raises(ValueError, match="undersampled k-space"):
        FastMRISlices(tmp_path)


def test_numbers_that_are_not_finite_are_refused_by_name(tmp_path):
    kspace = volume()
    kspace[1, 3, 4] = np.nan
    write_volume(tmp_path / "a.h5", kspace)
    with pytest.raises(FileError, match=r"a\.h5 holds values that are not finite in slice 1"):
        FastMRISlices(tmp_path)[1]


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.ones((2, 8, 8), np.float32), r"real numbers of slice 2, of at most \(32, 36\)"),
        (np.ones((3, 8, 80), np.float32), r"targets of \(3, 8, 80\) float32"),
        (np.ones((3, 8, 8), np.complex64), r"targets of \(3, 8, 8\) complex64"),
        (np.ones((3, 64), np.float32), r"targets of \(3, 64\)"),
    ],
)
def test_targets_that_are_no_images_of_the_slices_are_refused(tmp_path, targets, message):
    h5py = pytest.importorskip("h5py")
    write_volume(tmp_path / "a.h5", volume(3))
    with h5py.File(tmp_path / "a.h5", "a") as file:
        for name in ("reconstruction_rss", "reconstruction_esc"):
            file.pop(name, None)
        file["reconstruction_esc"] = targets
    with pytest.raises(FileError, match=message):
        FastMRISlices(tmp_path)[2]


def test_a_file_without_kspace_says_what_it_holds(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["images"] = np.ones((3, 8, 8))
    with pytest.raises(ValueError, match=r"a\.h5 holds images, expected an array 'kspace'"):
        FastMRISlices(tmp_path)


def test_the_masks_of_a_volume_are_those_fastmri_judges_by():
    found = FastMRIMasks("random", (4,), (0.08,)).of_volume(368, "/somewhere/file1000.h5")
    seed = tuple(map(ord, "file1000.h5"))
    expected = fastmri_masks.random(368, acceleration=4, center_fraction=0.08, seed=seed)
    assert np.array_equal(found, expected)


def test_every_kind_of_mask_is_drawn_with_each_acceleration():
    rng = np.random.default_rng(0)
    for kind in fastmri_masks.FUNCTIONS:
        drawn = [FastMRIMasks(kind).draw(320, rng).sum() for _ in range(12)]
        assert max(drawn) > 1.5 * min(drawn)


def test_masks_that_cannot_be_meant_are_refused():
    with pytest.raises(ValueError, match="kind 'spiral'"):
        FastMRIMasks("spiral")
    with pytest.raises(ValueError, match="2 accelerations and 1 centre"):
        FastMRIMasks("random", (4, 8), (0.08,))
    with pytest.raises(ValueError, match=r"acceleration=0\.5, expected a number at least 1"):
        FastMRIMasks("random", (0.5,), (0.08,))
    with pytest.raises(ValueError, match=r"center_fraction=1\.8, expected a number from 0 to 1"):
        FastMRIMasks("random", (4,), (1.8,))


@pytest.mark.parametrize(
    ("columns", "count"), [([4, 5, 6], 3), ([3, 4, 5, 6], 4), ([4, 5], 2), ([5, 6, 7], 1), ([1], 0)]
)
def test_the_centre_is_what_is_measured_without_a_gap(columns, count):
    mask = np.zeros(10, bool)
    mask[columns] = True
    assert centre_of(mask) == count


def test_a_crop_larger_than_the_image_is_refused():
    with pytest.raises(ValueError, match="expected larger ones"):
        centre_crop(np.zeros((2, 8, 8)), (9, 8))


@pytest.mark.parametrize("name", ["larson_sag_t1_1ch", "pulseq_brain_bodycoil_2ch_gre128"])
def test_real_scans_in_this_layout_can_be_trained_on(shared_data, tmp_path, name):
    kspace = np.load(shared_data / "raw" / f"{name}.npy")
    kspace = np.swapaxes(kspace.reshape(-1, *kspace.shape[-2:]), -1, -2)
    kspace = kspace[None, 0] if len(kspace) == 1 else kspace[None]
    write_volume(tmp_path / "scan.h5", np.ascontiguousarray(kspace), header=False)
    masks = FastMRIMasks("equispaced", (4,), (0.12,))
    draws = FastMRIDraws(FastMRISlices(tmp_path), column_masks=masks)
    y, mask, truth, *maps = draws.draw(0, 0)
    zero_filled = MaskedFourier(mask, *maps).adjoint(y)
    network = UnrolledArchitecture(2, 8, 3).build()
    fit(network, draws, Schedule(2, warm_up=0), mixed_precision=False)
    image, expected = (part.detach().abs().numpy() for part in (zero_filled, truth))
    assert metrics.volume_psnr(image, expected) > 20
    assert torch.isfinite(network(y, mask, *maps).abs()).all()
