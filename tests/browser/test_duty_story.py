"""The watch over a holiday in a real browser on a running desk: planned, solved, attended, called, handed over, proven.

The clock of an exercise is moved to April 2024, before the holiday of the dispatch. Everybody on the duty list has an
account, and a mail server of the test gets their letters; what nobody needs to see is checked in by a program.
"""

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import docx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import story_files as written
from tests.browser.steps import follow
from tests.browser.test_story import (
    DISPATCH,
    PHONE,
    Story,
    confirm_list,
    enter_directive,
    first_link,
    import_file,
    lay_empty_exercise,
    map_columns,
    set_up_office,
)
from tests.duty.mail_sink import MailSink
from tests.server.desk_process import Desk, clean_environment, free_port
from vonggac.server.home import Home

HA_NOI = written.HA_NOI
BEGINS = datetime(2024, 4, 26, 9, tzinfo=HA_NOI)
HOLIDAY = ("2024-04-30", "2024-05-01")
# The dispatch of the exercise, about two days instead of nine.
OVER_TWO_DAYS = DISPATCH.replace("30/4, 01/5 và kỷ niệm 70 năm chiến thắng Điện Biên Phủ".encode(), b"30/4, 01/5")
ADDRESSES = {
    name: f"{mailbox}@yt.example"
    for name, mailbox in (
        ("Lan", "lan"), ("Kiên", "kien"), ("Nga", "nga"), ("Sơn", "son"), ("Thảo", "thao"), ("Vinh", "vinh"),
        ("Hạnh", "hanh"), ("Phúc", "phuc"), ("Dũng", "dung"),
    )
}  # fmt: skip
STAFF = "email,họ tên,đơn vị,vai trò\n" + "".join(
    f"{address},{name},hv-yt,{'head' if name == 'Lan' else 'duty_officer'}\n" for name, address in ADDRESSES.items()
)
SYSTEMS = "mã hệ thống,tên hệ thống,đơn vị,cấp độ\nhis,Cổng dịch vụ y tế,hv-yt,3\n"
ASSETS = "tên máy,loại,đơn vị,địa chỉ,hệ thống\ncong-yt,máy chủ,hv-yt,203.0.113.5,his\n"
MINUTE = timedelta(minutes=1)
# An exercise writes to nobody. This one does: its mail server is the test's own.
WITH_MAIL = """
import os
from vonggac.server import practice, supervisor

server = os.environ["VONGGAC_MAIL_HOST"]

def with_mail(*given, **named):
    os.environ["VONGGAC_MAIL_HOST"] = server
    return supervisor.Supervisor(*given, **named)

practice.Supervisor = with_mail

from vonggac.cli.__main__ import main
main()
"""
# Several commands in one process, because starting it takes longest.
COMMANDS = """
import json, sys
from vonggac.cli.__main__ import vonggac

for words in json.loads(sys.argv[1]):
    vonggac([*words, "--home", sys.argv[2]], standalone_mode=False)
"""
# What the worker does every minute or every five, put into its queue at once.
ASK = """
import sys
from pathlib import Path
from vonggac.server import opening

with opening.opened(Path(sys.argv[1])):
    from vonggac.jobs import defer
    from vonggac.tenancy.scope import scoped, system
    with scoped(system("tests")):
        defer(sys.argv[2])
"""


@pytest.fixture
def sink() -> Iterator[MailSink]:
    made = MailSink()
    yield made
    made.close()


@pytest.fixture
def story(browser, tmp_path, sink, monkeypatch) -> Iterator[Story]:
    monkeypatch.setenv("VONGGAC_MAIL_HOST", "127.0.0.1")
    monkeypatch.setenv("VONGGAC_MAIL_PORT", str(sink.port))
    home = Home(tmp_path / "home")
    lay_empty_exercise(home, BEGINS.astimezone(UTC))
    found = Story(Desk(home, free_port(), "--exercise", program=("-c", WITH_MAIL)), browser, BEGINS)
    found.desk.wait(lambda: found.desk.said("/l/sign-in/"))
    found.desk.wait_until_sound()
    yield found
    for context in found.windows:
        context.close()
    found.desk.stop()


def python(story: Story, program: str, *words: str) -> list[str]:
    """The lines that a program beside the desk prints."""
    environment = clean_environment(VONGGAC_ORIGIN=story.desk.address)
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(
        command, env=environment, check=True, timeout=60, text=True, stdout=subprocess.PIPE
    ).stdout.splitlines()


def ask_for(story: Story, job: str) -> None:
    """Let the worker do now what it does every few minutes."""
    python(story, ASK, str(story.home), job)


