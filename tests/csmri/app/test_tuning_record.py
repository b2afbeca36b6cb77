import pytest

from csmri import datasets, masks
from csmri.app import tuning_record
from csmri.app.cases import CASES
from csmri.app.settings import DETAILS, MAKES
from csmri.app.volumes import FOLDS, volume


def test_records_survive_their_file(tmp_path):
    records = tuning_record.shipped()
    tuning_record.save(tmp_path / "tuned.json", records)
    assert tuning_record.load(tmp_path / "tuned.json") == records


def test_a_trial_is_a_line(tmp_path):
    records = tuning_record.shipped()
    lines = tuning_record.as_json(records).splitlines()
    trials = sum(len(record.tried) + len(record.best) for record in records)
    assert trials < len(lines) < trials + 40


def test_there_is_a_record_for_each_fold():
    assert tuple(record.person for record in tuning_record.shipped()) == FOLDS


@pytest.mark.parametrize("fold", range(len(FOLDS)))
def test_the_shipped_records_speak_of_the_shipped_data_and_masks(fold):
    record = tuning_record.shipped()[fold]
    person = volume(record.person)
    assert record.data_sha256 == datasets.load(record.person).sha256
    for case in CASES:
        assert record.noise == case.noise
        for index in record.slices:
            assert record.masks[case.name][str(index)] == masks.digest(case.mask(person, index))


@pytest.mark.parametrize("fold", range(len(FOLDS)))
@pytest.mark.parametrize("method", MAKES)
def test_the_shipped_choice_is_the_best_trial_and_lies_inside_its_grid(method, fold):
    record = tuning_record.shipped()[fold]
    chosen = record.chosen(method)
    assert [trial["acceleration"] for trial in chosen] == [case.acceleration for case in CASES]
    for best in chosen:
        rivals = [t for t in record.trials(method) if t["case"] == best["case"]]
        assert best["psnr"] == max(t["psnr"] for t in rivals if t["certified"])
        same = [t["weight"] for t in rivals if all(t.get(d) == best.get(d) for d in DETAILS)]
        assert min(same) < best["weight"] < max(same)


@pytest.mark.parametrize(
    ("method", "gap"), [("wavelet", 1e-3), ("tv", 1e-3), ("tv-l1", 1e-3), ("undecimated", 1e-2)]
)
def test_what_has_an_objective_was_converged_wherever_it_was_chosen(method, gap):
    for record in tuning_record.shipped():
        for chosen in record.chosen(method):
            assert chosen["largest_gap"] <= gap


def test_a_method_that_was_not_tuned_is_refused():
    with pytest.raises(ValueError, match=r"nothing of the method 'unet'; run: csmri tune"):
        tuning_record.shipped()[0].chosen("unet")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        "[]",
        '{"format": "csmri tuning 1", "folds": []}',
        '{"format": "csmri tuning 2", "folds": [{"slices": 3}]}',
        '{"format": "csmri tuning 2", "folds": [{"slices": [], "tried": [], "best": []}]}',
    ],
)
def test_a_file_that_holds_no_records_is_refused(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"no tuning records of this version .* csmri tune"):
        tuning_record.load(path)
