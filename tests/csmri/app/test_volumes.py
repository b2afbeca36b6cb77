import numpy as np
import pytest

from csmri.app import volumes
from csmri.app.volumes import PHANTOM, SHAPE, UNSEEN_PERSON, evenly_spaced, scans, volume


def test_sixteen_slices_of_the_unseen_person_fill_the_field_of_view():
    found = volume(UNSEEN_PERSON)
    assert len(found.slices) == 16
    assert found.image(found.slices[0]).shape == SHAPE
    assert found.peak == found.images.max() == 1
    assert found.is_fitted


def test_all_slices_can_be_asked_for():
    assert volume("macaque", None).slices == tuple(range(12))


def test_slices_lie_in_the_middles_of_equal_parts():
    assert evenly_spaced(48, 16) == tuple(range(1, 48, 3))
    assert evenly_spaced(3, 16) == (0, 1, 2)


def test_fewer_than_one_slice_is_refused():
    with pytest.raises(ValueError, match="got 0 slices"):
        volume(UNSEEN_PERSON, 0)


def test_the_phantom_is_one_slice_of_its_own_kind():
    found = volume(PHANTOM)
    assert found.images.shape == (1, *SHAPE)
    assert (found.kind, found.slices) == ("phantom", (0,))


def test_scans_are_found_in_a_folder_and_brought_to_the_field_of_view(tmp_path, monkeypatch):
    images = np.zeros((5, 300, 200))
    images[:, 100:200, 50:150] = 7
    np.save(tmp_path / "mine.npy", images)
    monkeypatch.setenv(volumes.SCANS_VARIABLE, str(tmp_path))
    assert list(scans()) == ["mine"]
    found = volume("mine", 2)
    assert found.images.shape == (5, *SHAPE)
    assert (found.kind, found.slices, found.peak) == ("another scan", (1, 3), 1)
    filled = (found.image(0) > 0.5).sum()
    assert filled == pytest.approx(100 * 100 * (256 / 300) ** 2, rel=0.03)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (np.ones((2, 3)), r"float64 of shape \(2, 3\), expected real magnitudes"),
        (np.ones((1, 4, 4), complex), "expected real magnitudes"),
        (np.zeros((1, 4, 4)), "nothing but zeros"),
        (np.full((1, 4, 4), np.inf), "not finite"),
    ],
)
def test_a_file_that_holds_no_images_is_named(tmp_path, monkeypatch, content, message):
    np.save(tmp_path / "mine.npy", content)
    monkeypatch.setenv(volumes.SCANS_VARIABLE, str(tmp_path))
    with pytest.raises(ValueError, match=message):
        volume("mine")


def test_a_truncated_file_is_named(tmp_path, monkeypatch):
    (tmp_path / "mine.npy").write_bytes(b"\x93NUMPY")
    monkeypatch.setenv(volumes.SCANS_VARIABLE, str(tmp_path))
    with pytest.raises(ValueError, match=r"mine\.npy is no NumPy file"):
        volume("mine")


def test_without_a_folder_there_are_no_scans(tmp_path, monkeypatch):
    monkeypatch.setenv(volumes.SCANS_VARIABLE, str(tmp_path / "nowhere"))
    assert scans() == {}
    with pytest.raises(ValueError, match="got the person 'mine', expected one of s1, colin27"):
        volume("mine")


def test_the_real_scans_beside_the_project_serve(shared_data, monkeypatch):
    monkeypatch.setenv(volumes.SCANS_VARIABLE, str(shared_data / "images"))
    names = list(scans())
    assert "pydicom_shoulder" not in names  # it ships, in another matrix
    for name in names:
        assert volume(name, 1).images.shape[1:] == SHAPE
