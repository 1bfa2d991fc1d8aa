"""Tables that become cards on a phone: every cell says its column, every part its role."""

import re

import pytest
from lxml import html

from vonggac.desk.catalogue import PACKAGE
from vonggac.desk.folding import folded

TABLE = (
    '<p>before</p><table class="list fold"><thead><tr><th scope="col">Tên &amp; "mã"</th>'
    '<th scope="col" class="number"><b>Số</b>\n  dòng</th><th scope="col"><span class="sr-only">Việc</span></th></tr>'
    '</thead><tbody><tr><th scope="row">a</th><td class="number">1</td><td><button>x</button></td></tr>'
    "<tr><td>b</td><td>2</td><td></td></tr>"
    '<tr><td colspan="3">Chưa có gì</td></tr></tbody></table>'
)
# Tables whose headings stay in sight on a phone, or that are laid out by themselves.
OF_THEIR_OWN = {
    "list answers": "each field has its label",
    "list figures-table": "scrolls sideways under its headings",
    "list loads": "each number has its unit",
    "list pattern-table": "scrolls sideways under its headings",
    "grid-table": "days are rows on a phone",
    "matrix": "each cell has its clause",
    "sheet-table": "scrolls sideways, as the spreadsheet it shows",
}


def test_a_cell_says_the_heading_of_its_column_except_where_a_row_or_a_button_names_itself():
    page = html.fromstring(f"<div>{folded(TABLE)}</div>")
    rows = [[cell.get("data-label") for cell in row] for row in page.xpath("//tbody/tr")]
    assert rows == [[None, "Số dòng", None], ['Tên & "mã"', "Số dòng", None], [None]]


def test_every_part_keeps_its_role_whatever_the_style_makes_of_it():
    page = html.fromstring(f"<div>{folded(TABLE)}</div>")
    assert page.xpath("//table/@role") == ["table"]
    assert page.xpath("//thead/@role | //tbody/@role") == ["rowgroup"] * 2
    assert page.xpath("//tr/@role") == ["row"] * 4
    assert page.xpath("//thead//th/@role") == ["columnheader"] * 3
    assert page.xpath("//tbody//th/@role") == ["rowheader"]
    assert page.xpath("//td/@role") == ["cell"] * 6


@pytest.mark.parametrize("page", ["", "<p>no table</p>", '<table class="matrix"><tr><td>1</td></tr></table>'])
def test_what_does_not_fold_stays_as_it_is(page):
    assert folded(page) == page


def test_every_table_with_headings_folds_or_is_known_to_keep_them_in_sight():
    found = set()
    for path in (PACKAGE / "desk" / "templates").rglob("*.html"):
        for classes, inside in re.findall(r'<table class="([^"]*)"[^>]*>(.*?)</table>', path.read_text(), re.DOTALL):
            always = re.sub(r"{%.*?%}.*?{% endif %}", "", classes)
            if "<thead" in inside and "fold" not in always.split():
                found.add((path.name, always))
    assert {classes for _path, classes in found} - set(OF_THEIR_OWN) == set(), found
