"""What an office meets once a roster is in force: illness, people's own limits, shifts that nobody may take."""

from datetime import timedelta

import pytest
from django.utils import translation

from tests.cast import NOON
from tests.desk.test_roster_acts import HOUR, at_moment, draft_of, in_force, standing, text, tree, words
from tests.duty.office import MONDAY, Office
from vonggac.desk import roster_words
from vonggac.duty import limits, planning
from vonggac.duty.models import Leave, Member, Message, Roster, Shift
from vonggac.duty.patterns import begin_of
from vonggac.duty.services import members, publishing, rosters, settings
from vonggac.duty.services.rosters import Step
from vonggac.flows import leave_repair
from vonggac.kernel.roster.checking import check
from vonggac.kernel.roster.values import RuleName
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def only(desk, office: Office, *names: str) -> None:
    """Nobody else stands at the post."""
    with scoped(desk.people.scope("ha")):
        for name, member in office.members.items():
            if name not in names:
                fields = members.MemberFields(name, person=member.person)
                members.change_member(member.pk, fields, [], at=NOON)


def with_limit(desk, office: Office, name: str, most: int) -> None:
    with scoped(desk.people.scope("ha")):
        members.change_member(
            office.members[name].pk, members.MemberFields(name, most_shifts=most), [office.post], at=NOON
        )


def away(desk, office: Office, name: str) -> Leave:
    with scoped(desk.people.scope("ha")):
        span = members.Span(begin_of(MONDAY), begin_of(MONDAY + DAY))
        return members.ask_leave(office.members[name].pk, span, "sick", granted_by="Minh", at=NOON)


@pytest.mark.parametrize(("most", "comes"), [(2, False), (3, True)])
def test_a_repair_keeps_a_person_s_own_limit_over_the_whole_roster(sign_in, desk, office, most, comes):
    """Chi has two shifts later in the week, outside of the days that the repair looks at."""
    later = [office.pair("S", "Chi", MONDAY + number * DAY) for number in (3, 4)]
    in_force(desk, office, office.pair("S", "An"), *later)
    only(desk, office, "An", "Chi")
    with_limit(desk, office, "Chi", most)
    leave = away(desk, office, "An")
    with scoped(desk.people.scope("ha")):
        found = leave_repair.offer(leave.pk, at=NOON)
        assert [member.name for member, _on, _off in found.stand_ins] == (["Chi"] if comes else [])
    seen = tree(sign_in("ha").get(f"/roster/people/{leave.member_id}/?leave={leave.pk}"))
    rows = [words(row) for row in seen.xpath("//*[@id='repair']//li")]
    assert any("sau khi sửa vẫn thiếu 1 người" in row for row in rows) is not comes
    step_in = seen.xpath("//*[@id='repair']//a/@href")
    assert bool(step_in) is not comes
    for address in step_in:
        page = words(tree(sign_in("ha").get(address)).get_element_by_id("slot"))
        assert "3 ca trong lịch, giới hạn riêng là 2" in page


def test_a_limit_that_is_broken_in_force_is_among_the_broken_rules_of_the_week(desk, office):
    in_force(desk, office, *(office.pair("S", "Chi", MONDAY + number * DAY) for number in range(3)))
    with_limit(desk, office, "Chi", 2)
    with scoped(desk.people.scope("ha")):
        _plan, broken = planning.broken_in_force([office.post], MONDAY, MONDAY + DAY, at=NOON)
    assert [(one.rule, one.found, one.limit) for one in broken] == [(RuleName.MOST_SLOTS, 3, 2)]


def test_whoever_works_half_time_has_half_of_the_week_s_hours_unless_another_limit_is_written(desk, office):
    draft = draft_of(desk, office, *(office.pair("S", "Chi", MONDAY + number * DAY) for number in range(4)))
    with scoped(desk.people.scope("ha")):
        for share, hours, said in (
            (100, None, []), (50, None, ["32 giờ trong tuần, nhiều nhất 24 giờ (50 % thời gian làm việc)"]),
            (50, 40, []),
        ):  # fmt: skip
            fields = members.MemberFields("Chi", share_percent=share, weekly_hours=hours)
            members.change_member(office.members["Chi"].pk, fields, [office.post], at=NOON)
            plan = planning.plan_of(Roster.objects.get(pk=draft.pk), at=NOON)
            found = check(plan.problem, plan.assignments([office.pair("S", "Chi", MONDAY + n * DAY) for n in range(4)]))
            assert roster_words.all_broken(found.violations, plan) == said


