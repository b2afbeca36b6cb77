import pytest

from csmri.app.writing import require_writable
from csmri.formats import OutputError
from csmri.formats.writing import write_atomically


def test_a_file_is_written_with_its_folder(tmp_path):
    write_atomically(tmp_path / "new" / "table.md", "λ")
    assert (tmp_path / "new" / "table.md").read_text(encoding="utf-8") == "λ"


def test_an_interrupted_write_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "results.json"
    write_atomically(path, "whole")

    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, "half")
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_tried_and_nothing_is_left_of_it(tmp_path):
    require_writable(tmp_path / "some" / "where")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "kept").mkdir()
    require_writable(tmp_path / "kept")
    assert list(tmp_path.iterdir()) == [tmp_path / "kept"]


def test_a_folder_that_cannot_be_made_is_refused_with_a_remedy(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="a file is where a folder is needed: choose another"):
        require_writable(tmp_path / "file" / "results")
    with pytest.raises(OutputError, match="a file is where a folder is needed: choose another"):
        write_atomically(tmp_path / "file" / "table.md", "λ")