def keys_of(story: Story) -> dict[str, str]:
    """A sign-in link for everybody, and the token of the door."""
    words = [["person", "link", address] for address in ADDRESSES.values()]
    words.append(["token", "create", "--organisation", "hv-yt", "--role", "duty_officer", "--name", "cửa"])
    lines = python(story, COMMANDS, json.dumps(words), str(story.home))
    return dict(zip([*ADDRESSES, "door"], (line.split()[0] for line in lines), strict=False))


def letter_to(story: Story, sink: MailSink, name: str, about: str) -> str:
    """The newest letter to somebody that says this, once it came: the desk looks every minute."""
    found = lambda: [text for to, text in letters(sink, about) if to == ADDRESSES[name]]  # noqa: E731  asked again
    story.desk.wait(lambda: bool(found()), 90)
    return found()[-1]


def letters(sink: MailSink, about: str) -> list[tuple[str, str]]:
    """(address, text) of the letters that say this."""
    return [(str(one["To"]), text) for one in sink.letters if about in (text := content_of(one))]


def calls(sink: MailSink) -> list[tuple[str, str]]:
    """(address, text) of the calls about the department's server."""
    return [(to, text) for to, text in letters(sink, "/l/page/") if "cong-yt" in text]


def content_of(letter: EmailMessage) -> str:
    return f"{letter['Subject']}\n{letter.get_content()}"


def on_a_phone(story: Story, text: str, kind: str) -> Page:
    """The link of a letter, opened without signing in."""
    phone = story.window(phone=True)
    phone.goto(re.search(rf"http\S+/l/{kind}/\S+", text)[0])
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    return phone


class Program:
    """A reader at the door: it knows the shifts, and checks people in."""

    def __init__(self, story: Story, token: str) -> None:
        self.story, self.token = story, token

    def ask(self, path: str, *, is_act: bool = False) -> dict:
        asked = urllib.request.Request(  # noqa: S310  the desk of this test
            f"{self.story.desk.address}/api/v1{path}", method="POST" if is_act else "GET",
            headers={"Authorization": f"Bearer {self.token}"},
        )  # fmt: skip
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310  as above
            return json.loads(answer.read())

    def shifts(self) -> list[dict]:
        return self.ask("/shifts?from=2024-04-28T00:00:00Z&to=2024-05-03T00:00:00Z&rows=500")["shifts"]

    def attend(self, begins: datetime) -> None:
        """Everybody of the shifts that begin then checks in, a minute after."""
        self.story.set_clock(begins + MINUTE)
        for shift in self.shifts():
            if datetime.fromisoformat(shift["from_utc"]) == begins and shift["checked_in_at"] is None:
                self.ask(f"/shifts/{shift['id']}/check-in", is_act=True)


def here(day: int, hour: int, minute: int = 0, *, month: int = 4) -> datetime:
    return datetime(2024, month, day, hour, minute, tzinfo=HA_NOI)


def build_post(story: Story, page: Page) -> None:
    """A monitoring post with three shifts, whose people the directive's days make two, with a spokesman one night."""
    story.go(page, "/roster/posts/")
    page.get_by_label("Tên", exact=True).fill("Giám sát")
    page.get_by_role("button", name="Lập vị trí").click()
    expect(page.locator("h1")).to_have_text("Giám sát")
    page.locator("summary", has_text="Thiết lập").click()
    settings = page.locator("form[action$='/change/']")
    settings.locator("[name=lead]").select_option(label="Lan")
    settings.locator("[name=awake_minutes]").fill("0")
    follow(page, settings.get_by_role("button"))
    for fields in (
        {"from": HOLIDAY[0], "to": HOLIDAY[1], "more": "1", "reason": "Lễ 30/4 – 1/5"},
        {"from": HOLIDAY[0], "to": HOLIDAY[0], "skills": "1 người phát ngôn", "reason": "trả lời báo chí"},
    ):
        page.locator("summary", has_text="Tăng cường").click()
        form = page.locator("form[action$='/reinforce/']")
        for name, value in fields.items():
            form.locator(f"[name={name}]").fill(value)
        if "skills" in fields:
            form.locator("[name=code]").select_option("Đ")
        form.get_by_role("button").click()
        expect(page.locator("section[aria-labelledby=more]")).to_contain_text(fields["reason"])
    story.go(page, "/roster/people/")
    form = page.locator("main form.form")
    for box in form.locator("[name=colleague]").all():
        box.check()
    form.get_by_role("button").click()
    expect(page.locator(".flash")).to_contain_text("9 người")


