"""A sensor whose files rotate and are packed by the hour, and which then writes tenfold, in a real browser."""

import gzip
import json
import os
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import alert_story_files as written
from tests.browser.test_alert_story import declare, row, write
from tests.browser.test_story import Story, first_link, set_up_office, story  # noqa: F401  the fixture of the desk

pytestmark = pytest.mark.slow
HOUR = timedelta(hours=1)
OF_AN_HOUR = 20
UNUSUAL = "Nguồn ids-bien gửi nhiều bất thường"
# Milliseconds: the desk looks once a minute.
LOOKED_AT = 100_000


def events(at: datetime, alerts: int, first: int) -> list[str]:
    """So many alerts among what else a sensor sees, four at a time."""
    return [line for number in range(alerts // 4) for line in written.eve(at, first + 10 * number)]


def pack(path: Path, target: Path) -> None:
    """What logrotate does with yesterday's file: packed under its time, the plain one is gone."""
    stamp = path.stat().st_mtime - 60
    target.write_bytes(gzip.compress(path.read_bytes()))
    os.utime(target, (stamp, stamp))
    path.unlink()


def said_of_source(story: Story) -> dict[str, int]:  # noqa: F811
    """What the desk says of the sensor."""
    found: dict[str, int] = json.loads(story.shell("alerts", "source", "list", "--json"))["sources"][0]
    return found


def counted(story: Story, alerts: int) -> None:  # noqa: F811
    """Wait until the desk has counted so many alerts, and not one more."""
    until = time.monotonic() + 60
    while (found := said_of_source(story)["records"]) != alerts:
        assert found < alerts, f"{found} counted of {alerts}"
        assert time.monotonic() < until, f"{found} of {alerts}"
        time.sleep(0.3)


def test_tenfold_from_rotating_packed_files_is_one_finding_that_goes_again(story, tmp_path):  # noqa: F811
    # Before the desk watched, the sensor had rotated: one of its files is packed, and nobody had read it.
    folder = tmp_path / "sensor"
    folder.mkdir()
    eve, sent = folder / "eve.json", [0]

    def send(hour: int, alerts: int) -> None:
        at = story.begins + hour * HOUR
        write(eve, *events(at, alerts, 20 * sent[0]))
        sent[0] += alerts

    send(-1, OF_AN_HOUR)
    pack(eve, folder / "eve.json.0.gz")
    head = story.enter(first_link(story.desk))
    set_up_office(head)
    declare(story, "ids-bien", "suricata-eve", f"{eve}*", "2d")
    counted(story, sent[0])

    # Seven calm hours; every hour the growing file is packed and begun anew, also before the desk has read its end.
    for hour in range(1, 8):
        story.set_clock(story.begins + hour * HOUR)
        send(hour, OF_AN_HOUR - 4)
        counted(story, sent[0])
        send(hour, 4)
        pack(eve, folder / f"eve.json.{hour}.gz")
        counted(story, sent[0])
    story.go(head, "/cases/alerts/")
    expect(row(head, written.SCAN)).to_have_count(1)
    expect(row(head, UNUSUAL)).to_have_count(0)

    # Tenfold within a minute: a finding of its own, told once however much more comes.
    story.set_clock(story.begins + 8 * HOUR)
    send(8, 10 * OF_AN_HOUR)
    expect(row(head, UNUSUAL)).to_have_count(1, timeout=LOOKED_AT)
    expect(row(head, UNUSUAL)).to_contain_text("bình thường khoảng 20: gấp 10 lần")
    send(8, 5 * OF_AN_HOUR)
    counted(story, sent[0])
    expect(row(head, UNUSUAL)).to_have_count(1)

    # Two calm hours later it is gone by itself, and why stands with it.
    for hour in (9, 10):
        story.set_clock(story.begins + hour * HOUR)
        send(hour, OF_AN_HOUR)
        counted(story, sent[0])
    expect(row(head, UNUSUAL)).to_have_count(0, timeout=LOOKED_AT)
    story.go(head, "/cases/alerts/?state=handled")
    expect(row(head, UNUSUAL)).to_have_count(1)
    row(head, UNUSUAL).locator(".what a").first.click()
    expect(head.locator("main")).to_contain_text("lượng cảnh báo đã trở lại bình thường")
    assert (said_of_source(story)["rejects"], said_of_source(story)["ahead_seconds"]) == (0, 0)
