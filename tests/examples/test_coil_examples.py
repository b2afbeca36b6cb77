"""The examples of several coils and of series, on small settings."""

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def example(name):
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))


def test_regularized_images_of_several_coils_beat_sense_and_zeros(tmp_path, capsys):
    multicoil, picture = example("multicoil"), tmp_path / "new" / "multicoil.png"
    scores = multicoil["main"](*multicoil["simulated"](64), 2.5, 30, picture)
    assert scores["CG-SENSE"] > scores["zero-filled RSS"]
    assert scores["wavelet"] > scores["CG-SENSE"] + 0.5
    assert scores["total variation"] > scores["CG-SENSE"] + 0.5
    assert f"{scores['wavelet']:.2f} dB" in capsys.readouterr().out
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_what_couples_frames_beats_what_does_not(tmp_path, capsys):
    picture = tmp_path / "series.png"
    scores = example("series")["main"](size=32, frames=12, iterations=40, output=picture)
    assert scores["TV, warm starts"] > scores["zero-filled"]
    assert scores["temporal TV"] > scores["TV, warm starts"] + 3
    assert scores["low rank + sparse"] > scores["TV, warm starts"] + 3
    assert "iterations of each frame" in capsys.readouterr().out
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["multicoil", "series"])
def test_the_examples_say_how_they_are_called(name):
    text = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    assert text.count("\n") <= 115
    assert f"python examples/{name}.py" in text
    assert f"results/{name}.png" in text
