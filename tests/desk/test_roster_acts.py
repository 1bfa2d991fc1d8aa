"""What a duty officer settles on the roster's pages: reinforcing, broken rules by name, taking a version back."""

import re
from datetime import timedelta

import pytest
from lxml import html

from tests.cast import NOON
from tests.duty.office import MONDAY, SUNDAY, Office
from vonggac.desk import times, wall
from vonggac.desk.weeks import Cell, Line, Week
from vonggac.duty import feeds
from vonggac.duty.models import Feed, Member, Message, Post, Reinforcement, Roster, RosterState, Shift
from vonggac.duty.patterns import begin_of, day_of, slot_id
from vonggac.duty.presets import ShiftFields
from vonggac.duty.queries import needs
from vonggac.duty.services import members, posts, presence, rosters
from vonggac.duty.services.rosters import Step
from vonggac.flows import roster as flow
from vonggac.flows import roster_solving
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
WEEK = f"week={MONDAY}"


def text(response) -> str:
    return response.content.decode()


def tree(response):
    return html.fromstring(text(response))


def words(node) -> str:
    return " ".join(node.text_content().split())


def at_moment(monkeypatch, moment) -> None:
    for module in ("vonggac.desk.frame", "vonggac.desk.stream"):
        monkeypatch.setattr(f"{module}.now", lambda: moment)


@pytest.fixture
def office(desk, office) -> Office:
    """The office of the pages, of whose people Chi and Dũng are analysts."""
    with scoped(desk.people.scope("ha")):
        for name in ("Chi", "Dũng"):
            fields = members.MemberFields(name, skills=("analyst",))
            members.change_member(office.members[name].pk, fields, [office.post], at=NOON)
    return office


def draft_of(desk, office: Office, *pairs) -> Roster:
    with scoped(desk.people.scope("ha")):
        made = office.draft(at=NOON)
        rosters.change(made.pk, Step(frozenset(pairs)), by="Hà", at=NOON)
        return made


def in_force(desk, office: Office, *pairs) -> Roster:
    draft = draft_of(desk, office, *pairs)
    with scoped(desk.people.scope("ha")):
        return flow.publish(draft.pk, by=desk.people.people["ha"], at=NOON).roster


def standing(desk, office: Office) -> set[str]:
    with scoped(desk.people.scope("ha")):
        found = Shift.objects.filter(post=office.post)
        return {f"{one.person_name} {times.local(one.from_utc):%H}" for one in found}


def test_a_shift_is_reinforced_from_its_own_page_and_undone(sign_in, desk, office):
    in_force(desk, office, office.pair("Đ", "Em"))
    client, slot = sign_in("ha"), office.slot("Đ")
    step_in = tree(client.get(f"/roster/step-in/?slot={slot}"))
    form = step_in.xpath("//form[contains(@action, 'reinforce')]")[0]
    assert [one.get("value") for one in form.xpath(".//select/option")] == ["", "analyst", "lead"]
    shown = tree(client.get(f"/roster/reinforce/?slot={slot}&more=2&skill=analyst"))
    touched = [words(row) for row in shown.xpath("//*[@id='repair']//li")]
    assert [row.split("+")[0] for row in touched] == ["Chi", "Dũng"]
    assert standing(desk, office) == {"Em 22"}, "it is shown before anything is written"
    key = shown.xpath("string(//input[@name='key']/@value)")
    asked = {"slot": slot, "more": "2", "skill": "analyst", "key": key}
    seen = client.post("/roster/reinforce/", asked, follow=True)
    assert "Đã xếp thêm 2 người" in text(seen)
    assert standing(desk, office) == {"Em 22", "Chi 22", "Dũng 22"}
    back = tree(seen).xpath("string(//form[contains(@action, '/drafts/') and contains(@action, 'take-back')]/@action)")
    client.post(back)
    assert standing(desk, office) == {"Em 22"}
    with scoped(desk.people.scope("ha")):
        assert not Reinforcement.objects.exists()


