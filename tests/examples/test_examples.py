"""The first examples on small settings: they print, save a picture and hold what they say."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAMES = ("first_reconstruction", "own_regularizer", "exact_recovery")


def example(name):
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))


def assert_picture(path):
    assert path.read_bytes().startswith(b"\x89PNG")


def test_wavelets_and_total_variation_beat_filling_with_zeros(tmp_path, capsys):
    picture = tmp_path / "new" / "first.png"
    scores = example("first_reconstruction")["main"](size=64, iterations=60, output=picture)
    assert scores["wavelet"] > scores["zero-filled"] + 0.5
    assert scores["total variation"] > scores["zero-filled"] + 0.5
    printed = capsys.readouterr().out
    for name, score in scores.items():
        assert re.search(rf"{name} +{score:.2f} dB +\d+\.\d\d s", printed)
    assert_picture(picture)


def test_an_own_regularizer_passes_the_kit_and_reconstructs(tmp_path, capsys):
    picture = tmp_path / "own.png"
    scores = example("own_regularizer")["main"](size=64, iterations=60, output=picture)
    assert set(scores) == {
        f"{function} of {transform}"
        for function in ("ℓ1", "Huber")
        for transform in ("wavelets", "differences")
    }
    for transform in ("wavelets", "differences"):
        assert abs(scores[f"Huber of {transform}"] - scores[f"ℓ1 of {transform}"]) < 2
    assert "the kit finds no fault with Huber" in capsys.readouterr().out
    assert_picture(picture)


def test_hubers_function_is_the_smoothed_modulus():
    huber = example("own_regularizer")["Huber"](corner=0.5)
    x = np.asarray([[0.0, 0.3, 0.5, 2.0]])
    assert huber.value(x) == pytest.approx(0.3**2 / 1.0 + 0.25 + 1.75)
    moved = huber.prox(x, 0.25)
    assert moved == pytest.approx(np.asarray([[0.0, 0.2, 1 / 3, 1.75]]))


def test_few_lines_recover_the_phantom_where_the_linear_map_fails(tmp_path, capsys):
    picture = tmp_path / "exact.png"
    main = example("exact_recovery")["main"]
    errors = main(size=64, lines=22, iterations=1000, output=picture)
    assert errors["linear"] > 0.1
    assert errors["primal-dual"] < 2e-3
    assert errors["ADMM"] < 1e-6
    assert "1257 of 4096 samples" in capsys.readouterr().out
    assert_picture(picture)


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_are_short_and_say_how_they_are_called(name):
    text = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    assert text.count("\n") <= 100
    assert f"python examples/{name}.py" in text
    assert f"results/{name}.png" in text
