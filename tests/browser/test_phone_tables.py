"""Tables on a phone: a value never stands without its column's name, seen or heard, in both themes."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import faults
from tests.browser.steps import follow
from tests.cast import NOON
from vonggac.register import imports
from vonggac.tenancy.scope import scoped, system

SENSORS = b"name,kind,organisation,networks,silence\nbien,flow,hai-van,203.0.113.0/24,heartbeat\n"
PAGES = ("/logs/", "/register/organisations/", "/roster/rules/", "/reports/", "/people")
# What stands before each labelled cell, as the browser draws it.
DRAWN = """cells => cells.map(cell => [
    cell.dataset.label, getComputedStyle(cell, "::before").content, getComputedStyle(cell).display])"""


@pytest.fixture
def sensors(live, desk):
    with scoped(system("tests")):
        imports.apply(imports.plan("sensors", SENSORS, "sensors.csv", at=NOON.date(), now=NOON), at=NOON)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_every_value_of_a_folded_table_stands_behind_its_heading(open_as, sensors, axe, path, theme):
    page = open_as("quan", path, width=390, height=844)
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    drawn = page.locator("table.fold td[data-label]").evaluate_all(DRAWN)
    assert drawn
    for label, before, display in drawn:
        assert before.startswith(f'"{label}'), (label, before)
        assert display in {"block", "none"}
    table = page.get_by_role("table").first
    expect(table.get_by_role("columnheader")).not_to_have_count(0)
    expect(table.get_by_role("cell")).not_to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert faults(page, axe) == []


def test_the_matrix_says_what_its_marks_mean_before_the_first_of_them(open_as):
    page = open_as("ha", "/directives/", width=390, height=844)
    follow(page, page.locator("table.register .subject a").first)
    page.goto(page.url.rstrip("/") + "/matrix/")
    key, first = page.locator(".key"), page.locator("table.matrix td a").first
    expect(key).to_contain_text("chưa tiếp nhận")
    assert key.bounding_box()["y"] < first.bounding_box()["y"]
    expect(page.get_by_role("table").get_by_role("rowheader")).not_to_have_count(0)
    expect(page.get_by_role("table").get_by_role("columnheader")).not_to_have_count(0)


def test_an_empty_list_of_lists_leads_to_the_form(open_as):
    page = open_as("ha", "/lists/", width=390, height=844)
    expect(page.locator("main table")).to_have_count(0)
    page.locator(".empty a").click()
    assert page.url.endswith("#hand-in")
    expect(page.locator("#hand-in")).to_be_in_viewport()


def test_an_empty_inbox_leads_to_the_sources_where_alerts_are_handed_in(open_as):
    page = open_as("ha", "/cases/alerts/", width=390, height=844)
    page.locator(".empty").get_by_role("link", name="Nguồn cảnh báo", exact=True).click()
    expect(page).to_have_url(re.compile("/cases/alerts/sources/$"))
