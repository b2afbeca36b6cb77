from dataclasses import replace

import numpy as np
import pytest

from csmri import MaskedFourier, masks, metrics
from csmri.app.classical import TotalVariationReconstruction, TunedReconstruction
from csmri.app.comparison import compare
from csmri.app.methods import Budget, Fit, Method, single, zero_filled
from csmri.app.oracle import OracleTotalVariation
from csmri.app.plan import every
from csmri.app.table import as_markdown
from solvers import conjugate_gradient


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


def test_two_runs_give_the_same_records(comparison, methods, plan):
    again = compare(methods, plan)
    assert without_seconds(again.records) == without_seconds(comparison.records)


def test_a_record_is_what_the_metrics_say(comparison, methods, volumes, cases):
    record = comparison.records[0]
    acquired = cases[0].acquire(volumes[0], 0)
    image = methods[0].fits[0].reconstruct(acquired.kspace, acquired.mask)
    truth = volumes[0].image(0)
    assert record.psnr == pytest.approx(metrics.psnr(image, truth, data_range=1.0), rel=1e-6)
    assert record.ssim == pytest.approx(metrics.ssim(image, truth, data_range=1.0), rel=1e-6)
    assert record.nmse == pytest.approx(metrics.nmse(image, truth), rel=1e-6)


def test_an_exact_image_has_a_finite_score_and_a_row_in_the_table(plan):
    images = [test.volume.image(index) for test in plan for index in test.volume.slices]

    def oracle(y, mask, maps=None, /):
        seen = np.abs(MaskedFourier(mask).adjoint(y))
        misfits = [np.linalg.norm(image - seen) for image in images]
        return images[int(np.argmin(misfits))]

    exact = single("exact", "Exact", "classical", oracle, 0, Budget("none"))
    found = compare([exact, zero_filled()], plan)
    assert {r.psnr for r in found.records if r.method == "exact"} == {150.0}
    assert "150.00" in as_markdown(found)


def test_masks_are_named_by_their_digests(comparison, volumes, cases):
    expected = masks.digest(cases[1].mask(volumes[0], 2))
    assert comparison.masks["somebody, 8x"]["2"] == expected


def test_the_middle_slice_of_every_volume_is_kept_for_the_figure(comparison):
    found = [(picture.case, picture.person, picture.slice) for picture in comparison.pictures]
    assert found == [
        ("4x", "somebody", 2),
        ("4x", "other", 0),
        ("8x", "somebody", 2),
        ("8x", "other", 0),
    ]
    assert set(comparison.pictures[0].images) == {"zero-filled", "half", "network"}


def test_whoever_watches_sees_each_reconstruction_coming(methods, volumes, cases):
    seen = []
    compare(methods, every(volumes[1:], cases[:1]), watch=lambda *what: seen.append(what))
    assert [done for done, _, _ in seen] == [0, 1, 2]
    assert seen[0][1:] == (3, "other 4x: Zero-filled")


@pytest.mark.parametrize("name", ["somebody", "SOMEBODY", "Somebody"])
def test_nobody_is_judged_on_whom_they_were_fitted_to(plan, poor_method, name):
    method = poor_method(budget=Budget("three slices of somebody", (name,)))
    with pytest.raises(ValueError, match=r"made ready on somebody .* compare on another person"):
        compare([method], plan)


def test_methods_of_one_name_are_refused(plan, poor_method):
    with pytest.raises(ValueError, match="each only once"):
        compare([poor_method(), poor_method()], plan)


def test_no_method_at_all_is_refused(plan):
    with pytest.raises(ValueError, match="got the methods \\(none\\)"):
        compare([], plan)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((64, 63)), r"gave an image of \(64, 63\), expected \(64, 64\)"),
        (np.full((64, 64), np.nan), "not finite"),
    ],
)
def test_a_broken_reconstruction_is_named(plan, poor_method, image, message):
    method = poor_method()
    fit = replace(method.fits[0], reconstruct=lambda y, mask, maps=None: image)
    method = replace(method, fits=(fit,))
    with pytest.raises(ValueError, match=f"Half on slice 0 of somebody .*{message}"):
        compare([method], plan)


