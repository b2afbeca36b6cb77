import json

import pytest
from fastmri_files import volume, write_volume
from typer.testing import CliRunner

from csmri.app import commands, train_commands
from csmri.app.train_files import FilesTraining, train_files

learned = pytest.importorskip("learned")

SMALL = {"iterations": 2, "channels": 8, "layers": 2}
MASKS = {"accelerations": (4.0,), "center_fractions": (0.16,)}


@pytest.fixture
def folders(tmp_path):
    """Files of two persons to train on, of whom one is broken too, and of a third one."""
    for folder, name in (("train", "anna"), ("train", "bert"), ("val", "carl")):
        (tmp_path / folder).mkdir(exist_ok=True)
        write_volume(tmp_path / folder / f"{name}.h5", volume(2, seed=ord(name[0])), patient=name)
    (tmp_path / "train" / "broken.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    return tmp_path


def command(*arguments):
    return CliRunner().invoke(commands.app, [str(argument) for argument in arguments])


def test_the_commands_train_and_evaluate(folders):
    out = folders / "out"
    options = ("--steps", 2, "--accelerations", 4, "--center-fractions", 0.16, "--output", out)
    trained = command(
        "train", "--data", folders / "train", *options, "--network", "wavelet_thresholds"
    )
    assert trained.exit_code == 0, trained.output
    assert "passed over 1 file" in trained.stderr
    assert sorted(path.name for path in out.iterdir()) == [
        "wavelet_thresholds.csv",
        "wavelet_thresholds.safetensors",
        "wavelet_thresholds.state",
    ]
    judged = command(
        "evaluate",
        *("--data", folders / "val", "--networks", out / "wavelet_thresholds.safetensors"),
        *("--center-fraction", 0.16, "--output", out / "scores"),
    )
    assert judged.exit_code == 0, judged.output
    found = json.loads((out / "scores" / "evaluation.json").read_text())
    assert len(found["scores"]) == 2
    assert set(found["means"]) == {"zero-filled", str(out / "wavelet_thresholds.safetensors")}
    assert (out / "scores" / "volumes.csv").read_text().count("carl.h5") == 2


def test_a_network_is_not_judged_on_its_own_persons_unless_asked(folders):
    out = folders / "out"
    wanted = FilesTraining(folders / "train", settings=SMALL, steps=1, **MASKS)
    train_files(wanted, out / "net")
    own = ("--data", folders / "train", "--networks", out / "net", "--output", out)
    refused = command("evaluate", *own, "--center-fraction", 0.16)
    assert "both for training and for evaluation" in str(refused.exception)
    assert "pass --allow-seen and" in str(refused.exception)
    allowed = command("evaluate", *own, "--center-fraction", 0.16, "--allow-seen")
    assert allowed.exit_code == 0, allowed.output


def test_options_that_contradict_each_other_are_refused(tmp_path):
    both = command("train", "unet", "--data", tmp_path, "--output", tmp_path)
    assert "one or the other" in str(both.exception)
    text = command("train", "--data", tmp_path, "--output", tmp_path, "--accelerations", "four")
    assert "numbers separated by commas" in str(text.exception)


def test_scores_that_cannot_be_written_are_told_before_any_work(folders, monkeypatch):
    def work(*_, **__):
        raise AssertionError

    monkeypatch.setattr(train_commands, "evaluate", work)
    output = folders / "val" / "carl.h5" / "scores"
    refused = command("evaluate", "--data", folders / "val", "--networks", "", "--output", output)
    assert "a file is where a folder is needed" in str(refused.exception)
