import numpy as np
import pytest

from csmri.app import volumes
from csmri.app.cases import CASES, Case
from csmri.app.plan import Test, every, persons_of, standard_plan
from csmri.app.volumes import volume


@pytest.fixture(autouse=True)
def one_scan(tmp_path, monkeypatch):
    np.save(tmp_path / "mine.npy", np.ones((4, 8, 8)))
    monkeypatch.setenv(volumes.SCANS_VARIABLE, str(tmp_path))


def test_the_standard_tests_are_both_folds_and_then_what_nothing_was_fitted_to():
    plan = standard_plan(4)
    assert [test.name for test in plan if test.is_fitted] == [
        "colin27, 4x", "s1, 4x", "colin27, 8x", "s1, 8x",
    ]  # fmt: skip
    assert [test.name for test in plan if not test.is_fitted] == [
        "macaque, 4x", "shoulder, 4x", "shepp-logan, 4x", "mine, 4x", "colin27, 12x",
        "colin27, equispaced 4x", "colin27, variable-density 4x", "colin27, gaussian-2d 4x",
        "colin27, 4x, noise 0.02",
    ]  # fmt: skip
    assert {len(t.volume.slices) for t in plan if t.is_fitted} == {4}
    assert sum(len(test.volume.slices) for test in plan) < 50


def test_the_full_tests_hold_more_of_each():
    plan = {test.name: test for test in standard_plan(4, full=True)}
    assert {"macaque, 8x", "colin27, poisson-disc 4x", "colin27, 2x"} < set(plan)
    assert len(plan["mine, 4x"].volume.slices) == 4
    assert len(plan["colin27, 12x"].volume.slices) == 4


def test_each_person_is_listed_once_with_most_slices():
    few, many = volume("macaque", 2), volume("macaque", 5)
    assert persons_of([Test(CASES[0], few), Test(Case(12), many)]) == [many]
    assert len(every([few, volume("shoulder")], CASES)) == 4