def folds(first, second):
    """A method of two fits that can be told apart, one for each person."""

    def scaled(factor):
        return lambda y, mask, maps=None: factor * zero_filled().fits[0].reconstruct(y, mask)

    fits = (
        Fit(scaled(0.5), Budget(f"slices of {first}", (first,))),
        Fit(scaled(1.0), Budget(f"slices of {second}", (second,))),
    )
    return Method("network", "Network", "learned", fits)


def test_each_person_is_given_the_fit_that_never_saw_them(plan):
    found = compare([zero_filled(), folds("somebody", "other")], plan)
    fitted_on = {record.person: record.fitted_on for record in found.records[1::2]}
    assert fitted_on == {"somebody": "other", "other": "somebody"}
    plain, network = found.records[:2]
    assert network.psnr == plain.psnr  # the second fit, which is zero-filled
    plain, network = (r for r in found.records if r.person == "other" and r.case == "4x")
    assert network.psnr < plain.psnr


def test_where_no_fit_serves_a_method_is_refused_or_left_out_with_a_note(plan):
    method = folds("somebody", "somebody")
    with pytest.raises(ValueError, match="cannot be judged on the same person"):
        compare([zero_filled(), method], plan)
    found = compare([zero_filled(), method], plan, leave_out=True, notes=["A word."])
    assert {r.person for r in found.records if r.method == "network"} == {"other"}
    assert found.notes == ("A word.", "Network is missing for somebody: it was made ready on them.")


def test_an_oracle_is_shown_the_truth(volumes, cases):
    tuned = TunedReconstruction({4: TotalVariationReconstruction(0.3, ratio=1.0, gap=0.05)})
    method = Method("oracle", "Oracle", "oracle", (Fit(OracleTotalVariation(tuned), Budget("")),))
    plain = single("tv", "TV", "classical", tuned)
    found = compare([plain, method], every(volumes[1:], cases[:1]))
    tv, oracle = found.records
    assert oracle.psnr > tv.psnr + 0.3  # its λ was ten times too large


def own(function):
    return single("mine:f", "mine:f", "own", function)


def test_a_method_that_works_in_place_changes_nothing_for_the_others(plan, comparison):
    def erase(y, mask, maps=None):
        y *= 0
        mask[:] = False
        return y

    found = compare([own(erase), zero_filled()], plan)
    plain = [record for record in comparison.records if record.method == "zero-filled"]
    assert without_seconds(found.records[1::2]) == without_seconds(plain)
    assert found.masks == comparison.masks
    assert all(picture.mask.any() for picture in found.pictures)


def test_a_function_that_must_have_maps_is_given_none(plan, comparison):
    def with_maps(y, mask, maps):
        return zero_filled().fits[0].reconstruct(y, mask, maps)

    assert compare([own(with_maps)], plan).records[0].psnr == comparison.records[0].psnr


def fails(y, mask, maps=None):
    return maps + 1


def gives_a_result(y, mask, maps=None):
    return conjugate_gradient(MaskedFourier(mask), y, iterations=1)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (fails, r"somebody failed: TypeError: .*NoneType.* \(test_comparison\.py, line \d+\)"),
        (gives_a_result, r"gave a Result, expected an array; return result\.x"),
        (lambda y, mask, maps=None: None, r"gave a NoneType, expected an array of \(64, 64\)"),
        (lambda y: y, r"failed: ValueError: got a function of \(y\), expected one of \(y, mask"),
    ],
)
def test_an_own_function_that_goes_wrong_is_named(plan, function, message):
    with pytest.raises(ValueError, match=f"mine:f on slice 0 of .*{message}"):
        compare([own(function)], plan)
