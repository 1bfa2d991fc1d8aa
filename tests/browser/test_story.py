"""The whole story in a real browser on a desk that runs as `./vg up` runs it: from the first link to a restored copy.

The desk is an exercise, because only an exercise's clock can be moved; it begins empty, nine days before the machine's
own time, so that the seven days of watching pass between two steps.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import docx
import pypdfium2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import story_files as written
from tests.browser.steps import follow
from tests.outer_data import outer_data
from tests.server.desk_process import Desk, clean_environment, free_port
from vonggac.server.home import Home

DISPATCH = files("vonggac.exercise").joinpath("data/chi-dao.txt").read_bytes()
DAYS_BACK = timedelta(days=9)
PHONE = {"width": 390, "height": 844}
HEAD, OFFICER = "truong@hv.example", "lan@yt.example"
EVIDENCE = b"%PDF-1.4 minutes of the removal\n%%EOF\n"


@dataclass
class Story:
    """The running desk, its clock, and the browser's windows on it."""

    desk: Desk
    browser: Browser
    begins: datetime
    windows: list[BrowserContext] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.desk.home.path

    def window(self, *, phone: bool = False) -> Page:
        """A browser of its own, as another person has it."""
        context = self.browser.new_context(viewport=PHONE if phone else {"width": 1280, "height": 900}, locale="vi-VN")
        context.set_default_timeout(12_000)
        self.windows.append(context)
        return context.new_page()

    def go(self, page: Page, path: str) -> None:
        page.goto(self.desk.address + path)

    def shell(self, *words: str, home: Path | None = None) -> str:
        """What a command prints."""
        command = [sys.executable, "-m", "vonggac.cli", *words, "--home", str(home or self.home)]
        environment = clean_environment(VONGGAC_ORIGIN=self.desk.address)
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def enter(self, link: str, *, phone: bool = False) -> Page:
        """Somebody's window after the one-time link was used."""
        page = self.window(phone=phone)
        page.goto(link)
        page.get_by_role("button", name="Đăng nhập").click()
        page.wait_for_load_state()
        return page

    def set_clock(self, moment: datetime) -> None:
        set_clock(self.desk.home, moment)


def set_clock(home: Home, moment: datetime) -> None:
    """The exercise's clock shows the moment."""
    # Whole at once: the desk reads the clock all the time.
    aside = home.path / "exercise-clock.part"
    aside.write_text(f"{(moment - datetime.now(UTC)).total_seconds()}\n")
    aside.rename(home.path / "exercise-clock")


def lay_empty_exercise(home: Home, begins: datetime) -> None:
    """A practice desk without a province: its clock can be moved, and nothing has been entered."""
    home.prepare()
    world = home.path / "exercise" / "world"
    world.mkdir(parents=True)
    (world / "world.toml").write_text(f'[world]\nname = "story"\nnow_utc = "{written.stamp(begins)}"\n')
    for name in ("organisations", "networks", "assets", "sensors", "lists", "claims"):
        (world / f"{name}.csv").write_text("")
    state = {"played_until": begins.isoformat(), "unheard": []}
    (home.path / "exercise" / "state.json").write_text(json.dumps(state))
    set_clock(home, begins)


@pytest.fixture
def story(browser, tmp_path) -> Iterator[Story]:
    home = Home(tmp_path / "home")
    begins = datetime.now(UTC).replace(microsecond=0) - DAYS_BACK
    lay_empty_exercise(home, begins)
    found = Story(Desk(home, free_port(), "--exercise"), browser, begins)
    # The first start makes and migrates a database; where tests share the machine that takes its time.
    found.desk.wait(lambda: found.desk.said("/l/sign-in/"), 120)
    found.desk.wait_until_sound()
    yield found
    for context in found.windows:
        context.close()
    found.desk.stop()


def first_link(desk: Desk) -> str:
    return next(match[0] for line in desk.lines if (match := re.search(r"http\S+/l/sign-in/\S+", line)))


def set_up_office(page: Page) -> None:
    expect(page).to_have_url(re.compile(r"/setup$"))
    page.get_by_label("Tên cơ quan").fill("UBND tỉnh Hải Vân")
    page.locator("[name=kind]").select_option("province")
    page.locator("[name=code]").fill("hv")
    page.locator("[name=person_name]").fill("Trưởng ban")
    page.locator("[name=person_email]").fill(HEAD)
    page.get_by_role("button", name="Tiếp tục").click()
    expect(page).to_have_url(re.compile(r"/welcome$"))


