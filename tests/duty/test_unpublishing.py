"""A published version is taken back: what stood before stands again, while nothing of it has begun."""

from datetime import timedelta

import pytest

from tests.duty.office import BEFORE, MONDAY, SUNDAY
from vonggac.duty.models import Roster, RosterState, Shift
from vonggac.duty.patterns import begin_of, day_of
from vonggac.duty.services import members, posts, presence, publishing, rosters, unpublishing
from vonggac.duty.services.rosters import Step
from vonggac.errors import OutOfScope, WrongState
from vonggac.ledger.models import Entry

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def published(office, *, add=(), remove=(), at=BEFORE) -> Roster:
    draft = office.draft(at=at)
    rosters.change(draft.pk, Step(frozenset(add), frozenset(remove)), by="Hà", at=at)
    return publishing.publish(draft.pk, by="Hà", at=at).roster


def standing(office) -> dict[str, tuple]:
    """Who stands, with everything that a version may change of a shift."""
    return {
        f"{one.person_name} {one.from_utc:%d %H}": (one.pk, one.roster_id, one.member_id, one.skills, one.left_at)
        for one in Shift.objects.filter(post=office.post)
    }


def take_back(roster: Roster, at=BEFORE + HOUR):
    return unpublishing.take_back(roster.pk, by="Hà", at=at)


def test_what_stood_before_stands_again_to_the_last_field(office):
    first = published(office, add=[office.pair("S", "An"), office.pair("C", "Bình")])
    before = standing(office)
    second = published(office, add=[office.pair("S", "Chi")], remove=[office.pair("S", "An")])
    assert Roster.objects.get(pk=first.pk).state == RosterState.REPLACED
    roster, changes = take_back(second)
    assert standing(office) == before
    assert {one.name: (len(one.added), len(one.removed)) for one in changes} == {"An": (1, 0), "Chi": (0, 1)}
    assert Roster.objects.get(pk=first.pk).state == RosterState.PUBLISHED
    assert (roster.state, roster.published_at, roster.version) == (RosterState.DRAFT, None, 2)
    said = Entry.objects.get(act="roster.take_back").detail
    assert (said["version"], said["by"], said["people"]) == (2, "Hà", 2)


def test_it_is_a_draft_again_that_is_worked_on_and_published_under_a_new_number(office):
    roster, _changes = take_back(published(office, add=[office.pair("S", "An")]))
    assert not Shift.objects.exists()
    assert rosters.pairs(roster) == {office.pair("S", "An")}
    rosters.change(roster.pk, Step(frozenset({office.pair("C", "Chi")})), by="Hà", at=BEFORE)
    assert publishing.publish(roster.pk, by="Hà", at=BEFORE).roster.version == 2
    assert Shift.objects.count() == 2


def test_no_version_is_taken_back_once_a_shift_that_it_changed_has_begun(office):
    late = begin_of(MONDAY) - HOUR
    roster = published(office, add=[office.pair("S", "An")], at=late)
    unpublishing.check(roster, at=begin_of(MONDAY, 6 * 60) - HOUR)
    with pytest.raises(WrongState, match="has begun"):
        take_back(roster, begin_of(MONDAY, 6 * 60))
    assert Shift.objects.count() == 1


def test_nobody_who_has_checked_in_is_taken_off_by_it(office):
    late = begin_of(MONDAY, 5 * 60)
    roster = published(office, add=[office.pair("S", "An")], at=late)
    presence.check_in(Shift.objects.get().pk, "An", at=late + HOUR / 2)
    with pytest.raises(WrongState, match="has begun"):
        take_back(roster, late + HOUR / 2)


def test_a_version_that_was_overtaken_is_not_taken_back(office):
    first = published(office, add=[office.pair("S", "An", SUNDAY)])
    published(office, add=[office.pair("C", "Bình", SUNDAY)])
    with pytest.raises(WrongState, match="only a version that is in force"):
        take_back(first)
    third = published(office, add=[office.pair("Đ", "Chi", SUNDAY)])
    Shift.objects.filter(person_name="Chi").delete()
    with pytest.raises(WrongState, match="has changed since"):
        take_back(third)


def test_a_version_is_taken_back_for_a_day(office):
    roster = published(office, add=[office.pair("S", "An", SUNDAY)])
    assert unpublishing.newest(office.organisation, at=BEFORE + HOUR) == roster
    assert unpublishing.newest(office.organisation, at=BEFORE + 25 * HOUR) is None
    with pytest.raises(WrongState, match="for a day"):
        take_back(roster, BEFORE + 25 * HOUR)


def test_whom_it_took_off_a_running_shift_may_come_back(office):
    published(office, add=[office.pair("S", "An")])
    shift, running = Shift.objects.get(), begin_of(MONDAY, 8 * 60)
    presence.check_in(shift.pk, "An", at=running - HOUR)
    second = published(office, remove=[office.pair("S", "An")], at=running)
    shift.refresh_from_db()
    assert (shift.left_at, shift.taken_off_at) == (running, running)
    with pytest.raises(WrongState, match="taken off"):
        presence.check_in(shift.pk, "An", at=running + HOUR / 2)
    take_back(second, running + HOUR / 2)
    presence.check_in(shift.pk, "An", at=running + HOUR)
    shift.refresh_from_db()
    assert (shift.there_since, shift.taken_off_at) == (running + HOUR, None)


def test_only_who_may_see_a_version_takes_it_back(office):
    with pytest.raises(OutOfScope):
        unpublishing.take_back(10**9, by="Hà", at=BEFORE)


def test_whoever_stands_again_is_called_by_what_is_known_of_them_by_then(office, people):
    published(office, add=[office.pair("S", "An"), office.pair("C", "Bình")])
    second = published(office, add=[office.pair("S", "Chi")], remove=[office.pair("S", "An")])
    for name, person in (("An", people.people["minh"]), ("Bình", None)):
        fields = members.MemberFields(f"Lê {name}", phone=f"0900 {name}", person=person, skills=("lead",))
        members.change_member(office.members[name].pk, fields, [office.post], at=BEFORE)
    _roster, changes = take_back(second)
    assert {(one.person_name, one.phone, one.person) for one in Shift.objects.select_related("person")} == {
        ("Lê An", "0900 An", people.people["minh"]), ("Lê Bình", "0900 Bình", None),
    }  # fmt: skip
    assert [one.name for one in changes] == ["Chi", "Lê An"]


def test_nobody_is_put_back_on_a_post_that_was_retired_since(office):
    published(office, add=[office.pair("S", "An", SUNDAY)])
    second = published(office, remove=[office.pair("S", "An", SUNDAY)])
    posts.retire_post(office.post.pk, day_of(BEFORE + 24 * HOUR), at=BEFORE)
    with pytest.raises(WrongState, match="has changed since"):
        take_back(second)
    assert not Shift.objects.exists()
