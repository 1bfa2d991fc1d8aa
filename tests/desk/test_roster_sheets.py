"""Spreadsheets as offices really have them, from the file to the draft: whoever and whatever is unsure is asked."""

import io
import unicodedata
from datetime import date, timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from lxml import html

from tests.cast import NOON
from tests.duty.office import MONDAY, Office, open_office
from vonggac.desk.pages.roster import sheet as page_of_sheets
from vonggac.desk.times import local
from vonggac.duty import planning, presets, sheets
from vonggac.duty.models import Eligibility, InPlace, Leave, Member, Placement, Post, Roster, RosterState
from vonggac.duty.patterns import begin_of, day_of
from vonggac.duty.services import in_place, members, posts, rosters, tables
from vonggac.duty.services.rosters import Step
from vonggac.duty.sheet_people import is_near, new_name
from vonggac.errors import WrongState
from vonggac.flows import roster as publication
from vonggac.formats import roster_sheet
from vonggac.formats.roster_sheet import Named
from vonggac.kernel.roster.checking import check, check_worker
from vonggac.kernel.roster.values import RuleName
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db
PREVIEW, CONFIRM = "/roster/sheet/preview/", "/roster/sheet/confirm/"


@pytest.fixture
def office(desk) -> Office:
    """A monitoring post of three shifts from noon on, with six people."""
    with scoped(desk.people.scope("ha")):
        return open_office(desk.people, at=NOON, on=day_of(NOON))


def hand_in(client, *rows: str, name: str = "lich-thang-5-2026.csv"):
    """The preview of a sheet, as a tree."""
    upload = SimpleUploadedFile(name, "\n".join(rows).encode())
    answer = client.post("/roster/sheet/", {"file": upload}, follow=True)
    assert answer.status_code == 200
    return html.fromstring(answer.content.decode())


def chosen(page) -> dict[str, str]:
    """What the form of the preview says as it stands."""
    return {
        select.get("name"): (select.xpath("string(option[@selected]/@value)") or "")
        for select in page.xpath("//form[contains(@action, 'confirm')]//select")
    }


def choices(page, label: str) -> dict[str, str]:
    """What a letter or a person may mean: words → value."""
    options = page.xpath("//select[@aria-label=$label]/option", label=label)
    return {" ".join(one.text_content().split()): one.get("value") for one in options}


def field(page, label: str) -> str:
    return page.xpath("string(//select[@aria-label=$label]/@name)", label=label)


def take_over(client, page, **said: str):
    return client.post(CONFIRM, {"meaning": "1", **chosen(page), **said}, follow=True)


TWINS = ("TT,Họ và tên,Số ĐT,1,2,3,Ghi chú", "1,Lê An,0912000001,S,,,", "2,Lê An,0912000002,,S,,(B)")


def test_two_of_one_name_stay_out_until_a_person_says_that_they_are_two(sign_in, desk, office):
    client = sign_in("ha")
    page = hand_in(client, *TWINS)
    assert [page.xpath("count(//select[@aria-label=$label])", label=name) for name in ("Lê An", "Lê An (B)")] == [1, 1]
    said = {field(page, name): "new" for name in ("Lê An", "Lê An (B)")}
    take_over(client, page, **said)
    with scoped(desk.people.scope("ha")):
        stand = {row.member.name: row.member.phone for row in Placement.objects.select_related("member")}
        assert stand == {"Lê An": "0912000001", "Lê An (B)": "0912000002"}


def test_two_lines_of_one_person_are_one_when_a_person_says_so(sign_in, desk, office):
    client = sign_in("ha")
    page = hand_in(client, *TWINS)
    same = next(value for words, value in choices(page, "Lê An (B)").items() if value.startswith("as:"))
    take_over(client, page, **{field(page, "Lê An"): "new", field(page, "Lê An (B)"): same})
    with scoped(desk.people.scope("ha")):
        assert {row.member.name for row in Placement.objects.select_related("member")} == {"Lê An"}
        assert Placement.objects.count() == 2