def test_a_rule_that_the_office_tightened_is_not_attributed_to_the_law(sign_in, desk, office):
    draft = draft_of(desk, office, office.pair("S", "An"), office.pair("C", "An"))
    with scoped(desk.people.scope("ha")):
        settings.tighten(office.organisation, "rest_hours", 14, at=NOON)
        rules = limits.kernel_rules(limits.in_force(office.organisation.path, NOON), MONDAY, {})
    assert (rules.rest_minutes.limit, rules.rest_minutes.cited) == (14 * 60, 12 * 60)
    with scoped(desk.people.scope("ha")):
        plan = planning.plan_of(Roster.objects.get(pk=draft.pk), at=NOON)
        placed = plan.assignments([office.pair("S", "An"), office.pair("C", "An")])
        found = check(plan.problem, placed).violations
        (said,) = roster_words.all_broken(found, plan)
        with translation.override("en"):
            (in_english,) = roster_words.all_broken(found, plan)
    assert said.endswith("cần 14 giờ (đơn vị siết từ 12; Bộ luật Lao động 2019, Điều 110)")
    assert in_english.endswith("; Labour Code 2019, Art. 110)")


def test_a_shift_with_enough_people_and_no_lead_is_told_apart_from_one_that_lacks_a_person():
    assert roster_words.lack(1, (("lead", 1),)) == "thiếu 1 trưởng ca"
    assert roster_words.lack(0, (("lead", 1),)) == "đủ người nhưng thiếu 1 trưởng ca"


def test_leave_begins_and_ends_at_the_hour_that_is_written(sign_in, desk, office):
    client, number = sign_in("ha"), office.members["An"].pk
    client.post(f"/roster/people/{number}/leave/", {"kind": "sick", "from": "27/4/2026 13:30", "to": "28/4/2026"})
    client.post(f"/roster/people/{number}/leave/", {"kind": "annual", "from": "29/4/2026", "to": "29/4/2026 9:00"})
    with scoped(desk.people.scope("ha")):
        found = list(Leave.objects.order_by("from_utc").values_list("from_utc", "to_utc"))
    assert found == [
        (begin_of(MONDAY, 13 * 60 + 30), begin_of(MONDAY + 2 * DAY)),
        (begin_of(MONDAY + 2 * DAY), begin_of(MONDAY + 2 * DAY, 9 * 60)),
    ]
    refused = client.post(f"/roster/people/{number}/leave/", {"kind": "sick", "from": "27/4/2026 25:00"})
    assert refused.status_code == 422
    assert "hoặc kèm giờ như 27/4/2026 13:30" in text(refused)


def test_leave_from_an_hour_to_come_of_a_running_shift_leads_to_who_can_step_in(sign_in, desk, office, monkeypatch):
    in_force(desk, office, office.pair("S", "An"))
    at_moment(monkeypatch, begin_of(MONDAY, 8 * 60))
    form = {"kind": "sick", "from": "27/4/2026 10:00"}
    answer = sign_in("ha").post(f"/roster/people/{office.members['An'].pk}/leave/", form, follow=True)
    assert answer.redirect_chain[-1][0].startswith("/roster/step-in/?slot=")
    assert "An rời ca đang trực tại Giám sát lúc 10:00" in text(answer)


def test_a_repair_is_called_by_what_it_is_for_and_its_letter_leads_to_one_s_shifts(sign_in, desk, office):
    in_force(desk, office, office.pair("S", "An"))
    only(desk, office, "An", "Chi")
    leave = away(desk, office, "An")
    with scoped(desk.people.scope("ha")):
        fields = members.MemberFields("Chi", person=desk.people.people["quan"])
        members.change_member(office.members["Chi"].pk, fields, [office.post], at=NOON)
        key = leave_repair.offer(leave.pk, at=NOON).key
    sign_in("ha").post(f"/roster/leave/{leave.pk}/repair/", {"key": key})
    with scoped(desk.people.scope("ha")):
        assert Roster.objects.get(version=2).name == "thay An nghỉ 27/4"
        told = Message.objects.filter(to="quan@example.vn").latest("pk")
    assert told.subject == "[Vọng Gác] Lịch trực thay An nghỉ 27/4 (bản 2): ca trực của anh/chị thay đổi"
    assert "/roster/mine/" in told.body
    assert standing(desk, office) == {"Chi 06"}


def test_where_no_colleague_may_take_a_shift_it_is_said_why_and_whoever_can_move_somebody_is_asked(
    sign_in, desk, office
):
    in_force(desk, office, office.pair("S", "Hà"), office.pair("C", "An"))
    only(desk, office, "Hà", "An")
    with scoped(desk.people.scope("ha")):
        own = Shift.objects.get(post=office.post, person_name="Hà")
    client = sign_in("ha")
    page = tree(client.get(f"/roster/mine/{own.pk}/exchange/")).xpath("//section[@aria-labelledby='cover']")[0]
    assert "An" in words(page)
    assert "chỉ nghỉ 0 giờ" in words(page)
    assert "phải dời một người trước" in words(page)
    assert "Nhờ Minh xếp người" in words(page)
    client.post(f"/roster/mine/{own.pk}/exchange/", {"note": "con ốm"})
    with scoped(desk.people.scope("ha")):
        told = Message.objects.filter(to="minh@example.vn").latest("pk")
    assert "con ốm" in told.body
    assert (
        f"/roster/step-in/?slot={office.slot('S').replace(':', '%3A')}&instead={office.members['Hà'].pk}" in told.body
    )


