"""The first examples do on a small setting what they say on the large one."""

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def main_of(name):
    pytest.importorskip("matplotlib")
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))["main"]


def test_first_reconstruction_is_better_than_zero_filled(tmp_path, capsys):
    scores = main_of("first_reconstruction")(64, 60, tmp_path / "picture.png")
    zero_filled, *others = scores.values()
    assert min(others) > zero_filled
    assert (tmp_path / "picture.png").is_file()
    assert "dB" in capsys.readouterr().out


def test_the_own_regularizer_passes_the_kit_and_reconstructs(tmp_path, capsys):
    scores = main_of("own_regularizer")(64, 60, tmp_path / "picture.png")
    assert len(scores) == 4
    assert all(score > 15 for score in scores.values())
    assert "the kit finds no fault" in capsys.readouterr().out
    assert (tmp_path / "picture.png").is_file()


def test_exact_recovery_fails_linearly_and_succeeds_by_total_variation(tmp_path):
    errors = main_of("exact_recovery")(64, 22, 400, tmp_path / "picture.png")
    assert errors["linear"] > 0.1
    assert errors["primal-dual"] < 2e-3
    assert errors["ADMM"] < 1e-6
    assert (tmp_path / "picture.png").is_file()
