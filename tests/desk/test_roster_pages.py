"""The roster's pages as people see them: posts, drafts, holes and who may fill them, presence, hand-over, calendars."""

import itertools
import json
import re
from dataclasses import replace
from datetime import timedelta

import icalendar
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import html

from tests.cast import NOON
from tests.duty.office import MONDAY, SUNDAY, Office
from vonggac.desk.pages import now
from vonggac.duty.models import (
    Exchange,
    Feed,
    HandOver,
    HolidayOverride,
    Leave,
    LeaveState,
    Link,
    Member,
    Message,
    Placement,
    Post,
    Prompt,
    Roster,
    Shift,
    ShiftType,
    WatchItem,
    Wish,
)
from vonggac.duty.patterns import begin_of, day_of
from vonggac.duty.queries import attendance
from vonggac.duty.services import exchanges, members, posts, presence, publishing, rosters
from vonggac.duty.services.rosters import Step
from vonggac.errors import InputError
from vonggac.flows import shift_change
from vonggac.formats.tables import read_table
from vonggac.ledger.models import Entry
from vonggac.register.models import Person, Role
from vonggac.register.services import people as people_services
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
WEEK = f"week={MONDAY}"


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def draft(desk, office) -> Roster:
    """A week in which An has the Monday morning, and every other shift is open."""
    with scoped(desk.people.scope("ha")):
        made = office.draft(at=NOON)
        rosters.change(made.pk, Step(frozenset({office.pair("S", "An")})), by="Hà", at=NOON)
        return made


def pairs(desk, draft: Roster) -> set[tuple[str, int]]:
    with scoped(desk.people.scope("ha")):
        return set(rosters.pairs(draft))


PLAIN = ("", "mine/", "presence/", "people/", "posts/", "rules/", "drafts/", "wall/")


@pytest.mark.parametrize("page", PLAIN)
@pytest.mark.parametrize("name", ["ha", "minh", "quan", "lan", "vinh"])
def test_everybody_gets_the_roster_s_pages(sign_in, office, name, page):
    response = sign_in(name).get(f"/roster/{page}")
    expected = 403 if page == "drafts/" and name in {"quan", "lan"} else 200
    assert response.status_code == expected
    if name == "vinh":
        assert "Giám sát" not in text(response)


@pytest.mark.parametrize("page", [*PLAIN, f"?{WEEK}"])
def test_the_pages_fit_the_strict_content_security_policy(sign_in, office, page):
    seen = text(sign_in("ha").get(f"/roster/{page}"))
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", seen)


def test_a_post_is_made_with_a_known_pattern_and_shows_what_it_asks_for(sign_in, desk):
    form = {"name": "Trực hạ tầng", "kind": "infrastructure", "pattern": "2x12", "minimum": "2", "needs_lead": "on"}
    seen = text(sign_in("ha").post("/roster/posts/", form, follow=True))
    assert "Trực hạ tầng" in seen
    with scoped(desk.people.scope("ha")):
        types = {row.code: (row.minimum, row.skills) for row in Post.objects.get(name="Trực hạ tầng").shift_types.all()}
    assert types == {"N": (2, {"lead": 1}), "Đ": (2, {"lead": 1})}


def test_a_post_whose_table_alone_is_known_is_not_said_to_leave_times_empty(sign_in, desk):
    with scoped(desk.people.scope("ha")):
        post = Post.objects.filter(shift_types=None, shifts__isnull=False).distinct().order_by("pk")[0]
    seen = text(sign_in("ha").get(f"/roster/posts/{post.pk}/"))
    assert "Vị trí này lấy từ bảng đã nhập" in seen
    assert "để trống một số giờ" not in seen
    sign_in("ha").post("/roster/posts/", {"name": "Hành chính", "kind": "other", "pattern": "office", "minimum": "1"})
    with scoped(desk.people.scope("ha")):
        made = Post.objects.get(name="Hành chính").pk
    assert "để trống một số giờ" in text(sign_in("ha").get(f"/roster/posts/{made}/"))


def test_shifts_are_changed_line_by_line_from_a_day_on(sign_in, desk, office):
    lines = {
        "lines": "2", "from": MONDAY.isoformat(), "code-0": "N", "name-0": "Ca ngày", "begin-0": "07:00",
        "end-0": "19:00", "minimum-0": "2", "wished-0": "3", "skills-0": "1 trưởng ca, 2 mạng", "code-1": "Đ",
        "name-1": "Ca đêm", "begin-1": "19:00", "end-1": "07:00", "minimum-1": "1", "skills-1": "",
    }  # fmt: skip
    seen = text(sign_in("ha").post(f"/roster/posts/{office.post.pk}/pattern/", lines, follow=True))
    assert "Ca ngày" in seen
    with scoped(desk.people.scope("ha")):
        row = office.post.shift_types.get(code="N")
        assert (row.length_minutes, row.wished, row.skills) == (720, 3, {"lead": 1, "network": 2})
        assert office.post.shift_types.get(code="S").valid_to == MONDAY


def test_a_holiday_raises_the_minimum_and_it_can_be_taken_back(sign_in, desk, office):
    address = f"/roster/posts/{office.post.pk}/reinforce/"
    seen = text(sign_in("ha").post(address, {"more": "1", "on_holidays": "on", "skills": "1 trưởng ca"}, follow=True))
    assert "chỉ các ngày lễ" in seen
    assert "mọi ca: tối thiểu 2 người, 1 trưởng ca" in seen
    with scoped(desk.people.scope("ha")):
        number = office.post.reinforcements.get().pk
    address = f"/roster/reinforcements/{number}/end/"
    assert address in text(sign_in("ha").get(f"/roster/posts/{office.post.pk}/"))
    assert address not in text(sign_in("ha").post(address, follow=True))
    with scoped(desk.people.scope("ha")):
        assert not office.post.reinforcements.exists()


def test_a_draft_is_begun_for_posts_and_days(sign_in, desk, office):
    form = {"from": MONDAY.isoformat(), "to": SUNDAY.isoformat(), "name": "Lễ 30/4", "post": [str(office.post.pk)]}
    seen = text(sign_in("ha").post("/roster/drafts/", form, follow=True))
    assert "Lễ 30/4" in seen
    assert seen.count("Tìm người thay") >= 21
    # 30 April and 1 May are marked as what they are.
    assert seen.count("ngày lễ") >= 2


def test_a_draft_shows_its_holes_its_people_and_what_can_be_undone(sign_in, office, draft):
    seen = text(sign_in("ha").get(f"/roster/drafts/{draft.pk}/"))
    assert "20 chỗ trống" in seen
    assert 'data-name="An"' in seen
    assert "thiếu 1 người" in seen.lower()


def test_a_draft_of_posts_without_anybody_says_where_people_are_entered(sign_in, desk, office):
    with scoped(desk.people.scope("ha")):
        for member in office.members.values():
            member.posts.clear()
        empty = office.draft(at=NOON)
    pool = text(sign_in("ha").get(f"/roster/drafts/{empty.pk}/")).partition('id="pool"')[2].partition("</aside>")[0]
    assert "Chưa có ai trực ở các vị trí này" in pool
    assert 'href="/roster/people/"' in pool
    assert "<table" not in pool


@pytest.mark.parametrize("name", ["lan", "quan"])
def test_who_may_not_assign_may_not_plan(sign_in, office, draft, name):
    client = sign_in(name)
    form = {"act": "place", "slot": office.slot("C"), "member": office.members["Chi"].pk}
    assert client.post(f"/roster/drafts/{draft.pk}/edit/", form).status_code == 403
    assert client.post(f"/roster/drafts/{draft.pk}/publish/").status_code == 403
    assert client.post(f"/roster/drafts/{draft.pk}/solve/").status_code == 403
    assert client.post("/roster/posts/", {"name": "X", "kind": "other"}).status_code == 403


def test_a_stranger_finds_no_draft_no_post_and_nobody(sign_in, office, draft):
    client = sign_in("vinh")
    for path in (
        f"drafts/{draft.pk}/", f"drafts/{draft.pk}/fits/", f"posts/{office.post.pk}/",
        f"people/{office.members['An'].pk}/", f"step-in/?slot={office.slot('S')}",
    ):  # fmt: skip
        assert client.get(f"/roster/{path}").status_code == 404, path


def test_people_are_placed_moved_taken_off_undone_and_done_again(sign_in, desk, office, draft):
    client, address = sign_in("ha"), f"/roster/drafts/{draft.pk}/"
    chi = office.members["Chi"].pk

    def act(act: str, **form) -> None:
        assert client.post(f"{address}edit/", {"act": act, "member": chi, **form}).status_code == 302

    act("place", slot=office.slot("C"))
    act("move", slot=office.slot("Đ"), **{"from": office.slot("C")})
    assert office.pair("Đ", "Chi") in pairs(desk, draft)
    client.post(f"{address}undo/")
    assert office.pair("C", "Chi") in pairs(desk, draft)
    client.post(f"{address}redo/")
    act("remove", slot=office.slot("Đ"))
    assert pairs(desk, draft) == {office.pair("S", "An")}
    act("pin", slot=office.slot("S"), member=office.members["An"].pk)
    client.post(f"{address}edit/", {"act": "clear", "week": MONDAY.isoformat()})
    assert pairs(desk, draft) == {office.pair("S", "An")}


def test_a_step_that_is_refused_is_said_on_the_page(sign_in, office, draft):
    form = {"act": "place", "slot": "nonsense", "member": office.members["Chi"].pk}
    seen = text(sign_in("ha").post(f"/roster/drafts/{draft.pk}/edit/", form, follow=True))
    assert 'class="error"' in seen or "error" in re.search(r'class="flash".*?</div>\s*</div>', seen, re.DOTALL)[0]


def test_taking_a_name_up_says_for_every_shift_what_it_would_break(sign_in, office, draft):
    answer = sign_in("ha").get(f"/roster/drafts/{draft.pk}/fits/?member={office.members['An'].pk}")
    barred = json.loads(answer.content)["barred"]
    assert any("110" in reason for reason in barred[office.slot("C")])
    assert office.slot("C", MONDAY + timedelta(days=2)) not in barred


def test_a_broken_rule_stands_on_the_name_that_breaks_it(sign_in, desk, office, draft):
    with scoped(desk.people.scope("ha")):
        rosters.change(draft.pk, Step(frozenset({office.pair("C", "An")})), by="Hà", at=NOON)
    seen = text(sign_in("ha").get(f"/roster/drafts/{draft.pk}/"))
    assert "chip lead broken" in seen
    assert "chỉ nghỉ 0 giờ" in seen


def test_a_hole_lists_who_may_fill_it_and_what_stops_the_others(sign_in, desk, office, draft):
    slot = office.slot("C")
    seen = text(sign_in("ha").get(f"/roster/drafts/{draft.pk}/slot/?slot={slot}"))
    assert seen.index("Bình") < seen.index("chỉ nghỉ 0 giờ")
    assert "Bộ luật Lao động 2019, Điều 110" in seen
    form = {"act": "place", "slot": slot, "member": office.members["Bình"].pk, "week": MONDAY.isoformat()}
    seen = text(sign_in("ha").post(f"/roster/drafts/{draft.pk}/edit/", form, follow=True))
    assert "19 chỗ trống" in seen


def test_who_lacks_the_missing_skill_is_told_so_beside_the_button(sign_in, desk, office, draft):
    with scoped(desk.people.scope("ha")):
        ShiftType.objects.filter(pk=office.types["C"].pk).update(minimum=2, skills={"lead": 2})
    seen = text(sign_in("ha").get(f"/roster/drafts/{draft.pk}/slot/?slot={office.slot('C')}"))
    rows = {name: row for row in seen.split("<li")[1:] for name in ("Bình", "Chi") if f"<b>{name}</b>" in row}
    assert "không có kỹ năng nào đang thiếu: trưởng ca" in rows["Chi"]
    assert "không có kỹ năng nào" not in rows["Bình"]
    assert "primary" not in rows["Chi"]