def solve(story: Story, page: Page) -> None:
    """A draft over the holiday and the day before, solved by the worker until one hole is left."""
    story.go(page, "/roster/drafts/")
    page.locator("[name=from]").fill("2024-04-29")
    page.locator("[name=to]").fill(HOLIDAY[1])
    page.locator("[name=name]").fill("Lễ 30/4 – 1/5")
    page.get_by_role("button", name="Bắt đầu soạn").click()
    page.wait_for_url(re.compile(r"/roster/drafts/\d+/$"))
    page.get_by_role("button", name="Xếp phần còn trống").click()

    wait_for_plan(story, page, r"\b1 chỗ trống")


def wait_for_plan(story: Story, page: Page, said: str) -> None:
    """The draft once the worker has planned it and its heading says this."""

    def is_planned() -> bool:
        page.wait_for_timeout(1_000)
        page.reload()
        return page.locator(".solving.running").count() == 0 and re.search(said, page.inner_text(".head")) is not None

    story.desk.wait(is_planned, 120)


def fill_the_hole(story: Story, page: Page) -> None:
    """Why nobody may fill it; Thảo turns out to speak for the office; then she may."""
    draft = page.url
    hole = page.locator("td.gap")
    expect(hole).to_contain_text(re.compile("thiếu 1 người phát ngôn", re.IGNORECASE))
    expect(hole).to_contain_text("22:00–06:00")
    hole.get_by_role("link", name="Tìm người thay").click()
    expect(page.locator("#slot")).to_contain_text("không có kỹ năng đang thiếu")
    story.go(page, "/roster/people/")
    page.locator("main").get_by_role("link", name="Thảo").click()
    page.locator("[name=skill][value=spokesman]").check()
    follow(page, page.get_by_role("button", name="Lưu", exact=True))
    page.goto(draft)
    take_off(page, "Thảo")
    follow(page, page.locator("td.gap", has_text=re.compile("phát ngôn", re.IGNORECASE)).locator("a"))
    hole_address = page.url
    row = page.locator("li.slot-row", has_text="Thảo")
    expect(row).to_contain_text("người phát ngôn")
    row.get_by_role("button", name="Xếp vào ca").click()
    # She stays there; the desk plans the others anew around her.
    page.wait_for_url(re.compile(r"/roster/drafts/\d+/(\?.*)?$"))
    page.goto(hole_address)
    follow(page, page.locator("li.slot-row", has_text="Thảo").get_by_role("button", name="Ghim"))
    page.goto(draft)
    page.get_by_role("button", name="Xếp lại từ đầu").click()
    wait_for_plan(story, page, "không có chỗ trống")


def take_off(page: Page, name: str) -> None:
    """Somebody taken off every shift of the draft, by keyboard."""
    chips = page.locator(f"td .chip[data-name='{name}']")
    while left := chips.count():
        chips.first.focus()
        page.keyboard.press("Delete")
        expect(chips).to_have_count(left - 1)


def publish(story: Story, page: Page) -> None:
    page.get_by_role("link", name="Công bố").click()
    page.get_by_role("button", name="Công bố và báo").click()
    expect(page.locator(".flash")).to_contain_text("Bản 1 có hiệu lực")


