import math

import pytest

from csmri.app.search import bracket, refine


@pytest.mark.parametrize("peak", [0.002, 0.0031, 0.0003, 0.05])
def test_the_search_closes_in_on_the_peak_even_outside_its_grid(peak):
    tried = []

    def score(x):
        tried.append(x)
        return -abs(math.log(x / peak))

    scores = bracket(score, [0.001, 0.002, 0.004, 0.008])
    found = refine(score, scores, 2, 2)
    assert abs(math.log2(found / peak)) <= 1 / 8 + 1e-9
    assert len(set(tried)) == len(tried)


def test_the_search_ends_where_there_is_no_peak():
    tried = []
    bracket(lambda x: tried.append(x) or x, [1.0, 2.0])
    assert len(tried) == 2 + 3 * 2


def test_what_is_known_is_not_tried_again():
    tried = []
    bracket(lambda x: tried.append(x) or -abs(x - 2), [1.0, 2.0, 4.0], {2.0: 0.0})
    assert tried == [1.0, 4.0]
