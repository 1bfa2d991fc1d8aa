"""Who is taken off a shift that runs at a post where nobody checks in: what they stood by the roster stays theirs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.duty.office import BEFORE, MONDAY
from vonggac.duty import queries, services
from vonggac.duty.escalation import standing
from vonggac.duty.models import Post, Shift
from vonggac.duty.patterns import begin_of
from vonggac.duty.queries import needs
from vonggac.duty.queries.attendance import coverage
from vonggac.duty.services import in_place, posts, presence, publishing, rosters, unpublishing
from vonggac.duty.services.in_place import HandTurn
from vonggac.duty.services.rosters import Step
from vonggac.errors import WrongState

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
BEGIN = begin_of(MONDAY, 6 * 60)
END = BEGIN + 8 * HOUR
TAKEN_OFF = BEGIN + 2 * HOUR
LEFT = [("planned", 120, ("An",)), ("hole", 360, ())]
STOOD = [("planned", 480, ("An",))]


def ask(office, *, presence: bool, at=BEFORE) -> None:
    fields = replace(posts.settings_of(Post.objects.get(pk=office.post.pk)), asks_presence=presence)
    posts.change_post(office.post.pk, fields, at=at)


def publish(office, *, add=(), remove=(), at=BEFORE) -> publishing.Publication:
    draft = office.draft(at=at)
    rosters.change(draft.pk, Step(frozenset(add), frozenset(remove)), by="Hà", at=at)
    return publishing.publish(draft.pk, by="Hà", at=at)


def by_hand(office, name: str, at, *, is_added: bool) -> None:
    (slot,) = (one for one in needs.slots([office.post], MONDAY, MONDAY) if one.code == "S")
    turn = HandTurn(slot, office.members[name], is_added)
    in_place.change_by_hand(office.organisation, [turn], by="Hà", at=at, said={"name": name})


def minutes(office, *, now=END) -> list[tuple[str, int, tuple[str, ...]]]:
    (found,) = coverage([Post.objects.get(pk=office.post.pk)], BEGIN, END, now=now)
    return [(one.state.value, one.minutes, one.people) for one in found.stretches]


@pytest.fixture
def an(office) -> Shift:
    """An's morning, which runs; nobody is asked to check in."""
    ask(office, presence=False)
    publish(office, add=[office.pair("S", "An")])
    return Shift.objects.get()


def take_off(office, way: str, at=TAKEN_OFF) -> None:
    if way == "plan":
        publish(office, remove=[office.pair("S", "An")], at=at)
    else:
        by_hand(office, "An", at, is_added=False)


both_ways = pytest.mark.parametrize("way", ["plan", "hand"])


@both_ways
def test_the_minutes_before_stay_planned_and_none_is_after(office, an, way):
    take_off(office, way)
    assert minutes(office) == LEFT
    an.refresh_from_db()
    assert (an.left_at, an.taken_off_at) == (TAKEN_OFF, TAKEN_OFF)
    later = TAKEN_OFF + HOUR
    assert queries.watch(later).now == []
    assert [hole.from_utc for hole in queries.watch(later).holes_now] == [TAKEN_OFF]
    assert [hole.from_utc for _post, hole in standing.open_holes(later)] == [TAKEN_OFF]
    (slot,) = (one for one in needs.slots([office.post], MONDAY, MONDAY) if one.code == "S")
    assert queries.not_there(slot, later) == [an]
    # Another version leaves it as it is.
    publish(office, add=[office.pair("C", "Chi")], at=later)
    an.refresh_from_db()
    assert an.taken_off_at == TAKEN_OFF
    assert minutes(office) == LEFT


@both_ways
@pytest.mark.parametrize("hours", [0, -1])
def test_a_shift_that_has_not_begun_is_gone(office, an, way, hours):
    take_off(office, way, BEGIN + hours * HOUR)
    assert not Shift.objects.exists()


def test_nobody_asks_for_them_or_blames_them_after_it(office, an):
    take_off(office, "plan")
    ask(office, presence=True, at=TAKEN_OFF + HOUR)
    later = TAKEN_OFF + 2 * HOUR
    assert presence.note_absence(at=later) == []
    assert [(state, length) for state, length, _people in minutes(office, now=later)] == [
        ("planned", 120), ("hole", 60), ("hole", 300),
    ]  # fmt: skip
    with pytest.raises(WrongState, match="taken off"):
        presence.check_in(an.pk, "An", at=later)
    assert standing._missing_people({an.pk}, later) == set()


@pytest.mark.parametrize("way", ["version back", "another version", "change back", "hand", "table"])
def test_who_is_put_back_stands_it_as_before(office, an, way):
    again = TAKEN_OFF + HOUR
    take_off(office, "hand" if way in ("change back", "hand") else "plan")
    match way:
        case "version back":
            version = unpublishing.newest(office.organisation, at=again)
            unpublishing.take_back(version.pk, by="Hà", at=again)
        case "another version":
            publish(office, add=[office.pair("S", "An")], at=again)
        case "change back":
            (change,) = in_place.open_ones(office.organisation, at=again)
            in_place.take_back(change.pk, by="Hà", at=again)
        case "hand":
            by_hand(office, "An", again, is_added=True)
        case "table":
            line = f"{office.post.name},2026-04-27 06:00,2026-04-27 14:00,An"
            table = services.read_roster(f"post,from,to,person\n{line}\n".encode(), "a.csv")
            services.import_roster(office.organisation, *table, at=again)
    (shift,) = Shift.objects.all()
    assert (shift.left_at, shift.taken_off_at) == (None, None)
    assert minutes(office) == STOOD
    presence.check_in(shift.pk, "An", at=again)


@pytest.mark.parametrize("way", ["plan", "hand"])
def test_what_put_them_back_is_taken_back_too(office, an, way):
    take_off(office, way)
    again = TAKEN_OFF + HOUR
    if way == "plan":
        publish(office, add=[office.pair("S", "An")], at=again)
        version = unpublishing.newest(office.organisation, at=again)
        _roster, changes = unpublishing.take_back(version.pk, by="Hà", at=again)
    else:
        by_hand(office, "An", again, is_added=True)
        change = in_place.open_ones(office.organisation, at=again)[0]
        changes = in_place.take_back(change.pk, by="Hà", at=again).changes
        assert [(one.name, len(one.added), len(one.removed)) for one in changes] == [("An", 0, 1)]
    (shift,) = Shift.objects.all()
    assert (shift.left_at, shift.taken_off_at) == (TAKEN_OFF, TAKEN_OFF)
    assert minutes(office) == LEFT


@both_ways
def test_where_people_are_asked_who_never_came_leaves_no_minutes(office, an, way):
    ask(office, presence=True, at=BEFORE + HOUR)
    take_off(office, way)
    assert not Shift.objects.exists()
    assert minutes(office) == [("hole", 480, ())]


def test_who_was_asked_from_within_the_shift_keeps_the_minutes_before(office, an):
    asked = TAKEN_OFF - HOUR
    ask(office, presence=True, at=asked)
    take_off(office, "plan", asked + 5 * HOUR / 60)
    assert minutes(office, now=asked + HOUR / 6) == [("planned", 60, ("An",)), ("hole", 420, ())]
    # Who is put back is due from then.
    again = TAKEN_OFF + HOUR
    publish(office, add=[office.pair("S", "An")], at=again)
    assert Shift.objects.get().put_on_at == again
    assert presence.note_absence(at=again + HOUR / 12) == []