@pytest.mark.slow
def test_a_holiday_is_watched_called_handed_over_and_its_one_hole_is_found(story, sink):
    # The office, its health department, the dispatch about two days.
    province = story.enter(first_link(story.desk))
    set_up_office(province)
    for kind, text in (
        ("organisations", written.ORGANISATIONS), ("people", STAFF), ("networks", written.NETWORKS),
        ("systems", SYSTEMS), ("assets", ASSETS),
    ):  # fmt: skip
        import_file(story, province, kind, text)
    directive = enter_directive(story, province, "chi-dao.txt", OVER_TWO_DAYS, "4127")

    # A post for the holiday; solved; one hole, why, filled, in force; everybody is written to.
    keys = keys_of(story)
    lan = story.enter(keys["Lan"])
    build_post(story, lan)
    solve(story, lan)
    fill_the_hole(story, lan)
    publish(story, lan)
    assert "thứ Ba 30/4" in letter_to(story, sink, "Thảo", "Ca trực được xếp thêm")

    # Until the holiday's night everybody comes; then somebody checks in from a letter on a phone.
    door = Program(story, keys["door"])
    for day in (29, 30):
        for hour in (6, 14, 22)[: 3 if day == 29 else 2]:
            door.attend(here(day, hour))
    night = here(30, 22)
    watchers = [shift["person"] for shift in door.shifts() if begin_of(shift) == night]
    assert "Thảo" in watchers
    story.set_clock(night - 10 * MINUTE)
    ask_for(story, "duty.mind")
    for name in watchers:
        letter = letter_to(story, sink, name, f"Ca trực của {name} tại vị trí Giám sát: 22:00 thứ Ba 30/4")
        phone = on_a_phone(story, letter, "check-in")
        phone.get_by_role("button", name="Tôi có mặt").click()
        expect(phone.locator("h1")).to_contain_text("có mặt lúc 21:5")

    # A list with a server of the department: who is on duty is called; silence; the next is called, and takes it on.
    story.set_clock(night + 10 * MINUTE)
    hand_in(story, lan)
    story.desk.wait(lambda: bool(calls(sink)), 90)
    first = calls(sink)[0][0]
    assert first in {ADDRESSES[name] for name in watchers}
    story.set_clock(night + 17 * MINUTE)
    story.desk.wait(lambda: any(to != first for to, _text in calls(sink)), 90)
    call = on_a_phone(story, next(text for to, text in calls(sink) if to != first), "page")
    expect(call.locator("main")).to_contain_text("cong-yt")
    call.get_by_role("button", name="Tôi nhận xử lý").click()
    expect(call.locator("textarea")).to_be_visible()

    # The change of shift at six, signed by both sides under one list.
    morning = here(1, 6, month=5)
    story.set_clock(morning - 5 * MINUTE)
    reliever = next(shift["person"] for shift in door.shifts() if begin_of(shift) == morning)
    watcher = next(name for name in watchers if name not in {"Lan", reliever})
    hand_over(story, story.enter(keys[watcher]), lan if reliever == "Lan" else story.enter(keys[reliever]))
    door.attend(morning)

    # Nobody comes in the afternoon; the last night is attended; the holiday is over.
    door.attend(here(1, 22, month=5))
    story.set_clock(here(2, 9, month=5))

    # The claim is contradicted by that one hole, on the page and in the report upward.
    story.go(lan, "/my-unit/")
    claim_the_watch(story, lan)
    expect(lan.locator("#answers")).to_contain_text("thiếu 2 người")
    expect(lan.locator("#answers")).to_contain_text("14:00")
    story.go(lan, "/roster/presence/?week=2024-04-29")
    holes = lan.locator("section[aria-labelledby=holes] .row", has_text="1/5")
    expect(holes).to_have_count(1)
    expect(holes).to_contain_text("thiếu 2 người")
    expect(holes).to_contain_text("14:00–22:00")
    text = watch_in_report(story, province, directive)
    assert "Số lần thiếu người hoặc thiếu kỹ năng: 1 lần" in text
    assert "14:00 ngày 1/5/2024" in text


def begin_of(shift: dict) -> datetime:
    return datetime.fromisoformat(shift["from_utc"])


def hand_in(story: Story, page: Page) -> None:
    """A botnet list of the evening with two servers of the department."""
    story.go(page, "/lists/")
    page.locator("[name=sender]").fill(written.SENDER)
    listed = written.first_list(here(30, 23).astimezone(UTC)).encode()
    page.locator("input[type=file]").set_input_files({"name": "l.csv", "mimeType": "text/csv", "buffer": listed})
    page.get_by_role("button", name="Xem trước thay đổi").click()
    map_columns(page)
    confirm_list(page)


def hand_over(story: Story, first: Page, second: Page) -> None:
    for page in (first, second):
        story.go(page, "/roster/mine/")
        page.get_by_role("link", name="Giao ca").click()
    first.locator("[name=note]").fill("Máy cong-yt đã nhận, chờ cô lập")
    follow(first, first.get_by_role("button", name="Ký giao"))
    second.reload()
    expect(second.locator("#main")).to_contain_text("Máy cong-yt đã nhận, chờ cô lập")
    second.get_by_role("button", name="Tôi đã đọc danh sách và nhận ca").click()
    expect(second.locator(".signature.signed")).to_have_count(2)


def claim_the_watch(story: Story, page: Page) -> None:
    """Clause 1.a reported done; the worker's verdict comes by itself."""
    follow(page, page.locator(".task", has_text="1.a").locator(".ask a"))
    form = page.locator("#claim")
    if form.get_attribute("open") is None:
        form.locator("summary").click()
    form.locator("textarea").fill("Đã trực 24/7")
    follow(page, form.locator("button"))
    ask_for(story, "proof.assess")

    def is_judged() -> bool:
        page.reload()
        return "thiếu" in page.inner_text("#answers")

    story.desk.wait(is_judged, 90)


def watch_in_report(story: Story, page: Page, directive: str) -> str:
    """The text of the report upward as a .docx, its tables among it."""
    story.go(page, "/reports/")
    page.locator("[name=directive]").select_option(directive.split("/")[2])
    page.get_by_role("button", name="Lập dự thảo báo cáo").click()
    page.wait_for_url(re.compile(r"/reports/\d+/$"))
    with page.expect_download() as download:
        page.get_by_role("link", name=".docx", exact=True).click()
    document = docx.Document(str(download.value.path()))
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return " ".join([*(paragraph.text for paragraph in document.paragraphs), *cells])
