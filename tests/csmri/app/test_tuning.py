import math

import pytest

from csmri.app.classical import TotalVariationReconstruction, WaveletReconstruction
from csmri.app.tuning import Setting, search, settings, tune

QUICK = [
    Setting(
        "wavelet",
        {"wavelet": "haar", "shifts": True},
        lambda weight: WaveletReconstruction("haar", weight, True, levels=3, iterations=10),
        (0.01, 0.02),
    ),
    Setting("tv", {}, lambda weight: TotalVariationReconstruction(weight, 0.1, 200), (0.01, 0.02)),
]


@pytest.mark.parametrize("peak", [0.002, 0.0031, 0.0003, 0.05])
def test_the_search_closes_in_on_the_peak_even_outside_its_grid(peak):
    tried = []

    def score(x):
        tried.append(x)
        return -abs(math.log(x / peak))

    found = search(score, [0.001, 0.002, 0.004, 0.008], 2)
    assert abs(math.log2(found / peak)) <= 1 / 8 + 1e-9
    assert len(set(tried)) == len(tried)


def test_the_search_ends_where_there_is_no_peak():
    tried = []
    search(lambda x: tried.append(x) or x, [1.0, 2.0], 1)
    assert len(tried) <= 6


def test_tuning_is_the_same_in_every_run_and_keeps_every_trial(volumes, cases):
    def run():
        lines = []
        record = tune(
            person=volumes[0],
            cases=cases[:1],
            refinements=1,
            tried_settings=QUICK,
            watch=lines.append,
        )
        scores = [(t["method"], t["weight"], t["psnr"]) for t in record.tried]
        return record, scores, lines

    record, scores, lines = run()
    assert run()[1] == scores
    assert len(lines) == len(record.tried) == len(scores)
    assert {t["method"] for t in record.best} == {"wavelet", "tv"}
    best = record.chosen("tv")[0]
    assert best["psnr"] == max(t["psnr"] for t in record.trials("tv"))
    assert 0 <= best["largest_gap"] <= 0.1
    assert record.chosen("wavelet")[0]["largest_gap"] is None
    assert set(record.masks["4x"]) == {"0", "1", "2"}


def test_haar_and_db4_are_tried_with_and_without_shifts():
    tried = {(s.details["wavelet"], s.details["shifts"]) for s in settings() if s.details}
    assert tried == {("haar", False), ("haar", True), ("db4", False), ("db4", True)}