def test_a_known_name_with_another_phone_is_asked_for(sign_in, desk, office):
    with scoped(desk.people.scope("ha")):
        old = members.add_member(office.organisation, members.MemberFields("Lê An", "0912000009"), [], at=NOON)
    client = sign_in("ha")
    page = hand_in(client, "Họ và tên,SĐT,1,2,3", "Lê An,0912000001,S,,", "Chi,,C,,")
    assert chosen(page)[field(page, "Lê An")] == ""
    assert f"member:{old.pk}" in choices(page, "Lê An").values()
    take_over(client, page, **{field(page, "Lê An"): "new"})
    with scoped(desk.people.scope("ha")):
        assert Member.objects.get(phone="0912000001").name == "Lê An (0912000001)"


def test_a_name_entered_by_hand_with_another_phone_is_no_second_entry_of_the_first(sign_in, desk, office):
    client = sign_in("ha")
    client.post("/roster/people/", {"names": "Lê An; 0912000009"})
    answer = client.post("/roster/people/", {"names": "Lê An; 0912000003"})
    assert answer.status_code == 422
    assert "Lê An (B)" in answer.content.decode()
    client.post("/roster/people/", {"names": "Lê An (B); 0912000003\nlê an; 0912 000 009"})
    with scoped(desk.people.scope("ha")):
        found = dict(Member.objects.filter(name__startswith="Lê An").values_list("name", "phone"))
    assert found == {"Lê An": "0912000009", "Lê An (B)": "0912000003"}


TWELVE = "N: ngày (7h30-19h30); Đ: đêm (19h30-7h30),,,"


def workbook(**sheets: tuple[tuple[object, ...], ...]) -> SimpleUploadedFile:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        page = book.create_sheet(name.replace("_", " "))
        for row in rows:
            page.append(row)
    target = io.BytesIO()
    book.save(target)
    return SimpleUploadedFile("lich-thang-5-2026.xlsx", target.getvalue())


def test_the_hours_of_the_sheets_own_legend_win_over_the_letters_usual_meaning(sign_in, desk, office):
    client = sign_in("ha")
    page = hand_in(client, "Họ tên,1,2,3", "An,N,Đ,", "Chi,Đ,,N", TWELVE)
    # The only post has three shifts of eight hours; none of them is meant.
    assert set(chosen(page).values()) == {""}
    shown = page.xpath("string(//section[@aria-labelledby='missing-posts'])")
    assert "07:30" in shown
    client.post("/roster/sheet/posts/")
    page = html.fromstring(client.get(PREVIEW).content.decode())
    with scoped(desk.people.scope("ha")):
        made = Post.objects.get(name="Trực ban")
        assert {row.code: row.start_minute for row in made.shift_types.all()} == {"N": 450, "Đ": 1170}
    assert chosen(page) == {"section-0": str(made.pk), field(page, "N"): "shift:N", field(page, "Đ"): "shift:Đ"}
    take_over(client, page)
    with scoped(desk.people.scope("ha")):
        assert Placement.objects.count() == 4


def test_each_sheet_of_a_workbook_asks_for_its_own_post(sign_in, desk, office):
    rows = (("Tháng 5/2026",), ("Họ tên", 1, 2, 3), ("An", "S", "C", "Đ"))
    client = sign_in("ha")
    answer = client.post("/roster/sheet/", {"file": workbook(Trực_máy_chủ=rows, Giám_sát_SOC=rows)}, follow=True)
    page = html.fromstring(answer.content.decode())
    assert chosen(page)["section-0"] == ""
    assert "Trực máy chủ" in page.xpath("string(//section[@aria-labelledby='missing-posts'])")
    answer = client.post(PREVIEW, {"sheet": "1", "month": ""}, follow=True)
    assert chosen(html.fromstring(answer.content.decode()))["section-0"] == str(office.post.pk)


def test_a_half_shift_stays_out_unless_a_person_says_that_both_are_meant(sign_in, desk, office):
    client = sign_in("ha")
    page = hand_in(client, "Họ tên,1,2,3", "An,S/C,1/2S,Đ", "S/C: nửa ca sáng + nửa ca chiều,,,")
    assert (chosen(page)[field(page, "S/C")], chosen(page)[field(page, "1/2S")]) == ("", "")
    assert {"B2", "C2"} <= set(page.xpath("//section[@aria-labelledby='changes']//td/span[@class='mono']/text()"))
    take_over(client, page, **{field(page, "S/C"): "shift:S+C"})
    with scoped(desk.people.scope("ha")):
        assert sorted(row.shift_type.code for row in Placement.objects.select_related("shift_type")) == ["C", "S", "Đ"]