def test_who_cannot_be_found_is_said_before_and_is_a_hole_afterwards(sign_in, desk, office):
    in_force(desk, office, office.pair("Đ", "Em"))
    client, slot = sign_in("ha"), office.slot("Đ")
    shown = client.get(f"/roster/reinforce/?slot={slot}&more=3&skill=analyst")
    assert "thiếu 1 phân tích" in text(shown)
    assert "vẫn là chỗ trống" in text(shown)
    key = tree(shown).xpath("string(//input[@name='key']/@value)")
    client.post("/roster/reinforce/", {"slot": slot, "more": "3", "skill": "analyst", "key": key})
    assert "thiếu 1 phân tích" in text(client.get(f"/roster/?{WEEK}"))


def test_only_who_makes_rosters_reinforces_and_only_what_was_shown(sign_in, desk, office):
    in_force(desk, office, office.pair("Đ", "Em"))
    asked = {"slot": office.slot("Đ"), "more": "1", "key": "+1"}
    assert sign_in("quan").get("/roster/reinforce/").status_code == 403
    assert sign_in("quan").post("/roster/reinforce/", asked).status_code == 403
    assert sign_in("ha").post("/roster/reinforce/", asked).status_code == 409
    assert sign_in("ha").get(f"/roster/reinforce/?slot={office.slot('Đ')}&more=99").status_code == 422
    assert standing(desk, office) == {"Em 22"}


def test_a_shift_is_chosen_among_those_that_are_not_over(sign_in, desk, office):
    shown = tree(sign_in("ha").get("/roster/reinforce/"))
    assert shown.xpath("//optgroup/@label")[-1] == "Giám sát"
    chosen = shown.xpath("//optgroup[@label='Giám sát']/option/@value")
    assert office.slot("C", day_of(NOON)) in chosen
    assert office.slot("S", day_of(NOON)) in chosen, "the one that runs too"
    assert office.slot("Đ", day_of(NOON - timedelta(days=1))) not in chosen


def test_broken_rules_are_listed_by_name_with_their_source_before_publishing_and_for_a_finger(sign_in, desk, office):
    draft, client = draft_of(desk, office, office.pair("S", "An"), office.pair("C", "An")), sign_in("ha")
    for address in (f"/roster/drafts/{draft.pk}/", f"/roster/drafts/{draft.pk}/publish/"):
        listed = tree(client.get(address)).xpath("//section[@aria-labelledby='broken']//li")
        assert [words(one.xpath(".//b")[0]).startswith("An: chỉ nghỉ 0 giờ") for one in listed] == [True]
        assert "Bộ luật Lao động 2019, Điều 110" in words(listed[0])
        assert "Giám sát" in words(listed[0])
        assert "27/4 06:00" in words(listed[0])
    tapped = tree(client.get(f"/roster/drafts/{draft.pk}/")).xpath("//td//details[@class='why']")
    assert len(tapped) == 2
    assert "chỉ nghỉ 0 giờ" in words(tapped[0])


def test_many_broken_rules_are_folded_and_none_is_left_out(sign_in, desk, office):
    days = [MONDAY + timedelta(days=number) for number in range(7)]
    pairs = [office.pair(code, name, day) for day in days for code in "SC" for name in ("An", "Chi")]
    draft = draft_of(desk, office, *pairs)
    shown = tree(sign_in("ha").get(f"/roster/drafts/{draft.pk}/"))
    section = shown.xpath("//section[@aria-labelledby='broken']")[0]
    counted = int(re.search(r"(\d+) quy tắc", words(shown.xpath("//div[@class='head']")[0]))[1])
    assert counted == len(section.xpath(".//li")) > 8
    assert len(section.xpath("./ul/li")) == 8


def test_a_plan_says_that_it_was_changed_by_hand_and_what_the_checker_makes_of_it(sign_in, desk, office):
    draft, client, scope = draft_of(desk, office), sign_in("ha"), desk.people.scope("ha")
    with scoped(scope):
        run = roster_solving.start(draft.pk, scope, seconds=3, at=NOON).solve["run"]
    roster_solving.solve(draft.pk, run, scope, clock=lambda: NOON)
    address = f"/roster/drafts/{draft.pk}/"
    planned = words(tree(client.get(address)).xpath("//section[@aria-labelledby='solving']")[0])
    assert "sửa tay" not in planned
    with scoped(scope):
        gone = sorted(rosters.pairs(draft))[:2]
        then = Roster.objects.get(pk=draft.pk).solve["checked"]
        rosters.change(draft.pk, Step(removed=frozenset(gone), what="remove"), by="Hà", at=NOON)
    changed = words(tree(client.get(address)).xpath("//section[@aria-labelledby='solving']")[0])
    assert "Đã sửa tay sau khi xếp" in changed
    assert f"lúc xếp xong {then}" in changed.replace(".", "")
    assert "theo bộ kiểm tra" in changed
    with scoped(scope):
        rosters.undo(draft.pk, at=NOON)
    assert words(tree(client.get(address)).xpath("//section[@aria-labelledby='solving']")[0]) == planned


