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


@pytest.fixture
def ctrl_c():
    """Python's own answer to Ctrl-C, which shells take from what they start in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


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


@pytest.mark.parametrize("when", ["within a step", "after it"])
def test_ctrl_c_waits_for_the_step_and_saves_it(script, tmp_path, monkeypatch, when, ctrl_c):
    clip, calls = torch.nn.utils.clip_grad_norm_, []

    def interrupt(*_):
        calls.append(1)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGINT)

    keywords = {"averaging": 0.8}
    with monkeypatch.context() as patched:
        if when == "within a step":
            patched.setattr(torch.nn.utils, "clip_grad_norm_", lambda *a: (interrupt(), clip(*a)))
        callback = interrupt if when == "after it" else None
        with pytest.raises(KeyboardInterrupt):
            script.small_training(tmp_path, callback=callback, **keywords)
    assert torch.load(tmp_path / "state", weights_only=True)["step"] == 3
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    resumed = script.small_training(tmp_path, **keywords)
    whole = script.small_training(None, **keywords)
    pairs = zip(resumed.parameters(), whole.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_a_second_ctrl_c_does_not_wait(script, tmp_path, ctrl_c):
    def interrupt(progress):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        pytest.fail("it waited")

    with pytest.raises(KeyboardInterrupt):
        script.small_training(tmp_path, callback=interrupt)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


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
