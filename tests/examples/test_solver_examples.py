import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def main_of(name):
    pytest.importorskip("matplotlib")
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))["main"]


def test_choose_the_weight_prints_a_path_and_the_weight_of_the_noise(tmp_path, capsys):
    main_of("choose_the_weight")(96, 24, tmp_path)
    lines = capsys.readouterr().out.partition("\nwrote")[0].splitlines()
    assert "an upper bound" in lines[0]
    residuals = [float(line.split()[2]) for line in lines[2:10]]
    assert residuals == sorted(residuals, reverse=True)
    assert lines[10].endswith("discrepancy: ")
    assert float(lines[10].split()[2]) == pytest.approx(1, abs=0.011)
    assert (tmp_path / "weights.png").read_bytes().startswith(b"\x89PNG")


def test_certificate_prints_gaps_that_are_proven_and_true(tmp_path, capsys):
    main_of("certificate")(32, 0.01, tmp_path)
    lines = capsys.readouterr().out.partition("\nwrote")[0].splitlines()
    rows = [[float(number) for number in line.split()] for line in lines[2:]]
    assert [row[0] for row in rows] == [10, 50, 200]
    for _, proven, true, distance in rows:
        assert proven >= true > -1e-6
        assert 0 < distance < 0.1
    assert (tmp_path / "certificate.png").read_bytes().startswith(b"\x89PNG")


def test_undecimated_wavelet_prints_a_proof_where_there_is_one(tmp_path, capsys):
    main_of("undecimated_wavelet")(32, 0.01, tmp_path)
    rows = capsys.readouterr().out.partition("\nwrote")[0].splitlines()[1:]
    assert len(rows) == 6
    for row in rows:
        assert row.endswith("heuristic") == ("random shifts" in row)
    assert (tmp_path / "undecimated.png").read_bytes().startswith(b"\x89PNG")
