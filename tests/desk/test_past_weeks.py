"""Weeks that have passed say on the roster's page what presence shows and what the proof reads, minute by minute."""

import json
import random
from collections.abc import Iterable
from datetime import date, datetime, timedelta

import pytest

from tests.cast import NOON
from tests.duty.office import open_office
from vonggac.duty import services
from vonggac.duty.coverage import State
from vonggac.duty.models import Post, Shift
from vonggac.duty.patterns import begin_of, day_of
from vonggac.duty.presets import PATTERNS
from vonggac.duty.queries.attendance import PostCoverage, coverage, posts_of
from vonggac.duty.services import posts, presence
from vonggac.duty.services.tables import RosterRow
from vonggac.flows.proof.duty_watch import WatchEvidence, _holes, _parts
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
# NOON is a Monday's: of the last week half a day has passed.
WEEKS = [day_of(NOON) - weeks * 7 * DAY for weeks in (2, 1, 0)]
QUIET, BARE, EMPTY = "Không điểm danh", "Theo bảng", "Chưa xếp"
ASKED, ALL = {"Giám sát", EMPTY}, {"Giám sát", EMPTY, QUIET, BARE}


def live_through(people, seed: int) -> None:
    """Three weeks of four posts: some shifts are empty, some people never come, come late or leave early."""
    chance = random.Random(seed)  # noqa: S311  no secret
    office = open_office(people, on=WEEKS[0], at=begin_of(WEEKS[0])).organisation
    for name, asks in ((QUIET, False), (EMPTY, True)):
        fields = posts.PostFields.usual(name, "handling")
        made = posts.add_post(office, fields, PATTERNS["2x12"], on=WEEKS[0], at=begin_of(WEEKS[0]))
        Post.objects.filter(pk=made.pk).update(asks_presence=asks)
    rows = [
        RosterRow(post, begin, begin + length, chance.choice("ABCDE"), "truong_ca" * chance.randint(0, 1))
        for post, length in (("Giám sát", 8 * HOUR), (QUIET, 12 * HOUR), (BARE, 6 * HOUR))
        for begin in (begin_of(WEEKS[0], 6 * 60) + number * length for number in range(int(20 * DAY / length)))
        for _ in range(chance.choice([0, 1, 1, 1, 2]))
    ]
    services.import_roster(office, rows, [], at=begin_of(WEEKS[0]))
    for shift in Shift.objects.filter(from_utc__lt=NOON - HOUR, post__org_path=office.path).order_by("pk"):
        # At the post that does not ask for it people checked in in the first week alone.
        if chance.random() < 0.7 and (shift.post.name != QUIET or shift.from_utc < begin_of(WEEKS[1])):
            came = shift.from_utc + chance.choice([-10, 0, 5, 20, 45]) * MINUTE
            services.check_in(shift.pk, shift.person_name, at=came)
            if chance.random() < 0.2 and came + 2 * HOUR < NOON:
                presence.leave(shift.pk, shift.person_name, at=came + 2 * HOUR)


def posts_attended(week: date) -> set[str]:
    """The posts at which somebody checked in on a shift of the week."""
    begun = Shift.objects.filter(from_utc__gte=begin_of(week), from_utc__lt=begin_of(week + 7 * DAY))
    return set(begun.exclude(checked_in_at=None).values_list("post__name", flat=True))