def test_publishing_says_first_what_changes_for_whom(sign_in, desk, office, draft):
    client = sign_in("ha")
    with scoped(desk.people.scope("ha")):
        # Hà stands every day of the week before by a table: the next day would be the eighth in a row.
        day = MONDAY + timedelta(days=2)
        rosters.change(draft.pk, Step(frozenset({office.pair("C", "Hà", day)})), by="Hà", at=NOON)
    seen = text(client.get(f"/roster/drafts/{draft.pk}/publish/"))
    assert "19 chỗ trống" in seen
    assert seen.count("báo qua điện thoại") >= 1
    seen = text(client.post(f"/roster/drafts/{draft.pk}/publish/", follow=True))
    assert "Bản 1 có hiệu lực" in seen
    assert "Hãy gọi điện báo: An" in seen
    with scoped(desk.people.scope("ha")):
        assert set(Shift.objects.filter(post=office.post).values_list("person_name", flat=True)) == {"An", "Hà"}
        assert Message.objects.filter(to="ha@example.vn").count() == 1


def test_a_roster_that_breaks_rules_is_published_with_a_reason_alone(sign_in, desk, office, draft):
    client, address = sign_in("ha"), f"/roster/drafts/{draft.pk}/publish/"
    with scoped(desk.people.scope("ha")):
        rosters.change(draft.pk, Step(frozenset({office.pair("C", "An")})), by="Hà", at=NOON)
    client.post(address)
    with scoped(desk.people.scope("ha")):
        assert not Shift.objects.filter(post=office.post).exists()
    client.post(address, {"reason": "thiếu người, đã báo lãnh đạo"})
    with scoped(desk.people.scope("ha")):
        assert Shift.objects.filter(post=office.post).count() == 2


def test_an_empty_roster_is_published_only_when_it_is_said_to_be_meant(sign_in, desk, office, draft):
    client, address = sign_in("ha"), f"/roster/drafts/{draft.pk}/publish/"
    with scoped(desk.people.scope("ha")):
        rosters.change(draft.pk, Step(removed=frozenset({office.pair("S", "An")}), what="remove"), by="Hà", at=NOON)
    seen = text(client.get(address))
    assert "Chưa xếp ai vào lịch này." in seen
    assert 'name="empty" required' in seen
    client.post(address)
    with scoped(desk.people.scope("ha")):
        assert Roster.objects.get(pk=draft.pk).state == "draft"
    client.post(address, {"empty": "on"})
    with scoped(desk.people.scope("ha")):
        assert Roster.objects.get(pk=draft.pk).state == "published"


@pytest.fixture
def in_force(desk, office, draft) -> Office:
    """The draft in force, with Hà on the night of 20 April, which begins ten hours after noon."""
    with scoped(desk.people.scope("ha")):
        from vonggac.flows import roster as flow  # noqa: PLC0415

        flow.publish(draft.pk, by=desk.people.people["ha"], at=NOON)
        night = begin_of(day_of(NOON), 22 * 60)
        for name, begin in (("Hà", night), ("Minh", night + 8 * HOUR)):
            Shift.objects.create(
                post=office.post, org_path=office.post.org_path, person_name=name, from_utc=begin,
                to_utc=begin + 8 * HOUR, person=desk.people.people["ha" if name == "Hà" else "minh"],
                member=office.members.get(name),
            )  # fmt: skip
    return office


def in_language(desk, language: str) -> None:
    Person.objects.filter(pk=desk.people.people["ha"].pk).update(language=language)


def handed_in(client, content: bytes, name: str = "roster.csv") -> str:
    return text(client.post("/roster/import/", {"file": SimpleUploadedFile(name, content)}, follow=True))


def token_of(page: str) -> str:
    return html.fromstring(page).xpath("string(//form[contains(@action, 'apply')]//input[@name='token']/@value)")


def put_in_force(client, content: bytes) -> None:
    """A table of shifts looked at and carried out, as a person does it."""
    assert client.post("/roster/import/apply/", {"token": token_of(handed_in(client, content))}).status_code == 302


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(("language", "other"), [("vi", "en"), ("en", "vi")])
def test_a_roster_that_was_exported_is_read_back_in_both_languages(sign_in, desk, in_force, kind, language, other):
    in_language(desk, language)
    taken = sign_in("ha").get(f"/roster/?week=2026-04-20&format={kind}").content
    table = read_table(taken, f"r.{kind}")
    assert table.columns[1] == {"vi": "Từ (giờ Việt Nam, UTC+7)", "en": "From (Viet Nam time, UTC+7)"}[language]
    assert "2026-04-20 22:00" in table.column(table.columns[1]), "the night begins on the office's clock"
    in_language(desk, other)
    page = handed_in(sign_in("ha"), taken, f"r.{kind}")
    assert {"vi": "Lịch trực đã đúng như vậy.", "en": "The roster says the same already."}[other] in page
    assert "/roster/import/apply/" in page


def test_json_of_a_roster_keeps_its_names_and_utc_for_programs(sign_in, in_force):
    rows = json.loads(sign_in("ha").get("/roster/?week=2026-04-20&format=json").content)["rows"]
    assert "2026-04-20T15:00:00Z" in {row["from_utc"] for row in rows}


def test_a_table_is_looked_at_then_carried_out_and_taken_back(sign_in, desk, in_force):
    client, path = sign_in("ha"), "/roster/import/"
    rows = "Trực cổng,2026-04-27 22:00,2026-04-28 06:00,Vy,\nTrực cổng,mai,2026-04-28 06:00,Vy,\n"
    page = handed_in(client, f"vị trí,từ,đến,người trực,kỹ năng\n{rows}".encode())
    assert "T2 27/4 22:00 – T3 28/4 06:00" in page
    assert "<td>từ</td><td>không phải thời điểm" in re.sub("<td[^>]*>", "<td>", page)
    with scoped(desk.people.scope("ha")):
        assert not Shift.objects.filter(person_name="Vy").exists(), "a preview changes nothing"
    token = token_of(page)
    assert sign_in("minh").post(f"{path}apply/", {"token": token}).status_code == 422, "another's preview"
    client = sign_in("ha")
    seen = text(client.post(f"{path}apply/", {"token": token}, follow=True))
    assert "Thêm 1 ca" in seen
    undo = take_back_in(seen)
    with scoped(desk.people.scope("ha")):
        assert Shift.objects.get(person_name="Vy").from_utc == begin_of(MONDAY, 22 * 60)
    seen = text(client.post(undo, follow=True))
    assert "bỏ 1 ca, trả lại 0 ca" in seen
    assert undo not in seen
    with scoped(desk.people.scope("ha")):
        assert not Shift.objects.filter(person_name="Vy").exists()
    assert client.post(undo).status_code == 404


def take_back_in(page: str) -> str:
    """The address that takes the only change without a version back."""
    return re.findall(r'action="(/roster/in-place/\d+/take-back/)"', page)[0]


def test_a_table_is_taken_back_by_a_colleague_who_may_import_and_by_nobody_else(sign_in, desk, in_force):
    put_in_force(sign_in("ha"), "vị trí,từ,đến,người trực\nTrực cổng,2026-04-27 22:00,2026-04-28 06:00,Vy\n".encode())
    undo = take_back_in(text(sign_in("minh").get("/roster/")))
    assert sign_in("vinh").post(undo).status_code == 404
    assert sign_in("lan").post(undo).status_code in {403, 404}
    with scoped(desk.people.scope("ha")):
        assert Shift.objects.filter(person_name="Vy").count() == 1
    assert "bỏ 1 ca" in text(sign_in("minh").post(undo, follow=True))


def test_a_table_belongs_to_the_office_it_was_looked_at_for(sign_in, desk, in_force):
    client, path = sign_in("ha"), "/roster/import/"
    lines = "vị trí,từ,đến,người trực\nTrực cổng,2026-04-27 22:00,2026-04-28 06:00,Vy\n".encode()
    token = token_of(handed_in(client, lines))
    put_in_force(client, lines)
    undo = take_back_in(text(client.get("/roster/")))
    other = desk.people.organisations["dong-son"]
    with scoped(system("tests")):
        held = Role.objects.filter(person=desk.people.people["ha"], organisation=in_force.organisation)
        assert held.update(organisation=other, org_path=other.path) == 1
    assert undo not in text(client.get("/roster/"))
    assert client.post(undo).status_code == 404
    assert client.post(f"{path}apply/", {"token": token}).status_code == 422
    with scoped(desk.people.scope("minh")):
        assert Shift.objects.filter(person_name="Vy").count() == 1
    with scoped(desk.people.scope("vinh")):
        assert not Post.objects.filter(name="Trực cổng").exists()


def test_of_those_who_stay_because_they_checked_in_the_first_are_shown_too(sign_in, desk, office, monkeypatch):
    monkeypatch.setattr("vonggac.desk.pages.roster.tables.SHOWN_LINES", 1)
    client = sign_in("ha")
    times = ("2026-04-27 06:00,2026-04-27 14:00", "2026-04-27 14:00,2026-04-27 22:00")
    put_in_force(client, table_of(*(f"Trực cổng,{one},Vy," for one in times)))
    with scoped(desk.people.scope("ha")):
        Shift.objects.filter(person_name="Vy").update(checked_in_at=NOON)
    page = handed_in(client, table_of(*(f"Trực cổng,{one},Mai," for one in times)))
    assert page.count("giữ nguyên: đã có mặt") == 1
    assert "Mỗi loại chỉ hiện 1 dòng đầu." in page


def test_a_lead_is_a_code_in_json_and_a_word_in_a_table(sign_in, desk, in_force):
    with scoped(desk.people.scope("ha")):
        Shift.objects.filter(person_name="Hà").update(skills=["lead"], skill="")
    client, address = sign_in("ha"), "/roster/?week=2026-04-20&format="
    skills = {row["person"]: row["skill"] for row in json.loads(client.get(f"{address}json").content)["rows"]}
    assert (skills["Hà"], skills["Minh"]) == ("lead", "")
    assert "trưởng ca" in text(client.get(f"{address}csv")).lower()


def at_moment(monkeypatch, moment) -> None:
    for module in ("vonggac.desk.frame", "vonggac.desk.pages.calendar"):
        monkeypatch.setattr(f"{module}.now", lambda: moment)


def test_a_hole_of_what_is_in_force_is_filled_with_one_click_as_a_new_version(sign_in, desk, in_force):
    slot = in_force.slot("C")
    seen = text(sign_in("ha").get(f"/roster/?{WEEK}"))
    assert f"/roster/step-in/?slot={slot}" in seen
    page = text(sign_in("ha").get(f"/roster/step-in/?slot={slot}"))
    assert "Bình" in page
    form = {"slot": slot, "member": in_force.members["Bình"].pk}
    seen = text(sign_in("ha").post("/roster/step-in/", form, follow=True))
    assert "Bình" in seen
    with scoped(desk.people.scope("ha")):
        assert Shift.objects.filter(person_name="Bình", from_utc=begin_of(MONDAY, 14 * 60)).exists()
        assert Roster.objects.filter(version=2).exists()
    barred = {"slot": slot, "member": in_force.members["An"].pk}
    assert sign_in("ha").post("/roster/step-in/", barred).status_code == 422


def test_days_before_a_post_s_first_roster_are_holes_as_the_proof_counts_them(sign_in, desk, draft, monkeypatch):
    with scoped(desk.people.scope("ha")):
        from vonggac.flows import roster as flow  # noqa: PLC0415

        flow.publish(draft.pk, by=desk.people.people["ha"], at=NOON)
        now, post = NOON + 48 * HOUR, Post.objects.get(name="Giám sát")
        counted = attendance.coverage([post], begin_of(day_of(NOON)), now, now=now)[0].holes
    at_moment(monkeypatch, now)
    for page in ("", "wall/"):
        line = html.fromstring(text(sign_in("ha").get(f"/roster/{page}?week=2026-04-20"))).xpath(
            "//tr[contains(., 'Giám sát')][.//td] | //tr[contains(., 'Giám sát')][.//td]/following-sibling::tr"
        )
        gaps = [cell for row in line for cell in row.xpath(".//td[contains(@class, 'gap')]")]
        assert len(gaps) >= len(counted) > 3
        assert not [cell for cell in gaps if "chưa xếp" in cell.text_content()]


