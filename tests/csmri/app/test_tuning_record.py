import pytest

from csmri import datasets, masks
from csmri.app import tuning_record
from csmri.app.cases import CASES, TRAINING_PERSON, volume


def test_a_record_survives_its_file(tmp_path):
    record = tuning_record.shipped()
    record.save(tmp_path / "tuned.json")
    assert tuning_record.load(tmp_path / "tuned.json") == record


def test_the_shipped_record_speaks_of_the_shipped_data_and_masks():
    record = tuning_record.shipped()
    person = volume(TRAINING_PERSON)
    assert record.person == TRAINING_PERSON
    assert record.data_sha256 == datasets.load(TRAINING_PERSON).sha256
    for case in CASES:
        assert record.noise == case.noise
        for index in record.slices:
            assert record.masks[case.name][str(index)] == masks.digest(case.mask(person, index))


@pytest.mark.parametrize("method", ["wavelet", "tv"])
def test_the_shipped_choice_is_the_best_trial_and_lies_inside_its_grid(method):
    record = tuning_record.shipped()
    for chosen in record.chosen(method):
        rivals = [t for t in record.trials(method) if t["case"] == chosen["case"]]
        assert chosen["psnr"] == max(t["psnr"] for t in rivals)
        same = [
            t["weight"]
            for t in rivals
            if (t.get("wavelet"), t.get("shifts")) == (chosen.get("wavelet"), chosen.get("shifts"))
        ]
        assert min(same) < chosen["weight"] < max(same)


def test_total_variation_was_converged_wherever_it_was_chosen():
    for chosen in tuning_record.shipped().chosen("tv"):
        assert chosen["largest_gap"] <= 1e-3


def test_a_method_that_was_not_tuned_is_refused():
    with pytest.raises(ValueError, match=r"nothing of the method 'unet'; run: csmri tune"):
        tuning_record.shipped().chosen("unet")


@pytest.mark.parametrize(
    "text", ["{", "{}", '{"slices": 3}', '{"slices": [], "tried": [], "best": []}']
)
def test_a_file_that_is_no_record_is_refused(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"no tuning record of this version .* csmri tune"):
        tuning_record.load(path)