def test_phones_of_a_sheet_are_kept_for_new_people_and_for_those_without_one(sign_in, desk, office):
    client = sign_in("ha")
    rows = ("Ngày,Giám sát (6h-14h),Số điện thoại", "1/5/2026,Đ/c Lê Hoa,0912000001", "2/5/2026,Chi,912000002",
            "3/5/2026,Đ/c Lê Hoa,0912000001")  # fmt: skip
    take_over(client, hand_in(client, *rows))
    with scoped(desk.people.scope("ha")):
        stand = {row.member.name: row.member.phone for row in Placement.objects.select_related("member")}
        assert stand == {"Lê Hoa": "0912000001", "Chi": "0912000002"}


def test_columns_of_one_post_with_their_hours_are_offered_as_its_shifts(sign_in, desk, office):
    page = hand_in(
        sign_in("ha"), "Ngày,Trực kỹ thuật (7h30 - 19h30),Trực kỹ thuật (19h30 - 7h30),Trực lãnh đạo",
        "1/5/2026,Lê An,Hà Chi,Mai Hương", "2/5/2026,Lê An,Hà Chi,Mai Hương", "3/5/2026,Lê An,Hà Chi,Mai Hương",
    )  # fmt: skip
    shown = page.xpath("//section[@aria-labelledby='missing-posts']//li//div/b/text()")
    assert shown == ["Trực kỹ thuật", "Trực lãnh đạo"]


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("Le Hoang Nam", "Lê Hoàng Nam", True), ("Hùng", "Nguyễn Văn Hùng", True),
        ("Trần T. Mai", "Trần Thị Mai", True),
        ("Trần Mai", "Trần Thị Mai", True), ("Trần Văn Mai", "Trần Thị Mai", False), ("Hùng", "Mai", False),
        ("Lê Nam", "Trần Nam", False), ("Văn", "Nguyễn Văn Hùng", False),
    ],
)  # fmt: skip
def test_names_that_may_be_one_are_near(one, other, near):
    assert is_near(one, other) is near
    assert is_near(other, one) is near


def test_spelling_alone_makes_no_new_person_and_near_names_are_asked(sign_in, desk, office):
    with scoped(desk.people.scope("ha")):
        for name in ("Nguyễn Văn Hùng", "Lê Hoàng Nam"):
            members.add_member(office.organisation, members.MemberFields(name), [], at=NOON)
    client = sign_in("ha")
    decomposed = unicodedata.normalize("NFD", "Nguyễn Văn  Hùng")
    page = hand_in(client, "Họ tên,1,2,3", "NGUYỄN VĂN HÙNG,S,,", "Le Hoang Nam,,S,", "Đ/c Nam,,,S", "Mới,C,,")
    asked = page.xpath("//select[starts-with(@name, 'person')]/@aria-label")
    assert asked == ["Le Hoang Nam", "Nam"]
    nam = next(value for words, value in choices(page, "Nam").items() if "Lê Hoàng Nam" in words)
    take_over(client, page, **{field(page, name): nam for name in asked})
    with scoped(desk.people.scope("ha")):
        stand = sorted(row.member.name for row in Placement.objects.select_related("member"))
        assert stand == ["Lê Hoàng Nam", "Lê Hoàng Nam", "Mới", "Nguyễn Văn Hùng"]
    # The answers are kept for next month's sheet, and decomposed letters are the same name.
    page = hand_in(client, "Họ tên,1,2,3", f"{decomposed},S,,", "Le Hoang Nam,,S,", "Đ/c Nam,,,S", "Mới,C,,")
    assert [chosen(page)[field(page, name)] for name in asked] == [nam, nam]


def test_a_name_equal_to_an_accounts_name_offers_that_account(sign_in, desk, office):
    client = sign_in("ha")
    minh = desk.people.people["minh"]
    page = hand_in(client, "Họ tên,1,2,3", f"{minh.name.upper()},S,,", "An,,C,Đ")
    assert chosen(page)[field(page, minh.name.upper())] == f"account:{minh.pk}"
    take_over(client, page)
    with scoped(desk.people.scope("ha")):
        assert Member.objects.get(person=minh).name == minh.name