def test_a_shift_tonight_is_proposed_to_be_reinforced(sign_in, desk, office, monkeypatch):
    at_moment(monkeypatch, begin_of(MONDAY, 15 * 60))
    shown = tree(sign_in("ha").get("/roster/reinforce/"))
    assert shown.xpath("//option[@selected and ancestor::select[@name='slot']]/@value") == [office.slot("Đ")]
    at_moment(monkeypatch, begin_of(MONDAY + DAY, 60))
    shown = tree(sign_in("ha").get("/roster/reinforce/"))
    assert shown.xpath("//option[@selected and ancestor::select[@name='slot']]/@value") == [office.slot("Đ")]


def test_the_duty_list_tells_own_limits_tested_contacts_and_who_is_away_later(sign_in, desk, office):
    with_limit(desk, office, "Chi", 8)
    away(desk, office, "An")
    page = tree(sign_in("ha").get("/roster/people/"))
    rows = {words(row.xpath("./th")[0]): words(row) for row in page.xpath("//table//tbody/tr")}
    assert "8 ca một lịch" in rows["Chi"]
    assert "chưa kiểm tra cách liên lạc nào" in rows["Hà"]
    assert "sắp vắng" in words(page.xpath("//section[@aria-labelledby='away']//li")[0])
    with scoped(desk.people.scope("ha")):
        desk.people.people["ha"].contact_methods.create(address="0900 000 009", made_at=NOON, tested_at=NOON)
    person = text(sign_in("ha").get(f"/roster/people/{office.members['Hà'].pk}/"))
    assert "kiểm tra thứ Hai 20/4/2026" in person


def test_rest_after_a_night_is_called_by_its_kind(desk, office):
    draft = draft_of(desk, office, office.pair("S", "An"))
    with scoped(desk.people.scope("ha")):
        span = members.Span(begin_of(MONDAY), begin_of(MONDAY + DAY))
        members.ask_leave(office.members["An"].pk, span, "rest", granted_by="Minh", at=NOON)
        ended = members.MemberFields("Chi", ends_on=MONDAY)
        members.change_member(office.members["Chi"].pk, ended, [office.post], at=NOON)
        plan = planning.plan_of(Roster.objects.get(pk=draft.pk), at=NOON)
        placed = plan.assignments([office.pair("S", "An"), office.pair("S", "Chi")])
        said = {
            plan.members[one.worker].name: roster_words.broken(one, plan, office.slot("S"))
            for one in check(plan.problem, placed).violations
        }
    assert said == {"An": "vắng lúc đó: nghỉ bù", "Chi": "lúc đó không làm việc ở đơn vị"}


def test_shifts_of_a_table_are_their_members_who_were_entered_later(sign_in, desk):
    """They can be passed on, and they count among the coming ones."""
    from tests.desk.test_roster_pages import put_in_force, table_of  # noqa: PLC0415  one helper of a large module

    line = f"Trực cổng,{MONDAY}T01:00:00Z,{MONDAY}T10:00:00Z,Hà,truc_ban"
    put_in_force(sign_in("ha"), table_of(line))
    with scoped(desk.people.scope("ha")):
        office = desk.people.organisations["hai-van"]
        members.add_member(office, members.MemberFields("Hà", person=desk.people.people["ha"]), [], at=NOON)
        own = Shift.objects.get(post__name="Trực cổng")
        member = Member.objects.get(name="Hà")
        coming = Shift.objects.filter(member=member, from_utc__gte=NOON).count()
    assert (own.member_id, coming > 0) == (member.pk, True)
    client = sign_in("ha")
    assert f"/roster/mine/{own.pk}/exchange/" in text(client.get("/roster/mine/"))
    row = tree(client.get("/roster/people/")).xpath(f"//tr[.//a[contains(@href, '/{member.pk}/')]]")[0]
    assert row.xpath("string(td[@data-label='Ca sắp tới'])") == str(coming)
    assert own.from_utc == begin_of(MONDAY) + 8 * HOUR


def test_a_leave_longer_than_any_roster_is_repaired_one_part_after_the_other(desk, office):
    with scoped(desk.people.scope("ha")):
        for first in (MONDAY, MONDAY + 92 * DAY):
            draft = rosters.start_draft(office.organisation, [office.post], first, first + 91 * DAY, by="Hà", at=NOON)
            step = Step(frozenset({office.pair("S", "An", first + 10 * DAY)}))
            rosters.change(draft.pk, step, by="Hà", at=NOON)
            publishing.publish(draft.pk, by="Hà", at=NOON)
        span = members.Span(begin_of(MONDAY), begin_of(MONDAY + 180 * DAY))
        leave = members.ask_leave(office.members["An"].pk, span, "sick", granted_by="Minh", at=NOON)
        for day in (10, 102):
            found = leave_repair.offer(leave.pk, at=NOON)
            assert [slot.day for slot in found.lost] == [MONDAY + day * DAY]
            leave_repair.apply(leave.pk, found.key, by=desk.people.people["ha"], at=NOON)
        assert leave_repair.offer(leave.pk, at=NOON) is None
