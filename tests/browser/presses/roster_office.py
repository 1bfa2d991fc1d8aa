"""The buttons by which an office settles its watch: posts, people, rules, holidays, spreadsheets."""

from datetime import timedelta

from playwright.sync_api import Page

from tests.browser.presses.press import Press, choose
from tests.browser.presses.watch import Watch, ahead, holds, kept, of, send
from vonggac.duty.feeds import of_post
from vonggac.duty.models import (
    Edit,
    Feed,
    HolidayOverride,
    Leave,
    LeaveState,
    Member,
    Placement,
    Post,
    Reinforcement,
    Roster,
    Shift,
    ShiftType,
    TighterRule,
)
from vonggac.duty.patterns import begin_of
from vonggac.duty.services import members, posts, settings

POST, POSTS, PEOPLE, RULES = "/roster/posts/{post}/", "/roster/posts/", "/roster/people/", "/roster/rules/"
PERSON, SHEET = "/roster/people/{her}/", "/roster/sheet/"
TABLE = "post,from_utc,to_utc,person,skill\nTrực cổng,{day}T01:00:00Z,{day}T09:00:00Z,Hà,\n"


def reinforced(watch: Watch) -> None:
    asked = posts.Reinforcing(watch.monday + timedelta(days=30), minimum=3, reason="lễ")
    posts.reinforce(watch.post.pk, asked, at=watch.at)


def from_a_table(watch: Watch) -> None:
    """The post at home as a table would have made it: shifts, and no pattern."""
    Edit.objects.all().delete()
    Placement.objects.all().delete()
    Shift.objects.filter(post=watch.home).update(shift_type=None)
    ShiftType.objects.filter(post=watch.home).delete()
    Post.objects.filter(pk=watch.home.pk).update(minimum=1)


def feed(watch: Watch) -> None:
    of_post(watch.post, by="Hà", at=watch.at)


def leave_asked(watch: Watch) -> None:
    Leave.objects.all().delete()
    begin = begin_of(watch.monday + timedelta(days=30))
    members.ask_leave(
        watch.people["Lý Nga"].pk, members.Span(begin, begin + timedelta(days=1)), "annual", at=watch.at
    )  # fmt: skip


def own_day(*, is_work: bool):
    def keep(watch: Watch) -> None:
        on = watch.monday + timedelta(days=30)
        settings.keep_holiday(watch.office, on, "Ngày truyền thống", is_work=is_work, at=watch.at)

    return keep


def post(button: str, press, act: str, after, seen: str = "Giám sát", before=None, at: str = POST) -> Press:
    return Press(
        f"roster/post.html {button}", "ha", of(at), press, act, holds(after), "minh", of(at), seen, before=kept(before)
    )


def retire(page: Page) -> None:
    send("form[action$='/retire/']", on=ahead(3))(page)


POSTS_PRESSED = (
    Press(
        "roster/posts.html itself", "ha", of(POSTS), send("main form.form", name="Trực hạ tầng", minimum=2),
        "post.create", holds(lambda _watch: Post.objects.filter(name="Trực hạ tầng").exists()), "minh", of(POSTS),
        "Trực hạ tầng", before=kept(),
    ),
    post("post-pattern", send("form[action$='/pattern/']", **{"minimum-0": 3}), "post.pattern",
         lambda watch: ShiftType.objects.filter(post=watch.post, minimum=3).exists()),
    post("post-reinforce", send("form[action$='/reinforce/']", **{"from": ahead(20), "more": 1, "reason": "lễ"}),
         "post.reinforce", lambda _watch: Reinforcement.objects.get().minimum == 3, "tối thiểu 3 người"),
    post("reinforcement-end", send("form[action$='/end/']"), "post.reinforce_end",
         lambda _watch: not Reinforcement.objects.exists(), "Chưa tăng cường", reinforced),
    post("post-change", send("form[action$='/change/']", awake_minutes=60), "post.change",
         lambda watch: Post.objects.get(pk=watch.post.pk).awake_minutes == 60),
    post("feed-add", send("form[action$='/calendars/']"), "feed.make", lambda _watch: Feed.objects.exists()),
    post("feed-revoke", send("form[action$='/revoke/']"), "feed.revoke",
         lambda _watch: Feed.objects.get().revoked_at, before=feed),
    Press(
        "roster/post.html post-retire", "ha", of(POST), retire, "post.retire",
        holds(lambda watch: Post.objects.get(pk=watch.post.pk).retired_on), "minh", of(POSTS), "Giám sát",
        before=kept(),
    ),
)  # fmt: skip