def test_leave_of_a_sheet_comes_out_again_and_hours_stand_in_the_legend_once(sign_in, desk, office):
    told = "S: Ca sáng (06h00 - 14h00); C: Ca chiều (14h00 - 22h00); P: nghỉ phép; CT: công tác,,,"
    client = sign_in("ha")
    hand_in(client, "Họ tên,1,2,3", "Vị trí: Trực cổng,,,", "An,S,P,P", "Chi,C,CT,C", told)
    client.post("/roster/sheet/posts/")
    page = html.fromstring(client.get(PREVIEW).content.decode())
    draft = take_over(client, page).redirect_chain[-1][0]
    client.post(f"{draft}publish/", {"reason": "bảng cũ"})
    content = client.get("/roster/sheet/month.xlsx?month=2026-05").content
    (reading,) = roster_sheet.read(content, "x.xlsx")
    assert {(one.name, one.day.day, one.mark) for one in reading.entries if one.section == "Trực cổng"} == {
        ("An", 1, "S"), ("An", 2, "P"), ("An", 3, "P"), ("Chi", 1, "C"), ("Chi", 2, "CT"), ("Chi", 3, "C"),
    }  # fmt: skip
    assert reading.legend["C"] == "Ca chiều 14:00–22:00"
    assert reading.legend["P"] == "nghỉ phép"


def test_each_kind_of_leave_is_read_back_as_it_was_written():
    for kind, (mark, meaning) in sheets.AWAY_MARKS.items():
        assert sheets._letter(mark, meaning, []) == f"leave:{kind}"


def test_a_post_made_from_a_sheet_begins_with_the_sheets_first_day(sign_in, desk, office):
    client = sign_in("ha")
    hand_in(client, "Họ tên,5/9/2026,6/9/2026,7/9/2026", "Vị trí: Trực lễ,,,", "An,S,C,Đ")
    client.post("/roster/sheet/posts/")
    with scoped(desk.people.scope("ha")):
        assert {row.valid_from for row in Post.objects.get(name="Trực lễ").shift_types.all()} == {date(2026, 9, 5)}
    # Far ahead as it is, the sheet can be taken over.
    page = html.fromstring(client.get(PREVIEW).content.decode())
    take_over(client, page)
    with scoped(desk.people.scope("ha")):
        assert Placement.objects.count() == 3


@pytest.mark.parametrize(
    ("month", "today", "near"),
    [(1, date(2026, 11, 29), "2027-01"), (12, date(2026, 11, 29), "2026-12"), (12, date(2027, 1, 5), "2026-12"),
     (None, date(2026, 11, 29), "")],
)  # fmt: skip
def test_the_nearest_month_is_proposed_for_a_sheet_without_a_year(month, today, near):
    assert page_of_sheets._nearest(month, today) == near


def test_a_month_without_its_year_is_asked_for_with_the_nearest_filled_in(sign_in, desk, office):
    client = sign_in("ha")
    page = hand_in(client, "LỊCH TRỰC THÁNG 5", "Họ tên,1,2,3", "An,S,C,Đ", name="lich.csv")
    assert page.xpath("//input[@name='month']/@value") == ["2026-05"]
    assert "năm nào" in page.text_content()
    answer = client.post(PREVIEW, {"month": "2026-05"}, follow=True)
    page = html.fromstring(answer.content.decode())
    take_over(client, page)
    with scoped(desk.people.scope("ha")):
        assert Placement.objects.count() == 3


def test_no_new_person_gets_the_name_of_somebody_who_stands_on_the_list():
    taken = {"lê an", "lê an (b)"}
    people = (Named("Lê An", letter="B", phone="0912000001"), Named("Lê An"), Named("Lê An"))
    assert [new_name("Lê An", one, taken) for one in people] == ["Lê An (0912000001)", "Lê An (2)", "Lê An (3)"]


RESTING = (
    "TT,Họ và tên,1,2,3,4,5",
    "1,Lê Kiên,Đ,NB,-,S,",
    "2,Trần Toàn,S,-,NB,NB,0",
    "Ký hiệu: S: sáng 06h-14h; Đ: đêm 22h-06h; NB: nghỉ bù",
)


