import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_each_reconstruction_is_printed_beside_the_scan_with_its_proof(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    runpy.run_path(str(EXAMPLES / "faster_than_the_scan.py"))["main"](64, 0.005, tmp_path)
    first, *rows = capsys.readouterr().out.partition("\nwrote")[0].splitlines()
    assert first == "scan: 16 lines × 5 ms = 80 ms"
    gaps = [float(row.split("gap ≤ ")[1].split(":")[0]) for row in rows]
    assert len(gaps) == 4
    assert all(gap <= goal * 1.01 for gap, goal in zip(gaps, (1e-2, 1e-3) * 2, strict=True))
    assert [path.name for path in tmp_path.iterdir()] == ["faster_than_the_scan.png"]
