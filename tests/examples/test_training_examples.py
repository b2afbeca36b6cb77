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
    lines = capsys.readouterr().out.partition("\nwrote")[0].splitlines()
    assert [line.split()[0] for line in lines] == ["zero-filled", "wavelet", "unrolled"]
    assert all(line.endswith(" dB") for line in lines)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "images.png",
        "unrolled.safetensors",
    ]


def test_optimizers_equal_those_of_torch_and_print_a_loss_for_each(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    main_of("optimizers")(2, 32, tmp_path)
    lines = capsys.readouterr().out.partition("\nwrote")[0].splitlines()
    assert len(lines) == 3
    for line in lines:
        loss, off = float(line.split()[-4]), float(line.split()[-1])
        assert 0 < loss < 1
        assert off < 1e-5
    assert [path.name for path in tmp_path.iterdir()] == ["optimizers.png"]


def test_normalization_prints_loss_and_psnr_for_each_norm_at_both_batch_sizes(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    main_of("normalization")(2, 32, tmp_path)
    _, *lines = capsys.readouterr().out.partition("\nwrote")[0].splitlines()
    assert [tuple(line.split()[:2]) for line in lines] == [
        (norm, batch)
        for batch in ("1", "8")
        for norm in ("batch", "layer", "instance", "group", "none")
    ]
    assert all(10 < float(line.split()[-2]) < 40 for line in lines)
    assert [path.name for path in tmp_path.iterdir()] == ["normalization.png"]


def test_training_variety_prints_a_row_for_each_training_and_a_column_for_each_person(
    tmp_path, capsys
):
    pytest.importorskip("matplotlib")
    main_of("training_variety")(2, 64, tmp_path)
    _, *lines = capsys.readouterr().out.partition("\nwrote")[0].splitlines()
    assert len(lines) == 1 + 2 * 3
    scores = [[float(score) for score in line[30:].replace("dB", "").split()] for line in lines]
    assert all(len(row) == 3 and min(row) > 10 for row in scores)
    assert len({tuple(row) for row in scores[1:]}) == 6  # each training gave another network
    assert [path.name for path in tmp_path.iterdir()] == ["training_variety.png"]


def test_the_lecture_shows_four_reconstructions_beside_the_truth(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    main_of("lecture")(20, 4, tmp_path)
    _, *lines = capsys.readouterr().out.partition("\nwrote")[0].splitlines()
    scores = {line[:18].strip(): float(line.split()[-5]) for line in lines}
    assert list(scores) == ["linear", "compressed sensing", "U-Net", "unrolled"]
    assert min(scores, key=scores.__getitem__) == "linear"
    assert [path.name for path in tmp_path.iterdir()] == ["lecture.png"]
