"""A state is taken over only for the training that it is of."""

from dataclasses import replace

import pytest
import torch
from fastmri_files import volume, write_volume

import learned
from csmri.app.train_files import FilesTraining, train_files


@pytest.fixture
def wanted(tmp_path):
    """A short training on one person's file, and a folder with a file of another one."""
    for name in ("anna", "bert"):
        (tmp_path / name).mkdir()
        write_volume(tmp_path / name / "a.h5", volume(1, seed=ord(name[0])), patient=name)
    settings = {"iterations": 1, "levels": 1}
    return FilesTraining(
        tmp_path / "anna",
        network="wavelet_thresholds",
        settings=settings,
        steps=2,
        accelerations=(4.0,),
        center_fractions=(0.16,),
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": "bert"}, r"differs in examples\.files\.a\.h5, persons"),
        ({"seed": 5}, r"differs in seed \(0 then, 5 now\)"),
        ({"learning_rate": 0.01}, "learning rate 2e-05, which is 0.0002 now"),
        ({"steps": 1}, "the budget has only 1 now"),
        ({"optimizer": "sgd"}, "differs in optimizer"),
        ({"averaging": 0.9}, "differs in averaging"),
        ({"batch_size": 2}, r"differs in batch_size \(1 then, 2 now\)"),
        ({"accelerations": (3.0,)}, r"differs in examples\.column_masks\.accelerations"),
        ({"settings": {"iterations": 2, "levels": 1}}, r"differs in architecture\.iterations"),
    ],
)
def test_the_state_of_another_training_is_refused(wanted, tmp_path, change, message):
    path = tmp_path / "out" / "net.safetensors"
    train_files(wanted, path)
    before = path.read_bytes()
    if "data" in change:
        change = {"data": tmp_path / change["data"]}
    with pytest.raises(ValueError, match=rf"cannot resume from .*{message}.*--output"):
        train_files(replace(wanted, **change), path)
    assert path.read_bytes() == before


def test_the_same_training_goes_on_whatever_cannot_be_read_beside_it(wanted, tmp_path):
    path = tmp_path / "out" / "net.safetensors"
    train_files(wanted, path)
    (tmp_path / "anna" / "broken.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    train_files(wanted, path)
    assert learned.load(path).record.data["passed_over"] == ["broken.h5"]


def test_one_name_is_a_person_and_what_only_the_data_say_counts(tmp_path):
    class Draws:
        def draw(self, seed, step):
            y = torch.ones(1, 8, 8, dtype=torch.complex64)
            return y, torch.ones(8, dtype=torch.bool), torch.ones(1, 8, 8)

    recipe = learned.Recipe(
        learned.UnrolledArchitecture(1, 4, 2), learned.Schedule(1), mixed_precision=False
    )
    options = {"persons": "anna", "resume": tmp_path / "state"}
    learned.train_on(Draws(), recipe, tmp_path / "n", data={"visit": 1}, **options)
    assert learned.load(tmp_path / "n").record.persons == ("anna",)
    with pytest.raises(ValueError, match=r"differs in data\.visit \(1 then, 2 now\)"):
        learned.train_on(Draws(), recipe, tmp_path / "n", data={"visit": 2}, **options)


def test_a_folder_that_cannot_be_made_is_told_before_the_training(wanted, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="expected a file that can be written"):
        train_files(wanted, tmp_path / "file" / "net", callback=pytest.fail)