def test_a_plan_whose_rules_changed_is_no_longer_called_optimal(sign_in, desk, office):
    draft, client, scope = draft_of(desk, office), sign_in("ha"), desk.people.scope("ha")
    with scoped(scope):
        run = roster_solving.start(draft.pk, scope, seconds=3, at=NOON).solve["run"]
    roster_solving.solve(draft.pk, run, scope, clock=lambda: NOON)
    with scoped(scope):
        posts.reinforce(office.post.pk, posts.Reinforcing(MONDAY, MONDAY, "S", minimum=3), at=NOON)
    seen = words(tree(client.get(f"/roster/drafts/{draft.pk}/")).xpath("//section[@aria-labelledby='solving']")[0])
    assert "Ca, người hoặc quy tắc đã đổi sau khi xếp" in seen
    assert "Đã chứng minh" not in seen


def test_a_version_is_taken_back_with_one_button_and_told_anew(sign_in, desk, office):
    version, client = in_force(desk, office, office.pair("C", "Hà")), sign_in("ha")
    assert f"/roster/drafts/{version.pk}/take-back/" in text(client.get("/roster/"))
    assert f"/roster/drafts/{version.pk}/take-back/" in text(client.get(f"/roster/drafts/{version.pk}/"))
    assert sign_in("quan").post(f"/roster/drafts/{version.pk}/take-back/").status_code == 403
    seen = text(client.post(f"/roster/drafts/{version.pk}/take-back/", follow=True))
    assert "Đã rút lại bản 1" in seen
    assert "bản nháp" in seen
    assert standing(desk, office) == set()
    with scoped(desk.people.scope("ha")):
        subjects = list(Message.objects.filter(to="ha@example.vn").order_by("pk").values_list("subject", flat=True))
        assert len(subjects) == 2
        assert subjects[1].startswith("[Vọng Gác] Rút lại lịch trực")
        assert Entry.objects.filter(act="roster.take_back").exists()
        assert Roster.objects.get(pk=version.pk).state == RosterState.DRAFT
    assert client.post(f"/roster/drafts/{version.pk}/take-back/").status_code == 409
    assert f"/roster/drafts/{version.pk}/take-back/" not in text(client.get("/roster/"))


def test_what_is_to_come_without_a_roster_is_the_same_everywhere(sign_in, desk, office):
    """Past the last day of a roster nothing is a hole yet; before its first shift everything to come is one."""
    with scoped(desk.people.scope("ha")):
        Post.objects.exclude(pk=office.post.pk).update(retired_on=day_of(NOON))
    client = sign_in("ha")

    def holes(week: str) -> tuple[int, int]:
        there = tree(client.get(f"/roster/presence/?week={week}")).xpath("//section[@aria-labelledby='holes']//li")
        counted = re.search(r"(\d+) chỗ trống", words(tree(client.get(f"/roster/?week={week}")).xpath("//h1/..")[0]))
        return int(counted[1]) if counted else 0, len([one for one in there if "Giám sát" in words(one)])

    this = f"{day_of(NOON):%Y-%m-%d}"
    past = holes(this)
    assert past[0] == past[1], "without any roster only what has passed is a hole"
    assert holes(str(MONDAY)) == (0, 0)
    in_force(desk, office, office.pair("S", "An"))
    before, during = holes(this), holes(str(MONDAY))
    assert before[0] == before[1] > past[0], "what is to come before the roster begins is short"
    assert during == (21, 21), "with the night that ends in it"
    assert holes("2026-05-11") == (0, 0), "past its end nothing is planned yet"


