import csv
import sys
from types import ModuleType

import pytest
from torch import nn

from learned.logs import CsvLog, TensorBoardLog, together
from learned.training import Progress


def progress(step, **changes):
    settings = {"loss": 0.5 / step, "learning_rate": 1e-3, "seconds": 2.0 * step}
    return Progress(step, 10, network=nn.Identity(), **(settings | changes))


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_step_has_a_row_and_metrics_stand_where_they_were_found(tmp_path):
    path = tmp_path / "logs" / "training.csv"
    log = CsvLog(path)
    log(progress(1))
    log(progress(2, metrics={"psnr": 31.25}, validated=True))
    log(progress(3, metrics={"psnr": 31.25}))
    found = rows(path)
    assert [row["step"] for row in found] == ["1", "2", "3"]
    assert [row["psnr"] for row in found] == ["", "31.2500", ""]
    assert [float(row["loss"]) for row in found] == pytest.approx([0.5, 0.25, 0.5 / 3], rel=1e-5)
    assert found[2]["seconds"] == "6.000"


def test_a_resumed_training_continues_its_table(tmp_path):
    path = tmp_path / "training.csv"
    before = CsvLog(path)
    for step in (1, 2, 3, 4):
        before(progress(step))
    with path.open("a") as file:
        file.write("5,10.0,0.0")  # cut short by a kill
    after = CsvLog(path)
    after(progress(3, loss=7.0))
    after(progress(4))
    assert [row["step"] for row in rows(path)] == ["1", "2", "3", "4"]
    assert float(rows(path)[2]["loss"]) == 7


def test_the_table_of_something_else_is_not_overwritten(tmp_path):
    path = tmp_path / "prices.csv"
    path.write_text("day,price\n1,2\n")
    with pytest.raises(ValueError, match="log of something else"):
        CsvLog(path)(progress(1))
    assert path.read_text() == "day,price\n1,2\n"


def test_tensorboard_gets_each_scalar_with_its_step(monkeypatch, tmp_path):
    seen = []

    class SummaryWriter:
        def __init__(self, folder, purge_step):
            seen.append((folder, purge_step))

        def add_scalar(self, name, value, step):
            seen.append((name, value, step))

        def flush(self):
            seen.append("flush")

    package = ModuleType("torch.utils.tensorboard")
    monkeypatch.setattr(package, "SummaryWriter", SummaryWriter, raising=False)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", package)
    log = TensorBoardLog(tmp_path)
    log(progress(1))
    log(progress(2, metrics={"psnr": 30.0}, validated=True))
    TensorBoardLog(tmp_path)(progress(2))  # resumed: step 2 is made again
    assert seen[-3] == (str(tmp_path), 2)
    assert seen[:-3] == [
        (str(tmp_path), 1),
        ("loss", 0.5, 1),
        ("learning rate", 1e-3, 1),
        ("loss", 0.25, 2),
        ("learning rate", 1e-3, 2),
        ("psnr", 30.0, 2),
        "flush",
    ]


def test_without_tensorboard_its_log_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ModuleNotFoundError, match="pip install tensorboard"):
        TensorBoardLog(tmp_path)


def test_several_callbacks_see_the_same(tmp_path):
    seen = []
    both = together(lambda p: seen.append(("a", p.step)), lambda p: seen.append(("b", p.step)))
    both(progress(4))
    assert seen == [("a", 4), ("b", 4)]