def home_post(stage) -> str:
    return f"/roster/posts/{stage.watch.home.pk}/"


ADOPTED = Press(
    "roster/post.html post-adopt", "ha", home_post, send("form[action$='/adopt/']"), "post.pattern",
    holds(lambda watch: ShiftType.objects.filter(post=watch.home).exists()), "minh", home_post, "mọi ca",
    before=kept(from_a_table),
)  # fmt: skip


PEOPLE_PRESSED = (
    Press(
        "roster/people.html itself",
        "ha",
        of(PEOPLE),
        send("main form.form", names="Trần Kiên; 0900 000 999"),
        "member.create_many",
        holds(lambda _watch: Member.objects.filter(name="Trần Kiên").exists()),
        "minh",
        of(PEOPLE),
        "Trần Kiên",
        before=kept(),
    ),
    Press(
        "roster/people.html leave-decide act=grant",
        "ha",
        of(PEOPLE),
        send("form[action$='/decide/']", "button[value=grant]"),
        "leave.grant",
        holds(lambda _watch: Leave.objects.get().state == LeaveState.GRANTED),
        "minh",
        of(PEOPLE),
        "Lý Nga",
        before=kept(leave_asked),
    ),
    Press(
        "roster/people.html leave-decide act=refuse",
        "ha",
        of(PEOPLE),
        send("form[action$='/decide/']", "button[value=refuse]"),
        "leave.refuse",
        holds(lambda _watch: Leave.objects.get().state == LeaveState.REFUSED),
        "minh",
        of(PEOPLE),
        "Lý Nga",
        before=kept(leave_asked),
    ),
    Press(
        "roster/person.html itself",
        "ha",
        of(PERSON),
        send("main form.form", phone="0900 123 456"),
        "member.change",
        holds(lambda watch: Member.objects.get(pk=watch.people["Lê Thu Hà"].pk).phone == "0900 123 456"),
        "minh",
        of(PERSON),
        "0900 123 456",
        before=kept(),
    ),
)


def rule(button: str, press, act: str, after, seen: str, before=None) -> Press:
    return Press(
        f"roster/rules.html {button}", "ha", of(RULES), press, act, holds(after), "minh", of(RULES), seen,
        before=kept(before),
    )  # fmt: skip


RULES_PRESSED = (
    rule("rule-tighten", send("form[action$='/tighten/']", value=16), "rule.tighten",
         lambda _watch: TighterRule.objects.get().value == 16, "siết từ 12"),
    rule("holiday-keep is_work=0", send("details form[action$='/holiday/']", on=ahead(25), name="Ngày ngành"),
         "holiday.keep", lambda _watch: HolidayOverride.objects.filter(is_work=False).exists(), "Ngày ngành"),
    rule("holiday-keep is_work=1", send("li form[action$='/holiday/']"), "holiday.keep",
         lambda _watch: HolidayOverride.objects.filter(is_work=True).exists(), "vẫn làm việc"),
    rule("holiday-drop", send("form[action$='/drop/']"), "holiday.drop",
         lambda _watch: not HolidayOverride.objects.exists(), "Ngày nghỉ lễ", own_day(is_work=False)),
    rule("holiday-drop", send("form[action$='/drop/']"), "holiday.drop",
         lambda _watch: not HolidayOverride.objects.exists(), "Ngày nghỉ lễ", own_day(is_work=True)),
)  # fmt: skip


def sheet(year: int, month: int, *rows: str) -> bytes:
    return "\n".join((f"LỊCH TRỰC THÁNG {month} NĂM {year},,,", "Họ và tên,25,26,27", *rows)).encode()


def month_ahead() -> tuple[int, int]:
    year, month = (int(part) for part in ahead(40).split("-")[:2])
    return year, month