def test_who_left_is_no_cover_on_the_page_of_the_shift(sign_in, desk, office, monkeypatch):
    in_force(desk, office, office.pair("S", "Hà"), office.pair("C", "An"))
    running = begin_of(MONDAY, 8 * 60)
    with scoped(desk.people.scope("ha")):
        shift = Shift.objects.get(person_name="Hà", post=office.post)
        presence.check_in(shift.pk, "Hà", at=running - HOUR)
        presence.leave(shift.pk, "Hà", at=running)
        ended = members.MemberFields("Giang", ends_on=MONDAY)
        members.change_member(office.members["Giang"].pk, ended, [office.post], at=NOON)
    at_moment(monkeypatch, running + HOUR)
    page = tree(sign_in("ha").get(f"/roster/step-in/?slot={office.slot('S')}"))
    rows = {words(one.xpath(".//b")[0]): words(one) for one in page.xpath("//*[@id='slot']//li")}
    assert "rời vị trí lúc 08:00" in rows["Hà"]
    assert "đã xếp vào ca này" not in rows["Hà"]
    assert "thiếu 1 người" in words(page.get_element_by_id("slot"))
    assert "Giang" not in rows, "who no longer stands duty is not asked about"


@pytest.mark.parametrize("granted", [True, False])
def test_who_is_on_leave_is_no_cover_on_the_page_of_the_shift_and_stays_on_it(sign_in, desk, office, granted):
    """Leave in a part of the shift empties it there; without anybody named to be replaced too."""
    in_force(desk, office, office.pair("S", "An"), office.pair("S", "Chi"))
    begin = begin_of(MONDAY, 12 * 60)
    with scoped(desk.people.scope("ha")):
        for name in ("An", "Chi"):
            span = members.Span(begin, begin + 24 * HOUR)
            by = "Minh" if granted else ""
            members.ask_leave(office.members[name].pk, span, "sick", granted_by=by, at=NOON)
    client = sign_in("ha")
    page = tree(client.get(f"/roster/step-in/?slot={office.slot('S')}"))
    rows = {words(one.xpath(".//b")[0]): words(one) for one in page.xpath("//*[@id='slot']//li")}
    assert ("thiếu 1 người" in words(page.get_element_by_id("slot"))) is granted
    for name in ("An", "Chi"):
        assert ("nghỉ trong ca này" in rows[name], "đã xếp vào ca này" in rows[name]) == (granted, not granted)
    form = {"slot": office.slot("S"), "member": office.members["Bình"].pk}
    client.post("/roster/step-in/", form)
    with scoped(desk.people.scope("ha")):
        stand = set(Shift.objects.filter(post=office.post).values_list("person_name", flat=True))
    assert stand == {"An", "Bình", "Chi"}


def test_leave_of_another_time_leaves_the_page_of_the_shift_alone(sign_in, desk, office):
    in_force(desk, office, office.pair("S", "An"))
    end = begin_of(MONDAY, 14 * 60)
    with scoped(desk.people.scope("ha")):
        members.ask_leave(office.members["An"].pk, members.Span(end, end + HOUR), "sick", granted_by="Minh", at=NOON)
    page = tree(sign_in("ha").get(f"/roster/step-in/?slot={office.slot('S')}"))
    seen = words(page.get_element_by_id("slot"))
    assert ("không thiếu người" in seen, "nghỉ trong ca này" in seen) == (True, False)


def test_past_midnight_a_post_is_reinforced_from_the_night_that_runs_unless_a_day_is_written(
    sign_in, desk, office, monkeypatch
):
    at_moment(monkeypatch, begin_of(MONDAY, 25 * 60))
    client, path = sign_in("ha"), f"/roster/posts/{office.post.pk}/"
    client.post(f"{path}reinforce/", {"more": "1", "to": "30/4/2026"})
    client.post(f"{path}reinforce/", {"more": "2", "from": "28/4/2026", "to": "28/4/2026"})
    with scoped(desk.people.scope("ha")):
        found = list(Reinforcement.objects.order_by("pk").values_list("from_day", "minimum"))
        asked = {f"{slot.day.day} {slot.code}": slot.minimum for slot in needs.slots([office.post], MONDAY, SUNDAY)}
    assert found == [(MONDAY, 2), (MONDAY + 24 * HOUR, 3)]
    assert (asked["27 C"], asked["27 Đ"], asked["28 S"], asked["30 Đ"], asked["1 S"]) == (1, 2, 3, 2, 1)
    seen = tree(client.get(path))
    ends = seen.xpath("//form[contains(@action, '/reinforcements/')]/@action")
    assert len(ends) == 2
    client.post(ends[0])
    assert len(tree(client.get(path)).xpath("//form[contains(@action, '/reinforcements/')]")) == 1


