import re
from html.parser import HTMLParser

import pytest

from csmri.app.comparison import compare
from csmri.app.html import as_html
from csmri.app.html_charts import axis
from csmri.app.output import figures_of
from csmri.app.plan import every

VOID = {"meta", "img", "br", "line", "circle"}


class Drawn:
    """In place of a figure."""

    def savefig(self, file, **_):
        file.write(b"drawn")


class Nesting(HTMLParser):
    """Refuses elements that are not closed in their order, and collects what is loaded."""

    def __init__(self):
        super().__init__()
        self.open, self.sources, self.words = [], [], []

    def handle_starttag(self, tag, attrs):
        self.sources += [v for k, v in attrs if k in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def page(methods, cases, small_volume):
    volumes = [small_volume("colin27"), small_volume("s1", 2), small_volume("<mine>", 1)]
    found = compare(methods, every(volumes, cases))
    return as_html(found, {"comparison.png": Drawn()})


def test_the_page_is_well_formed_and_loads_nothing(page):
    parser = Nesting()
    parser.feed(page)
    assert parser.open == []
    assert parser.sources == ["data:image/jpeg;base64,ZHJhd24="]
    assert "<script" not in page
    assert "url(" not in page
    assert "http" not in page


def test_the_page_shows_charts_shifts_tables_costs_and_caveats(page):
    text = re.sub(r"<[^>]+>", " ", page)
    for words in (
        "PSNR, dB: both folds (colin27, s1), 4x, 7 slices",
        "In and out of distribution",
        "Wilcoxon p",
        "What each method cost",
        "processed before they reached us",
        "csmri rerun results.json",
    ):
        assert words in text
    assert page.count("<svg") == 10  # five charts at two accelerations


def test_names_are_escaped(page):
    assert "&lt;mine&gt;" in page
    assert "<mine>" not in page


def test_there_is_a_figure_for_each_person_and_one_for_other_masks(methods, volumes, cases):
    from csmri.app.cases import Case

    plan = [*every(volumes, cases[:1]), *every(volumes[:1], [Case(4, mask_kind="gaussian-2d")])]
    figures = figures_of(compare(methods, plan))
    assert list(figures) == ["comparison.png", "comparison_shifts.png", "comparison_other.png"]
    assert [len(figure.subfigs) for figure in figures.values()] == [1, 1, 1]


@pytest.mark.parametrize("ends", [(24.3, 31.7), (-6.5, 3.1), (0.812, 0.93), (5.0, 5.0), (0.0, 0.0)])
def test_axes_end_on_round_numbers_around_what_is_drawn(ends):
    low, high, step = axis(*ends)
    assert low <= ends[0] <= ends[1] <= high
    assert low < high
    assert (high - low) / step <= 8.001
    assert low / step == pytest.approx(round(low / step))