def test_a_hole_is_one_shift_s_own_in_every_cell_title_and_list(sign_in, desk, in_force):
    with scoped(desk.people.scope("ha")):
        Roster.objects.filter(state="published").update(to_day=SUNDAY)
    client = sign_in("ha")
    week, there = text(client.get(f"/roster/?{WEEK}")), text(client.get(f"/roster/presence/?{WEEK}"))
    cells = re.findall(r'class="short">[^<]*</span> <small class="nowrap">([^<]+)<', week)
    assert set(cells) == {"06:00–14:00", "14:00–22:00", "22:00–06:00"}
    assert len(cells) == 20, "21 shifts, one of them stood"
    counted = int(re.search(r"(\d+) chỗ trống", week)[1])
    assert counted == there.partition('id="holes"')[2].partition("</section>")[0].count("<li") >= 20


def test_who_cannot_come_is_replaced_and_what_they_asked_is_over(sign_in, desk, in_force):
    slot, client = in_force.slot("S"), sign_in("ha")
    with scoped(desk.people.scope("ha")):
        exchanges.ask(Shift.objects.select_related("post", "member").get(person_name="An"), "ốm", at=NOON)
    instead = in_force.members["An"].pk
    assert f"/roster/step-in/?slot={slot}&amp;instead={instead}" in text(client.get("/roster/"))
    page = text(client.get(f"/roster/step-in/?slot={slot}&instead={instead}"))
    assert "thay An" in page
    assert f'value="{instead}"' not in page.replace(f'name="instead" value="{instead}"', "")
    client.post("/roster/step-in/", {"slot": slot, "instead": instead, "member": in_force.members["Bình"].pk})
    with scoped(desk.people.scope("ha")):
        names = Shift.objects.filter(from_utc=begin_of(MONDAY, 6 * 60)).values_list("person_name", flat=True)
        assert list(names) == ["Bình"]
        assert Exchange.objects.get().withdrawn_at is not None


def test_a_shift_is_passed_on_and_taken_on_one_s_own_page(sign_in, desk, in_force):
    with scoped(desk.people.scope("ha")):
        own = Shift.objects.filter(post=in_force.post)
        night = own.get(person_name="Hà")
        minh = members.MemberFields("Minh", person=desk.people.people["minh"])
        members.add_member(in_force.organisation, minh, [in_force.post], at=NOON)
        own.filter(person_name="Minh").delete()
        types = {row.code: row for row in in_force.post.shift_types.all()}
        Shift.objects.filter(pk=night.pk).update(shift_type=types["Đ"])
    seen = text(sign_in("ha").get(f"/roster/mine/{night.pk}/exchange/"))
    assert "Minh" in seen
    assert sign_in("minh").get(f"/roster/mine/{night.pk}/exchange/").status_code == 403
    sign_in("ha").post(f"/roster/mine/{night.pk}/exchange/", {"note": "con ốm"})
    taker = sign_in("minh")
    assert "con ốm" in text(taker.get("/roster/mine/"))
    with scoped(desk.people.scope("ha")):
        number = Exchange.objects.get().pk
    assert sign_in("quan").post(f"/roster/exchanges/{number}/take/").status_code == 403
    taker.post(f"/roster/exchanges/{number}/take/")
    with scoped(desk.people.scope("ha")):
        assert list(own.filter(from_utc=night.from_utc).values_list("person_name", flat=True)) == ["Minh"]


def test_my_shifts_have_one_button_when_it_is_time(sign_in, desk, in_force, monkeypatch):
    assert "Tôi có mặt" not in text(sign_in("minh").get("/roster/mine/"))
    morning = begin_of(day_of(NOON) + timedelta(days=1), 6 * 60)
    at_moment(monkeypatch, morning - HOUR / 2)
    client = sign_in("minh")
    assert "Tôi có mặt" in text(client.get("/roster/mine/"))
    with scoped(desk.people.scope("ha")):
        shift = Shift.objects.get(person_name="Minh", from_utc=morning)
    client.post(f"/roster/{shift.pk}/check-in/")
    at_moment(monkeypatch, morning + HOUR)
    assert "có mặt từ 05:30" in text(client.get("/roster/mine/"))
    client.post(f"/roster/{shift.pk}/leave/")
    with scoped(desk.people.scope("ha")):
        shift.refresh_from_db()
        assert shift.left_at == morning + HOUR
    seen = text(client.get("/roster/mine/"))
    assert "anh/chị đã rời vị trí lúc 07:00" in seen
    assert "có mặt từ" not in seen
    assert "Tôi quay lại" in seen
    assert "Minh" not in html.fromstring(text(client.get("/"))).xpath("string(//section[@aria-labelledby='on-duty'])")
    at_moment(monkeypatch, morning + 2 * HOUR)
    client.post(f"/roster/{shift.pk}/check-in/")
    assert "có mặt từ 08:00" in text(client.get("/roster/mine/"))
    assert "Minh" in html.fromstring(text(client.get("/"))).xpath("string(//section[@aria-labelledby='on-duty'])")


def test_a_running_shift_in_which_nobody_stands_offers_to_find_somebody(sign_in, desk, office, monkeypatch):
    with scoped(desk.people.scope("ha")):
        made = office.draft(at=NOON)
        rosters.change(made.pk, Step(frozenset({office.pair("C", "An")})), by="Hà", at=NOON)
        publishing.publish(made.pk, by="Hà", at=NOON)
    at_moment(monkeypatch, begin_of(MONDAY, 8 * 60))
    week = html.fromstring(text(sign_in("ha").get(f"/roster/?{WEEK}")))
    (cell,) = week.xpath("//td[contains(@class, 'gap') and contains(@class, 'now')]")
    (find,) = cell.xpath(".//a[contains(@class, 'find')]")
    assert (find.text, find.get("href")) == ("Tìm người thay", f"/roster/step-in/?slot={office.slot('S')}")


def test_a_refused_step_and_the_file_of_presence_speak_vietnamese(sign_in, desk, draft, office, monkeypatch):
    at_moment(monkeypatch, begin_of(MONDAY, 15 * 60))
    client = sign_in("ha")
    slot, member = office.pair("S", "Bình")
    form = {"act": "place", "slot": slot, "member": str(member)}
    assert "ca này đã hết; người trực ca không đổi được nữa" in text(
        client.post(f"/roster/drafts/{draft.pk}/edit/", form, follow=True)
    )
    with scoped(desk.people.scope("ha")):
        ShiftType.objects.filter(post=office.post).update(skills={"lead": 1})
    assert "1 trưởng ca" in text(client.get(f"/roster/presence/?{WEEK}&format=csv"))


def test_names_stand_in_the_order_of_the_vietnamese_alphabet(sign_in, desk, office):
    with scoped(desk.people.scope("ha")):
        for name in ("Vũ Ba", "Đinh Hai", "Đặng Một", "Dương Không"):
            members.add_member(office.organisation, members.MemberFields(name), [office.post], at=NOON)
    page = html.fromstring(text(sign_in("ha").get("/roster/people/"))).text_content()
    places = [page.index(name) for name in ("Dương Không", "Đặng Một", "Đinh Hai", "Em", "Vũ Ba")]
    assert places == sorted(places)


def test_a_question_at_night_stands_on_every_page_until_it_is_answered(sign_in, desk, in_force, monkeypatch):
    night = begin_of(day_of(NOON), 22 * 60)
    with scoped(desk.people.scope("ha")):
        presence.check_in(Shift.objects.get(person_name="Hà", from_utc=night).pk, "Hà", at=night)
        presence.ask_who_is_awake(at=night + 2 * HOUR)
        number = Prompt.objects.get().pk
    at_moment(monkeypatch, night + 2 * HOUR)
    client = sign_in("ha")
    for page in ("/", "/cases/"):
        assert f"/roster/awake/{number}/" in text(client.get(page))
    assert f"/roster/awake/{number}/" not in text(sign_in("minh").get("/"))
    answer = client.post(f"/roster/awake/{number}/", {"next": "/cases/"})
    assert answer["Location"] == "/cases/"
    assert f"/roster/awake/{number}/" not in text(client.get("/cases/"))


def with_work(desk, code: str) -> None:
    """Somebody who works on cases at the office, and assigns nothing."""
    office = desk.people.organisations["hai-van"]
    with scoped(system("tests")):
        Role.objects.create(
            person=desk.people.people[code], organisation=office, org_path=office.path, name="it_officer"
        )


def test_a_question_at_night_is_answered_by_its_person_or_by_who_may_assign(sign_in, desk, in_force, monkeypatch):
    night = begin_of(day_of(NOON), 22 * 60)
    with_work(desk, "quan")
    with scoped(desk.people.scope("ha")):
        presence.check_in(Shift.objects.get(person_name="Hà", from_utc=night).pk, "Hà", at=night)
        (prompt,) = presence.ask_who_is_awake(at=night + 2 * HOUR)
    at_moment(monkeypatch, night + 2 * HOUR)
    assert sign_in("quan").post(f"/roster/awake/{prompt.pk}/", {"next": "/"}).status_code == 403
    with scoped(desk.people.scope("ha")):
        assert Prompt.objects.get().answered_at is None
    assert sign_in("minh").post(f"/roster/awake/{prompt.pk}/", {"next": "/"}).status_code == 302
    with scoped(desk.people.scope("ha")):
        assert Entry.objects.get(act="prompt.answer").detail["by"] == "Minh"


def test_no_colleague_makes_the_link_that_checks_somebody_in(sign_in, desk, in_force, monkeypatch):
    moment = begin_of(day_of(NOON), 22 * 60) - HOUR / 4
    with_work(desk, "quan")
    assert shift_change.send_links(at=moment)
    with scoped(desk.people.scope("ha")):
        letter = Message.objects.filter(subjects__has_key="shift").latest("pk")
    at_moment(monkeypatch, moment)
    client = sign_in("quan")
    assert f"/messages/{letter.pk}/link/" not in text(client.get("/messages/")) + text(
        client.get(f"/messages/{letter.pk}/")
    )
    assert client.post(f"/messages/{letter.pk}/link/").status_code == 422
    with scoped(desk.people.scope("ha")):
        assert not Link.objects.filter(purpose="check_in").exists()


def test_a_hand_over_is_given_and_taken_over_the_same_list(sign_in, desk, in_force, monkeypatch):
    moment = begin_of(day_of(NOON) + timedelta(days=1), 6 * 60)
    at_moment(monkeypatch, moment)
    address = f"/hand-over/{in_force.post.pk}/{int(moment.timestamp())}/"
    giver, taker = sign_in("ha"), sign_in("minh")
    assert address in text(giver.get("/"))
    seen = text(giver.get(address))
    assert "Máy KT-PC-0417" in seen
    assert address not in text(taker.get("/")), "nothing waits for who takes"
    assert f'action="{address}' not in text(taker.get(address))
    assert taker.post(f"{address}give/", {"note": "của tôi"}).status_code == 403
    stood_on = dict(re.findall(r'name="(post|boundary)" value="(\d+)"', seen))
    answer = giver.post("/hand-over/watch-items/", {"text": "Theo dõi cổng dịch vụ", **stood_on})
    assert answer["Location"] == address
    giver.post(f"{address}give/", {"note": "Máy in hỏng"})
    seen = text(taker.get(address))
    assert "Theo dõi cổng dịch vụ" in seen
    assert "Máy in hỏng" in seen
    digest = re.search(r'name="digest" value="(\w+)"', seen)[1]
    assert f'action="{address}give/"' not in seen, "who takes does not make the list anew"
    assert address in text(taker.get("/"))
    assert 'name="digest"' not in text(giver.get(address))
    taker.post(f"{address}take/", {"digest": digest})
    with scoped(desk.people.scope("ha")):
        found = HandOver.objects.get()
        assert (found.given_by, found.taken_by) == ("Hà", "Minh")
        assert Shift.objects.get(person_name="Minh", from_utc=moment).checked_in_at == moment
    assert sign_in("vinh").get(address).status_code == 404
    assert sign_in("quan").post(f"{address}give/").status_code == 403