def test_whom_a_version_took_off_is_offered_no_way_back(sign_in, desk, office, monkeypatch):
    in_force(desk, office, office.pair("S", "Hà"))
    running = begin_of(MONDAY, 8 * 60)
    with scoped(desk.people.scope("ha")):
        shift = Shift.objects.get(person_name="Hà", post=office.post)
        presence.check_in(shift.pk, "Hà", at=running - HOUR)
        draft = office.draft(at=running)
        rosters.change(draft.pk, Step(removed=rosters.pairs(draft)), by="Hà", at=running)
        flow.publish(draft.pk, by=desk.people.people["ha"], at=running)
    at_moment(monkeypatch, running + HOUR)
    client = sign_in("ha")
    assert "Tôi quay lại" not in text(client.get("/roster/mine/"))
    answer = client.post(f"/roster/{shift.pk}/check-in/")
    assert answer.status_code == 409
    assert "bản lịch mới đã rút anh/chị khỏi ca này" in text(answer)
    assert "được rút khỏi ca lúc 08:00" in text(client.get(f"/roster/?{WEEK}"))
    # A plan on paper and a calendar hold who is to come.
    assert "Hà" not in tree(client.get(f"/roster/wall/?{WEEK}")).xpath("string(//table)")
    with scoped(desk.people.scope("ha")):
        feed = Feed(post=office.post, org_path=office.post.org_path, made_by="Hà", made_at=running)
        assert b"VEVENT" not in feeds.calendar(feed, at=running)


def test_people_are_entered_at_no_post_unless_the_office_has_one_alone(sign_in, desk, office):
    ticked = "//input[@name='post'][@checked]"
    client = sign_in("ha")
    assert tree(client.get("/roster/people/")).xpath(ticked) == []
    with scoped(desk.people.scope("ha")):
        Post.objects.exclude(pk=office.post.pk).update(retired_on=day_of(NOON))
    assert len(tree(client.get("/roster/people/")).xpath(ticked)) == 1


def test_an_even_share_of_nights_is_said_to_count_full_shares(sign_in, desk, office):
    draft, client = draft_of(desk, office, office.pair("Đ", "An")), sign_in("ha")
    assert "định mức" not in text(client.get(f"/roster/drafts/{draft.pk}/"))
    with scoped(desk.people.scope("ha")):
        Member.objects.filter(pk=office.members["Chi"].pk).update(share_percent=50)
    assert "quy về đủ định mức" in text(client.get(f"/roster/drafts/{draft.pk}/"))


def test_less_than_a_minute_is_told_in_seconds():
    assert [times.length(timedelta(seconds=number)) for number in (0, 1, 59, 60)] == [
        "0 phút", "1 giây", "59 giây", "1 phút",
    ]  # fmt: skip


def week_of(posts_: int, people: int, name: str = "Nguyễn Thị Hồng Hạnh") -> Week:
    """A week of so many posts of three shifts, with so many people on each."""
    at = begin_of(MONDAY)
    cells = [Cell(MONDAY, at, at + HOUR, [Shift(person_name=name)] * people, (), False, False, True, "")] * 7
    lines = [
        Line(Post(pk=number, name="Trực giám sát"), "06:00–14:00", "S", cells, code == 0)
        for number in range(posts_) for code in range(3)
    ]  # fmt: skip
    return Week([], MONDAY, lines, [], {})


