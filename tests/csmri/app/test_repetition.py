import json
import re
from dataclasses import replace

import pytest

from csmri.app.cases import Case
from csmri.app.comparison import compare
from csmri.app.methods import zero_filled
from csmri.app.plan import every
from csmri.app.repetition import Change, read_test, repeat
from csmri.app.results_file import as_json, read_results
from csmri.app.volumes import volume


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    path = tmp_path_factory.mktemp("results") / "results.json"
    found = compare([zero_filled()], every([volume("macaque", 2)], [Case(4), Case(4, noise=0.02)]))
    path.write_text(as_json(found), encoding="utf-8")
    return read_results(path)


def test_a_comparison_made_again_gives_the_same_numbers(results):
    found = repeat(results)
    assert found.is_same
    assert (found.images, found.largest_psnr, found.largest_ssim) == (4, 0, 0)
    assert found.hashes == found.versions == ()


def test_other_numbers_are_told_the_largest_first(results):
    records = list(results.records)
    records[1] = replace(records[1], psnr=records[1].psnr + 0.01)
    records[3] = replace(records[3], psnr=records[3].psnr - 0.5)
    changed = replace(results, records=tuple(records))
    found = repeat(changed)
    assert not found.is_same
    assert found.largest_psnr == pytest.approx(0.5)
    assert [change.before for change in found.changes] == [records[3], records[1]]
    assert re.match(
        r"zero-filled on slice 9 of macaque, 4x, noise 0.02: \d.* before", str(found.changes[0])
    )
    assert repeat(changed, psnr_tolerance=1).is_same


def test_a_score_that_is_no_number_is_a_change(results):
    first = replace(results.records[0], ssim=float("nan"))
    assert not repeat(replace(results, records=(first, *results.records[1:]))).is_same


def test_scores_that_are_null_in_the_file_are_no_numbers(tmp_path):
    found = compare([zero_filled()], every([volume("macaque", 1)], [Case(4)]))
    content = json.loads(as_json(found))
    content["records"][0]["psnr"] = None
    (tmp_path / "results.json").write_text(json.dumps(content), encoding="utf-8")
    again = repeat(read_results(tmp_path / "results.json"))
    assert not again.is_same
    assert again.largest_psnr == float("inf")
    assert "nan dB" in str(again.changes[0])


def test_scores_that_are_no_numbers_in_both_runs_are_alike(results):
    nothing = replace(results.records[0], psnr=float("nan"), ssim=float("nan"))
    perfect = replace(nothing, psnr=float("inf"))
    assert (Change(nothing, perfect).psnr, Change(nothing, perfect).ssim) == (0, 0)


def test_what_went_in_otherwise_is_named(results):
    hashes = {**results.hashes, "data": {"macaque": "f" * 64}}
    versions = {**results.versions, "numpy": "1.0", "cupy": "13.0"}
    found = repeat(replace(results, hashes=hashes, versions=versions))
    assert found.is_same
    assert found.hashes[0].startswith("data, macaque: ffffffffffff before, ")
    assert any(line.startswith("numpy: 1.0 before") for line in found.versions)
    assert "cupy: 13.0 before, nothing now" in found.versions


def test_images_that_one_run_alone_made_are_told(results):
    with pytest.raises(ValueError, match="1 images were made by one of the runs alone"):
        repeat(replace(results, records=results.records[:-1]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"person": "nobody"}, "got the person 'nobody'"),
        ({"slices": [99]}, r"got the slices \(99,\) of macaque, expected some of 0 … 11"),
        ({"case": {"speed": 4}}, "misses a part"),
    ],
)
def test_a_test_that_cannot_be_made_again_is_named(results, change, message):
    with pytest.raises(ValueError, match=message):
        read_test({**results.tests[0], **change})
