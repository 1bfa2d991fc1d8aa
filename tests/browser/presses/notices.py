"""The buttons of notices: entered by hand, said to the coordinator, its HTTP interface."""

from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.presses.press import Press, Stage
from vonggac.alerts.models import Arrival, Interface, Notice, Reply, Source
from vonggac.alerts.rules import Standing
from vonggac.alerts.services import sources
from vonggac.alerts.services.sources import Declaration
from vonggac.flows.alert_files import import_file
from vonggac.flows.uploads import lake
from vonggac.formats.alerts import Notice as Said
from vonggac.formats.alerts import notice as written
from vonggac.tenancy.scope import scoped, system

DESK = system("tests")
NOTICES = "/cases/alerts/notices/"
INTERFACE = {
    "act": "keep", "url": "https://dieu-phoi.example.vn/told", "method": "POST", "content": "json",
    "body": '{"id": "{to}", "text": "{text}"}', "poll_minutes": "5", "secrets": "",
}  # fmt: skip


def declared(stage: Stage) -> None:
    """A coordinator, whose notices are acknowledged within two hours."""
    said = Declaration(is_coordinator=True, acknowledge_minutes=120)
    with scoped(DESK):
        office = stage.people.organisations["hai-van"]
        sources.declare("dieu-phoi", office, said, at=stage.at - timedelta(days=1))


def received(stage: Stage) -> None:
    """The same, and one notice of it in a file."""
    declared(stage)
    path = Path(lake().root) / "notice.json"
    path.write_bytes(written.write(Said("DP-7", "Mới"), "Máy chủ kết nối C2", address="10.1.0.7"))
    import_file(path, "dieu-phoi", DESK, at=stage.at)


def with_interface(stage: Stage) -> None:
    """The same, with an interface at an address of documentation: no worker is here that would send anything."""
    received(stage)
    stage.post("quan", interface_page(stage), **INTERFACE)


def source() -> Source:
    with scoped(DESK):
        return Source.objects.get(name="dieu-phoi")


def notice() -> Notice:
    with scoped(DESK):
        return Notice.objects.get()


def source_page(_stage: Stage) -> str:
    return f"/cases/alerts/sources/{source().pk}/"


def interface_page(stage: Stage) -> str:
    return f"{source_page(stage)}interface/"


def notice_page(_stage: Stage) -> str:
    return f"{NOTICES}{notice().pk}/"


def enter(page: Page) -> None:
    form = page.locator("form[action$='/notices/']")
    for name, value in {"identifier": "DP-8", "title": "Tấn công mạng", "host": "PC-8"}.items():
        form.locator(f"[name={name}]").fill(value)
    form.locator("button").click()


def say(page: Page) -> None:
    form = page.locator("form[action$='/say/']")
    form.locator("[name=kind]").select_option("answer")
    form.locator("[name=text]").fill("Đã cách ly máy")
    form.locator("button").click()


def send(kind: str):
    def press(page: Page) -> None:
        page.locator("form[action$='/send/'] [name=text]").fill("Đã cách ly máy")
        page.locator(f"form[action$='/send/'] button[value={kind}]").click()

    return press


def keep_interface(page: Page) -> None:
    page.locator("[name=url]").fill("https://dieu-phoi.example.vn/{to}")
    page.locator("main button[value=keep]").click()


def is_kept(_stage: Stage) -> bool:
    """The worker of this stage is not there: what was entered waits for it."""
    with scoped(DESK):
        return Arrival.objects.filter(file_name="DP-8.json").count() == 1


def waits_to_be_sent(kind: str):
    def holds(_stage: Stage) -> bool:
        with scoped(DESK):
            return Reply.objects.filter(kind=kind, sent_at=None, next_try_at__isnull=False).count() == 1

    return holds


def interfaces(number: int):
    def holds(_stage: Stage) -> bool:
        with scoped(DESK):
            return Interface.objects.count() == number

    return holds


def _sent(kind: str) -> Press:
    return Press(
        f"alerts/notice.html alert-notice-send act={kind}", "ha", notice_page, send(kind), "alert_notice.send",
        waits_to_be_sent(kind), "minh", notice_page, "chưa gửi được", before=with_interface,
    )  # fmt: skip


NOTICE_PRESSES = (
    Press(
        "alerts/source.html alert-notice-enter", "ha", source_page, enter, "alert.receive", is_kept, "minh",
        source_page, "DP-8.json", before=declared,
    ),
    Press(
        "alerts/notice.html alert-notice-say", "ha", notice_page, say, "alert_notice.answer",
        lambda _stage: notice().standing == Standing.ANSWERED, "minh", notice_page, "Đã cách ly máy", before=received,
    ),
    _sent("acknowledgement"),
    _sent("answer"),
    Press(
        "alerts/interface.html itself act=keep", "quan", interface_page, keep_interface, "alert_source.interface",
        interfaces(1), "minh", source_page, "Lưu giao diện HTTP", before=declared,
    ),
    Press(
        "alerts/interface.html itself act=remove", "quan", interface_page,
        lambda page: page.locator("main button[value=remove]").click(), "alert_source.interface_end", interfaces(0),
        "minh", source_page, "Bỏ giao diện HTTP", before=with_interface,
    ),
)  # fmt: skip
