"""The buttons of the inbox of alerts: one finding, many at once, what is kept out."""

from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page

from tests.alerts.sources import MALWARE, eve, findings, lines
from tests.browser.presses.press import Press, Stage, choose, nothing
from vonggac.alerts import queries
from vonggac.alerts.models import Arrival, Mailbox, SetAside, Source, Suppression
from vonggac.alerts.services import sources
from vonggac.alerts.services.sources import Declaration
from vonggac.flows.alert_files import import_file
from vonggac.flows.uploads import lake
from vonggac.tenancy.scope import scoped, system

DESK = system("tests")
INBOX = "/cases/alerts/"
EVENTS = (
    eve(1, rule=1, src_ip="10.1.0.7", severity=1, category=MALWARE, signature="ET MALWARE Mirai"),
    eve(2, rule=2, src_ip="10.1.0.7", severity=2, signature="ET SCAN Nmap"),
    eve(3, rule=3, src_ip="10.1.0.9", severity=3, signature="ET INFO curl"),
)


def heard(stage: Stage) -> None:
    """Three findings of a declared source, two of them about one host."""
    declaration = Declaration("suricata-eve", expected_seconds=86_400)
    with scoped(DESK):
        sources.declare("suricata", stage.people.organisations["hai-van"], declaration, at=stage.at - timedelta(days=1))
    path = Path(lake().root) / "eve.json"
    path.write_bytes(lines(*EVENTS))
    import_file(path, "suricata", DESK, at=stage.at)


def signed_with_rejects(stage: Stage) -> None:
    """The same source, whose messages are signed, with a line that could not be read."""
    heard(stage)
    path = Path(lake().root) / "bad.json"
    path.write_bytes(lines(eve(4), "{broken"))
    with scoped(DESK):
        declaration = Declaration("suricata-eve", expected_seconds=86_400, is_signed=True)
        sources.change(Source.objects.get(), declaration, at=stage.at)
    import_file(path, "suricata", DESK, at=stage.at)


def acknowledged(stage: Stage) -> None:
    heard(stage)
    stage.post("ha", f"{INBOX}do/", act="acknowledge", finding=number("1"))


def judged(stage: Stage) -> None:
    heard(stage)
    stage.post("ha", f"{INBOX}do/", act="false", finding=number("1"))


def kept_out(stage: Stage) -> None:
    judged(stage)
    stage.post("ha", f"{INBOX}{number('1')}/suppress/", days="7", reason="máy quét")


def number(rule: str) -> int:
    return findings(rule=rule)[0].pk


def inbox(_stage: Stage) -> str:
    return INBOX


def offered(_stage: Stage) -> str:
    return f"{INBOX}?offer={number('1')}"


def page_of(rule: str):
    return lambda _stage: f"{INBOX}{number(rule)}/"


def key(letter: str):
    """A press of a key on the first row, as somebody does it who keeps their hands on the keyboard."""

    def press(page: Page) -> None:
        page.keyboard.press("j")
        with page.expect_request(lambda request: request.method == "POST"):
            page.keyboard.press(letter)

    return press


def button(act: str):
    return lambda page: page.locator(f"form.bulk button[value={act}]").click()


def chosen(act: str):
    """The first two rows chosen, then the button above them."""

    def press(page: Page) -> None:
        for box in page.locator(".pick input").all()[:2]:
            box.check()
        button(act)(page)

    return press


def in_state(state: str, *rules: str):
    return lambda _stage: (
        [one.state for one in findings() if one.rule in (rules or ("1",))] == [state] * len(rules or ("1",))
    )


def keep_out(page: Page) -> None:
    page.locator("[name=reason]").fill("máy quét của Sở")
    page.locator("form[action$='/suppress/'] button").click()


def suppressions(number_of: int, *, ended: bool = False):
    def holds(_stage: Stage) -> bool:
        with scoped(DESK):
            return Suppression.objects.filter(ended_at__isnull=not ended).count() == number_of

    return holds


def _press(name: str, press, act: str, holds, seen: str, at=inbox, before=heard) -> Press:
    return Press(f"alerts/{name}", "ha", at, press, act, holds, "minh", page_of("1"), seen, before=before)


def source_page(act: str = ""):
    return lambda _stage: f"{INBOX}sources/{source().pk}/{act}"


def source() -> Source:
    with scoped(DESK):
        return Source.objects.get(name="suricata")


