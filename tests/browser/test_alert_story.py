"""Alerts in a real browser on a running desk: two sensors watched, read by people, answered, one falls silent."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import alert_story_files as written
from tests.browser.test_story import Story, first_link, set_up_office, story  # noqa: F401  the fixture of the desk

HOUR = timedelta(hours=1)


@pytest.fixture
def sensors(tmp_path: Path) -> tuple[Path, Path]:
    """The files that the two sensors write into."""
    (tmp_path / "sensors").mkdir()
    return tmp_path / "sensors" / "eve.json", tmp_path / "sensors" / "alerts.json"


def declare(story: Story, name: str, format_name: str, pattern: str, pause: str) -> None:  # noqa: F811
    words = ("--format-name", format_name, "--folder", pattern, "--expect", pause)
    story.shell("alerts", "source", "add", name, *words)


def write(path: Path, *lines: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(lines)


def row(page: Page, title: str):
    return page.locator("li.finding", has_text=title)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_an_inbox_fills_is_answered_by_keyboard_and_tells_of_silence(story, sensors):  # noqa: F811
    # Two sources are declared; their files are watched; the open inbox fills by itself.
    eve, alerts = sensors
    head = story.enter(first_link(story.desk))
    set_up_office(head)
    declare(story, "ids-bien", "suricata-eve", f"{eve}*", "1h")
    declare(story, "wazuh", "wazuh", str(alerts), "1d")
    story.go(head, "/cases/alerts/")
    expect(head.locator("li.empty")).to_contain_text("Không có gì chờ ở đây")
    write(eve, *written.eve(story.begins))
    write(alerts, written.wazuh(story.begins))
    expect(head.locator("li.finding")).to_have_count(3, timeout=20_000)
    expect(head.locator("li.finding").first).to_contain_text(written.MALWARE)
    expect(row(head, written.SCAN)).to_contain_text("3×")
    expect(row(head, written.MALWARE)).to_contain_text("Ưu tiên 2: nguồn báo mã độc")

    # The sensor rotates its file: nothing is lost, nothing counts twice, and no new row disturbs who is at work.
    press(head, "j", "x", "j", "x")
    expect(head.locator("#inbox input:checked")).to_have_count(2)
    eve.rename(eve.with_suffix(".json.1"))
    write(eve, *written.eve(story.begins, 100))
    expect(row(head, written.SCAN)).to_contain_text("6×", timeout=20_000)
    expect(head.locator("li.finding")).to_have_count(3)

    expect(head.locator("#inbox input:checked")).to_have_count(2)
    expect(head.locator("li.finding.on a:focus")).to_have_count(1)

    # Acknowledged and made a case without touching the mouse; the list stays where it was, then moves on.
    press(head, "k", "k", "a")
    expect(row(head, written.MALWARE)).to_contain_text("đã tiếp nhận")
    press(head, "c")
    expect(head.locator(".flash")).to_contain_text(f"Vụ việc về {written.HOST}")
    expect(head.locator("li.finding")).to_have_count(2)
    expect(head.locator("li.finding").first).to_have_class("row finding on")
    story.go(head, "/cases/?kind=alert")
    head.locator(".row a", has_text=written.HOST).first.click()
    head.locator("main a", has_text=written.MALWARE).first.click()

    # Behind the row stands the record exactly as the sensor wrote it.
    expect(head.locator("pre.raw")).to_contain_text("/gate.php")
    with head.expect_download() as download:
        head.locator("a[href$='/raw/0/']").click()
    assert Path(download.value.path()).read_text().rstrip("\n") in eve.with_suffix(".json.1").read_text().splitlines()

    # One sensor says nothing for two hours: it is told; it speaks again: that is told too.
    story.go(head, "/cases/alerts/")
    story.set_clock(story.begins + 2 * HOUR)
    expect(head.locator("#inbox [role=alert]")).to_contain_text("NGUỒN ids-bien IM LẶNG", timeout=30_000)
    expect(head.locator("li.finding").first).to_contain_text("không giám sát được")
    write(eve, *written.eve(story.begins + 2 * HOUR, 200))
    expect(head.locator("#inbox [role=alert]")).to_have_count(0, timeout=20_000)
    figures = {one["name"]: one for one in json.loads(story.shell("alerts", "source", "list", "--json"))["sources"]}
    assert {name: (one["records"], one["rejects"]) for name, one in figures.items()} == {
        "ids-bien": (12, 0), "wazuh": (1, 0),
    }  # fmt: skip
    assert figures["ids-bien"]["observations"] == 12