def test_compensatory_rest_is_kept_free_from_when_the_night_ends_and_a_dash_is_a_free_day(sign_in, desk, office):
    client = sign_in("ha")
    page = hand_in(client, *RESTING)
    settled = {label: page.xpath("string(//select[@aria-label=$label]/option[@selected]/@value)", label=label)
               for label in ("NB", "-", "0")}  # fmt: skip
    assert settled == {"NB": "leave:rest", "-": "off", "0": "off"}
    changes = " ".join(page.xpath("//section[@aria-labelledby='changes']")[0].text_content().split())
    assert "nghỉ bùLê Kiên: 1 ngày" in changes
    assert "nghỉ bùTrần Toàn: 2 ngày" in changes
    assert "Ngày không trực, không ghi gì- × 2, 0 × 1" in changes
    take_over(client, page)
    with scoped(desk.people.scope("ha")):
        rests = {
            one.member.name: (one.kind, local(one.from_utc), local(one.to_utc))
            for one in Leave.objects.select_related("member")
        }
        assert {name: (kind, f"{begin:%d %H}", f"{end:%d %H}") for name, (kind, begin, end) in rests.items()} == {
            "Lê Kiên": ("rest", "02 06", "03 00"), "Trần Toàn": ("rest", "03 00", "05 00"),
        }  # fmt: skip
        draft = Roster.objects.get()
        plan = planning.plan_of(draft, at=NOON)
        assert not check(plan.problem, plan.assignments(rosters.pairs(draft))).violations
        slots = {slot.id: slot for slot in plan.slots.values()}
        kien = next(worker for worker in plan.problem.workers if plan.members[worker.id].name == "Lê Kiên")
        barred = {
            slots[slot.id].day.day for slot in plan.problem.slots if slot.code == "C"
            for one in check_worker(plan.problem.rules, kien, [slot]) if one.rule is RuleName.LEAVE
        }  # fmt: skip
        assert barred == {2}, "the planner keeps the rest, and may plan the free day"


def test_rest_goes_out_with_the_month_as_it_came_in(sign_in, desk, office):
    client = sign_in("ha")
    take_over(client, hand_in(client, *RESTING))
    with scoped(desk.people.scope("ha")):
        publication.publish(Roster.objects.get().pk, by=desk.people.people["ha"], reason="thử", at=NOON)
    content = client.get("/roster/sheet/month.xlsx?month=2026-05").content
    reading = roster_sheet.read(content, "lich-truc-2026-05.xlsx")[0]
    marks = {(one.name, one.day.day): one.mark for one in reading.entries}
    assert [marks.get(("Lê Kiên", day)) for day in (1, 2, 3)] == ["Đ", "NB", None]
    assert [marks.get(("Trần Toàn", day)) for day in (3, 4)] == ["NB", "NB"]
    assert reading.legend["NB"] == "nghỉ bù"


TAKEN_OVER = ("Họ và tên,SĐT,1,2,3,4", "Phạm Oanh,0912000001,S,P,P,", "Chi,0912000007,C,S,,", "Bình,,,,Ô,")


def seen_now(desk) -> tuple[set, ...]:
    """People with their phones, where they may stand, and leave: what a spreadsheet changes at once."""
    with scoped(desk.people.scope("ha")):
        return (
            set(Member.objects.values_list("name", "phone")),
            set(Eligibility.objects.values_list("member__name", "post__name")),
            set(Leave.objects.values_list("member__name", "kind", "from_utc", "to_utc")),
        )  # fmt: skip


def undo_in(client) -> str:
    page = html.fromstring(client.get("/roster/").content.decode())
    return page.xpath("string(//form[contains(@action, '/in-place/')]/@action)")


def test_a_spreadsheet_is_taken_back_with_the_people_and_the_leave_that_it_brought(sign_in, desk, office):
    with scoped(desk.people.scope("ha")):
        post = posts.add_post(office.organisation, posts.PostFields.usual("Cổng", "other"), on=MONDAY, at=NOON)
        members.change_member(office.members["Chi"].pk, members.MemberFields("Chi"), [post], at=NOON)
    client, before = sign_in("ha"), seen_now(desk)
    page = hand_in(client, *TAKEN_OVER)
    section = page.xpath("string(//select[starts-with(@name, 'section')]/@name)")
    take_over(client, page, **{section: str(office.post.pk)} if section else {})
    after = seen_now(desk)
    assert ("Phạm Oanh", "0912000001") in after[0]
    assert ("Chi", "0912000007") in after[0]
    assert ("Chi", "Giám sát") in after[1]
    assert len(after[2] - before[2]) == 2
    undo = undo_in(client)
    assert sign_in("quan").post(undo).status_code == 403
    seen = client.post(undo, follow=True).content.decode()
    assert "nghỉ rút lại: 2, ra khỏi danh sách trực: 1" in seen
    assert seen_now(desk) == before
    with scoped(desk.people.scope("ha")):
        assert Roster.objects.get().state == RosterState.DISCARDED
        said = Entry.objects.get(act="roster.sheet_undo").detail
        assert said == {"name": "lich-thang-5-2026.csv", "by": "Hà", "leaves": 2, "people": 1}
    assert client.post(undo).status_code == 404