def test_the_button_to_hand_over_stands_while_it_can_be_signed(sign_in, desk, in_force, monkeypatch):
    moment = begin_of(day_of(NOON) + timedelta(days=1), 6 * 60)
    address = f"/hand-over/{in_force.post.pk}/{int(moment.timestamp())}/"

    def seen(minutes: int, page: str = "/roster/mine/", name: str = "ha") -> str:
        at_moment(monkeypatch, moment + timedelta(minutes=minutes))
        return text(sign_in(name).get(page))

    assert address not in seen(-61)
    assert "Ký được từ 05:00." in seen(-61, address)
    assert 'action="' + address not in seen(-61, address)
    assert "Giao ca 06:00: Giám sát" in seen(-60)
    assert 'action="' + address in seen(-60, address)
    assert address in seen(120), "also when one's shift is over"
    assert address in seen(120, name="minh"), "and to who takes"
    assert address not in seen(360)
    assert "nay không ký được nữa" in seen(360, address)


def test_the_first_page_shows_a_hand_over_to_its_own_sides_while_it_can_be_signed(sign_in, in_force, monkeypatch):
    moment = begin_of(day_of(NOON) + timedelta(days=1), 6 * 60)
    address = f"/hand-over/{in_force.post.pk}/{int(moment.timestamp())}/"
    at_moment(monkeypatch, moment + HOUR)
    assert address in text(sign_in("nam").get("/")), "who may assign stands in"
    at_moment(monkeypatch, moment + 2 * HOUR)
    assert address in text(sign_in("ha").get("/"))
    assert address not in text(sign_in("nam").get("/"))
    at_moment(monkeypatch, moment + 6 * HOUR)
    assert address not in text(sign_in("ha").get("/"))


def test_what_waits_for_a_great_office_does_not_fill_its_first_page(sign_in, desk, in_force, monkeypatch):
    moment = begin_of(day_of(NOON) + timedelta(days=1), 6 * 60)
    with scoped(desk.people.scope("ha")):
        for number in range(5):
            post = posts.add_post(
                in_force.organisation, posts.PostFields(f"Vị trí {number}"), on=day_of(NOON), at=NOON
            )  # fmt: skip
            for name, hours in (("A", 8), ("B", 0)):
                begin = moment - hours * HOUR
                Shift.objects.create(
                    post=post, org_path=post.org_path, person_name=name, from_utc=begin, to_utc=begin + 8 * HOUR
                )
            span = members.Span(moment + HOUR, moment + 2 * HOUR)
            members.ask_leave(in_force.members["An"].pk, span, "annual", at=NOON)
    at_moment(monkeypatch, moment + HOUR / 2)
    page = html.fromstring(text(sign_in("nam").get("/")))
    assert len(page.xpath("//div[@class='acts']/a[contains(@href, '/hand-over/')]")) == 3
    assert "và 3 việc nữa" in page.xpath("string(//div[@class='acts'])")
    assert len(page.xpath("//section[@aria-labelledby='leaves']//li")) == 3
    assert "và 2 việc nữa" in page.xpath("string(//section[@aria-labelledby='leaves'])")
    with scoped(desk.people.scope("ha")):
        Shift.objects.filter(person_name="B").update(checked_in_at=moment, left_at=moment)
    monkeypatch.setattr(now, "EMPTY_SHOWN", 2)
    alarm = html.fromstring(text(sign_in("ha").get("/"))).xpath("string(//*[contains(@class, 'alarm')])")
    assert re.search(r"và \d chỗ trống nữa", alarm)
    assert alarm.count("thiếu 1 người") == 2, "of the five, and of the post whose people have not come"


def test_who_was_taken_off_a_running_shift_is_not_asked_there_whether_they_came(sign_in, desk, in_force, monkeypatch):
    with scoped(desk.people.scope("ha")):
        night = Shift.objects.get(person_name="Hà", post=in_force.post)
    at_moment(monkeypatch, night.from_utc + 2 * HOUR)
    client, button = sign_in("ha"), f"/roster/{night.pk}/check-in/"
    monday = day_of(night.from_utc) - timedelta(days=day_of(night.from_utc).weekday())
    pages = ("/", "/roster/mine/", f"/roster/?week={monday}")
    assert [button in text(client.get(page)) for page in pages] == [True, True, True]
    with scoped(desk.people.scope("ha")):
        gone = night.from_utc + HOUR
        Shift.objects.filter(pk=night.pk).update(left_at=gone, taken_off_at=gone)
    assert [button in text(client.get(page)) for page in pages] == [False, False, False]
    assert "được rút khỏi ca lúc" in text(client.get(pages[2]))


def test_whoever_stands_two_posts_at_once_says_for_each_that_they_are_there(sign_in, desk, in_force, monkeypatch):
    with scoped(desk.people.scope("ha")):
        night = Shift.objects.get(person_name="Hà", post=in_force.post)
        post = posts.add_post(in_force.organisation, posts.PostFields("Xử lý"), on=day_of(NOON), at=NOON)
        other = Shift.objects.create(
            post=post, org_path=post.org_path, person=desk.people.people["ha"], person_name="Hà",
            from_utc=night.from_utc + HOUR / 2, to_utc=night.to_utc,
        )  # fmt: skip
        Shift.objects.create(
            post=post, org_path=post.org_path, person_name="Ai đó", from_utc=night.from_utc - HOUR / 4,
            to_utc=night.to_utc,
        )  # fmt: skip
    client = sign_in("ha")
    # Before both begin, and before another post's shift that begins first.
    at_moment(monkeypatch, night.from_utc - HOUR / 2)
    for shift in (night, other):
        assert f"/roster/{shift.pk}/check-in/" in text(client.get("/"))
        page = html.fromstring(text(client.get("/roster/mine/")))
        assert page.xpath(f"//form[@action='/roster/{shift.pk}/check-in/']//button")
        assert len(page.xpath("//div[@id='mine']//*[@class='btn primary']")) == 1
        client.post(f"/roster/{shift.pk}/check-in/")
    at_moment(monkeypatch, night.from_utc + HOUR)
    page = html.fromstring(text(client.get("/roster/mine/")))
    assert page.xpath("//h2[starts-with(@id, 'own-')]/text()") == ["Ca của anh/chị bây giờ"] * 2
    for shift in (night, other):
        assert page.xpath(f"//form[@action='/roster/{shift.pk}/leave/']")
        assert not page.xpath(f"//a[contains(@href, '/{shift.pk}/exchange/')]")


def test_what_to_keep_an_eye_on_stands_on_the_list_of_the_office_below(sign_in, desk, monkeypatch):
    below = desk.people.organisations["so-tttt"]
    with scoped(desk.people.scope("ha")):
        post = posts.add_post(below, posts.PostFields("Trực sở"), on=day_of(NOON), at=NOON)
        Shift.objects.create(
            post=post, org_path=post.org_path, person_name="A", from_utc=NOON - 8 * HOUR, to_utc=NOON
        )  # fmt: skip
    client, boundary = sign_in("ha"), int(NOON.timestamp())
    stood_on = {"post": post.pk, "boundary": boundary}
    seen = text(client.post("/hand-over/watch-items/", {"text": "Theo dõi cổng sở", **stood_on}, follow=True))
    assert "Theo dõi cổng sở" in seen
    with scoped(desk.people.scope("ha")):
        assert WatchItem.objects.get().organisation == below


def test_a_swap_is_asked_for_whatever_the_number_of_the_shift(sign_in, desk, in_force):
    with scoped(desk.people.scope("ha")):
        night = Shift.objects.get(person_name="Hà", post=in_force.post)
        minh = members.MemberFields("Minh", person=desk.people.people["minh"])
        member = members.add_member(in_force.organisation, minh, [in_force.post], at=NOON)
        wanted = Shift.objects.create(
            pk=7_654_321, post=in_force.post, org_path=in_force.post.org_path, person=member.person, member=member,
            person_name="Minh", from_utc=night.from_utc + 48 * HOUR, to_utc=night.to_utc + 48 * HOUR,
        )  # fmt: skip
    address = f"/roster/mine/{night.pk}/exchange/"
    assert sign_in("ha").post(address, {"wanted": wanted.pk}).status_code == 302
    with scoped(desk.people.scope("ha")):
        assert Exchange.objects.get().colleague == member
    assert sign_in("ha").post(address, {"wanted": "viii"}).status_code == 422


def test_a_given_list_can_be_taken_when_the_ending_shift_was_planned_anew(sign_in, desk, in_force, monkeypatch):
    moment = begin_of(day_of(NOON) + timedelta(days=1), 6 * 60)
    address = f"/hand-over/{in_force.post.pk}/{int(moment.timestamp())}/"
    at_moment(monkeypatch, moment - HOUR)
    sign_in("ha").post(f"{address}give/", {"note": ""})
    with scoped(desk.people.scope("ha")):
        Shift.objects.filter(post=in_force.post, to_utc=moment).update(to_utc=moment + HOUR)
    taker = sign_in("minh")
    digest = re.search(r'name="digest" value="(\w+)"', text(taker.get(address)))[1]
    assert taker.post(f"{address}take/", {"digest": digest}).status_code == 302
    with scoped(desk.people.scope("ha")):
        assert HandOver.objects.get().taken_by == "Minh"


def test_of_my_shifts_buttons_one_is_the_first_to_press(sign_in, desk, in_force, monkeypatch):
    with scoped(desk.people.scope("ha")):
        night = Shift.objects.get(person_name="Hà", post=in_force.post)
        for hours, name in ((3, "ha"), (2, "minh"), (1, "ha")):
            begin, person = night.from_utc - hours * HOUR, desk.people.people[name]
            Shift.objects.create(
                post=in_force.post, org_path=in_force.post.org_path, person=person, person_name=person.name,
                from_utc=begin, to_utc=begin + HOUR,
            )  # fmt: skip
    at_moment(monkeypatch, night.from_utc + HOUR)
    client = sign_in("ha")

    def first_to_press() -> list[str]:
        page = html.fromstring(text(client.get("/roster/mine/")))
        assert len(page.xpath("//section[@aria-labelledby='hand-overs']//a")) == 2
        return [
            " ".join(one.text_content().split()) for one in page.xpath("//div[@id='mine']//*[@class='btn primary']")
        ]

    assert first_to_press() == ["Tôi có mặt"]
    client.post(f"/roster/{night.pk}/check-in/")
    assert first_to_press() == [f"Giao ca {night.from_utc + 6 * HOUR:%H}:00: Giám sát"]
    client.post(f"/roster/{night.pk}/leave/")
    assert first_to_press() == ["Tôi quay lại"]


def test_presence_shows_a_missed_night_as_a_hole(sign_in, in_force, monkeypatch):
    at_moment(monkeypatch, begin_of(day_of(NOON) + timedelta(days=1), 6 * 60))
    seen = text(sign_in("ha").get("/roster/presence/?week=2026-04-20"))
    assert ">8 giờ<" in seen
    # Drawn twice, for a wall and for a phone; the key says what every colour is.
    wide, narrow = (seen.partition(f'class="strip {kind}"')[2].partition("</svg>")[0] for kind in ("wide", "narrow"))
    assert wide.count('class="hole"') == narrow.count('class="hole"') > 0
    assert re.findall(r"</svg> ([^<]+)</li>", seen) == ["có mặt", "đã xếp", "chỗ trống", "chưa xếp"]
    exported = sign_in("ha").get("/roster/presence/?week=2026-04-20&format=csv")
    lines = exported.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith('Vị trí,"Từ (giờ Việt Nam, UTC+7)","Đến (giờ Việt Nam, UTC+7)",Tình trạng,')
    assert any(",chỗ trống," in line for line in lines)


