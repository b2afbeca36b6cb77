import json

import pytest

from csmri.app.comparison import compare
from csmri.app.report import as_json, summarise


def forget_seconds(content):
    """The content without what depends on the clock."""
    if isinstance(content, dict):
        return {k: forget_seconds(v) for k, v in content.items() if "seconds" not in k}
    if isinstance(content, list):
        return [forget_seconds(value) for value in content]
    return content


def test_differences_are_paired_and_taken_from_the_best_classical_method(comparison):
    rows = {(r.case, r.person, r.method): r for r in summarise(comparison)}
    row = rows["4x", "somebody", "zero-filled"]
    scores = {
        method: [r.psnr for r in comparison.records if (r.case, r.person, r.method) == key]
        for method, key in (
            ("zero-filled", ("4x", "somebody", "zero-filled")),
            ("half", ("4x", "somebody", "half")),
        )
    }
    mean = sum(a - b for a, b in zip(scores["zero-filled"], scores["half"], strict=True)) / 3
    assert row.difference.against == "half"
    assert row.difference.psnr.mean == pytest.approx(mean)
    assert row.difference.psnr.low > 0
    assert row.difference.win_rate == 1
    assert rows["4x", "somebody", "half"].difference is None


def test_without_a_classical_method_there_is_no_difference(methods, volumes, cases):
    rows = summarise(compare(methods[:1], volumes, cases))
    assert all(row.difference is None for row in rows)


def test_the_result_file_holds_what_is_needed_to_repeat_it(comparison):
    content = json.loads(as_json(comparison))
    assert len(content["records"]) == len(comparison.records)
    assert set(content["records"][0]) >= {
        "method", "case", "person", "slice", "psnr", "ssim", "nmse", "seconds",
    }  # fmt: skip
    assert content["hashes"]["data"]["somebody"] == "0" * 64
    assert len(content["hashes"]["masks"]["4x"]["somebody"]["0"]) == 64
    assert content["seeds"]["mask, phase and noise"]["somebody"]["2"] >= 0
    assert content["versions"]["numpy"]
    assert content["caveats"]
    budgets = {method["name"]: method["budget"]["text"] for method in content["methods"]}
    assert budgets["half"] == "guessed"


def test_two_result_files_differ_in_seconds_alone(comparison, methods, volumes, cases):
    first = json.loads(as_json(comparison))
    again = json.loads(as_json(compare(methods, volumes, cases)))
    assert forget_seconds(first) == forget_seconds(again)


def test_an_interval_of_one_slice_is_null_in_json(comparison):
    content = json.loads(as_json(comparison))
    alone = [row for row in content["summary"] if row["person"] == "other"]
    assert alone[0]["psnr"]["low"] is None
    assert alone[0]["psnr"]["method"] == "one slice: no interval"
