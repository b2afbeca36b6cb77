import os
import signal

import numpy as np
import pytest
from workers import slow_first_time

from csmri import formats
from csmri.app import pipeline
from csmri.app.pipeline import engines
from csmri.formats import Scan

distributed = pytest.importorskip("distributed", reason="Dask is not installed")

pytestmark = pytest.mark.filterwarnings("default")  # workers that are killed on purpose


def test_the_slices_of_a_killed_worker_are_done_again(tmp_path, monkeypatch):
    scan = Scan(np.ones((6, 1, 8, 8), np.complex64), np.ones(8, bool))
    formats.write_scan(tmp_path / "in.npz", scan)
    monkeypatch.setattr(engines, "work", slow_first_time)
    killed = []

    def kill_once(done, total, what):
        if done == 5 and not killed:
            killed.append(int((tmp_path / "begun-1").read_text()))
            os.kill(killed[0], signal.SIGKILL)

    outcome = pipeline.reconstruct(
        pipeline.targets([tmp_path / "in.npz"], tmp_path / "out.npy"),
        pipeline.Recipe("zero-filled"),
        pipeline.dask_workers(2),
        watch=kill_once,
    )
    assert killed
    assert (outcome.done, outcome.faults) == (6, ())
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy")[:, 0, 0], np.arange(1, 7))


def test_a_scheduler_that_does_not_answer_is_named(tmp_path):
    import dask

    formats.write_scan(
        tmp_path / "in.npz", Scan(np.ones((1, 1, 8, 8), np.complex64), np.ones(8, bool))
    )
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "200ms"}),
        pytest.raises(ValueError, match="no Dask scheduler answers at tcp://127"),
    ):
        pipeline.reconstruct(
            pipeline.targets([tmp_path / "in.npz"], tmp_path / "out.npy"),
            pipeline.Recipe("zero-filled"),
            pipeline.dask_scheduler("tcp://127.0.0.1:9"),
        )


def test_a_scheduler_that_stays_without_workers_is_given_up(tmp_path, monkeypatch):
    formats.write_scan(
        tmp_path / "in.npz", Scan(np.ones((2, 1, 8, 8), np.complex64), np.ones(8, bool))
    )
    monkeypatch.setattr(engines, "LOOK", 0.1)
    monkeypatch.setattr(engines, "PATIENCE", 0.3)
    with (
        distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=None) as cluster,
        pytest.raises(ConnectionError, match=r"no worker for 0 s, and 2 slices wait.*go on"),
    ):
        pipeline.reconstruct(
            pipeline.targets([tmp_path / "in.npz"], tmp_path / "out.npy"),
            pipeline.Recipe("zero-filled"),
            pipeline.dask_scheduler(cluster.scheduler_address),
        )