@pytest.mark.parametrize(
    ("language", "head", "titles"),
    [
        ("vi", "Quy tắc", ["Giờ nghỉ, giờ trực và có mặt", "Thời hạn của cảnh báo"]),
        ("en", "Rule", ["Rest, hours and presence", "Clocks of alerts"]),
    ],
)
def test_rules_of_rosters_and_clocks_of_alerts_stand_in_tables_of_their_own(sign_in, desk, language, head, titles):
    in_language(desk, language)
    page = html.fromstring(text(sign_in("ha").get("/roster/rules/")))
    tables = page.xpath("//section[.//table]")
    assert [table.xpath("string(.//h2)") for table in tables] == titles
    assert [table.xpath("string(.//th[1])") for table in tables] == [head, head]
    names = [[one.get("value") for one in table.xpath(".//input[@name='name']")] for table in tables]
    assert [
        all(name.startswith("alert_") is is_alert for name in own)
        for own, is_alert in zip(names, (False, True), strict=True)
    ] == [True, True]
    assert [len(own) for own in names] == [7, 8]


def test_leave_is_asked_for_decided_and_taken_back(sign_in, desk, office):
    number = office.members["Hà"].pk
    client = sign_in("ha")
    form = {"kind": "annual", "from": MONDAY.isoformat(), "to": SUNDAY.isoformat()}
    with scoped(desk.people.scope("ha")):
        lan = members.add_member(
            office.organisation, members.MemberFields("Lan", person=desk.people.people["lan"]), [office.post], at=NOON
        )
    # Nobody grants their own leave, also not who makes rosters; somebody else's is none of one's business.
    client.post(f"/roster/people/{number}/leave/", form)
    with scoped(desk.people.scope("ha")):
        own = Leave.objects.get()
        assert own.state == LeaveState.ASKED
        told = Message.objects.filter(subject__contains="xin nghỉ")
        assert [(one.to, "- Hà: " in one.body) for one in told] == [(desk.people.people["minh"].email, True)]
    assert client.post(f"/roster/leave/{own.pk}/decide/", {"act": "grant"}).status_code == 403
    assert "Ngày nghỉ chờ quyết định" not in text(client.get("/"))
    head = sign_in("minh")
    assert "Hà" in text(head.get("/")).partition('id="leaves"')[2].partition("</section>")[0]
    head.post(f"/roster/leave/{own.pk}/decide/", {"act": "grant"})
    assert 'id="leaves"' not in text(head.get("/"))
    assert sign_in("quan").post(f"/roster/people/{lan.pk}/leave/", form).status_code == 403
    with scoped(desk.people.scope("ha")):
        leave = Leave.objects.get()
        assert (leave.state, leave.to_utc) == (LeaveState.GRANTED, begin_of(SUNDAY + timedelta(days=1)))
        asked = members.ask_leave(lan.pk, members.Span(leave.from_utc, leave.to_utc), "annual", at=NOON)
    assert "Lan" in text(client.get("/roster/people/"))
    client.post(f"/roster/leave/{asked.pk}/decide/", {"act": "refuse"})
    client.post(f"/roster/leave/{leave.pk}/withdraw/")
    with scoped(desk.people.scope("ha")):
        assert list(Leave.objects.values_list("state", flat=True)) == [LeaveState.REFUSED]


def test_leave_over_a_published_shift_says_which_and_is_repaired_with_one_button(sign_in, desk, in_force):
    number, client = in_force.members["An"].pk, sign_in("ha")
    form = {"kind": "sick", "from": MONDAY.isoformat(), "to": MONDAY.isoformat()}
    seen = text(client.post(f"/roster/people/{number}/leave/", form, follow=True))
    assert "1 ca đã công bố nay trống: T2 27/4 06:00" in seen
    assert "· An nghỉ" in text(client.get(f"/roster/?{WEEK}"))
    key = re.search(r'name="key" value="([^"]+)"', seen)[1]
    with scoped(desk.people.scope("ha")):
        leave = Leave.objects.get()
        assert list(Shift.objects.filter(post=in_force.post, from_utc=leave.from_utc + 6 * HOUR)) != []
    address = f"/roster/leave/{leave.pk}/repair/"
    assert sign_in("quan").post(address, {"key": key}).status_code == 403
    assert client.post(address, {"key": key + " "}).status_code >= 400
    client.post(address, {"key": key})
    with scoped(desk.people.scope("ha")):
        names = list(Shift.objects.filter(from_utc=leave.from_utc + 6 * HOUR).values_list("person_name", flat=True))
    assert len(names) == 1
    assert names != ["An"]
    assert "· An nghỉ" not in text(client.get(f"/roster/?{WEEK}"))


def on_night(desk, in_force, monkeypatch, client) -> Shift:
    """Hà, who leads, an hour into her night, which needs a lead."""
    with scoped(desk.people.scope("ha")):
        ShiftType.objects.filter(post=in_force.post, code="Đ").update(skills={"lead": 1})
        night = Shift.objects.get(person_name="Hà", post=in_force.post)
        Shift.objects.filter(pk=night.pk).update(skills=["lead"])
    at_moment(monkeypatch, night.from_utc)
    client.post(f"/roster/{night.pk}/check-in/")
    at_moment(monkeypatch, night.from_utc + HOUR)
    return night


def test_sick_leave_in_one_s_running_shift_says_what_the_post_lacks_and_who_can_step_in(
    sign_in, desk, in_force, monkeypatch
):
    client, number = sign_in("ha"), in_force.members["Hà"].pk
    night = on_night(desk, in_force, monkeypatch, client)
    form = {"kind": "sick", "from": day_of(NOON).isoformat(), "to": (day_of(NOON) + timedelta(1)).isoformat()}
    seen = text(client.post(f"/roster/people/{number}/leave/", form, follow=True))
    assert "ca tại Giám sát đến 06:00 vẫn là của Hà" in seen, "nobody grants their own leave"
    with scoped(desk.people.scope("ha")):
        leave = Leave.objects.get()
        assert "Hà đang trực tại Giám sát đến 06:00." in Message.objects.get(subject__contains="xin nghỉ").body
    answer = sign_in("minh").post(f"/roster/leave/{leave.pk}/decide/", {"act": "grant"}, follow=True)
    assert answer.redirect_chain[-1][0].startswith("/roster/step-in/?slot=")
    seen = html.fromstring(text(answer)).text_content()
    assert "Giám sát nay thiếu 1 trưởng ca, đến 06:00, vì không có Hà." in seen
    row = next(
        one
        for one in html.fromstring(text(answer)).xpath("//section[@id='slot']//li")
        if "An" in one.xpath(".//b")[0].text
    )
    form = dict(row.xpath(".//form")[0].form_values())
    client.post("/roster/step-in/", form)
    with scoped(desk.people.scope("ha")):
        there = Shift.objects.filter(post=in_force.post, from_utc=night.from_utc)
        assert dict(there.values_list("person_name", "left_at")) == {"Hà": night.from_utc + HOUR, "An": None}
        assert there.get(person_name="Hà").checked_in_at == night.from_utc, "that she was there stays"


def test_refused_leave_in_a_running_shift_is_not_said_to_wait(sign_in, desk, in_force, monkeypatch):
    on_night(desk, in_force, monkeypatch, sign_in("ha"))
    form = {"kind": "sick", "from": day_of(NOON).isoformat(), "to": (day_of(NOON) + timedelta(1)).isoformat()}
    sign_in("ha").post(f"/roster/people/{in_force.members['Hà'].pk}/leave/", form)
    with scoped(desk.people.scope("ha")):
        leave = Leave.objects.get()
    decider = sign_in("minh")
    decider.get("/")
    seen = text(decider.post(f"/roster/leave/{leave.pk}/decide/", {"act": "refuse"}, follow=True))
    assert "Hà: không đồng ý" in seen
    assert "vẫn là của Hà" not in seen


@pytest.mark.parametrize("in_table", [False, True])
def test_who_leaves_before_the_end_leads_whoever_plans_to_who_can_step_in(
    sign_in, desk, in_force, monkeypatch, in_table
):
    client = sign_in("ha")
    night = on_night(desk, in_force, monkeypatch, client)
    if in_table:
        with scoped(desk.people.scope("ha")):
            gate = Post.objects.create(organisation=in_force.organisation, org_path=night.org_path, name="Trực cổng")
            Shift.objects.filter(pk=night.pk).update(post=gate, member=None)
            begin = night.from_utc - 48 * HOUR
            Shift.objects.create(
                post=gate, org_path=gate.org_path, person_name="An", from_utc=begin, to_utc=begin + 8 * HOUR
            )
    answer = client.post(f"/roster/{night.pk}/leave/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/roster/step-in/?slot=")
    page = html.fromstring(text(answer))
    assert "Hà" not in page.xpath("//section[@id='slot']//li[contains(., 'đã xếp vào ca này')]//b/text()")
    row = next(one for one in page.xpath("//section[@id='slot']//li") if one.xpath("string(.//b)") == "An")
    client.post("/roster/step-in/", dict(row.xpath(".//form")[0].form_values()))
    with scoped(desk.people.scope("ha")):
        there = Shift.objects.filter(post__name="Trực cổng" if in_table else "Giám sát", from_utc=night.from_utc)
        assert sorted(there.values_list("person_name", flat=True)) == ["An", "Hà"]
        assert there.get(person_name="Hà").left_at == night.from_utc + HOUR


def test_a_post_that_lacks_nobody_without_the_one_who_left_says_so(sign_in, desk, in_force, monkeypatch):
    client = sign_in("ha")
    night = on_night(desk, in_force, monkeypatch, client)
    with scoped(desk.people.scope("ha")):
        Shift.objects.create(
            post=in_force.post, org_path=night.org_path, person_name="An", member=in_force.members["An"],
            skills=["lead"], from_utc=night.from_utc, to_utc=night.to_utc,
        )  # fmt: skip
    assert "Giám sát vẫn đủ người cần có." in text(client.post(f"/roster/{night.pk}/leave/", follow=True))


TABLE = "post,from_utc,to_utc,person,skill\n"


def table_of(*lines: str) -> bytes:
    return (TABLE + "\n".join(lines)).encode()


def test_leave_over_a_shift_of_an_imported_table_is_repaired_too(sign_in, desk, office):
    """A post without a pattern: nobody made shifts for it, a table alone says who stands there."""
    client = sign_in("ha")
    days = [f"2026-04-{day}T01:00:00Z,2026-04-{day}T10:00:00Z" for day in range(27, 30)]
    lines = [
        f"Trực cổng,{days[0]},An,truc_ban", f"Trực cổng,{days[0]},Hà,truong_ca",
        f"Trực cổng,{days[1]},Bình,truc_ban", f"Trực cổng,{days[1]},Khách,truong_ca",
        f"Trực cổng,{days[2]},Chi,truc_ban", f"Trực cổng,{days[2]},An,truong_ca",
    ]  # fmt: skip
    put_in_force(client, table_of(*lines))
    # Bình is away that day, Dũng never stood at this post: Chi is left.
    for name in ("Bình", "An"):
        form = {"kind": "sick", "from": MONDAY.isoformat(), "to": MONDAY.isoformat()}
        seen = text(client.post(f"/roster/people/{office.members[name].pk}/leave/", form, follow=True))
    assert "1 ca đã công bố nay trống: T2 27/4 08:00" in seen
    offered = html.fromstring(seen).get_element_by_id("repair").text_content()
    assert "Chi" in offered
    assert "+ 27/4 08:00–17:00" in offered
    assert "Dũng" not in offered
    with scoped(desk.people.scope("ha")):
        leave = Leave.objects.get(member=office.members["An"])
    key = re.search(r'name="key" value="([^"]+)"', seen)[1]
    answer = client.post(f"/roster/leave/{leave.pk}/repair/", {"key": key}, follow=True)
    assert "Đã sửa lịch" in text(answer)
    assert "Chi" in text(answer).partition("Hãy gọi điện báo")[2]
    with scoped(desk.people.scope("ha")):
        gate = Shift.objects.filter(post__name="Trực cổng")
        on = {(shift.from_utc.day, shift.person_name) for shift in gate}
        assert on == {(27, "Chi"), (27, "Hà"), (28, "Bình"), (28, "Khách"), (29, "Chi"), (29, "An")}
        said = Entry.objects.get(act="roster.by_hand").detail
        assert (said["reason"], said["by"]) == ("leave of An", "Hà")
        taken_off = [(one["post"], one["person"], one["skill"]) for one in said["removed"]]
        assert taken_off == [("Trực cổng", "An", "truc_ban")]
        assert [one["person"] for one in said["added"]] == ["Chi"]
    # It is gone with what it was for, and what was shown once is not applied twice.
    assert 'id="repair"' not in text(client.get(f"/roster/people/{leave.member_id}/?leave={leave.pk}"))
    assert client.post(f"/roster/leave/{leave.pk}/repair/", {"key": key}).status_code >= 400


