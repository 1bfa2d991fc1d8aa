"""The buttons of reports upward."""

from playwright.sync_api import Page

from tests.browser.presses.press import Press, Stage, form
from vonggac.cases.models import Case
from vonggac.tenancy.scope import scoped, system


def here(stage: Stage) -> str:
    return stage.report_page()


def place(_stage: Stage) -> str:
    return "/reports/"


def drafted(stage: Stage) -> None:
    stage.draft()


def aged(stage: Stage) -> None:
    """A draft, and a unit that reports afterwards."""
    stage.draft()
    with scoped(system("tests")):
        waiting = Case.objects.filter(obligation__directive__number="31", claim="none", organisation__code="so-y-te")
        stage.post("tam", f"/cases/{waiting.first().pk}/claim/", text="đã làm")


def issued(stage: Stage) -> None:
    stage.draft()
    stage.post("ha", f"{stage.report_page()}issue/", numbering="register")


def renew(page: Page) -> None:
    page.locator(".aged button[formaction$='/recount/']").click()


def claimed(stage: Stage) -> int:
    return sum(clause["claimed"]["value"] for clause in stage.report().figures["clauses"])


def is_counted_as_it_stands(stage: Stage) -> bool:
    with scoped(system("tests")):
        now = Case.objects.filter(obligation__directive__number="31", claim="done").count()
    return claimed(stage) == now


def edit(page: Page) -> None:
    page.locator("[name=difficulties]").fill("Thiếu thiết bị ghi nhật ký")
    form(page, "/edit/").locator("button:not([formaction])").click()


def discard(page: Page) -> None:
    page.locator("details.act summary", has_text="Bỏ dự thảo này").click()
    form(page, "/discard/").locator("button").click()


def withdraw(page: Page) -> None:
    page.locator("details.act summary", has_text="Rút lại").click()
    form(page, "/withdraw/").locator("textarea").fill("sai số liệu của một đơn vị")
    form(page, "/withdraw/").locator("button").click()


def is_gone(_stage: Stage) -> bool:
    from vonggac.reports.models import Report  # noqa: PLC0415  beside the one test that needs it

    with scoped(system("tests")):
        return not Report.objects.exists()


def in_state(state: str):
    return lambda stage: stage.report().state == state


REPORTS = (
    Press(
        "reports/page.html report-draft", "ha", place,
        lambda page: form(page, "/reports/draft/").locator("button").click(), "report.draft",
        in_state("draft"), "minh", place, "31/BAN-ATM",
    ),
    Press(
        "reports/one.html report-act recount", "ha", here,
        lambda page: page.locator("section[aria-labelledby=figures] button[formaction]").click(), "report.recount",
        in_state("draft"), "minh", here, "dự thảo", before=drafted,
    ),
    Press(
        "reports/one.html report-act recount 2", "ha", here, renew, "report.recount", is_counted_as_it_stands, "minh",
        here, "dự thảo", before=aged,
    ),
    Press(
        "reports/one.html report-act edit", "ha", here, edit, "report.edit",
        lambda stage: stage.report().difficulties == ["Thiếu thiết bị ghi nhật ký"], "minh", here,
        "Thiếu thiết bị ghi nhật ký", before=drafted,
    ),
    Press(
        "reports/one.html report-act issue", "ha", here,
        lambda page: page.locator("button[formaction$='/issue/']").click(), "report.issue",
        in_state("issued"), "minh", place, "đã phát hành", before=drafted,
    ),
    Press(
        "reports/one.html report-act discard", "ha", here, discard, "report.discard", is_gone, "minh", place,
        "Chưa có báo cáo", before=drafted,
    ),
    Press(
        "reports/one.html report-act withdraw", "ha", here, withdraw, "report.withdraw", in_state("withdrawn"), "minh",
        place, "đã rút", before=issued,
    ),
)  # fmt: skip
