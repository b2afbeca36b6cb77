import csv

import numpy as np
import pytest
from fastmri_files import volume, write_volume

from csmri import metrics
from csmri.app.evaluation import evaluate, zero_filled
from csmri.app.train_files import FilesTraining, train_files
from csmri.calibration import walsh
from csmri.operators import MaskedFourier

learned = pytest.importorskip("learned")

SMALL = {"iterations": 2, "channels": 8, "layers": 2}
MASKS = {"accelerations": (4.0,), "center_fractions": (0.16,)}


@pytest.fixture(params=[None, 3], ids=["single-coil", "multi-coil"])
def folders(request, tmp_path):
    """Files of two persons to train on, of whom one is broken too, and of a third one."""
    for folder, name in (("train", "anna"), ("train", "bert"), ("val", "carl")):
        (tmp_path / folder).mkdir(exist_ok=True)
        kspace = volume(2, coils=request.param, seed=ord(name[0]))
        write_volume(tmp_path / folder / f"{name}.h5", kspace, patient=name)
    (tmp_path / "train" / "broken.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    return tmp_path


def test_training_on_files_writes_the_network_its_log_and_what_was_passed_over(folders):
    path, log = folders / "out" / "net.safetensors", folders / "out" / "net.csv"
    wanted = FilesTraining(
        folders / "train", folders / "val", settings=SMALL, steps=4, batch_size=2, **MASKS
    )
    faults = train_files(wanted, path, log=log, validate_every=2)
    assert [name.rsplit("/")[-1] for name in faults] == ["broken.h5"]
    record = learned.load(path, evaluate_on=["carl"]).record
    assert record.persons == ("anna", "bert")
    assert record.training["steps"] == 4
    assert record.training["processes"] == 1
    assert record.data["slices"] == 4
    assert record.data["passed_over"] == ["broken.h5"]
    assert record.data["masks"]["kind"] == "random"
    with log.open(newline="") as file:
        judged = [row["psnr"] for row in csv.DictReader(file)]
    assert [bool(one) for one in judged] == [False, True, False, True]
    with pytest.raises(ValueError, match="anna both for training and for evaluation"):
        learned.load(path, evaluate_on=["anna"])


def test_a_person_in_training_and_validation_is_refused(folders):
    wanted = FilesTraining(folders / "train", folders / "train", settings=SMALL, steps=1, **MASKS)
    with pytest.raises(ValueError, match="different persons; take files of others for --validat"):
        train_files(wanted, folders / "net")


@pytest.mark.parametrize("network", ["primal_dual", "unet", "wavelet_thresholds"])
@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop"])
def test_every_network_and_optimiser_can_be_asked_for(tmp_path, network, optimizer):
    write_volume(tmp_path / "a.h5", volume(1))
    settings = {
        "primal_dual": {"iterations": 1, "channels": 4, "layers": 2},
        "unet": {"widths": (4, 8)},
        "wavelet_thresholds": {"iterations": 1, "levels": 1},
    }[network]
    wanted = FilesTraining(
        tmp_path, network=network, settings=settings, steps=1, optimizer=optimizer, **MASKS
    )
    assert train_files(wanted, tmp_path / "net") == {}
    assert learned.load(tmp_path / "net").record.training["optimizer"] == optimizer


def test_what_cannot_be_trained_is_refused(tmp_path):
    write_volume(tmp_path / "a.h5", volume(1))
    for change, message in [
        ({"network": "diffusion"}, "network 'diffusion'"),
        ({"optimizer": "lion"}, "optimiser 'lion'"),
        ({"masks": "spiral"}, "kind 'spiral'"),
        ({"minutes": 0}, "0 minutes"),
        ({"steps": 0}, "steps=0"),
    ]:
        wanted = FilesTraining(tmp_path, settings=SMALL, **change)
        with pytest.raises(ValueError, match=message):
            train_files(wanted, tmp_path / "net")
    assert not (tmp_path / "net").exists()


def test_evaluation_judges_volumes_as_fastmri_does(folders):
    masks = learned.FastMRIMasks("random", (4,), (0.16,))
    found = evaluate({"zero-filled": zero_filled}, folders / "train", masks=masks)
    assert [score.file for score in found.scores] == ["anna.h5", "bert.h5"]
    assert [name.rsplit("/")[-1] for name in found.faults] == ["broken.h5"]
    slices = learned.FastMRISlices([folders / "train" / "bert.h5"])
    mask = masks.of_volume(36, "bert.h5")
    images = []
    for one in slices:
        y, _, _, *maps = learned.acquisition(one, mask, walsh)
        image = np.abs(MaskedFourier(mask, *maps).adjoint(y))
        images.append(learned.centre_crop(image, one.target.shape))
    truth = np.stack([one.target for one in slices])
    score = found.scores[1]
    assert score.psnr == pytest.approx(metrics.volume_psnr(np.stack(images), truth))
    assert score.ssim == pytest.approx(metrics.volume_ssim(np.stack(images), truth))
    assert score.nmse == pytest.approx(metrics.volume_nmse(np.stack(images), truth))
    means = found.means()["zero-filled"]
    assert means["psnr"] == pytest.approx((found.scores[0].psnr + score.psnr) / 2)


def test_an_empty_volume_is_passed_over_and_told(folders):
    write_volume(folders / "train" / "empty.h5", 0 * volume(2), patient="nobody")
    masks = learned.FastMRIMasks("random", (4,), (0.16,))
    found = evaluate({"zero-filled": zero_filled}, folders / "train", masks=masks)
    assert sorted(score.file for score in found.scores) == ["anna.h5", "bert.h5"]
    told = {name.rsplit("/")[-1]: fault for name, fault in found.faults.items()}
    assert sorted(told) == ["broken.h5", "empty.h5"]
    assert "empty image, zero everywhere" in told["empty.h5"]
    (folders / "val" / "carl.h5").unlink()
    write_volume(folders / "val" / "empty.h5", 0 * volume(2), patient="nobody")
    with pytest.raises(ValueError, match="none of 1 files could be judged"):
        evaluate({"zero-filled": zero_filled}, folders / "val", masks=masks)


def test_a_method_that_works_in_place_changes_nothing_for_the_others(folders):
    def erase(y, mask, maps=None):
        y *= 0
        mask[:] = False
        return np.zeros(y.shape[-2:])

    masks = learned.FastMRIMasks("random", (4,), (0.16,))
    found = [
        evaluate(methods, folders / "train", masks=masks).means()["zero-filled"]["psnr"]
        for methods in ({"zero-filled": zero_filled}, {"erase": erase, "zero-filled": zero_filled})
    ]
    assert found[0] == found[1]


def calibrate(y, *, calibration):
    from csmri.calibration import walsh

    return walsh(y, calibration=calibration)