def test_a_table_s_lead_on_leave_is_stood_in_for_by_somebody_who_leads_and_a_full_day_stays_a_hole(
    sign_in, desk, office
):
    client = sign_in("ha")
    day = "2026-04-27T01:00:00Z,2026-04-27T10:00:00Z"
    other = "2026-04-28T01:00:00Z,2026-04-28T10:00:00Z"
    lines = [f"Trực cổng,{day},An,truong_ca", f"Trực cổng,{other},Chi,truc_ban", f"Trực cổng,{other},Bình,truong_ca"]
    put_in_force(client, table_of(*lines))
    form = {"kind": "sick", "from": MONDAY.isoformat(), "to": MONDAY.isoformat()}
    seen = text(client.post(f"/roster/people/{office.members['An'].pk}/leave/", form, follow=True))
    assert "Bình" in html.fromstring(seen).get_element_by_id("repair").text_content()
    seen = text(client.post(f"/roster/people/{office.members['Bình'].pk}/leave/", form, follow=True))
    with scoped(desk.people.scope("ha")):
        leave = Leave.objects.get(member=office.members["An"])
    offered = text(client.get(f"/roster/people/{leave.member_id}/?leave={leave.pk}"))
    (hole,) = html.fromstring(offered).xpath("//*[@id='repair']//li[.//a]")
    assert "sau khi sửa vẫn đủ người nhưng thiếu 1 trưởng ca" in hole.text_content()


def test_one_s_own_leave_stands_at_once_only_where_nobody_else_may_decide_and_the_ledger_says_so(sign_in, desk, office):
    with scoped(desk.people.scope("ha")):
        Role.objects.filter(person=desk.people.people["minh"]).delete()
    form = {"kind": "annual", "from": MONDAY.isoformat()}
    sign_in("ha").post(f"/roster/people/{office.members['Hà'].pk}/leave/", form)
    with scoped(desk.people.scope("ha")):
        assert Leave.objects.get().state == LeaveState.GRANTED
        assert Entry.objects.get(act="leave.grant").detail["why"] == "their own leave: nobody else may decide"


def test_the_lead_of_a_post_decides_about_its_people(sign_in, desk, office):
    with scoped(desk.people.scope("ha")):
        Post.objects.filter(pk=office.post.pk).update(lead=desk.people.people["quan"])
        span = members.Span(begin_of(MONDAY), begin_of(SUNDAY))
        asked = members.ask_leave(office.members["Chi"].pk, span, "annual", at=NOON)
    client = sign_in("quan")
    assert "Chi" in text(client.get("/")).partition('id="leaves"')[2].partition("</section>")[0]
    assert f"/roster/leave/{asked.pk}/decide/" in text(client.get("/roster/people/"))
    client.post(f"/roster/leave/{asked.pk}/decide/", {"act": "grant"})
    with scoped(desk.people.scope("ha")):
        assert Leave.objects.get().decided_by == "Quân"


def test_a_wish_is_made_on_ones_own_page(sign_in, desk, office):
    form = {"wants": "off", "weight": "2", "from": MONDAY.isoformat(), "next": "mine"}
    answer = sign_in("ha").post(f"/roster/people/{office.members['Hà'].pk}/wish/", form)
    assert answer["Location"] == "/roster/mine/"
    with scoped(desk.people.scope("ha")):
        wish = Wish.objects.get()
        assert (wish.wants_duty, wish.weight) == (False, 2)
    sign_in("ha").post(f"/roster/wishes/{wish.pk}/withdraw/", {"next": "mine"})
    with scoped(desk.people.scope("ha")):
        assert not Wish.objects.exists()


def test_people_are_entered_by_name_and_by_account(sign_in, desk, office):
    form = {
        "names": "Phạm Dung; 0900 000 009\n\nTrần Kiên", "colleague": [str(desk.people.people["minh"].pk)],
        "post": [str(office.post.pk)],
    }  # fmt: skip
    sign_in("ha").post("/roster/people/", form)
    with scoped(desk.people.scope("ha")):
        found = {one.name: (one.phone, one.person_id) for one in Member.objects.filter(posts=office.post)}
    assert found["Phạm Dung"] == ("0900 000 009", None)
    assert found["Minh"][1] == desk.people.people["minh"].pk


@pytest.mark.parametrize(("phone", "is_proposed"), [("", True), ("0900 000 999", False)])
def test_an_account_of_the_same_name_is_proposed_and_tied_by_keeping_it(sign_in, desk, office, phone, is_proposed):
    with scoped(desk.people.scope("ha")):
        minh = desk.people.people["minh"]
        Person.objects.filter(pk=minh.pk).update(phone="0900 000 001")
        fields = members.MemberFields(minh.name, phone=phone)
        member = members.add_member(office.organisation, fields, [office.post], at=NOON)
    shown = html.fromstring(text(sign_in("ha").get(f"/roster/people/{member.pk}/")))
    assert shown.xpath("//select[@name='person']/option[@selected]/@value") == [str(minh.pk)] * is_proposed
    assert ("Đề xuất: tài khoản cùng tên" in shown.text_content()) == is_proposed


def test_facts_of_somebody_are_kept(sign_in, desk, office):
    number = office.members["Chi"].pk
    form = {
        "name": "Chi", "phone": "0900", "skill": ["lead", "network"], "more_skills": "lái xe", "weekly_hours": "40",
        "is_barred_from_nights": "on", "share_percent": "50", "post": [str(office.post.pk)],
    }  # fmt: skip
    sign_in("ha").post(f"/roster/people/{number}/", form)
    with scoped(desk.people.scope("ha")):
        chi = Member.objects.get(pk=number)
        assert (chi.skills, chi.weekly_hours, chi.share_percent) == (["lead", "lái xe", "network"], 40, 50)
        assert chi.is_barred_from_nights


def test_a_rule_is_tightened_and_loosening_is_refused(sign_in, office):
    client = sign_in("ha")
    seen = text(client.post("/roster/rules/tighten/", {"name": "rest_hours", "value": "16"}, follow=True))
    assert "siết từ 12" in seen
    assert client.post("/roster/rules/tighten/", {"name": "rest_hours", "value": "8"}).status_code == 422


def test_a_day_that_is_over_is_no_holiday_any_more(sign_in, desk):
    answer = sign_in("ha").post("/roster/rules/holiday/", {"on": "3/2/2020", "name": "Tết"})
    assert answer.status_code == 422
    page = html.fromstring(answer.content.decode())
    assert "đã bắt đầu" in page.xpath("string(//form[contains(@action, 'holiday/')]//*[@role='alert'])")
    assert page.xpath("//form[.//*[@role='alert']]//input[@name='on']/@value") == ["3/2/2020"]
    with scoped(desk.people.scope("ha")):
        assert not HolidayOverride.objects.exists()


def test_a_holiday_is_kept_worked_on_and_taken_back(sign_in, office):
    client = sign_in("ha")
    seen = text(client.post("/roster/rules/holiday/", {"on": "2026-06-05", "name": "Ngày truyền thống"}, follow=True))
    assert "Ngày truyền thống" in seen
    client.post("/roster/rules/holiday/", {"on": "2026-04-30", "name": "Ngày Chiến thắng", "is_work": "1"})
    assert "vẫn làm việc" in text(client.get("/roster/rules/"))
    client.post("/roster/rules/holiday/drop/", {"on": "2026-06-05"})
    assert "Ngày truyền thống" not in text(client.get("/roster/rules/"))


