import io

import numpy as np
import pytest
from matplotlib import image

from csmri.app.cases import Case
from csmri.app.comparison import compare
from csmri.app.figure import (
    busiest_square,
    comparison_figure,
    comparison_png,
    encoded,
    field_of_view,
    shown_methods,
)
from csmri.app.plan import every


def test_the_figure_is_a_dark_picture_of_every_method(comparison):
    pixels = image.imread(io.BytesIO(comparison_png(comparison, person="somebody", dpi=40)))
    height, width = pixels.shape[:2]
    assert width == pytest.approx(40 * 2.1 * 4, abs=1)
    assert height > width  # two cases below each other
    assert np.median(pixels[..., :3]) < 0.3


def test_the_figure_is_the_same_in_every_run(comparison):
    first = comparison_png(comparison, person="other", dpi=40)
    assert comparison_png(comparison, person="other", dpi=40) == first


def test_a_person_without_pictures_is_refused(comparison):
    with pytest.raises(ValueError, match=r"got person 'nobody'.*other, somebody"):
        comparison_png(comparison, person="nobody")


def test_the_view_holds_the_body():
    truth = np.zeros((128, 128), np.float32)
    truth[30:90, 40:100] = 1
    assert field_of_view(truth) == (slice(24, 96), slice(34, 106))


def test_the_detail_is_taken_where_edges_are():
    truth = np.zeros((256, 256), np.float32)
    truth[120:150:4, 140:180] = 1
    rows, columns = busiest_square(truth, (slice(0, 256), slice(0, 256)))
    assert rows.start <= 120
    assert rows.stop >= 150
    assert columns.start <= 140
    assert columns.stop >= 180


def test_a_wide_comparison_spares_kinds_that_others_stand_for(cases, volumes, poor_method):
    names = ("zero-filled", "wavelet", "cycle-spun", "undecimated", "tv", "tv-l1", "oracle", "mine")
    methods = [poor_method(name) for name in (*names, "unet", "unrolled")]
    found = compare(methods, every(volumes[1:], cases[:1]))
    assert shown_methods(found) == [
        "zero-filled", "cycle-spun", "undecimated", "tv-l1", "mine", "unet", "unrolled",
    ]  # fmt: skip
    narrow = comparison_figure(found, person="other", shown=["mine"])
    assert narrow.get_size_inches()[0] == pytest.approx(2.1 * 2)


def test_masks_of_single_samples_are_drawn_too(methods, volumes, cases):
    plan = every(volumes[1:], [cases[0], Case(4, mask_kind="gaussian-2d")])
    found = compare(methods, plan)
    columns, samples = (
        encoded(comparison_figure(found, person="other", fitted_cases=fitted), dpi=40)
        for fitted in (True, False)
    )
    assert columns != samples


def test_a_figure_can_be_had_smaller_with_loss(comparison):
    figure = comparison_figure(comparison, person="other")
    small = encoded(figure, dpi=40, quality=80)
    assert small.startswith(b"\xff\xd8")
    assert len(small) < len(encoded(figure, dpi=40))
