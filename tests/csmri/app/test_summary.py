import math

import pytest

from csmri.app.comparison import compare
from csmri.app.methods import Method, zero_filled
from csmri.app.plan import every
from csmri.app.summary import summarise


def rows_of(comparison):
    return {(r.case, r.person, r.method): r for g in summarise(comparison) for r in g.rows}


def test_differences_are_paired_and_taken_from_the_best_classical_method(comparison):
    rows = rows_of(comparison)
    row = rows["4x", "somebody", "zero-filled"]
    scores = {
        method: [
            r.psnr
            for r in comparison.records
            if (r.case, r.person, r.method) == ("4x", "somebody", method)
        ]
        for method in ("zero-filled", "half")
    }
    mean = sum(a - b for a, b in zip(scores["zero-filled"], scores["half"], strict=True)) / 5
    assert row.difference.against == "half"
    assert row.difference.psnr.mean == pytest.approx(mean)
    assert row.difference.psnr.low > 0
    assert row.difference.win_rate == 1
    assert rows["4x", "somebody", "half"].difference is None


def test_inside_the_body_the_background_does_not_count(comparison):
    rows = rows_of(comparison)
    row, best = rows["4x", "somebody", "zero-filled"], rows["4x", "somebody", "half"]
    assert row.difference_body.against == "half"
    assert row.difference_body.psnr.mean == pytest.approx(row.psnr_body.mean - best.psnr_body.mean)
    assert row.difference_body.psnr.mean != pytest.approx(row.difference.psnr.mean)


def test_without_a_classical_method_there_is_no_difference(methods, plan):
    rows = rows_of(compare(methods[:1], plan))
    assert all(row.difference is None for row in rows.values())


def test_a_method_is_compared_with_its_rival_too(methods, plan, poor_method):
    method = poor_method("network", "learned")
    method = Method(method.name, method.title, method.family, method.fits, rival="zero-filled")
    row = rows_of(compare([zero_filled(), method], plan))["4x", "somebody", "network"]
    assert row.from_rival.against == "zero-filled"
    assert row.from_rival.psnr.mean < 0
    assert row.difference is None


def test_the_worst_are_a_twentieth_of_the_slices_and_at_least_one(comparison):
    row = rows_of(comparison)["4x", "somebody", "zero-filled"]
    scores = [
        r.psnr
        for r in comparison.records
        if (r.case, r.person, r.method) == ("4x", "somebody", "zero-filled")
    ]
    assert row.worst == min(scores)


def test_both_folds_are_read_together_and_come_first(methods, cases, small_volume):
    volumes = [small_volume("macaque"), small_volume("colin27"), small_volume("s1", 2)]
    groups = summarise(compare(methods, every(volumes, cases)))
    assert [group.title for group in groups[:3]] == [
        "both folds (colin27, s1), 4x, 7 slices",
        "colin27 (never seen), 4x, 5 slices",
        "s1 (never seen), 4x, 2 slices",
    ]
    assert [group.is_fitted for group in groups] == [True] * 6 + [False] * 2
    assert "within 2 persons" in groups[0].rows[0].psnr.method
    assert groups[0].rows[0].person == "colin27 + s1"


def test_from_five_persons_on_whole_persons_are_resampled(methods, cases, small_volume):
    volumes = [small_volume(f"scan{n}", 1) for n in range(5)]
    groups = summarise(compare(methods, every(volumes, cases[:1])))
    assert groups[0].title.startswith("other anatomy and scans together (scan0, scan1")
    assert groups[0].rows[0].psnr.method.startswith("bootstrap over 5 persons")
    assert math.isnan(groups[1].rows[0].psnr.low)


def test_a_method_that_misses_a_person_is_not_read_together_with_others(
    methods, cases, small_volume, poor_method
):
    from csmri.app.methods import Budget

    partial = poor_method("partial", budget=Budget("slices of s1", ("s1",)))
    volumes = [small_volume("colin27"), small_volume("s1")]
    found = compare([*methods, partial], every(volumes, cases[:1]), leave_out=True)
    together, colin27, s1 = summarise(found)
    assert "partial" not in [row.method for row in (*together.rows, *s1.rows)]
    assert "partial" in [row.method for row in colin27.rows]
