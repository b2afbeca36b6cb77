"""What is compiled gives the same bits whenever that happened."""

import os
import subprocess
import sys

from twins import needs_numba

A_RUN = """
import hashlib
from csmri import MaskedFourier, TotalVariation, masks
from csmri.datasets import simulate
from csmri.phantoms import shepp_logan
from solvers import RelativeGap, admm

mask = masks.random_columns(64, acceleration=3, center_fraction=0.1, seed=0)
y = simulate(shepp_logan(64), mask, seed=0).kspace
result = admm(MaskedFourier(mask), y, 0.01 * TotalVariation(), stop=RelativeGap(1e-3))
print(hashlib.sha256(result.x.tobytes()).hexdigest(), result.gap)
"""


@needs_numba
def test_what_was_compiled_just_now_has_the_bits_of_what_was_kept(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", A_RUN]
    first, second = (
        subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
        for _ in range(2)
    )
    assert any(tmp_path.rglob("*.nbc"))
    assert first == second
