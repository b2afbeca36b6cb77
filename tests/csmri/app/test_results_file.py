import csv
import io
import json

import pytest

from csmri.app.comparison import compare
from csmri.app.results_file import as_csv, as_json, read_results


def forget_seconds(content):
    """The content without what depends on the clock."""
    if isinstance(content, dict):
        return {k: forget_seconds(v) for k, v in content.items() if "seconds" not in k}
    if isinstance(content, list):
        return [forget_seconds(value) for value in content]
    return content


def test_the_result_file_holds_what_is_needed_to_repeat_it(comparison):
    content = json.loads(as_json(comparison))
    assert content["format"] == "csmri comparison 2"
    assert len(content["records"]) == len(comparison.records)
    assert set(content["records"][0]) >= {
        "method", "case", "person", "slice", "psnr", "ssim", "nmse", "seconds",
    }  # fmt: skip
    assert content["hashes"]["data"]["somebody"] == "0" * 64
    assert len(content["hashes"]["masks"]["somebody, 4x"]["0"]) == 64
    assert content["seeds"]["mask, phase and noise"]["somebody"]["2"] >= 0
    assert content["versions"]["numpy"]
    assert content["caveats"]
    budgets = {method["name"]: method["fits"][0]["text"] for method in content["methods"]}
    assert budgets["half"] == "guessed"
    assert content["request"]["tests"][0] == {
        "case": {
            "acceleration": 4, "center_fraction": 0.08, "noise": 0.005, "mask_kind": "random",
        },
        "person": "somebody",
        "slices": [0, 1, 2, 3, 4],
    }  # fmt: skip


def test_two_result_files_differ_in_seconds_alone(comparison, methods, plan):
    first = json.loads(as_json(comparison))
    again = json.loads(as_json(compare(methods, plan)))
    assert forget_seconds(first) == forget_seconds(again)


def test_an_interval_of_one_slice_is_null_in_json(comparison):
    content = json.loads(as_json(comparison))
    alone = [g for g in content["summary"] if g["title"].startswith("other (another scan), 4x")]
    assert alone[0]["rows"][0]["psnr"]["low"] is None
    assert alone[0]["rows"][0]["psnr"]["method"] == "one slice: no interval"


def test_a_file_of_results_is_read_as_it_was_written(comparison, tmp_path):
    path = tmp_path / "results.json"
    path.write_text(as_json(comparison), encoding="utf-8")
    found = read_results(path)
    assert found.records == comparison.records
    assert found.methods == ("zero-filled", "half", "network")
    assert found.versions == comparison.versions


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:3000], r"truncated or no JSON .*; make it anew with: csmri compare"),
        (lambda text: "[]", r"of this version: got format None, expected 'csmri comparison 2'"),
        (lambda text: text.replace("comparison 2", "comparison 1"), "format 'csmri comparison 1'"),
        (lambda text: text.replace('"leave_out"', '"other"'), r"misses a part .*leave_out"),
        (lambda text: text.replace('"psnr"', '"other"', 1), r"misses a part .*other"),
    ],
)
def test_a_file_that_is_cut_or_of_something_else_is_refused(comparison, tmp_path, change, message):
    path = tmp_path / "results.json"
    path.write_text(change(as_json(comparison)), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_results(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"results.json, expected a file of results"):
        read_results(tmp_path / "results.json")


def test_a_spreadsheet_has_a_line_for_each_image(comparison):
    rows = list(csv.DictReader(io.StringIO(as_csv(comparison.records))))
    assert len(rows) == len(comparison.records)
    assert rows[0]["method"] == "zero-filled"
    assert float(rows[0]["psnr"]) == comparison.records[0].psnr
    assert rows[0]["gap"] == ""
