import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import csmri
from csmri.app import command_line, commands


def run(*arguments):
    return CliRunner().invoke(commands.app, arguments, catch_exceptions=False)


def test_compare_prints_the_table_and_writes_three_files(tmp_path):
    found = run(
        "compare", "--methods", "zero-filled", "--persons", "macaque,shoulder", "--slices", "2",
        "--accelerations", "4", "--output", str(tmp_path),
    )  # fmt: skip
    assert found.exit_code == 0
    assert "macaque (other anatomy), 4x, 2 slices" in found.output
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "comparison.png", "comparison_shoulder.png", "results.json", "table.md",
    ]  # fmt: skip
    content = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert len(content["records"]) == 3


def test_an_interrupted_comparison_leaves_nothing(tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "compare", interrupted)
    found = CliRunner().invoke(
        commands.app, ["compare", "--methods", "zero-filled", "--output", str(tmp_path / "new")]
    )
    assert found.exit_code != 0
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--methods", "magic", "expected some of zero-filled"),
        ("--slices", "few", "expected a number or 'all'"),
        ("--slices", "0", "expected at least 1"),
        ("--accelerations", "5", "expected some of 4, 8"),
        ("--persons", "nobody", "expected one of 's1', 'colin27'"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(option, value, message):
    with pytest.raises(ValueError, match=message):
        run("compare", "--methods", "zero-filled", option, value)


def test_an_unknown_network_is_not_trained(tmp_path):
    pytest.importorskip("torch", reason="networks need torch")
    with pytest.raises(
        ValueError, match=r"got the networks magic, expected some of unrolled, unet"
    ):
        run("train", "magic", "--output", str(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_an_error_of_use_ends_with_its_message_alone(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["csmri", "compare", "--methods", "magic"])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert ended.value.code == 1
    shown = capsys.readouterr().err
    assert "csmri: got the methods magic" in shown
    assert "Traceback" not in shown


def test_without_the_extra_the_command_says_what_to_install():
    program = (
        "import sys; sys.modules['typer'] = None\nfrom csmri.app.command_line import main; main()"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert found.returncode == 1
    assert found.stderr.strip() == "csmri's commands need typer: pip install 'csmri[app]'"


def test_the_version_is_printed():
    assert run("--version").output.strip() == csmri.__version__
