import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(autouse=True)
def one_thread():
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def main_of(name):
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))["main"]


def test_train_unrolled_prints_a_table_and_saves_a_picture(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    main_of("train_unrolled")(2, 32, tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["zero-filled", "wavelet", "unrolled"]
    assert all(line.endswith(" dB") for line in lines)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "images.png",
        "unrolled.safetensors",
    ]


def test_optimisers_and_norms_prints_a_loss_for_each_and_saves_the_curves(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    main_of("optimisers_and_norms")(2, 32, tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + 3 + 5
    assert [path.name for path in tmp_path.iterdir()] == ["losses.png"]