def minutes(spans: Iterable[tuple[str, datetime, datetime]], week: date) -> set[tuple[str, int]]:
    """(post, minute of the week) of the spans, as far as they have passed."""
    start, end = begin_of(week), min(begin_of(week + 7 * DAY), NOON)
    found = set()
    for name, begin, stop in spans:
        first, last = ((edge - start) // MINUTE for edge in (max(begin, start), min(stop, end)))
        found |= {(name, minute) for minute in range(first, last)}
    return found


@pytest.mark.parametrize("seed", range(4))
def test_a_past_week_shows_the_holes_of_presence_and_proof_and_no_others(sign_in, desk, seed):
    with scoped(desk.people.scope("ha")):
        live_through(desk.people, seed)
        attended = {week: posts_attended(week) for week in WEEKS}
        path = desk.people.organisations["hai-van"].path
        covered = coverage(posts_of(path), begin_of(WEEKS[0]), begin_of(WEEKS[2] + 7 * DAY), now=NOON)
        parts = tuple(part for one in covered for part in _parts(one))
        evidence = WatchEvidence(NOON, begin_of(WEEKS[0]), begin_of(WEEKS[2] + 7 * DAY), NOON, parts)
        proof = [(name, hole.from_utc, hole.to_utc) for name, hole in _holes(evidence, NOON)]
    client, named = sign_in("ha"), set()
    for week in WEEKS:
        shown = client.get(f"/roster/?week={week}").context["week"]
        on_roster = minutes(((post.name, hole.from_utc, hole.to_utc) for post, hole in shown.holes), week)
        rows = json.loads(client.get(f"/roster/presence/?week={week}&format=json").content)["rows"]
        lacking = [
            (row["post"], datetime.fromisoformat(row["from_utc"]), datetime.fromisoformat(row["to_utc"]))
            for row in rows
            if row["state"] == "hole"
        ]
        assert on_roster == minutes(lacking, week)
        # The rest of Sunday's night stands in a cell of the week before.
        cells = [(line.post.name, cell) for line in shown.lines for cell in line.cells]
        within = minutes(((name, cell.from_utc, cell.to_utc) for name, cell in cells), week)
        holes = [(name, hole.from_utc, hole.to_utc) for name, cell in cells for hole in cell.holes]
        assert minutes(holes, week) == on_roster & within
        # Where nobody records presence the proof says that, and nothing about holes.
        recorded = {one for one in on_roster if one[0] in ALL & (ASKED | attended[week])}
        assert recorded == {one for one in minutes(proof, week) if one[0] in ALL}
        named |= {name for name, _ in recorded}
    assert named == ALL


def test_a_running_shift_waits_for_its_people_before_it_is_a_hole(sign_in, desk):
    with scoped(desk.people.scope("ha")):
        office = open_office(desk.people, on=WEEKS[0], at=begin_of(WEEKS[0]))
        begin = NOON - 10 * MINUTE
        row = RosterRow("Giám sát", begin, begin + 8 * HOUR, "An", "truong_ca")
        services.import_roster(office.organisation, [row], [], at=begin)
        shift = Shift.objects.get(person_name="An", from_utc=begin)
        for now, state in ((NOON, State.PLANNED), (NOON + 5 * MINUTE, State.HOLE)):
            (found,) = coverage([office.post], begin, NOON, now=now)
            assert {one.state for one in found.stretches} == {state}
        services.check_in(shift.pk, "An", at=NOON)
        (found,) = coverage([office.post], begin, NOON, now=NOON)
        assert {one.state for one in found.stretches} == {State.PRESENT}


def test_what_a_minute_was_does_not_depend_on_how_much_is_looked_at(desk):
    with scoped(desk.people.scope("ha")):
        live_through(desk.people, 7)
        everything = posts_of(desk.people.organisations["hai-van"].path)
        start, end = begin_of(WEEKS[0]), begin_of(WEEKS[2])
        whole = [states(one, start) for one in coverage(everything, start, end, now=NOON)]
        days = [
            [states(one, start) for one in coverage(everything, start + n * DAY, start + (n + 1) * DAY, now=NOON)]
            for n in range(14)
        ]
    assert whole == [set().union(*parts) for parts in zip(*days, strict=True)]


def states(one: PostCoverage, start: datetime) -> set[tuple[int, str, bool]]:
    """(minute, what it is, whether presence is recorded then) of a post."""
    return {
        (minute, stretch.state.value, stretch not in one.unrecorded)
        for stretch in one.stretches
        for minute in range((stretch.from_utc - start) // MINUTE, (stretch.to_utc - start) // MINUTE)
    }
