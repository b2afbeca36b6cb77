import pytest

from csmri.app.writing import write_atomically


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
