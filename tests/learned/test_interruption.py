import importlib.util
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).with_name("training_script.py")


@pytest.fixture
def script():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("training_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(folder, what, **environment):
    command = [sys.executable, str(SCRIPT), str(folder), what]
    return subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"} | environment)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize(("when", "saved"), [("between", 4), ("writing", 2)])
def test_a_killed_training_started_again_ends_as_an_uninterrupted_one(
    script, tmp_path, when, saved
):
    assert run(tmp_path, when).wait(timeout=300) == -signal.SIGKILL
    assert torch.load(tmp_path / "state", weights_only=True)["step"] == saved
    resumed = script.small_training(tmp_path)
    whole = script.small_training(None)
    pairs = zip(resumed.parameters(), whole.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_two_processes_have_the_gradient_of_one(script, tmp_path):
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": "2"}
    workers = [
        run(tmp_path, "together", RANK=rank, LOCAL_RANK=rank, **address) for rank in ("0", "1")
    ]
    assert [worker.wait(timeout=300) for worker in workers] == [0, 0]
    shared = torch.load(tmp_path / "gradient", weights_only=True)
    alone = script.small_training(None, steps=1, clip=float("inf"))
    expected = torch.cat([parameter.grad.reshape(-1) for parameter in alone.parameters()])
    difference = torch.cat([gradient.reshape(-1) for gradient in shared]) - expected
    assert expected.any()
    assert torch.linalg.vector_norm(difference) <= 1e-5 * torch.linalg.vector_norm(expected)
