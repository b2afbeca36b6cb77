import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

import csmri
from csmri.app import command_line, commands, compare_commands, tuning_record
from csmri.formats import OutputError


def run(*arguments):
    return CliRunner().invoke(commands.app, arguments, catch_exceptions=False)


def test_compare_prints_the_table_and_writes_all_files(tmp_path):
    found = run(
        "compare", "--methods", "zero-filled", "--persons", "macaque,shoulder", "--slices", "2",
        "--masks", "4,equispaced:6", "--output", str(tmp_path),
    )  # fmt: skip
    assert found.exit_code == 0
    assert "macaque (other anatomy), 4x, 2 slices" in found.output
    assert "shoulder (other anatomy), equispaced 6x, 1 slice" in found.output
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "comparison.png", "comparison_shifts.png", "comparison_shoulder.png", "report.html",
        "results.json", "slices.csv", "table.md",
    ]  # fmt: skip
    content = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert len(content["records"]) == 6


def test_rerun_says_whether_the_numbers_are_the_same(tmp_path):
    path = tmp_path / "results.json"
    run(
        "compare", "--methods", "zero-filled", "--persons", "macaque", "--slices", "1",
        "--masks", "4", "--output", str(tmp_path),
    )  # fmt: skip
    found = run("rerun", str(path))
    assert found.exit_code == 0
    assert (
        "1 images; largest differences 0 dB and 0 SSIM (tolerance 0.001 dB, 1e-05)" in found.output
    )
    assert "the same numbers" in found.output

    content = json.loads(path.read_text(encoding="utf-8"))
    content["records"][0]["psnr"] += 1
    content["hashes"]["data"]["macaque"] = "0" * 64
    path.write_text(json.dumps(content), encoding="utf-8")
    found = run("rerun", str(path))
    assert found.exit_code == 1
    assert "other numbers for 1 images" in found.output
    assert "other hash: data, macaque: 000000000000 before" in found.output


def test_tune_writes_one_record_for_each_person(tmp_path, monkeypatch):
    shipped = tuning_record.shipped()
    asked = []

    def tune(person, **_):
        asked.append(person.person)
        return shipped[len(asked) - 1]

    monkeypatch.setattr(compare_commands, "tune", tune)
    found = run("tune", "--output", str(tmp_path / "tuned.json"), "--persons", "s1,colin27")
    assert found.exit_code == 0
    assert asked == ["s1", "colin27"]
    assert tuning_record.load(tmp_path / "tuned.json") == shipped


def test_an_interrupted_comparison_leaves_nothing(tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(compare_commands, "compare", interrupted)
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
        ("--masks", "spiral:4", "as in 4 or equispaced:4"),
        ("--masks", "0.5", "got the acceleration"),
        ("--noise", "0.02", "got --noise alone"),
        ("--persons", "nobody", "expected one of s1, colin27"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(option, value, message):
    with pytest.raises(ValueError, match=message):
        run("compare", "--methods", "zero-filled", option, value)


def test_an_unknown_network_is_not_trained(tmp_path):
    pytest.importorskip("torch", reason="networks need torch")
    with pytest.raises(ValueError, match=r"got the networks magic, expected some of unrolled"):
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


@pytest.mark.parametrize(
    ("raised", "shown"),
    [
        (ImportError("CuPy is not installed (pip install 'csmri[gpu]')"), "'csmri[gpu]'"),
        (ValueError("got [/nothing]"), "got [/nothing]"),
    ],
)
def test_brackets_of_an_error_are_shown(monkeypatch, capsys, raised, shown):
    def fail():
        raise raised

    monkeypatch.setattr(commands, "app", fail)
    with pytest.raises(SystemExit):
        commands.run()
    assert shown in capsys.readouterr().err


def test_brackets_of_names_are_shown(tmp_path, monkeypatch):
    np.save(tmp_path / "a[b].npy", np.ones((1, 64, 64)))
    monkeypatch.setenv("CSMRI_SCANS", str(tmp_path))
    (tmp_path / "[out]").mkdir()
    found = run(
        "compare", "--methods", "zero-filled", "--persons", "a[b]", "--masks", "4",
        "--output", str(tmp_path / "[out]"),
    )  # fmt: skip
    assert "a[b] (another scan), 4x" in found.output
    assert "[out]" in found.output.partition("wrote")[2]


@pytest.mark.parametrize("arguments", [["compare", "--methods", "zero-filled"], ["tune"]])
def test_an_output_that_cannot_be_written_to_is_told_before_any_work(
    tmp_path, monkeypatch, arguments
):
    def work(*_, **__):
        raise AssertionError

    monkeypatch.setattr(compare_commands, "compare", work)
    monkeypatch.setattr(compare_commands, "tune", work)
    (tmp_path / "file").write_text("")
    output = tmp_path / "file" / "results"
    with pytest.raises(OutputError, match="a file is where a folder is needed"):
        run(*arguments, "--output", str(output / "tuned.json"))


def test_the_help_says_where_own_scans_are_put_and_how_own_functions_are_called():
    shown = " ".join(run("compare", "--help").output.replace("│", " ").split())
    assert "CSMRI_SCANS" in shown
    assert "maps=None" in shown


def test_the_package_runs_as_a_module():
    found = subprocess.run(
        [sys.executable, "-m", "csmri", "--version"], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == csmri.__version__


def test_own_masks_and_own_tuning_are_compared_and_rerun(tmp_path):
    mask, own = tmp_path / "scanner.npy", tmp_path / "tuned.json"
    np.save(mask, np.arange(256) % 3 == 0)
    (first, *_) = tuning_record.shipped()
    other = [{**choice, "weight": 10 * choice["weight"]} for choice in first.best]
    tuning_record.save(own, [replace(first, best=tuple(other))])
    arguments = "compare", "--methods", "tv", "--masks", str(mask), "--persons", "macaque"
    scores = []
    for more in ([], ["--tuning", str(own)]):
        found = run(*arguments, "--slices", "1", "--output", str(tmp_path / "out"), *more)
        assert "macaque (other anatomy), scanner 2.98x, 1 slice" in found.output
        content = json.loads((tmp_path / "out/results.json").read_text(encoding="utf-8"))
        scores.append(content["records"][0]["psnr"])
    assert scores[0] != scores[1]
    assert run("rerun", str(tmp_path / "out/results.json"), "--tuning", str(own)).exit_code == 0
    assert run("rerun", str(tmp_path / "out/results.json")).exit_code == 1