def sheet(*rows: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("lich-thang-5-2026.csv", "\n".join(rows).encode())


def chosen(seen: str) -> dict[str, str]:
    """What the preview's form says of the letters and parts of the sheet."""
    fields = {}
    for name, options in re.findall(r'<select name="((?:mark|section)-\d+)"[^>]*>(.*?)</select>', seen, re.DOTALL):
        selected = re.search(r'value="([^"]*)" selected', options)
        fields[name] = selected[1] if selected else ""
    return fields


def test_what_a_person_says_of_the_letters_stands_there_when_the_preview_is_read_again(sign_in, office):
    client = sign_in("ha")
    upload = sheet("TT,Họ và tên,1,2,3", "1,An,S,C,P", "2,Kiên,Đ,Q,S")
    fields = chosen(text(client.post("/roster/sheet/", {"file": upload}, follow=True)))
    open_mark = next(name for name, value in fields.items() if name.startswith("mark") and not value)
    said = fields | {open_mark: "off"}
    answer = client.post("/roster/sheet/preview/", {"meaning": "1", **said})
    assert (answer.status_code, answer.url) == (302, "/roster/sheet/preview/")
    for _ in range(2):
        assert chosen(text(client.get(answer.url))) == said


def test_a_spreadsheet_goes_through_its_preview_into_a_draft(sign_in, desk, office):
    client = sign_in("ha")
    upload = sheet("TT,Họ và tên,1,2,3", "1,An,S,C,P", "2,Kiên,Đ,Q,S")
    seen = text(client.post("/roster/sheet/", {"file": upload}, follow=True))
    assert "lich-thang-5-2026.csv" in seen
    # The letter Q is nobody's: its cell is named, and everything else is ready.
    assert "D3" in seen
    page = client.post("/roster/sheet/confirm/", {"meaning": "1", **chosen(seen)}, follow=True)
    assert "bản nháp" in text(page)
    with scoped(desk.people.scope("ha")):
        assert Placement.objects.count() == 4
        assert Member.objects.get(name="Kiên").posts.get() == office.post
        assert Leave.objects.get().kind == "annual"


def test_a_spreadsheet_of_an_office_without_posts_shows_the_posts_it_would_make(sign_in, desk):
    client = sign_in("ha")
    upload = sheet("Họ tên,1,2,3", "An,S,C,Đ", "Ký hiệu: S: sáng 06h-14h; C: chiều 14h-22h; Đ: đêm 22h-06h,,,")
    seen = text(client.post("/roster/sheet/", {"file": upload}, follow=True))
    assert "Tạo các vị trí trực này" in seen
    client.post("/roster/sheet/posts/")
    with scoped(desk.people.scope("ha")):
        made = Post.objects.get(name="Trực ban")
        assert {row.code: row.start_minute for row in made.shift_types.all()} == {"S": 360, "C": 840, "Đ": 1320}


def test_a_table_without_days_is_refused_with_its_reason(sign_in, office):
    response = sign_in("ha").post("/roster/sheet/", {"file": SimpleUploadedFile("x.csv", b"a,b\n1,2\n")})
    assert response.status_code == 422
    assert sign_in("ha").get("/roster/sheet/preview/").status_code == 422


def test_a_month_goes_out_as_the_sheet_that_comes_back_in(sign_in, desk, in_force):
    from vonggac.formats import roster_sheet  # noqa: PLC0415

    answer = sign_in("ha").get("/roster/sheet/month.xlsx?month=2026-04")
    (reading,) = roster_sheet.read(answer.content, "x.xlsx")
    # Minh, who is on no duty list, stands there too.
    expected = {("An", 27, "S"), ("Hà", 20, "Đ"), ("Minh", 21, "S")}
    assert {(one.name, one.day.day, one.mark) for one in reading.entries} == expected


def test_a_calendar_is_read_without_signing_in_until_it_is_revoked(sign_in, desk, in_force, client, monkeypatch):
    at_moment(monkeypatch, NOON)
    owner = sign_in("ha")
    seen = text(owner.post("/roster/calendars/", {}, follow=True))
    address = re.search(r"/calendar/[\w-]+\.ics", seen)[0]
    assert address not in text(owner.get("/roster/mine/"))
    answer = client.get(address)
    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert b"SUMMARY:" in answer.content
    with scoped(desk.people.scope("ha")):
        feed = Feed.objects.get()
        assert address.split("/")[-1].removesuffix(".ics") not in feed.digest
    assert sign_in("vinh").post(f"/roster/calendars/{feed.pk}/revoke/").status_code == 404
    owner.post(f"/roster/calendars/{feed.pk}/revoke/")
    assert client.get(address).status_code == 404
    assert client.get("/calendar/nonsense.ics").status_code == 404


@pytest.mark.parametrize("end", ["closed", "untied"])
def test_a_personal_calendar_answers_no_more_once_its_account_is_closed_or_anothers(
    sign_in, desk, in_force, client, monkeypatch, end
):
    at_moment(monkeypatch, NOON)
    owner = sign_in("ha")
    address = re.search(r"/calendar/[\w-]+\.ics", text(owner.post("/roster/calendars/", {}, follow=True)))[0]
    assert client.get(address).status_code == 200
    ha = desk.people.people["ha"]
    with scoped(system("tests")):
        if end == "closed":
            people_services.deactivate(ha, "chuyển công tác", at=NOON)
        else:
            own = Member.objects.get(person=ha)
            members.change_member(own.pk, replace(members.fields_of(own), person=None), own.posts.all(), at=NOON)
    assert client.get(address).status_code == 404


def events(client, address: str) -> list[dict[str, str]]:
    """Each shift of a calendar, read back by a library for calendars."""
    read = icalendar.Calendar.from_ical(client.get(address).content)
    assert read.walk("VALARM") == []
    return [{name.lower(): str(value) for name, value in event.items()} for event in read.walk("VEVENT")]


def test_a_calendar_names_post_shift_place_and_colleagues_in_its_owners_language(
    sign_in, desk, in_force, client, monkeypatch
):
    at_moment(monkeypatch, NOON)
    with scoped(desk.people.scope("ha")):
        night = ShiftType.objects.get(post=in_force.post, code="Đ")
        own = Shift.objects.get(post=in_force.post, person_name="Hà")
        Shift.objects.filter(pk=own.pk).update(shift_type=night)
        own.pk, own.person, own.member, own.person_name = None, None, None, "Bình"
        own.save()
    owner = sign_in("ha")
    mine = re.search(r"/calendar/[\w-]+\.ics", text(owner.post("/roster/calendars/", {}, follow=True)))[0]
    (event,) = (one for one in events(client, mine) if "Giám sát" in one["summary"])
    assert (event["summary"], event["location"]) == ("Trực Giám sát · ca đêm", "UBND tỉnh Hải Vân")
    assert event["description"].splitlines() == [
        "Trực Giám sát · UBND tỉnh Hải Vân",
        "Cùng ca: Bình",
        "Bàn giao ca cho Minh",
        f"{settings.VONGGAC_ORIGIN}/roster/mine/",
    ]
    in_language(desk, "en")
    (event,) = (one for one in events(client, mine) if "Giám sát" in one["summary"])
    assert (event["summary"], event["description"].splitlines()[1]) == ("Duty Giám sát · ca đêm", "With Bình")
    form = {"post": in_force.post.pk}
    of_post = re.search(r"/calendar/[\w-]+\.ics", text(sign_in("ha").post("/roster/calendars/", form, follow=True)))[0]
    assert {"Bình · Duty Giám sát · 22:00–06:00", "Hà · Duty Giám sát · ca đêm"} <= {
        event["summary"] for event in events(client, of_post)
    }


def test_what_would_fail_names_the_two_shifts_with_too_little_rest_between_them(sign_in, desk, office, monkeypatch):
    at_moment(monkeypatch, NOON)
    with scoped(desk.people.scope("ha")):
        for begin, hours in ((20 * 60, 8), (29 * 60, 6)):
            from_utc = begin_of(day_of(NOON), begin)
            Shift.objects.create(
                post=office.post, org_path=office.post.org_path, person_name="An", member=office.members["An"],
                from_utc=from_utc, to_utc=from_utc + timedelta(hours=hours),
            )  # fmt: skip
    section = text(sign_in("ha").get("/roster/")).partition('aria-labelledby="faults"')[2].partition("</section>")[0]
    said = " ".join(html.fromstring(section).text_content().split())
    assert "An · T2 20/4 20:00 – T3 21/4 04:00 → T3 21/4 05:00–11:00 (nghỉ 1 giờ)" in said


def test_minutes_of_a_hole_that_have_passed_ask_for_nobody(sign_in, desk, office, monkeypatch):
    begin = begin_of(MONDAY, 6 * 60)
    with scoped(desk.people.scope("ha")):
        shift = Shift.objects.create(
            post=office.post, org_path=office.post.org_path, person_name="An", member=office.members["An"],
            from_utc=begin, to_utc=begin + timedelta(hours=8), checked_in_at=begin + timedelta(hours=3),
        )  # fmt: skip
    at_moment(monkeypatch, begin + timedelta(hours=4))
    client = sign_in("ha")

    def cell():
        week = client.get(f"/roster/?{WEEK}").context["week"]
        return next(one for line in week.lines for one in line.cells if one.from_utc == begin)

    assert [(hole.from_utc, hole.to_utc) for hole in cell().holes] == [(begin, begin + timedelta(hours=3))]
    assert not cell().is_open
    with scoped(desk.people.scope("ha")):
        Shift.objects.filter(pk=shift.pk).update(left_at=begin + timedelta(hours=3, minutes=30))
    assert cell().is_open


@pytest.mark.parametrize(("pattern", "is_gapless"), [("2x12", True), ("home", True), ("office", False)])
@pytest.mark.parametrize("first", [day_of(NOON), MONDAY + timedelta(days=30)])
def test_only_a_pattern_that_leaves_hours_empty_is_said_to(sign_in, desk, monkeypatch, pattern, is_gapless, first):
    at_moment(monkeypatch, NOON)
    form = {"name": "Trực hạ tầng", "kind": "infrastructure", "pattern": pattern, "from": first.isoformat()}
    seen = text(sign_in("ha").post("/roster/posts/", form, follow=True))
    assert ("Các ca để trống một số giờ" in seen) is not is_gapless


def test_presence_for_programs_is_in_utc_with_skills_as_values(sign_in, desk, office):
    answer = sign_in("ha").get(f"/roster/presence/?week={day_of(NOON)}&format=json")
    rows = json.loads(answer.content)["rows"]
    assert rows
    assert {row[edge][-1] for row in rows for edge in ("from_utc", "to_utc")} == {"Z"}
    assert all(isinstance(row["missing_skills"], list) for row in rows)
    lacking = [one for row in rows for one in row["missing_skills"]]
    assert all(set(one) == {"skill", "count"} for one in lacking)


def test_a_hole_is_named_to_its_own_end_past_the_end_of_the_week(sign_in, desk, in_force, monkeypatch):
    at_moment(monkeypatch, NOON)
    client = sign_in("ha")
    sunday = begin_of(MONDAY + timedelta(days=6), 22 * 60)
    for address in (f"/roster/?{WEEK}", f"/roster/presence/?{WEEK}"):
        context = client.get(address).context
        found = [hole for _, hole in context["week"].holes] if "week" in context else []
        found += [line.stretch for line in context["holes"]] if "holes" in context else []
        assert [hole.to_utc for hole in found if hole.from_utc == sunday] == [sunday + 8 * HOUR], address


def test_holidays_are_no_warning_and_one_that_is_worked_keeps_its_place(sign_in, desk):
    client = sign_in("ha")

    def listed() -> list[tuple[str, bool]]:
        tree = html.fromstring(text(client.get("/roster/rules/")))
        rows = tree.xpath('//section[@aria-labelledby="days"]//li')
        return [(row.xpath("string(.//b)"), "làm việc" in row.text_content().lower()) for row in rows]

    before = [day for day, _ in listed()]
    client.post("/roster/rules/holiday/", {"on": "2026-09-02", "name": "Quốc khánh", "is_work": "1"})
    assert [day for day, _ in listed()] == before
    section = text(client.get("/roster/rules/")).partition('aria-labelledby="days"')[2].partition("</ul>")[0]
    assert "mark late" not in section


def test_somebody_new_bore_no_night_in_the_quarter_before(sign_in, desk, office, draft):
    with scoped(desk.people.scope("ha")):
        nights = frozenset(office.pair("Đ", "Em", MONDAY + timedelta(days=day)) for day in range(3))
        rosters.change(draft.pk, Step(nights), by="Hà", at=NOON)
    slot = office.slot("Đ", MONDAY + timedelta(days=5))
    choice = sign_in("ha").get(f"/roster/drafts/{draft.pk}/slot/?slot={slot}").context["choice"]
    facts = next(one.facts for one in choice.free if one.member.name == "Em")
    assert {"0 ca đêm trong quý trước", "trong đó 3 ca đêm"} <= set(facts)


def test_a_rule_of_hours_is_broken_knowingly_with_a_reason_and_the_week_shows_it(sign_in, desk, in_force):
    slot, client = in_force.slot("C"), sign_in("ha")
    form = {"slot": slot, "member": in_force.members["An"].pk}
    assert "Vẫn xếp vào" in text(client.get(f"/roster/step-in/?slot={slot}"))
    assert client.post("/roster/step-in/", form | {"reason": " "}).status_code == 422
    seen = text(client.post("/roster/step-in/", form | {"reason": "không còn ai, lãnh đạo đồng ý"}, follow=True))
    section = seen.partition('aria-labelledby="broken"')[2].partition("</section>")[0]
    assert "An: chỉ nghỉ 0 giờ so với ca C 27/4 14:00–22:00" in section
    assert "T2 27/4 06:00–14:00" in section
    assert "và thêm 1 ca" in section
    assert "Điều 110" in section
    assert seen.count("vi phạm quy tắc") >= 2, "both shifts are marked in the week"
    with scoped(desk.people.scope("ha")):
        edit, publish = (Entry.objects.filter(act=act).latest("pk").detail for act in ("roster.edit", "roster.publish"))
    assert (edit["reason"], edit["rules"], edit["person"]) == ("không còn ai, lãnh đạo đồng ý", ["rest"], "An")
    assert (publish["reason"], publish["broken_rules"]) == ("không còn ai, lãnh đạo đồng ý", 1)


def test_nobody_on_leave_is_put_on_knowingly(sign_in, desk, in_force):
    chi, slot = in_force.members["Chi"], in_force.slot("C")
    with scoped(desk.people.scope("ha")):
        span = members.Span(begin_of(MONDAY), begin_of(MONDAY + timedelta(days=1)))
        members.ask_leave(chi.pk, span, "sick", granted_by="Minh", at=NOON)
    page = html.fromstring(text(sign_in("ha").get(f"/roster/step-in/?slot={slot}")))
    rows = {row.xpath("string(.//b)"): row for row in page.xpath("//li[contains(@class, 'barred')]")}
    assert [len(rows[name].xpath(".//form")) for name in ("An", "Chi")] == [1, 0]
    form = {"slot": slot, "member": chi.pk, "reason": "cứ xếp"}
    assert sign_in("ha").post("/roster/step-in/", form).status_code == 422


def test_a_draft_puts_somebody_on_against_a_rule_and_asks_why_when_it_is_published(sign_in, desk, office, draft):
    slot = office.slot("C")
    page = html.fromstring(text(sign_in("ha").get(f"/roster/drafts/{draft.pk}/slot/?slot={slot}")))
    row = next(one for one in page.xpath("//li[contains(@class, 'barred')]") if one.xpath("string(.//b)") == "An")
    form = dict(row.xpath(".//form")[0].form_values()) | {"act": "place"}
    sign_in("ha").post(row.xpath("string(.//form/@action)"), form)
    assert 'name="reason" required' in text(sign_in("ha").get(f"/roster/drafts/{draft.pk}/publish/"))


def test_no_swap_is_offered_with_somebody_who_cannot_answer(sign_in, desk, in_force):
    with scoped(desk.people.scope("ha")):
        night = Shift.objects.get(post=in_force.post, person_name="Hà")
        Shift.objects.filter(pk=night.pk).update(shift_type=in_force.types["Đ"])
    page = html.fromstring(text(sign_in("ha").get(f"/roster/mine/{night.pk}/exchange/")))
    assert page.xpath("//section[@aria-labelledby='swap']//form") == []
    told = page.xpath("string(//section[@aria-labelledby='by-lead'])")
    assert "An" in told
    assert "không trả lời được trên bàn trực" in told
    with scoped(desk.people.scope("ha")):
        mine, theirs = (
            Shift.objects.select_related("post", "member", "person").get(person_name=name, post=in_force.post)
            for name in ("Hà", "An")
        )
        with pytest.raises(InputError, match="An has no account"):
            exchanges.ask(mine, wanted=theirs, at=NOON)


def test_the_sheet_for_the_wall_names_everybody_and_is_plain_paper(sign_in, in_force):
    seen = text(sign_in("ha").get(f"/roster/wall/?{WEEK}"))
    assert "LỊCH TRỰC" in seen
    assert "★ An" in seen
    assert "rail" not in seen


def test_a_roster_of_eight_weeks_is_leapt_through_and_asks_no_more_for_more_posts(sign_in, desk):
    client, first = sign_in("ha"), begin_of(MONDAY)
    names = [f"Người {number}" for number in range(30)]

    def import_posts(posts: int) -> None:
        lines = []
        # Every fifth day lacks its night.
        for post, day, shift in itertools.product(range(posts), range(56), range(3)):
            begin = first + timedelta(days=day, hours=6 + 8 * shift)
            if shift < 2 or day % 5:
                who = names[(day + 3 * post + shift) % 30]
                lines.append(f"Vị trí {post},{begin.isoformat()},{(begin + 8 * HOUR).isoformat()},{who},")
        put_in_force(client, table_of(*lines))

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get(f"/roster/?{WEEK}")
        return len(seen)

    import_posts(2)
    few = queries()
    import_posts(10)
    assert queries() == few
    page = html.fromstring(text(client.get(f"/roster/?{WEEK}")))
    (tabs,) = page.xpath('//nav[@class="week-tabs"]')
    shown = [MONDAY + timedelta(days=7 * number) for number in range(-4, 8)]
    assert [link.get("href") for link in tabs.iterchildren()] == [f"?week={monday}" for monday in shown]
    assert [link.get("href") for link in tabs.iterchildren() if link.get("aria-current")] == [f"?{WEEK}"]
    assert [page.xpath(f'//a[@data-key="{key}"]/@href')[0] for key in "[]"] == [
        f"?week={MONDAY - timedelta(days=7)}", f"?week={MONDAY + timedelta(days=7)}",
    ]  # fmt: skip
    # Two nights lack in the week at each of ten posts: the grid shouts each, the list below names twelve.
    assert len(page.xpath('//td[contains(@class, "gap")]')) == 20
    (listed,) = page.xpath('//section[@aria-labelledby="holes"]')
    assert len(listed.xpath(".//li")) == 12
    assert "và 8 chỗ trống nữa trong tuần ở trên" in listed.text_content()


def test_a_week_that_has_passed_is_drawn_whole_on_a_phone_too(sign_in, desk, office):
    """A phone leaves out the days that have passed, but not where there are no others."""
    for week, is_gone in ((day_of(NOON) - timedelta(days=7), True), (day_of(NOON), False)):
        page = html.fromstring(text(sign_in("ha").get(f"/roster/?week={week}")))
        grids = page.xpath('//table[contains(@class, "grid-table")]')
        assert all(("gone" in grid.get("class").split()) is is_gone for grid in grids)
        assert grids or is_gone


GATE = "2026-04-{day}T0{begin}:00:00Z,2026-04-{day}T0{end}:00:00Z"


def gate_line(day: int, name: str, begin: int = 8, end: int = 9) -> str:
    return f"Trực cổng,{GATE.format(day=day, begin=begin, end=end)},{name},"


def test_somebody_steps_in_on_a_shift_of_an_imported_table_from_the_week(sign_in, desk, office):
    """Chi stands there another day, Dũng never did; Bình's own shift begins too soon after it."""
    client = sign_in("ha")
    lines = [gate_line(28, "An"), gate_line(29, "Chi"), gate_line(28, "Bình", 9, 10)]
    put_in_force(client, table_of(*(line.replace("T010", "T10") for line in lines)))
    week = html.fromstring(text(client.get(f"/roster/?{WEEK}")))
    with scoped(desk.people.scope("ha")):
        number = Post.objects.get(name="Trực cổng").pk
    slot = f"{number}@2026-04-28T08:00/2026-04-28T09:00"
    address = f"/roster/step-in/?slot={slot}"
    assert address in week.xpath("//a[contains(@class, 'find')]/@href")
    instead = office.members["An"].pk
    page = html.fromstring(text(client.get(f"{address}&instead={instead}")))
    assert page.xpath("string(//div[@class='head']//span[@class='muted'])").startswith("thứ Ba 28/4")
    rows = {row.xpath("string(.//b)"): row for row in page.xpath("//section[@id='slot']//li")}
    assert set(rows) == {"Bình", "Chi"}
    assert "barred" in rows["Bình"].get("class")
    form = dict(rows["Chi"].xpath(".//form")[0].form_values())
    seen = text(client.post("/roster/step-in/", form, follow=True))
    assert "Chi trực thêm ca 28/4 15:00–16:00" in seen
    with scoped(desk.people.scope("ha")):
        gate = Shift.objects.filter(post=number).order_by("from_utc", "person_name")
        assert [one.person_name for one in gate] == ["Chi", "Bình", "Chi"]
    # Bình is put on the same knowingly: why stands in the ledger.
    page = html.fromstring(text(client.get(address)))
    row = next(one for one in page.xpath("//li[contains(@class, 'barred')]") if one.xpath("string(.//b)") == "Bình")
    form = dict(row.xpath(".//form")[0].form_values()) | {"reason": "không còn ai"}
    assert client.post("/roster/step-in/", form).status_code == 302
    with scoped(desk.people.scope("ha")):
        told = Entry.objects.filter(act="roster.by_hand").latest("id").detail
        assert (told["reason"], told["person"], told["rules"]) == ("không còn ai", "Bình", ["rest"])
        begin, end = (f"2026-04-28T0{hour}:00:00+00:00" for hour in (8, 9))
        line = {"post": "Trực cổng", "from": begin, "to": end, "skill": ""}
        assert (told["name"], told["added"], told["removed"]) == (
            "Bình trực thêm ca 28/4 15:00–16:00", [line | {"person": "Bình"}], [],
        )  # fmt: skip
        first = Entry.objects.filter(act="roster.by_hand").earliest("id").detail
        assert (first["added"], first["removed"]) == ([line | {"person": "Chi"}], [line | {"person": "An"}])
    for wrong in (
        f"{number}@2026-04-28T08:00/2026-04-28T10:00",
        "x@y",
        f"{number}@",
        "9999999@2026-04-28T08:00/2026-04-28T09:00",
        f"{number}@0001-01-01T00:00/0001-01-01T01:00",
        f"{number}@9999-12-31T23:00/9999-12-31T23:30",
        f"{number}@0001-03-01T00:00/0001-03-01T01:00",
        f"{office.types['S'].pk}:9999-12-30",
    ):
        assert client.get(f"/roster/step-in/?slot={wrong}").status_code in {404, 422}


def gate_slot(desk, day: int, begin: int, end: int) -> str:
    with scoped(desk.people.scope("ha")):
        number = Post.objects.get(name="Trực cổng").pk
    return f"{number}@2026-04-{day}T{begin:02}:00/2026-04-{day}T{end:02}:00"


def at_gate(desk) -> set[tuple[int, str]]:
    with scoped(desk.people.scope("ha")):
        return {(one.from_utc.day, one.person_name) for one in Shift.objects.filter(post__name="Trực cổng")}


@pytest.mark.parametrize(("day", "begin", "end"), [(18, 1, 3), (20, 3, 5)])
def test_nobody_steps_in_on_a_shift_that_is_over_and_nothing_is_told(sign_in, desk, office, day, begin, end):
    """Two days ago, and until this very minute; the page may have been opened before the shift ended."""
    client = sign_in("ha")
    span = f"2026-04-{day}T0{begin}:00:00Z,2026-04-{day}T0{end}:00:00Z"
    put_in_force(client, table_of(f"Trực cổng,{span},An,", gate_line(29, "Chi")))
    stood, slot = at_gate(desk), gate_slot(desk, day, begin, end)
    with scoped(desk.people.scope("ha")):
        told = Message.objects.count()
    for instead in ({}, {"instead": office.members["An"].pk}):
        answer = client.post("/roster/step-in/", {"slot": slot, "member": office.members["Chi"].pk, **instead})
        assert answer.status_code == 422
        assert "ca này đã hết" in text(answer)
    assert at_gate(desk) == stood
    with scoped(desk.people.scope("ha")):
        assert not Entry.objects.filter(act="roster.by_hand").exists()
        assert Message.objects.count() == told


def test_who_steps_in_on_a_page_that_is_overtaken_is_told_so(sign_in, desk, office):
    """Two people look at one shift; the second puts nobody beside whom the first put there."""
    client = sign_in("ha")
    put_in_force(client, table_of(gate_line(28, "An"), gate_line(29, "Chi"), gate_line(30, "Bình")))
    slot, instead = gate_slot(desk, 28, 8, 9), office.members["An"].pk
    page = html.fromstring(text(client.get(f"/roster/step-in/?slot={slot}&instead={instead}")))
    forms = {
        row.xpath("string(.//b)"): dict(row.xpath(".//form")[0].form_values())
        for row in page.xpath("//section[@id='slot']//li")
    }
    assert client.post("/roster/step-in/", forms["Chi"]).status_code == 302
    for late in ("Bình", "Chi"):
        assert client.post("/roster/step-in/", forms[late]).status_code == 409
    assert at_gate(desk) == {(28, "Chi"), (29, "Chi"), (30, "Bình")}


def test_a_shift_of_an_imported_table_is_passed_on_and_taken_on_one_s_own_page(sign_in, desk, office):
    with scoped(desk.people.scope("ha")):
        minh = members.MemberFields("Minh", person=desk.people.people["minh"])
        members.add_member(office.organisation, minh, [], at=NOON)
    put_in_force(sign_in("ha"), table_of(gate_line(28, "Hà"), gate_line(29, "Minh")))
    with scoped(desk.people.scope("ha")):
        own = Shift.objects.get(post__name="Trực cổng", person_name="Hà")
    client = sign_in("ha")
    assert f"/roster/mine/{own.pk}/exchange/" in text(client.get("/roster/mine/"))
    page = html.fromstring(text(client.get(f"/roster/mine/{own.pk}/exchange/")))
    assert "Minh" in page.xpath("string(//section[@aria-labelledby='cover'])")
    assert len(page.xpath("//section[@aria-labelledby='swap']//form")) == 1
    client.post(f"/roster/mine/{own.pk}/exchange/", {"note": "con ốm"})
    taker = sign_in("minh")
    assert "con ốm" in text(taker.get("/roster/mine/"))
    with scoped(desk.people.scope("ha")):
        number = Exchange.objects.get().pk
    taker.post(f"/roster/exchanges/{number}/take/")
    with scoped(desk.people.scope("ha")):
        names = Shift.objects.filter(post__name="Trực cổng").values_list("person_name", flat=True)
        assert list(names) == ["Minh", "Minh"]


def test_a_shift_further_off_than_a_quarter_has_its_page_too(sign_in, desk, office):
    client = sign_in("ha")
    put_in_force(client, table_of("Trực cổng,2026-12-01T08:00:00Z,2026-12-01T09:00:00Z,Hà,"))
    with scoped(desk.people.scope("ha")):
        own = Shift.objects.get(post__name="Trực cổng")
    assert "không ai trực thay được ca này" in text(client.get(f"/roster/mine/{own.pk}/exchange/"))
