"""The buttons of a case, of its rows and of what it says afterwards."""

from playwright.sync_api import Page

from tests.browser.presses.press import Press, Stage, choose, open_form
from vonggac.cases.models import Evidence
from vonggac.tenancy.scope import scoped, system

HOST = "VP-PC-0032"
EVIDENCE = b"%PDF-1.7 minutes"


def here(stage: Stage) -> str:
    return stage.case(HOST)


def row(act: str):
    """A press of the one button in the host's row."""

    def press(page: Page) -> None:
        page.locator(".row", has_text=HOST).locator(f"form[action$='/{act}/'] button").click()

    return press


def head(act: str):
    """A press of the button at the head of the case."""
    return lambda page: page.locator(f".head form[action$='/{act}/'] button").click()


def reason(act: str, words: str):
    """A reason written and handed in."""

    def press(page: Page) -> None:
        form = open_form(page, act)
        form.locator("textarea").fill(words)
        form.locator("button").click()

    return press


def claim(page: Page) -> None:
    form = open_form(page, "claim")
    form.locator("textarea").fill("đã cài lại máy")
    choose(page, EVIDENCE, "bien-ban.pdf", "#claim")
    form.locator("button").click()


def hand_in(page: Page) -> None:
    open_form(page, "evidence")
    choose(page, EVIDENCE, "anh-man-hinh.pdf", "#evidence")
    page.locator("#evidence button").click()


def hand_over(page: Page) -> None:
    form = open_form(page, "hand-over")
    form.locator("select").select_option(label="Minh")
    form.locator("[name=note]").fill("chờ vật tư")
    form.locator("button").click()


def unit_s_word(page: Page) -> None:
    form = open_form(page, "acknowledge")
    form.locator("[name=by]").fill("Chị Lan")
    form.locator("[name=via]").select_option("phone")
    form.locator("button").click()


def settle(page: Page) -> None:
    form = open_form(page, "settle")
    form.locator("select").select_option(label="Sở Y tế")
    form.locator("textarea").fill("máy của Sở Y tế")
    form.locator("button").click()


def extend(page: Page) -> None:
    form = open_form(page, "extend")
    form.locator("[name=due]").fill("2031-01-01T12:00")
    form.locator("textarea").fill("chờ thiết bị")
    form.locator("button").click()


def acknowledged(stage: Stage) -> None:
    stage.post("lan", stage.case(HOST, "acknowledge/"))


def claimed(stage: Stage) -> None:
    stage.post("lan", stage.case(HOST, "claim/"), text="đã cài lại máy")


def disputed(stage: Stage) -> None:
    stage.post("lan", stage.case(HOST, "dispute/"), reason="không phải máy của phường")


def in_state(state: str):
    return lambda stage: stage.state(HOST).state == state


def evidence(number: int):
    def holds(stage: Stage) -> bool:
        with scoped(system("tests")):
            return Evidence.objects.filter(case=stage.desk.hosts[HOST].pk).count() == number

    return holds


def undo(page: Page) -> None:
    claim(page)
    page.get_by_role("button", name="Hoàn tác").click()


CASES = (
    Press(
        "cases/one.html case-act acknowledge", "lan", here, head("acknowledge"), "case.acknowledge",
        in_state("acknowledged"), "minh", here, "Đã tiếp nhận",
    ),
    Press(
        "cases/one.html case-act acknowledge 2", "ha", here, unit_s_word, "case.acknowledge",
        in_state("acknowledged"), "lan", here, "Chị Lan (Hà)",
    ),
    Press(
        "cases/one.html case-act start", "lan", here, head("start"), "case.start", in_state("in_progress"), "minh",
        here, "đang xử lý", before=acknowledged,
    ),
    Press(
        "cases/one.html case-act claim", "lan", here, claim, "case.claim",
        lambda stage: in_state("claimed")(stage) and evidence(1)(stage), "minh", here, "đã cài lại máy",
    ),
    Press(
        "cases/one.html case-act evidence", "lan", here, hand_in, "case.evidence", evidence(1), "minh", here,
        "anh-man-hinh.pdf",
    ),
    Press(
        "cases/one.html case-act hand-over", "ha", here, hand_over, "case.hand_over",
        lambda stage: stage.state(HOST).assignee_id == stage.people.people["minh"].pk, "minh", here, "chờ vật tư",
    ),
    Press(
        "cases/one.html case-act settle", "ha", here, settle, "case.settle",
        lambda stage: stage.state(HOST).organisation_id == stage.people.organisations["so-y-te"].pk, "tam", here,
        "máy của Sở Y tế", before=disputed,
    ),
    Press(
        "cases/one.html case-act extend", "ha", here, extend, "case.extend",
        lambda stage: stage.state(HOST).due_at.isoformat() == "2031-01-01T05:00:00+00:00", "lan", here, "chờ thiết bị",
    ),
    Press(
        "cases/reason.html case-act withdraw", "lan", here, reason("withdraw", "cài nhầm máy"), "case.withdraw",
        in_state("in_progress"), "minh", here, "cài nhầm máy", before=claimed,
    ),
    Press(
        "cases/reason.html case-act dispute", "lan", here, reason("dispute", "máy của đơn vị khác"), "case.dispute",
        in_state("disputed"), "minh", here, "máy của đơn vị khác",
    ),
    Press(
        "cases/reason.html case-act refuse", "lan", here, reason("refuse", "không có người"), "case.refuse",
        in_state("cannot_comply"), "minh", here, "không có người",
    ),
    Press(
        "cases/reason.html case-act reopen", "ha", lambda stage: stage.case("TC-PC-0101"),
        reason("reopen", "còn nghi ngờ"), "case.reopen",
        lambda stage: stage.state("TC-PC-0101").state == "in_progress", "minh",
        lambda stage: stage.case("TC-PC-0101"), "còn nghi ngờ",
    ),
    Press(
        "cases/reason.html case-act close", "ha", here, reason("close", "máy đã thanh lý"), "case.close",
        in_state("closed"), "lan", here, "máy đã thanh lý",
    ),
    Press(
        "components/case_row.html action.address", "lan", lambda _stage: "/cases/?state=sent", row("acknowledge"),
        "case.acknowledge", in_state("acknowledged"), "minh", here, "Đã tiếp nhận",
    ),
    Press(
        "components/case_row.html action.address", "lan", lambda _stage: "/", row("start"), "case.start",
        in_state("in_progress"), "minh", here, "đang xử lý", before=acknowledged,
    ),
    Press(
        "components/flash.html message.extra_tags", "lan", here, undo, "case.undo", in_state("sent"), "minh",
        here, "Hoàn tác báo cáo đã làm xong",
    ),
    Press(
        "directives/task.html action.address", "lan", lambda _stage: "/my-unit/",
        lambda page: page.locator(".task", has_text=HOST).locator("form button").click(), "case.acknowledge",
        in_state("acknowledged"), "minh", here, "Đã tiếp nhận",
    ),
)  # fmt: skip
