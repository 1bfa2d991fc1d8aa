"""What somebody who meets the roster's pages for the first time would else take otherwise than it is meant."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from lxml import html

from tests.cast import NOON
from tests.desk.test_roster_acts import draft_of, in_force
from tests.duty.office import MONDAY
from vonggac.duty.models import LeaveKind, Post, ShiftType
from vonggac.duty.patterns import begin_of, day_of
from vonggac.duty.presets import PATTERNS
from vonggac.duty.queries import needs
from vonggac.duty.services import members, posts, rosters
from vonggac.duty.services.members import MemberFields, Span
from vonggac.duty.services.rosters import Step
from vonggac.duty.sheets import _letter
from vonggac.formats import roster_sheet
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PREVIEW = "/roster/sheet/preview/"


def tree(response):
    return html.fromstring(response.content.decode())


def words(node) -> str:
    return " ".join(node.text_content().split())


def hand_in(client, *rows: str, name: str = "lich.csv"):
    upload = SimpleUploadedFile(name, "\n".join(rows).encode())
    return tree(client.post("/roster/sheet/", {"file": upload}, follow=True))


def take_over(client, page) -> str:
    """The address of the draft."""
    said = {one.get("name"): one.xpath("string(option[@selected]/@value)") for one in page.xpath("//form//select")}
    return client.post("/roster/sheet/confirm/", {"meaning": "1", **said}, follow=True).redirect_chain[-1][0]


def test_days_of_the_week_of_other_days_are_said_and_the_month_can_be_chosen(sign_in, office):
    client = sign_in("ha")
    rows = ("Ngày,Thứ,Trực", "31/12,Thứ Tư,Mai Hương", "1/1,Thứ Năm,Mai Hương", "2/1,Thứ Sáu,Mai Hương")
    page = hand_in(client, "TRỰC TẾT (31/12/2026 - 2/1/2027)", *rows)
    assert "không khớp với ngày" in words(page)
    assert page.xpath("//input[@name='month']/@value") == ["2026-12"]
    page = tree(client.post(PREVIEW, {"month": "2026-01"}, follow=True))
    assert "2/1/2026" in words(page.xpath("//h1/..")[0])
    page = hand_in(client, "TRỰC TẾT (31/12/2025 - 2/1/2026)", *rows)
    assert not page.xpath("//input[@name='month']")


@pytest.mark.parametrize(("minutes", "asked_after"), [(0, 60), (90, 30)])
def test_a_post_made_from_a_sheet_lacks_nobody_while_its_draft_is_read(
    sign_in, desk, office, monkeypatch, minutes, asked_after
):
    moment = NOON + timedelta(minutes=minutes)
    for module in ("vonggac.desk.frame", "vonggac.desk.stream"):
        monkeypatch.setattr(f"{module}.now", lambda: moment)
    client, today = sign_in("ha"), day_of(NOON)
    days = ",".join(f"{(today + DAY * number):%d/%m/%Y}" for number in range(3))
    hand_in(client, f"Họ tên,{days}", "Vị trí: Trực cổng,,,", "An,S,S,S", "Bình,C,C,C", "Chi,Đ,Đ,Đ")
    client.post("/roster/sheet/posts/")
    with scoped(desk.people.scope("ha")):
        asked = needs.demands([post := Post.objects.get(name="Trực cổng")], NOON - DAY, NOON + DAY)[post.pk]
    # Noon is in the morning shift, two hours before the next one.
    assert min(one.from_utc for one in asked) == moment + timedelta(minutes=asked_after)


@pytest.mark.parametrize(
    "meaning", ["trực 24/24h", "trực 24/24 giờ", "Trực 24h (từ 07h00 hôm trước đến 07h00 hôm sau)"]
)
def test_a_mark_of_a_whole_day_is_the_shift_that_lasts_one(meaning):
    day = ShiftType(code="T", start_minute=7 * 60, length_minutes=24 * 60)
    night = ShiftType(code="Đ", start_minute=22 * 60, length_minutes=8 * 60)
    other = ShiftType(code="T2", start_minute=8 * 60, length_minutes=24 * 60)
    assert _letter("X", meaning, [night, day]) == "shift:T"
    assert _letter("X", "trực 24/24", [day, other]) == "", "which of the two is a person's to say"


def test_cells_that_cannot_be_read_are_counted_to_the_last_and_the_button_that_helps_is_named(sign_in, office):
    rows = [f"Người {number}," + ",".join("SCĐ"[(number + day) % 3] for day in range(20)) for number in range(3)]
    page = hand_in(
        sign_in("ha"), "THÁNG 5/2026", "Vị trí: Trực cổng", "Họ tên," + ",".join(map(str, range(1, 21))), *rows
    )
    assert words(page).count("và 14 ô nữa") == 3, "six of each letter are named"
    assert "hãy bấm “Tạo các vị trí trực này”" in words(page)


def test_lines_of_cells_beyond_the_last_one_shown_are_counted(sign_in, office):
    letters = "BGHIJKLMQRUVXY"
    marks = [f"{one}{other}" for one in letters for other in letters]
    rows = [f"Người {number}," + ",".join(marks[number * 20 : number * 20 + 20]) for number in range(3)]
    page = hand_in(
        sign_in("ha"), "THÁNG 5/2026", "Vị trí: Trực cổng", "Họ tên," + ",".join(map(str, range(1, 21))), *rows
    )
    (changes,) = page.xpath("//section[@aria-labelledby='changes']")
    assert len(changes.xpath(".//tbody/tr")) == 50
    assert f"và {int(changes.xpath('.//dd')[-1].text) - 50} ô nữa" in words(changes)


def test_a_narrow_cell_names_a_shift_without_its_hours(sign_in, office):
    rows = ("Ngày,Ca sáng (6h-14h),Ca đêm (22h-6h)", "1,Mai Hương,Lê An", "2,Mai Hương,Lê An", "3,Lê An,Mai Hương")
    page = hand_in(sign_in("ha"), "THÁNG 5/2026", *rows)
    assert page.xpath("//table[contains(@class, 'sheet-table')]//td/text()")[:3] == ["Ca sáng", "Ca sáng", "Ca đêm"]


def test_a_month_goes_out_in_the_order_of_its_sheet_and_with_its_phones(sign_in, desk, office):
    client = sign_in("ha")
    head = "TT,Họ và tên,SĐT,1,2,3"
    hand_in(client, "THÁNG 5/2026", "Vị trí: Trực cổng", head, "1,Vũ Yên,0900000001,S,C,Đ", "2,Bùi Ba,,C,Đ,S")
    client.post("/roster/sheet/posts/")
    draft = take_over(client, tree(client.get(PREVIEW)))
    client.post(f"{draft}publish/", {"reason": "bảng cũ"})
    content = client.get("/roster/sheet/month.xlsx?month=2026-05").content
    (reading,) = roster_sheet.read(content, "x.xlsx")
    assert reading.names == ["Vũ Yên", "Bùi Ba"]
    assert [reading.people[name].phone for name in reading.names] == ["0900000001", ""]
    assert {(one.name, one.day.day, one.mark) for one in reading.entries if one.day.day < 3} == {
        ("Vũ Yên", 1, "S"), ("Vũ Yên", 2, "C"), ("Bùi Ba", 1, "C"), ("Bùi Ba", 2, "Đ"),
    }  # fmt: skip


@pytest.mark.parametrize(("week", "month"), [("2026-11-30", "2026-12"), ("2026-04-27", "2026-04")])
def test_the_month_of_a_week_is_that_of_most_of_its_days(sign_in, office, week, month):
    page = tree(sign_in("ha").get(f"/roster/?week={week}"))
    (address,) = page.xpath("//a[contains(@href, 'month.xlsx')]/@href")
    assert address.endswith(f"month={month}")


def test_a_version_is_taken_back_by_a_second_button_that_says_what_it_does(sign_in, desk, office):
    version = in_force(desk, office, office.pair("C", "Hà"))
    for address in ("/roster/", f"/roster/drafts/{version.pk}/"):
        (folded,) = tree(sign_in("ha").get(address)).xpath("//details[.//form[contains(@action, 'take-back')]]")
        assert words(folded.find("summary")) == "Rút lại"
        assert "được báo lại" in words(folded) or "báo" in words(folded.find(".//form/p"))
        assert folded.get("open") is None


def test_whoever_has_to_be_called_is_named_with_the_number_or_that_none_is_known(sign_in, desk, office):
    with scoped(desk.people.scope("ha")):
        fields = MemberFields("An", "0900000001", skills=("lead",))
        members.change_member(office.members["An"].pk, fields, [office.post], at=NOON)
    draft = draft_of(desk, office, office.pair("S", "An"), office.pair("C", "Chi"))
    client = sign_in("ha")
    before = words(tree(client.get(f"/roster/drafts/{draft.pk}/publish/")))
    assert "qua điện thoại 0900000001" in before
    assert "qua điện thoại: chưa có số điện thoại" in before
    seen = words(tree(client.post(f"/roster/drafts/{draft.pk}/publish/", follow=True)))
    assert "Hãy gọi điện báo: An (0900000001), Chi (chưa có số điện thoại)" in seen


def test_a_draft_names_holes_and_broken_rules_of_other_weeks_with_their_days(sign_in, desk, office):
    with scoped(desk.people.scope("ha")):
        last = MONDAY + 13 * DAY
        made = rosters.start_draft(office.organisation, [office.post], MONDAY, last, by="Hà", at=NOON)
        full = {
            office.pair(code, name, MONDAY + DAY * day)
            for day in range(7) for code, name in zip("SCĐ", ("An", "Chi", "Em"), strict=True)
        }  # fmt: skip
        twice = {office.pair(code, "Bình", last) for code in "SC"}
        rosters.change(made.pk, Step(frozenset(full | twice)), by="Hà", at=NOON)
    page = tree(sign_in("ha").get(f"/roster/drafts/{made.pk}/?week={MONDAY}"))
    assert "T2 4/5" in words(page.xpath("//section[@aria-labelledby='holes']//li")[0])
    broken = page.xpath("//section[@aria-labelledby='broken']//a/@href")
    assert f"?week={last}" in broken or f"?week={last - DAY}" in broken


def test_a_reinforcement_of_holidays_says_within_which_days_and_begins_with_no_dot(sign_in, desk, office):
    client, address = sign_in("ha"), f"/roster/posts/{office.post.pk}/"
    day = MONDAY + DAY
    asked = {"skills": "1 kỹ sư mạng", "on_holidays": "on", "from": f"{day}", "to": f"{day + 6 * DAY}"}
    page = tree(client.post(f"{address}reinforce/", asked, follow=True))
    (row,) = page.xpath("//section[@aria-labelledby='more']//li")
    assert words(row).startswith("1 kỹ sư mạngchỉ các ngày lễ · T3 28/4 – T2 4/5")
    with scoped(desk.people.scope("ha")):
        assert office.post.reinforcements.get().skills == {"network": 1}


def test_shifts_of_a_post_to_come_change_from_its_first_day_on(sign_in, desk, office):
    begins = day_of(NOON) + 30 * DAY
    with scoped(desk.people.scope("ha")):
        fields = posts.PostFields.usual("Trực lễ", "monitoring")
        made = posts.add_post(office.organisation, fields, PATTERNS["3x8"], on=begins, at=NOON)
    page = tree(sign_in("ha").get(f"/roster/posts/{made.pk}/"))
    (offered,) = page.xpath("//form[contains(@action, 'pattern')]//input[@name='from']/@value")
    assert offered == f"{begins:%d/%m/%Y}"


def test_what_a_reinforcement_would_lack_is_told_as_the_roster_will_tell_it(sign_in, desk, office):
    in_force(desk, office, office.pair("Đ", "Em"))
    seen = words(tree(sign_in("ha").get(f"/roster/reinforce/?slot={office.slot('Đ')}&more=1&skill=network")))
    assert "thiếu 1 kỹ sư mạng" in seen
    assert "đủ người" not in seen, "two are asked for, and one stands there"


def test_a_shift_is_chosen_with_its_post_where_there_are_several(sign_in, desk, office):
    in_force(desk, office, office.pair("Đ", "Em"))
    client = sign_in("ha")
    with scoped(desk.people.scope("ha")):
        fields = posts.PostFields.usual("Trực cổng", "monitoring")
        posts.add_post(office.organisation, fields, PATTERNS["3x8"], on=day_of(NOON), at=NOON)
    options = [words(one) for one in tree(client.get("/roster/reinforce/")).xpath("//select[@name='slot']//option")]
    assert {one.rpartition(" · ")[2] for one in options} >= {"Giám sát", "Trực cổng"}
    assert all(" · " in one for one in options)


def test_shifts_within_leave_are_marked_on_the_page_of_their_person(sign_in, desk, office):
    in_force(desk, office, office.pair("S", "An"), office.pair("S", "An", MONDAY + DAY))
    with scoped(desk.people.scope("ha")):
        ill = Span(begin_of(MONDAY), begin_of(MONDAY + DAY))
        members.ask_leave(office.members["An"].pk, ill, LeaveKind.SICK, granted_by="Hà", at=NOON)
    page = tree(sign_in("ha").get(f"/roster/people/{office.members['An'].pk}/"))
    rows = [words(one) for one in page.xpath("//section[@aria-labelledby='shifts']//li")]
    assert ["nghỉ ốm" in one for one in rows] == [True, False]


def test_one_s_own_shifts_within_leave_are_marked(sign_in, desk, office):
    in_force(desk, office, office.pair("S", "Hà"), office.pair("S", "Hà", MONDAY + DAY))
    with scoped(desk.people.scope("ha")):
        ill = Span(begin_of(MONDAY + DAY), begin_of(MONDAY + 2 * DAY))
        members.ask_leave(office.members["Hà"].pk, ill, LeaveKind.SICK, granted_by="Hà", at=NOON)
    rows = tree(sign_in("ha").get("/roster/mine/")).xpath("//div[contains(@class, 'shift-row')]")
    marked = {words(one.xpath(".//b")[0]): "nghỉ ốm" in words(one) for one in rows}
    assert [day for day, is_marked in marked.items() if is_marked] == ["28"]
    assert "27" in marked


def test_the_wall_explains_only_what_it_shows_and_says_no_number_twice(sign_in, desk, office):
    with scoped(desk.people.scope("ha")):
        twin = members.add_member(
            office.organisation, MemberFields("Lê Hùng (0900000007)", "0900000007"), [office.post], at=NOON
        )
    in_force(desk, office, (office.slot("C"), twin.pk))
    assert words(tree(sign_in("ha").get(f"/roster/wall/?week={MONDAY}"))).count("0900000007") == 1
    for week, is_explained in ((MONDAY - 7 * DAY, True), (MONDAY + 7 * DAY, False)):
        page = tree(sign_in("ha").get(f"/roster/wall/?week={week}"))
        assert ("★" in words(page.find(".//table"))) is is_explained
        assert ("★ trưởng ca" in words(page)) is is_explained