def fill(**values: str):
    """Fields filled in, then the button of the form pressed that keeps them."""

    def press(page: Page) -> None:
        for name, value in values.items():
            page.locator(f"main [name={name}]").fill(value)
        page.locator("main button[name=act][value=keep]").click()

    return press


def try_on_lines(page: Page) -> None:
    page.locator("[name=sample]").fill(lines(EVENTS[0]).decode())
    page.locator("button[value=try]").click()


def guess_from_lines(page: Page) -> None:
    page.locator("[name=sample]").fill('{"threat": {"name": "X"}, "host": {"ip": "192.0.2.7"}}')
    page.locator("button[value=guess]").click()


def of_source(act: str):
    return lambda page: page.locator(f"form[action$='/{act}/'] button").click()


def retire(page: Page) -> None:
    page.locator("[name=reason]").fill("thay máy")
    of_source("retire")(page)


def look_at_file(page: Page) -> None:
    choose(page, lines(eve(5, rule=5, signature="ET HUNTING")), "eve-5.json", "form[action$='/files/']")
    page.locator("form[action$='/files/'] button").click()


def take_file_in(page: Page) -> None:
    """From the file in the hand to the source's page again."""
    look_at_file(page)
    page.wait_for_selector("form[action$='/files/import/']")
    page.locator("form[action$='/files/import/'] button").click()


def files_received(number_of: int):
    """The worker of this stage is not there: a file that is taken in waits for it."""

    def holds(_stage: Stage) -> bool:
        with scoped(DESK):
            return Arrival.objects.filter(file_name="eve-5.json").count() == number_of

    return holds


MAILBOX = {"host": "mail.example.vn", "username": "alerts@example.vn", "password": "bí mật", "folder": "INBOX"}


def keep_mailbox(page: Page) -> None:
    for name, value in MAILBOX.items():
        page.locator(f"form[action$='/mailbox/'] [name={name}]").fill(value)
    page.locator("form[action$='/mailbox/'] button[value=keep]").click()


def with_mailbox(stage: Stage) -> None:
    heard(stage)
    stage.post("quan", f"{INBOX}sources/{source().pk}/mailbox/", act="keep", port="993", **MAILBOX)


def mailboxes_kept() -> int:
    with scoped(DESK):
        return Mailbox.objects.count()


def sources_named(*names: str):
    def holds(_stage: Stage) -> bool:
        with scoped(DESK):
            return list(Source.objects.filter(retired_at=None).values_list("name", flat=True)) == list(names)

    return holds


def with_picture(stage: Stage) -> None:
    """The same source, for which a picture was handed in."""
    heard(stage)
    path = Path(lake().root) / "photo.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    import_file(path, "suricata", DESK, at=stage.at)


def take_picture_back(page: Page) -> None:
    page.locator("details:has(form[action$='/take-back/']) summary").click()
    page.locator("form[action$='/take-back/'] [name=reason]").fill("chọn nhầm ảnh")
    of_source("take-back")(page)


def put_picture_back(page: Page) -> None:
    take_picture_back(page)
    page.locator("td form[action$='/put-back/'] button").click()


def is_set_aside(_stage: Stage) -> bool:
    """The worker of this stage is not there: what is asked for is noted, and done later."""
    with scoped(DESK):
        return SetAside.objects.filter(replayed_at=None).count() == 1


def waiting() -> int:
    with scoped(DESK):
        return queries.set_aside().count()


def _source_press(name: str, press, act: str, holds, seen: str, at, before=heard, by: str = "quan") -> Press:
    return Press(f"alerts/{name}", by, at, press, act, holds, "minh", lambda _stage: f"{INBOX}sources/", seen, before)


