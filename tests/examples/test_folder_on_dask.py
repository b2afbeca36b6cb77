import runpy
from pathlib import Path

import numpy as np
import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "folder_on_dask.py"


@pytest.mark.filterwarnings("default")  # Dask's own, while its processes end
def test_a_folder_is_reconstructed_and_found_finished_again(tmp_path, capsys):
    pytest.importorskip("distributed", reason="the example needs Dask")
    main = runpy.run_path(str(EXAMPLE))["main"]
    arguments = (tmp_path / "raw", tmp_path / "images", 1, None, 1)
    main(*arguments)
    assert "1 slices in" in capsys.readouterr().out
    main(*arguments)
    assert "0 slices in" in capsys.readouterr().out
    assert np.load(tmp_path / "images" / "slice008.npy").shape == (1, 256, 256)
