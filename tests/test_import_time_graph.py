"""What an import costs: the heavy and the optional libraries stay out until they are used."""

import subprocess
import sys

HEAVY = ("torch", "numba", "cupy", "mkl_fft", "matplotlib", "typer", "rich", "skimage")


def loaded_after(statements: str) -> set[str]:
    """Run the statements in a fresh interpreter; give the top-level names of all it has loaded."""
    report = "\nimport sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", statements + report],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return set(process.stdout.split())


def test_importing_csmri_and_solvers_loads_nothing_heavy():
    loaded = loaded_after("import csmri, solvers")
    assert {"numpy", "csmri", "solvers"} <= loaded
    assert loaded.isdisjoint({*HEAVY, "pywt", "learned"})


def test_a_numpy_solve_never_loads_torch():
    loaded = loaded_after("""
import numpy as np
from csmri import L1, MaskedFourier, TotalVariation, Wavelet, masks
from solvers import fista, primal_dual

A = MaskedFourier(masks.random_columns(32, acceleration=2, center_fraction=0.2, seed=0))
y = A(np.eye(32, dtype=np.complex64))
fista(A, y, 0.01 * (L1() @ Wavelet("haar", levels=2)), iterations=2)
primal_dual(A, y, 0.01 * TotalVariation(), iterations=2)
""")
    assert "pywt" in loaded
    assert loaded.isdisjoint({"torch", "cupy", "matplotlib", "skimage", "learned"})
