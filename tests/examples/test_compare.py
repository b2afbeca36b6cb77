import runpy
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "compare.py"


def test_an_own_method_stands_in_the_table_beside_those_that_ship(tmp_path, capsys):
    runpy.run_path(str(EXAMPLE))["main"](slices=1, person="shoulder", output=tmp_path)
    shown = capsys.readouterr().out
    for title in ("Zero-filled", "Wavelet, shifts", "Total variation", "Wavelet + TV (own)"):
        assert title in shown
    assert "λ guessed, 0.002" in shown
    assert (tmp_path / "compare.png").read_bytes().startswith(b"\x89PNG")
