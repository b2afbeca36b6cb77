from dataclasses import replace

import numpy as np
import pytest

from csmri import masks, metrics
from csmri.app.comparison import compare
from csmri.app.methods import Budget


def without_seconds(records):
    return [replace(record, seconds=0) for record in records]


def test_every_method_is_judged_on_every_slice(comparison, methods, volumes, cases):
    keys = [(r.case, r.person, r.slice, r.method) for r in comparison.records]
    expected = [
        (case.name, volume.person, index, method.name)
        for case in cases
        for volume in volumes
        for index in volume.slices
        for method in methods
    ]
    assert keys == expected


def test_two_runs_give_the_same_records(comparison, methods, volumes, cases):
    again = compare(methods, volumes, cases)
    assert without_seconds(again.records) == without_seconds(comparison.records)


def test_a_record_is_what_the_metrics_say(comparison, methods, volumes, cases):
    record = comparison.records[0]
    acquired = cases[0].acquire(volumes[0], 0)
    image = methods[0].reconstruct(acquired.kspace, acquired.mask)
    truth = volumes[0].image(0)
    assert record.psnr == pytest.approx(metrics.psnr(image, truth, data_range=1.0), rel=1e-6)
    assert record.ssim == pytest.approx(metrics.ssim(image, truth, data_range=1.0), rel=1e-6)
    assert record.nmse == pytest.approx(metrics.nmse(image, truth), rel=1e-6)


def test_masks_are_named_by_their_digests(comparison, volumes, cases):
    expected = masks.digest(cases[1].mask(volumes[0], 2))
    assert comparison.masks["8x"]["somebody"]["2"] == expected


def test_the_middle_slice_of_every_volume_is_kept_for_the_figure(comparison):
    found = [(picture.case, picture.person, picture.slice) for picture in comparison.pictures]
    assert found == [
        ("4x", "somebody", 1),
        ("4x", "other", 0),
        ("8x", "somebody", 1),
        ("8x", "other", 0),
    ]
    assert set(comparison.pictures[0].images) == {"zero-filled", "half", "network"}


def test_whoever_watches_sees_each_reconstruction_coming(methods, volumes, cases):
    seen = []
    compare(methods, volumes[1:], cases[:1], watch=lambda *what: seen.append(what))
    assert [done for done, _, _ in seen] == [0, 1, 2]
    assert seen[0][1:] == (3, "other 4x: Zero-filled")


@pytest.mark.parametrize("name", ["somebody", "SOMEBODY", "Somebody"])
def test_nobody_is_judged_on_whom_they_were_fitted_to(volumes, cases, poor_method, name):
    method = poor_method(budget=Budget("three slices of somebody", (name,)))
    with pytest.raises(ValueError, match=r"made ready on somebody .* compare on another person"):
        compare([method], volumes, cases)


def test_methods_of_one_name_are_refused(volumes, cases, poor_method):
    with pytest.raises(ValueError, match="each only once"):
        compare([poor_method(), poor_method()], volumes, cases)


def test_no_method_at_all_is_refused(volumes, cases):
    with pytest.raises(ValueError, match="got the methods \\(none\\)"):
        compare([], volumes, cases)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((64, 63)), r"gave an image of \(64, 63\), expected \(64, 64\)"),
        (np.full((64, 64), np.nan), "not finite"),
    ],
)
def test_a_broken_reconstruction_is_named(volumes, cases, poor_method, image, message):
    method = replace(poor_method(), reconstruct=lambda y, mask, maps=None: image)
    with pytest.raises(ValueError, match=f"Half on slice 0 of somebody .*{message}"):
        compare([method], volumes, cases)
