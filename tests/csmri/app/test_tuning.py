import pytest

from csmri.app.settings import Setting, settings
from csmri.app.tuning import tune

QUICK = [
    Setting("cycle-spun", {"wavelet": "haar", "levels": 3, "iterations": 10}, (0.01, 0.02)),
    Setting("cycle-spun", {"wavelet": "haar", "levels": 3, "iterations": 1}, (8.0, 16.0)),
    Setting("tv", {"gap": 0.1, "iterations": 200}, (0.01, 0.02)),
]


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
    assert {t["method"] for t in record.best} == {"cycle-spun", "tv"}
    best = record.chosen("tv")[0]
    assert best["psnr"] == max(t["psnr"] for t in record.trials("tv"))
    assert 0 <= best["largest_gap"] <= 0.1
    assert record.chosen("cycle-spun")[0]["largest_gap"] is None
    assert set(record.masks["4x"]) == {"0", "1", "2", "3", "4"}
    hopeless = [t for t in record.tried if t["method"] == "cycle-spun" and t["iterations"] == 1]
    assert len(hopeless) == 1  # its middle λ alone


def test_both_wavelets_are_tried_in_three_ways_at_each_depth():
    tried = {
        (s.method, s.details["wavelet"], s.details["levels"])
        for s in settings()
        if "wavelet" in s.details
    }
    assert tried == {
        (method, name, levels)
        for method in ("wavelet", "cycle-spun", "undecimated")
        for name in ("haar", "db4")
        for levels in (1, 2, 4)
    }


def test_every_setting_makes_a_reconstruction_of_its_weight():
    for setting in settings():
        made = setting.at_weight(0.25)
        assert made.weight == 0.25
        for name, value in setting.details.items():
            assert getattr(made, name) == value


def test_what_was_not_solved_to_its_gap_is_never_chosen(volumes, cases):
    hasty = Setting("tv", {"gap": 1e-9, "iterations": 30}, (0.01, 0.02))
    sound = Setting("tv", {"gap": 0.1, "iterations": 200}, (0.02, 0.04))
    record = tune(person=volumes[1], cases=cases[:1], refinements=0, tried_settings=[hasty, sound])
    first, *others = record.tried
    assert not first["certified"]
    assert record.best[0]["certified"]
    assert record.best[0] in others
    with pytest.raises(ValueError, match=r"tv reached its gap in none of 1 trials at 4x"):
        tune(person=volumes[1], cases=cases[:1], tried_settings=[hasty])
