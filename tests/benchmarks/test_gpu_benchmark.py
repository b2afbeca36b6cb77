"""The benchmark for a GPU, rehearsed on the host: small, by the host's clock, without SigPy."""

import json
from time import perf_counter

import pytest
from benchmarks import gpu
from benchmarks.gpu_bytes import NUMBERS, bytes_of_iteration

from csmri.kernels.gpu import missing_for_cupy


class HostClock:
    def time(self, work):
        since = perf_counter()
        work()
        return perf_counter() - since


def test_the_bytes_are_those_of_the_steps():
    assert pytest.approx(8.0 + 2 * 8 / 3 + 2) == NUMBERS["wavelet, fista"]
    assert bytes_of_iteration("tv, admm", images=256, size=320) == 17 * 256 * 320**2 * 8


@pytest.mark.slow
def test_every_part_runs_and_one_that_fails_spares_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(gpu, "WEIGHTS", (0.1, 0.2))

    def broken(bench):
        raise RuntimeError("no such device")

    monkeypatch.setattr(gpu, "PENALTIES", {"tv": gpu.PENALTIES["tv"]})
    parts = [broken, gpu.copy, gpu.iterations, gpu.slices, gpu.latency, gpu.processor]
    xp = pytest.importorskip("array_api_compat.torch")  # as on a GPU, it solves a batch at once
    bench = gpu.Bench(xp, HostClock(), images=2, size=32, repetitions=1)
    assert gpu.run(bench, parts, "a rehearsal", tmp_path) == 1
    found = json.loads((tmp_path / "gpu.json").read_text())
    assert found["broken"] == {"failed": "RuntimeError: no such device"}
    assert found["copy"]["GB/s"] > 0
    assert set(found["iterations"]) == set(gpu.WAYS)
    assert found["slices"]["tv 0.2"]["iterations"] > 0
    assert found["slices"]["tv 0.2"]["gap of F*"] < 1e-5
    assert "times the floor" in (tmp_path / "table.md").read_text()


@pytest.mark.skipif(missing_for_cupy() is None, reason="there is a GPU")
def test_without_a_gpu_it_says_what_is_missing(capsys):
    assert gpu.main([]) == 2
    assert "no benchmark on a GPU: CuPy" in capsys.readouterr().err
