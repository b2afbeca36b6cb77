"""The example on a GPU: rehearsed with torch's arrays on the host, and told apart without a GPU."""

import re
import runpy
from pathlib import Path

import pytest

from csmri.kernels.gpu import missing_for_cupy

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "gpu.py"


def test_the_same_lines_give_the_same_images_elsewhere(tmp_path, capsys):
    torch = pytest.importorskip("torch")
    picture = tmp_path / "new" / "gpu.png"
    scores = runpy.run_path(str(EXAMPLE))["compare"](torch, 2, 64, 20, picture)
    assert scores["on gpu"] == pytest.approx(scores["on processor"], abs=0.01)
    assert scores["in chunks on gpu"] == pytest.approx(scores["on processor"], abs=0.01)
    assert len(re.findall(r"slices a second", capsys.readouterr().out)) == 3
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(missing_for_cupy() is None, reason="there is a GPU")
def test_without_a_gpu_it_says_what_is_missing(tmp_path, capsys):
    picture = tmp_path / "gpu.png"
    assert runpy.run_path(str(EXAMPLE))["main"](2, 64, 2, picture) == {}
    assert "no GPU to show this on: CuPy is" in capsys.readouterr().out
    assert not picture.exists()