ACKNOWLEDGED, CASE, FALSE = "Đã tiếp nhận phát hiện", "Phát hiện đã chuyển thành vụ việc", "xác định là báo nhầm"
ALERTS = (
    _press("row.html alert_do act=acknowledge", key("a"), "alert.acknowledge", in_state("acknowledged"), ACKNOWLEDGED),
    _press(
        "row.html alert_do act=case", key("c"), "alert.open_case", in_state("case"), CASE, before=acknowledged
    ),
    _press("row.html alert_do act=case 2", key("c"), "alert.open_case", in_state("case"), CASE),
    _press("row.html alert_do act=merge", key("m"), "alert.merge", in_state("merged", "2"), "ET MALWARE Mirai"),
    _press("row.html alert_do act=false", key("f"), "alert.mark_false", in_state("false"), FALSE),
    _press(
        "inbox.html alert-do act=acknowledge", chosen("acknowledge"), "alert.acknowledge",
        in_state("acknowledged", "1", "2", "3"), ACKNOWLEDGED,
    ),
    _press(
        "inbox.html alert-do act=merge", chosen("merge"), "alert.merge", in_state("merged", "2", "3"),
        "ET MALWARE Mirai",
    ),
    _press("inbox.html alert-do act=case", chosen("case"), "alert.open_case", in_state("case", "1", "2", "3"), CASE),
    # A row stands for its machine, but for a false alarm.
    _press("inbox.html alert-do act=false", chosen("false"), "alert.mark_false", in_state("false", "1", "3"), FALSE),
    _press(
        "one.html alert-do act=acknowledge", button("acknowledge"), "alert.acknowledge", in_state("acknowledged"),
        ACKNOWLEDGED, page_of("1"),
    ),
    _press("one.html alert-do act=case", button("case"), "alert.open_case", in_state("case"), CASE, page_of("1")),
    _press(
        "one.html alert-do act=merge", button("merge"), "alert.merge", in_state("merged", "2"), "ET MALWARE Mirai",
        page_of("1"),
    ),
    _press("one.html alert-do act=false", button("false"), "alert.mark_false", in_state("false"), FALSE, page_of("1")),
    _press("suppress.html alert-suppress", keep_out, "alert.suppress", suppressions(1), FALSE, offered, judged),
    Press(
        "alerts/suppressions.html alert-suppression-end", "ha", lambda _stage: f"{INBOX}suppressions/",
        lambda page: page.locator("form[action$='/end/'] button").click(), "alert.unsuppress",
        suppressions(1, ended=True), "minh", lambda _stage: f"{INBOX}suppressions/", "Không bỏ qua gì", before=kept_out,
    ),
    _source_press(
        "source_form.html itself act=keep", fill(name="wazuh"), "alert_source.declare", sources_named("wazuh"), "wazuh",
        lambda _stage: f"{INBOX}sources/new/", nothing,
    ),
    _source_press(
        "source_form.html itself act=try", try_on_lines, "", sources_named("suricata"), "suricata",
        source_page("change/"),
    ),
    _source_press(
        "source_form.html itself act=guess", guess_from_lines, "", sources_named("suricata"), "suricata",
        source_page("change/"),
    ),
    _source_press(
        "source.html alert-source-token", of_source("token"), "alert_source.token",
        lambda _stage: bool(source().token_digest), "suricata", source_page(),
    ),
    _source_press(
        "source.html alert-source-secret", of_source("secret"), "alert_source.secret",
        lambda _stage: source().secret_number == 2, "suricata", source_page(), signed_with_rejects,
    ),
    _source_press(
        "source.html alert-source-replay", of_source("replay"), "alert.replay_asked", is_set_aside, "bad.json",
        source_page(), signed_with_rejects, "ha",
    ),
    _source_press(
        "source.html alert-source-file", look_at_file, "", files_received(0), "suricata", source_page(), by="ha",
    ),
    _source_press(
        "file_preview.html alert-source-file-import", take_file_in, "alert.receive", files_received(1), "suricata",
        source_page(), by="ha",
    ),
    _source_press(
        "source.html alert-aside-take-back", take_picture_back, "alert.take_back",
        lambda _stage: waiting() == 0, "Đã đọc được tất cả", source_page(), with_picture, "ha",
    ),
    _source_press(
        "source.html alert-aside-put-back", put_picture_back, "alert.put_back", lambda _stage: waiting() == 1,
        "photo.png", source_page(), with_picture, "ha",
    ),
    _source_press(
        "source.html alert-source-mailbox act=keep", keep_mailbox, "alert_source.mailbox",
        lambda _stage: mailboxes_kept() == 1, "suricata", source_page(),
    ),
    _source_press(
        "source.html alert-source-mailbox act=remove",
        lambda page: page.locator("form[action$='/mailbox/'] button[value=remove]").click(),
        "alert_source.mailbox_end", lambda _stage: mailboxes_kept() == 0, "suricata", source_page(), with_mailbox,
    ),
    _source_press(
        "source.html alert-source-retire", retire, "alert_source.retire", sources_named(), "Chưa khai báo nguồn nào",
        source_page(),
    ),
)  # fmt: skip
