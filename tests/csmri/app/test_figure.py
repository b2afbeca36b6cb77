import io

import numpy as np
import pytest
from matplotlib import image

from csmri.app.figure import busiest_square, comparison_png, field_of_view


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