def import_file(story: Story, page: Page, kind: str, text: str) -> None:
    """One register file through the preview, as a person hands it in."""
    story.go(page, f"/register/{kind}/import")
    page.locator("input[type=file]").set_input_files(
        {"name": f"{kind}.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    follow(page, page.get_by_role("button", name="Xem trước thay đổi"))
    assert page.get_by_text("Dòng không dùng được").count() == 0, page.inner_text("main")
    page.get_by_role("button", name="Thực hiện").click()
    expect(page.locator(".flash")).to_contain_text("mới")


def enter_directive(
    story: Story, page: Page, name: str, content: bytes, number: str, *, own: Sequence[str] = ()
) -> str:
    """The directive read, its doubtful number corrected, entered; the address of its page.

    `own`: the clauses that bind the office itself too.
    """
    story.go(page, "/directives/upload/")
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/plain", "buffer": content})
    page.locator("form[enctype] button").click()
    page.locator(".field.doubtful input").first.fill(number)
    for label in own:
        page.locator(".clause-form", has_text=label).get_by_label("cả đơn vị mình").check()
    follow(page, page.locator("button[name=act][value=enter]"))
    if page.locator(".asked").count():
        # What is over, and what nobody corrected, is named once.
        page.get_by_role("button", name="Vào sổ như hiện có").click()
    page.wait_for_url(re.compile(r"/directives/\d+/$"))
    return page.url.removeprefix(story.desk.address)


def hand_in_list(story: Story, page: Page, name: str, text: str) -> None:
    """A list as far as its preview."""
    story.go(page, "/lists/")
    page.locator("[name=sender]").fill(written.SENDER)
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": text.encode()})
    page.get_by_role("button", name="Xem trước thay đổi").click()
    expect(page.locator("h1")).to_have_text("Xem trước danh sách")


def map_columns(page: Page) -> None:
    """The preview corrected by a person: where the control server stands, and whose clock the times are of."""
    page.get_by_label("Địa chỉ máy chủ điều khiển").select_option(label="nơi đến")
    page.get_by_label("Múi giờ của thời điểm không ghi múi giờ").select_option("Asia/Ho_Chi_Minh")
    follow(page, page.get_by_role("button", name="Xem lại với cách ghép cột này"))


def confirm_list(page: Page) -> None:
    """The list imported by the worker; the page says so by itself."""
    page.get_by_role("button", name="Nhập danh sách").click()
    page.wait_for_url(re.compile(r"/lists/\d+/$"))
    expect(page.locator("main")).to_contain_text("vụ việc mở mới", timeout=30_000)


def hand_in_logs(story: Story, page: Page, heartbeats: str, flows: str) -> None:
    """The sensor's signs of life and its log, on the sensor's own page."""
    story.go(page, "/logs/")
    page.get_by_role("link", name="yt-flow").click()
    page.locator("form[action$='/coverage'] input[type=file]").set_input_files(
        {"name": "heartbeats.csv", "mimeType": "text/csv", "buffer": heartbeats.encode()}
    )
    page.get_by_role("button", name="Nộp tín hiệu").click()
    expect(page.get_by_role("status")).to_contain_text("1 mục mới")
    page.locator("form[action$='/import'] input[type=file]").set_input_files(
        {"name": "flow.csv", "mimeType": "text/csv", "buffer": flows.encode()}
    )
    page.get_by_role("button", name="Nộp nhật ký").click()
    expect(page.locator("section[aria-labelledby=results]")).to_contain_text("đã nhận")


def first_steps(story: Story, page: Page) -> list[bool]:
    """Which of the five steps of the first page are ticked; none once the card has gone."""
    story.go(page, "/")
    return [("done" in (step.get_attribute("class") or "")) for step in page.locator(".first-steps li").all()]


def until(story: Story, page: Page, host: str, said: str) -> None:
    """The host's case, once the worker's verdict stands on it."""

    def is_said() -> bool:
        case_of(story, page, host)
        return said in page.inner_text("#answers")

    story.desk.wait(is_said, 60)


def acknowledgement_link(story: Story, page: Page, code: str, about: str) -> str:
    """A link made in the message to this organisation, which lies in the exercise's box."""
    story.go(page, f"/messages/?organisation={code}")
    expect(page.locator(".note")).to_contain_text("Diễn tập không gửi thư")
    page.locator(".row", has_text=about).get_by_role("link").first.click()
    page.get_by_role("button", name="Tạo liên kết").click()
    return page.locator("#link").inner_text()


def case_of(story: Story, page: Page, host: str) -> None:
    story.go(page, "/cases/?state=all&kind=botnet_host")
    page.locator(".row a", has_text=host).first.click()
    page.wait_for_url(re.compile(r"/cases/\d+/$"))


def claim(story: Story, page: Page, host: str, *, by: str = "") -> None:
    """The host reported done with a file as evidence; `by` for an answer that came on paper."""
    case_of(story, page, host)
    form = page.locator("#claim")
    if form.get_attribute("open") is None:
        form.locator("summary").click()
    form.locator("textarea").fill("Đã gỡ mã độc và cài lại máy")
    form.locator("input[type=file]").set_input_files(
        {"name": "bien-ban.pdf", "mimeType": "application/pdf", "buffer": EVIDENCE}
    )
    if by:
        form.locator("[name=via]").select_option("paper")
        form.locator("[name=by]").fill(by)
    form.locator("button").click()
    expect(page.locator("#timeline")).to_contain_text("bien-ban.pdf")


def figures(story: Story, page: Page, path: str) -> str:
    """The matrix of a directive and the figures of all work, as a reader sees them."""
    matrix = page.request.get(f"{story.desk.address}{path}matrix/?format=json").text()
    assert '"schema"' in matrix
    story.go(page, "/reports/")
    return matrix + page.inner_text("#figures")


def test_from_the_first_link_to_a_restored_copy(story, tmp_path):
    # Up: the first link, the office, the register.
    head = story.enter(first_link(story.desk))
    set_up_office(head)
    for kind, text in (
        ("organisations", written.ORGANISATIONS), ("people", written.PEOPLE), ("networks", written.NETWORKS),
        ("assets", written.ASSETS), ("sensors", written.SENSORS),
    ):  # fmt: skip
        import_file(story, head, kind, text)

    assert first_steps(story, head) == [True, False, False, False, False]

    # The directive: read, corrected, confirmed, sent.
    directive = enter_directive(story, head, "chi-dao.txt", DISPATCH, "4127", own=["1.a"])
    expect(head.locator("h1")).to_contain_text("2718/BATM-CGS")
    expect(head.locator(".flash")).to_contain_text("4 đơn vị")

    # The list: previewed, its columns put right, its dirt shown; three hosts of two departments become cases.
    hand_in_list(story, head, "list-1.csv", written.first_list(story.begins))
    map_columns(head)
    rejects = head.locator("section[aria-labelledby=rejects]")
    expect(rejects).to_contain_text("không phải địa chỉ IPv4 hay IPv6")
    expect(rejects).to_contain_text("chưa rõ")
    assert "Sở Y tế" in head.inner_text("section[aria-labelledby=preview]")
    confirm_list(head)
    assert first_steps(story, head) == [True, True, False, True, False]

    # A phone without an account acknowledges what the message asks.
    phone = story.window(phone=True)
    phone.goto(acknowledgement_link(story, head, "hv-yt", "2718/BATM-CGS"))
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    phone.locator("#name").fill("Chị Hoa")
    phone.get_by_role("button", name="Xác nhận đã tiếp nhận").click()
    expect(phone.locator("h1")).to_contain_text("Cảm ơn")

    # The owner claims with evidence; what came on paper is entered for the other.
    officer = story.enter(story.shell("person", "link", OFFICER).strip())
    for host in ("cong-yt", "thu-yt"):
        claim(story, officer, host)
    claim(story, head, "kho-tc", by="Sở Tài chính")
    claimed = datetime.now(UTC) - DAYS_BACK

    # Nine days later: the sender's next list, read as the first one was; signs of life, the logs.
    later = story.begins + DAYS_BACK
    story.set_clock(later)
    hand_in_list(story, head, "list-2.csv", written.next_list(later - timedelta(hours=12)))
    expect(head.get_by_label("Địa chỉ máy chủ điều khiển")).to_have_value("3")
    confirm_list(head)
    hand_in_logs(
        story, head, written.heartbeats(story.begins - timedelta(days=1), later), written.flows(claimed)
    )  # fmt: skip
    expect(head.locator("section[aria-labelledby=results]")).to_contain_text("“” không phải địa chỉ IPv4 hay IPv6")
    # What is left is the roster, which this story does without.
    assert first_steps(story, head) == [True, True, False, True, True]

    # One proven, one contradicted and open again, one not observable: each in the reader's language.
    until(story, officer, "cong-yt", "đã theo dõi liên tục 7 ngày")
    expect(officer.locator("#answers")).to_contain_text("đã theo dõi liên tục 7 ngày")
    expect(officer.locator(".tag").first).to_have_text("đã đóng")
    until(story, officer, "thu-yt", "đã kết nối máy chủ điều khiển")
    expect(officer.locator("#answers")).to_contain_text(f"203.0.113.6 đã kết nối máy chủ điều khiển {written.C2}")
    expect(officer.locator(".tag").first).to_have_text("đang xử lý")
    until(story, head, "kho-tc", "không có cảm biến luồng")
    expect(head.locator("#answers")).to_contain_text(
        "không có cảm biến luồng (flow) nào được khai báo nhìn thấy địa chỉ này"
    )
    assert "log" not in head.inner_text("#answers").lower().replace("nhật ký", "")

    # The report upward.
    report = issued_report(story, head, directive)
    check_report(report)

    # The history is whole; a copy elsewhere says the same.
    assert json.loads(story.shell("ledger", "verify", "--json"))["sound"]
    before = figures(story, head, directive)
    backup = tmp_path / "desk.tar"
    story.shell("backup", str(backup))
    copy = Home(tmp_path / "copy")
    story.shell("restore", str(backup), home=copy.path)
    assert figures_of_copy(story, copy, directive) == before
    assert json.loads(story.shell("ledger", "verify", "--json", home=copy.path))["sound"]


def issued_report(story: Story, page: Page, directive: str) -> dict[str, Path]:
    """The report drafted, issued, and both of its files as they were downloaded."""
    story.go(page, "/reports/")
    page.locator("[name=directive]").select_option(directive.split("/")[2])
    page.get_by_role("button", name="Lập dự thảo báo cáo").click()
    page.wait_for_url(re.compile(r"/reports/\d+/$"))
    page.get_by_role("button", name="Phát hành", exact=True).click()
    expect(page.locator(".tag.proven").first).to_have_text("đã phát hành")
    found = {}
    for form in (".docx", ".pdf"):
        with page.expect_download() as download:
            page.get_by_role("link", name=form, exact=True).click()
        found[form] = Path(download.value.path())
    return found


def check_report(found: dict[str, Path]) -> None:
    """Both files say the same about the hosts, with the figures of the story."""
    document = docx.Document(str(found[".docx"]))
    text = " ".join(paragraph.text for paragraph in document.paragraphs)
    pages = pypdfium2.PdfDocument(str(found[".pdf"]))
    printed = " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in pages)
    for said in ("3/3 máy", "1 máy đã được chứng minh sạch", "Điểm kiểm tra sổ cái"):
        assert said in text
        assert said in printed
    rows = {
        (row.cells[1].text, row.cells[2].text) for table in document.tables for row in table.rows if len(row.cells) == 4
    }
    for standing in ("Đã được chứng minh sạch", "Không quan sát được do thiếu căn cứ kiểm chứng"):
        assert (standing, "1") in rows
        assert f"{standing} 1 " in printed
    assert "nhật ký luồng mạng" in text


def figures_of_copy(story: Story, home: Home, directive: str) -> str:
    """The same figures on a desk that was started on the restored home."""
    copy = Desk(home, free_port(), "--exercise")
    try:
        copy.wait(lambda: copy.said("/l/sign-in/"))
        copy.wait_until_sound()
        elsewhere = Story(copy, story.browser, story.begins, story.windows)
        return figures(elsewhere, elsewhere.enter(first_link(copy)), directive)
    finally:
        copy.stop()


@pytest.mark.slow
def test_the_founding_dispatch_and_a_public_list_come_in_the_same_way(story):
    dispatch = outer_data("directive/1465.txt").read_bytes()
    listed = outer_data("feeds/ipsum_vn.tsv")
    address = next(line.split("\t")[0] for line in listed.read_text().splitlines() if line[:1].isdigit())
    head = story.enter(first_link(story.desk))
    set_up_office(head)
    import_file(story, head, "organisations", written.ORGANISATIONS)
    import_file(story, head, "networks", f"network,organisation\n{address}/32,hv-tc\n")
    enter_directive(story, head, "1465.txt", dispatch, "4127")
    expect(head.locator("h1")).to_contain_text("1465/BTTTT-CATTT")
    expect(head.locator(".clause-leaf").first).to_contain_text("bảo đảm an toàn thông tin mạng")
    story.go(head, "/lists/")
    head.locator("[name=sender]").fill("ipsum")
    head.locator("input[type=file]").set_input_files(listed)
    head.get_by_role("button", name="Xem trước thay đổi").click()
    confirm_list(head)
    case_of(story, head, address)
    expect(head.locator("main")).to_contain_text("Sở Tài chính")
