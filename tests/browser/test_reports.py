"""The report upward in a real browser: drafted, read page by page, issued, on a screen and a phone, by keyboard too."""

import pytest

from tests.browser.accessibility import faults
from tests.browser.steps import follow
from tests.desk.test_reports import said
from tests.reports import stage as stages
from tests.reports.stage import LATER
from vonggac.ledger.models import Entry
from vonggac.reports.models import Report
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db(databases=["default", "owner", "sealer"], transaction=True)


@pytest.fixture
def clock():
    return LATER


@pytest.fixture
def desk(live, settings, tmp_path) -> stages.Stage:
    stages.settle(settings, tmp_path)
    return stages.prepare()


def drafted(open_as, **options):
    page = open_as("ha", "/reports/", **options)
    page.get_by_role("button", name=said("Draft a report")).click()
    page.wait_for_url("**/reports/*/")
    return page


def test_a_report_is_drafted_worded_issued_and_seen_by_a_second_person(open_as, desk):
    page = drafted(open_as)
    page.wait_for_function("[...document.querySelectorAll('.pages img')].slice(0, 2).every(i => i.naturalWidth > 700)")
    page.get_by_label(said("Difficulties")).fill("Thiếu thiết bị ghi nhật ký")
    follow(page, page.get_by_role("button", name=said("Keep and show"), exact=True))
    assert page.get_by_label(said("Difficulties")).input_value() == "Thiếu thiết bị ghi nhật ký"
    follow(page, page.get_by_role("button", name=said("Issue"), exact=True))
    with scoped(desk.people.scope("ha")):
        report = Report.objects.get()
        assert (report.state, report.number) == ("issued", 1)
        assert Entry.objects.filter(act="report.issue", subject_id=report.pk).count() == 1
    second = open_as("minh", "/reports/")
    assert second.locator(".tag.proven").count() == 1


def test_the_files_are_downloaded(open_as, desk):
    page = drafted(open_as)
    for form, beginning in ((".docx", b"PK"), (".pdf", b"%PDF")):
        with page.expect_download() as download:
            page.get_by_role("link", name=form, exact=True).click()
        with open(download.value.path(), "rb") as file:  # noqa: PTH123  a path of the browser's own
            assert file.read(4).startswith(beginning)


def test_a_figure_is_followed_to_its_rows(open_as, desk):
    page = drafted(open_as)
    follow(page, page.locator(".figures-table tbody tr").nth(1).locator("td").nth(1).locator("a"))
    assert page.locator("main .row").count() == 2


def test_enter_in_a_field_keeps_the_words_and_the_figures(open_as, desk):
    page = drafted(open_as)
    place = page.locator("#report-form [name=place]")
    place.fill("Vĩnh Hải")
    with page.expect_navigation():
        place.press("Enter")
    with scoped(desk.people.scope("ha")):
        assert Report.objects.get().place == "Vĩnh Hải"
        assert not Entry.objects.filter(act="report.recount").exists()


def test_without_scripts_everything_works(open_as, desk):
    page = drafted(open_as, scripts=False)
    follow(page, page.get_by_role("button", name=said("Renew the figures")))
    with scoped(desk.people.scope("ha")):
        assert Entry.objects.filter(act="report.recount").count() == 1


@pytest.mark.slow
def test_the_pages_are_accessible_and_fit_on_a_phone(open_as, desk, axe):
    page = drafted(open_as, width=390, height=844)
    for address in (page.url, page.url.rsplit("/", 2)[0] + "/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert faults(page, axe) == []


def test_the_draft_is_made_by_keyboard_alone(open_as, desk):
    page = open_as("ha", "/reports/")
    page.get_by_role("combobox").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reports/*/")
    with scoped(desk.people.scope("ha")):
        assert Report.objects.count() == 1
