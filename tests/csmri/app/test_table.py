import io

from rich.console import Console

from csmri.app.caveats import caveats_of
from csmri.app.comparison import compare
from csmri.app.table import as_markdown, as_rich


def printed(comparison, width=158):
    file = io.StringIO()
    Console(file=file, width=width).print(as_rich(comparison))
    return file.getvalue()


def test_the_table_names_every_group_and_method(comparison):
    text = printed(comparison)
    for title in ("somebody (another scan), 4x, 5 slices", "other (another scan), 8x, 1 slice"):
        assert title in text
    assert text.count("Zero-filled") == 7  # four tests, two together, and the costs
    assert "(the best classical)" in text
    assert "guessed" in text


def test_without_a_classical_method_none_is_called_the_best(methods, plan):
    text = printed(compare(methods[:1], plan))
    assert "the best classical)" not in text
    assert " none " in text


def test_the_caveats_stand_beside_both_tables(comparison):
    text = " ".join(printed(comparison).split())
    markdown = as_markdown(comparison)
    caveats = caveats_of(comparison)
    assert len(caveats) >= 5
    for caveat in caveats:
        assert caveat in text
        assert f"- {caveat}" in markdown


def test_caveats_are_of_what_was_compared(methods, plan):
    every, linear = (" ".join(caveats_of(compare(some, plan))) for some in (methods, methods[:1]))
    for word in ("networks' trainings", "best classical"):
        assert word in every
        assert word not in linear
    for word in ("macaque", "Random shifts", "oracle"):
        assert word not in every


def test_the_markdown_table_has_a_cell_for_every_heading(comparison):
    rows = [line for line in as_markdown(comparison).splitlines() if line.startswith("| ")]
    counts = {line.count("|") for line in rows}
    assert counts == {10, 5}  # results and costs


def test_a_mean_stands_with_its_interval(comparison):
    line = next(row for row in as_markdown(comparison).splitlines() if "Zero-filled" in row)
    assert "[" in line.split("|")[2]
    assert "[+" in line.split("|")[7]