def test_a_spreadsheet_whose_draft_was_worked_on_or_is_in_force_is_not_taken_back(sign_in, desk, office):
    client = sign_in("ha")
    take_over(client, hand_in(client, *TAKEN_OVER))
    with scoped(desk.people.scope("ha")):
        change, draft = InPlace.objects.get(), Roster.objects.get()
        step = Step(frozenset({(office.slot("Đ", MONDAY + timedelta(days=5)), office.members["Em"].pk)}))
        rosters.change(draft.pk, step, by="Hà", at=NOON)
        with pytest.raises(WrongState, match="worked on since"):
            in_place.take_back(change.pk, by="Hà", at=NOON)
        publication.publish(draft.pk, by=desk.people.people["ha"], at=NOON)
        with pytest.raises(WrongState, match="is in force"):
            in_place.take_back(change.pk, by="Hà", at=NOON)
        assert in_place.open_ones(office.organisation, at=NOON) == []


def test_whom_anything_else_was_entered_for_since_stays_when_the_spreadsheet_is_taken_back(sign_in, desk, office):
    client = sign_in("ha")
    take_over(client, hand_in(client, *TAKEN_OVER, "Mai,,S,,,", "Nga,,S,,,"))
    with scoped(desk.people.scope("ha")):
        change = InPlace.objects.get()
        new = {one.name: one for one in Member.objects.filter(name__in=("Mai", "Nga", "Phạm Oanh"))}
        members.make_wish(new["Mai"].pk, members.Span(NOON, NOON + timedelta(hours=1)), wants_duty=True, at=NOON)
        members.change_member(new["Nga"].pk, members.MemberFields("Nga", skills=("lead",)), [office.post], at=NOON)
        rosters.discard(Roster.objects.get().pk, at=NOON)
        done = in_place.take_back(change.pk, by="Hà", at=NOON)
        assert (done.leaves, done.people) == (2, 1)
        assert {one.name for one in Member.objects.filter(pk__in=[one.pk for one in new.values()])} == {"Mai", "Nga"}


MONITORING = ("Vị trí: Trực giám sát,,,", "Họ và tên,1,2,3", "An,S,C,Đ")


def test_a_sheet_of_a_post_that_nobody_made_is_not_put_on_another(sign_in, desk, office):
    with scoped(desk.people.scope("ha")):
        posts.change_post(office.post.pk, posts.PostFields.usual("Trực hạ tầng", "infrastructure"), at=NOON)
    for rows in (MONITORING, ("BẢNG PHÂN CÔNG TRỰC GIÁM SÁT THÁNG 5/2026,,,", *MONITORING[1:])):
        page = hand_in(sign_in("ha"), *rows)
        assert chosen(page)["section-0"] == ""
        assert page.xpath("//section[@aria-labelledby='missing-posts']//li//div/b/text()") == ["Trực giám sát"]


def test_of_several_posts_the_one_that_a_line_above_the_table_names_is_chosen(sign_in, desk, office):
    with scoped(desk.people.scope("ha")):
        posts.change_post(office.post.pk, posts.PostFields.usual("Trực hạ tầng", "infrastructure"), at=NOON)
        fields = posts.PostFields.usual("Trực giám sát", "monitoring")
        meant = posts.add_post(office.post.organisation, fields, presets.PATTERNS["3x8"], on=day_of(NOON), at=NOON)
    page = hand_in(sign_in("ha"), *MONITORING)
    assert chosen(page)["section-0"] == str(meant.pk)
    assert not page.xpath("//section[@aria-labelledby='missing-posts']")