def test_the_wall_is_written_as_large_as_one_sheet_takes():
    sizes = [wall.points(week_of(number, 1), ()) for number in (1, 2, 3, 4, 6)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[2] >= 13, "three posts are read from two metres"
    assert wall.points(week_of(12, 3), ()) == wall.SIZES[-1]
    assert wall.points(week_of(3, 1), [("Nguyễn Thị Hồng Hạnh", "0900 000 001")] * 60) < sizes[2]


def test_the_wall_shows_what_was_planned_and_not_who_came(sign_in, desk, office, monkeypatch):
    with scoped(desk.people.scope("ha")):
        posts.change_post(office.post.pk, posts.PostFields("Giám sát", "monitoring", asks_presence=True), at=NOON)
    in_force(desk, office, office.pair("S", "An"))
    at_moment(monkeypatch, begin_of(MONDAY, 15 * 60))
    cell = tree(sign_in("ha").get(f"/roster/wall/?{WEEK}")).xpath("//td[contains(., 'An')]")[0]
    assert words(cell) == "★ An"
    assert cell.get("class") is None


def test_a_draft_speaks_of_holes_and_broken_rules_as_far_as_they_can_be_mended(sign_in, desk, office, monkeypatch):
    draft = draft_of(desk, office, office.pair("S", "An"), office.pair("C", "An"))
    client, address, state = sign_in("ha"), f"/roster/drafts/{draft.pk}/", "string(//*[@id='draft']/@data-state)"
    # Of three shifts a day two are filled on the first day; An has no rest between them.
    at_moment(monkeypatch, begin_of(MONDAY))
    assert tree(client.get(address)).xpath(state) == "19 chỗ trống, vi phạm 1 quy tắc"
    at_moment(monkeypatch, begin_of(MONDAY + timedelta(days=1), 6 * 60))
    page = tree(client.get(address))
    assert page.xpath(state) == "18 chỗ trống"
    over = office.slot("Đ")
    assert over not in page.xpath("string(//section[@aria-labelledby='holes'])")
    slot = tree(client.get(f"{address}slot/?slot={over}"))
    assert not slot.xpath("//*[@id='slot']//button")


def test_a_shift_of_more_than_a_day_keeps_its_length_when_its_line_is_kept(sign_in, desk, office):
    long = [ShiftFields(code, code, 7 * 60, hours * 60) for code, hours in (("A", 24), ("B", 36), ("D", 48))]
    with scoped(desk.people.scope("ha")):
        posts.set_pattern(office.post.pk, long, day_of(NOON + timedelta(days=1)), at=NOON)
    client, address = sign_in("ha"), f"/roster/posts/{office.post.pk}/"
    form = tree(client.get(address)).xpath("//form[contains(@action, 'pattern')]")[0]
    assert [words(cell) for cell in form.xpath(".//td[.//input[starts-with(@name, 'end-')]]")][:3] == [
        "", "thêm một ngày", "thêm một ngày",
    ]  # fmt: skip
    client.post(form.get("action"), {one.get("name"): one.get("value") or "" for one in form.xpath(".//input")
                                     if one.get("type") != "checkbox"})  # fmt: skip
    with scoped(desk.people.scope("ha")):
        standing = office.post.shift_types.filter(valid_to=None).order_by("code")
        assert [(row.code, row.length_minutes // 60) for row in standing] == [("A", 24), ("B", 36), ("D", 48)]


def test_a_shift_that_asks_for_nobody_is_no_blank(sign_in, desk, office):
    with scoped(desk.people.scope("ha")):
        idle = [ShiftFields("S", "Ca sáng", 6 * 60, 8 * 60, minimum=0), ShiftFields("C", "Ca chiều", 14 * 60, 8 * 60)]
        posts.set_pattern(office.post.pk, idle, day_of(NOON + timedelta(days=1)), at=NOON)
        types = {row.code: row.pk for row in office.post.shift_types.filter(valid_to=None)}
    wanted = [
        (slot_id(types["C"], MONDAY + number * timedelta(days=1)), office.members["An"].pk) for number in range(7)
    ]
    draft, client = draft_of(desk, office, *wanted), sign_in("ha")

    def of_mornings(address: str) -> set[bool]:
        row = tree(client.get(address)).xpath("//tbody/tr[contains(., '06:00–14:00')][contains(., 'Giám sát')]/td")
        return {"không xếp ai" in words(cell) for cell in row}

    assert of_mornings(f"/roster/drafts/{draft.pk}/") == {True}
    with scoped(desk.people.scope("ha")):
        flow.publish(draft.pk, by=desk.people.people["ha"], at=NOON)
    assert of_mornings(f"/roster/?{WEEK}") == {True}