def hand_in(page: Page, content: bytes) -> None:
    choose(page, content, "lich.csv", "main")
    with page.expect_request(lambda request: request.method == "POST"):
        page.locator("main form[enctype] button").click()
    page.wait_for_load_state()


def known_letters(page: Page) -> None:
    hand_in(page, sheet(*month_ahead(), "Phạm An,A,A,", "Vũ Lan,B,,B"))


def into_a_draft(page: Page) -> None:
    known_letters(page)
    page.locator("select[name^=section]").select_option(label="Giám sát")
    page.locator("button[formaction]").click()
    page.wait_for_load_state()
    page.locator("form[action$='/confirm/'] button.primary").click()
    page.wait_for_load_state()


def unknown_post(page: Page) -> None:
    hand_in(page, sheet(*month_ahead(), "Vị trí: Trực cổng,,,", "Phạm An,S,,", "Vũ Lan,C,Đ,"))
    page.locator("form[action$='/posts/'] button").click()
    page.wait_for_load_state()


def another_month(page: Page) -> None:
    hand_in(page, b"Ho va ten,1,2,3\nPham An,A,A,\n")
    page.locator("[name=month]").fill("2031-05")
    page.locator("main form:has([name=month]) button").click()
    page.wait_for_load_state()


def table_looked_at(page: Page) -> None:
    page.locator("details:has(form[action$='/import/']) summary").click()
    choose(page, TABLE.format(day=ahead(2)).encode(), "bang.csv", "form[action$='/roster/import/']")
    page.locator("form[action$='/roster/import/'] button").click()
    page.wait_for_load_state()


def table(page: Page) -> None:
    table_looked_at(page)
    page.locator("form[action$='/import/apply/'] button").click()
    page.wait_for_load_state()


def table_back(page: Page) -> None:
    table(page)
    page.locator("details.take-back:has(form[action*='/in-place/']) summary").click()
    page.locator("form[action*='/in-place/'] button").click()
    page.wait_for_load_state()


SHEETS_PRESSED = (
    Press(
        "roster/sheet.html itself",
        "ha",
        of(SHEET),
        known_letters,
        "",
        lambda _stage: True,
        "minh",
        of("/roster/"),
        "Giám sát",
        before=kept(),
    ),
    Press(
        "roster/sheet_preview.html sheet-posts",
        "ha",
        of(SHEET),
        unknown_post,
        "post.create",
        holds(lambda _watch: Post.objects.filter(name="Trực cổng").exists()),
        "minh",
        of(POSTS),
        "Trực cổng",
        before=kept(),
    ),
    Press(
        "roster/sheet_preview.html sheet-confirm",
        "ha",
        of(SHEET),
        into_a_draft,
        "roster.sheet",
        holds(lambda _watch: Roster.objects.filter(state="draft").count() == 2),
        "minh",
        of("/roster/"),
        "bản nháp",
        before=kept(),
    ),
    Press(
        "roster/sheet_preview.html itself",
        "ha",
        of(SHEET),
        another_month,
        "",
        lambda _stage: True,
        "minh",
        of("/roster/"),
        "Giám sát",
        before=kept(),
    ),
    Press(
        "roster/week.html roster-import",
        "ha",
        of("/roster/"),
        table_looked_at,
        "",
        holds(lambda _watch: not Post.objects.filter(name="Trực cổng").exists()),
        "minh",
        of("/roster/"),
        "Giám sát",
        before=kept(),
    ),
    Press(
        "roster/table_preview.html roster-table-apply",
        "ha",
        of("/roster/"),
        table,
        "roster.import",
        holds(lambda _watch: Post.objects.filter(name="Trực cổng").exists()),
        "minh",
        of(POSTS),
        "Trực cổng",
        before=kept(),
    ),
    Press(
        "roster/week.html in-place-take-back",
        "ha",
        of("/roster/"),
        table_back,
        "roster.import_undo",
        holds(lambda _watch: not Post.objects.filter(name="Trực cổng").exists()),
        "minh",
        of("/roster/"),
        "Giám sát",
        before=kept(),
    ),
)

ROSTER_OFFICE = (*POSTS_PRESSED, ADOPTED, *PEOPLE_PRESSED, *RULES_PRESSED, *SHEETS_PRESSED)