def test_a_sheet_can_go_into_a_draft_as_soon_as_its_post_is_chosen(sign_in, desk, office):
    client = sign_in("ha")
    page = hand_in(client, "Vị trí: Trực cổng,,,", "Họ và tên,1,2,3", "An,S,C,Đ")
    assert not page.xpath("//form[contains(@action, 'confirm')]//button[@disabled]")
    said = take_over(client, page)
    assert said.status_code == 422
    marks = {field(page, code): f"shift:{code}" for code in "SCĐ"}
    done = take_over(client, page, **{"section-0": str(office.post.pk)}, **marks)
    assert done.redirect_chain[-1][0].startswith("/roster/drafts/")


def test_cells_with_one_content_and_one_reason_stand_in_one_line(sign_in, desk, office):
    days = range(1, 31)
    rows = (
        "Vị trí: Trực cổng" + "," * 30,
        "Họ và tên," + ",".join(map(str, days)),
        "An" + ",K" * 30,
        "Bình,Q" + ",K" * 29,
    )
    page = hand_in(sign_in("ha"), *rows)
    lines = [[" ".join(cell.text_content().split()) for cell in line] for line in
             page.xpath("//section[@aria-labelledby='changes']//tbody/tr")]  # fmt: skip
    assert [(cells, content) for cells, content, _reason in lines] == [
        ("B3, C3, D3, E3, F3, G3 và 53 ô nữa", "K"),
        ("B4", "Q"),
    ]


def test_leave_under_each_post_of_a_month_counts_once(sign_in, desk, office):
    page = hand_in(sign_in("ha"), "Họ và tên,1,2,3", "Vị trí: Ca một,,,", "An,Ô,Ô,Ô", "Vị trí: Ca hai,,,", "An,Ô,Ô,Ô")
    changes = " ".join(page.xpath("string(//section[@aria-labelledby='changes'])").split())
    assert "An: 3 ngày" in changes
    assert page.xpath("//table[contains(@class, 'sheet-table')]//td/text()") == ["Ô"] * 3


def test_a_sheet_handed_in_past_midnight_plans_the_night_that_still_runs(sign_in, desk, office, monkeypatch):
    """Also where it says nothing of the days after it."""
    night = begin_of(date(2026, 5, 2), 2 * 60)
    for module in ("vonggac.desk.frame", "vonggac.desk.stream"):
        monkeypatch.setattr(f"{module}.now", lambda: night)
    client = sign_in("ha")
    for last, placed in (("S", {("An", 1), ("Chi", 2)}), ("", {("An", 1)})):
        take_over(client, hand_in(client, "Họ và tên,1,2,3", "An,Đ,,", f"Chi,S,{last},"))
        with scoped(desk.people.scope("ha")):
            draft = Roster.objects.latest("pk")
            assert draft.from_day == date(2026, 5, 1)
            assert {(row.member.name, row.day.day) for row in draft.placements.select_related("member")} == placed


def test_a_month_goes_out_with_everybody_s_name_whether_they_still_stand_there_or_never_did(sign_in, desk, office):
    with scoped(desk.people.scope("ha")):
        draft = office.draft(at=NOON)
        rosters.change(draft.pk, Step(frozenset({office.pair("S", "An")})), by="Hà", at=NOON)
        publication.publish(draft.pk, by=desk.people.people["ha"], at=NOON)
        members.change_member(office.members["An"].pk, members.MemberFields("An"), [], at=NOON)
        rows = f"post,from,to,person\nGiám sát,{MONDAY} 14:00,{MONDAY} 22:00,Khách\n"
        tables.import_roster(office.organisation, *tables.read_roster(rows.encode(), "guests.csv"), at=NOON)
    answer = sign_in("ha").get(f"/roster/sheet/month.xlsx?month={MONDAY:%Y-%m}")
    (reading,) = roster_sheet.read(answer.content, "x.xlsx")
    assert {(one.name, one.day, one.mark) for one in reading.entries} == {("An", MONDAY, "S"), ("Khách", MONDAY, "C")}


@pytest.mark.parametrize("days", ["30/12/9999,31/12/9999,1/1", "1/1/1899,2/1/1899,3/1/1899"])
def test_years_that_no_office_reckons_with_are_asked_for_and_refused(sign_in, office, days):
    client = sign_in("ha")
    page = hand_in(client, f"Họ và tên,{days}", "An,S,C,Đ")
    assert page.xpath("//input[@name='month']")
    assert client.post(PREVIEW, {"sheet": "0", "month": "9999-12"}).status_code == 422
    assert client.get("/roster/sheet/month.xlsx?month=9999-12").status_code == 422
