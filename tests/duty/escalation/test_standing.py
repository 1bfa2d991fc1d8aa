"""Whether what a call is about still stands: asked of the rows, and of the packages that say it of their own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.cast import NOON, Cast
from tests.duty.office import BEFORE, MONDAY, Office, open_office
from tests.duty.watch import HOURS, MINUTE, run_until
from vonggac.duty import queries
from vonggac.duty.escalation import services, standing
from vonggac.duty.escalation.rules import Reason
from vonggac.duty.escalation.services import Happening
from vonggac.duty.models import Escalation, Post, Shift
from vonggac.duty.patterns import begin_of, day_of
from vonggac.duty.presets import PATTERNS
from vonggac.duty.services import posts, presence, publishing, rosters
from vonggac.duty.services.rosters import Step
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
NIGHT = begin_of(MONDAY) + timedelta(hours=22)


@pytest.fixture
def findings(monkeypatch) -> Iterator[set[int]]:
    """The findings that still wait, of a package that duty does not know."""
    waiting = {7}
    monkeypatch.setattr(standing, "_asked", dict(standing._asked))
    standing.ask("tested", lambda identifiers, _at: identifiers & waiting)
    return waiting


def test_a_package_s_own_subject_is_called_for_and_ends_when_the_package_says_so(duty, findings):
    with scoped(system("tests")):
        made = services.start(Reason.ALERT, [Happening("tested", 7, "C2: máy KT-07")], duty.office, at=NOON)
    assert run_until(NOON + MINUTE) == [(0, "An"), (0, "Dũng")]
    findings.clear()
    assert run_until(NOON + 60 * MINUTE, NOON + 2 * MINUTE) == []
    with scoped(system("tests")):
        assert Escalation.objects.get(pk=made.pk).ended_why == "settled"


def test_one_kind_is_answered_for_by_one_package(findings):
    with pytest.raises(ValueError, match="tested"):
        standing.ask("tested", lambda identifiers, _at: identifiers)


def test_a_post_is_short_from_where_the_lack_began(duty):
    with scoped(system("tests")):
        assert standing.open_holes(NOON) == []
        Shift.objects.filter(person_name="Chi").update(to_utc=NOON - 30 * MINUTE)
        ((post, hole),) = standing.open_holes(NOON)
    assert post == duty.desk
    assert (hole.from_utc, hole.missing_people, hole.skills) == (NOON - 30 * MINUTE, 0, (("lead", 1),))


def test_where_the_roster_has_run_out_the_post_is_short_and_after_a_week_it_is_kept_no_more(duty):
    with scoped(system("tests")):
        ends = NOON + HOURS
        assert {post.pk for post, _ in standing.open_holes(ends + MINUTE)} == {duty.desk.pk, duty.command.pk}
        assert standing.open_holes(ends + standing.LOOK_BACK + MINUTE) == []


@pytest.fixture
def watch_passing_on(people: Cast) -> Iterator[Office]:
    """Chi stands the afternoon to 22:00 and An the night after it."""
    with scoped(people.scope("ha")):
        office = open_office(people)
        draft = rosters.start_draft(office.organisation, [office.post], MONDAY, MONDAY, by="Hà", at=BEFORE)
        placed = frozenset({office.pair("C", "Chi"), office.pair("Đ", "An")})
        rosters.change(draft.pk, Step(placed), by="Hà", at=BEFORE)
        publishing.publish(draft.pk, by="Hà", at=BEFORE)
        yield office


def test_a_shift_that_has_not_begun_is_no_hole_until_its_very_begin(watch_passing_on):
    Shift.objects.filter(person_name="An").update(from_utc=NIGHT + 10 * MINUTE)
    for before in (timedelta(seconds=32), timedelta(seconds=1), timedelta.resolution):
        assert standing.open_holes(NIGHT - before) == []
    ((post, hole),) = standing.open_holes(NIGHT)
    assert (post, hole.from_utc) == (watch_passing_on.post, NIGHT)
    assert standing.open_holes(NIGHT + 10 * MINUTE) == []


def test_who_checked_in_before_their_shift_is_there_from_then_on(watch_passing_on):
    Shift.objects.filter(person_name="Chi").update(to_utc=NIGHT - 30 * MINUTE)
    assert len(standing.open_holes(NIGHT - 10 * MINUTE)) == 1
    presence.check_in(Shift.objects.get(person_name="An").pk, "An", at=NIGHT - 8 * MINUTE)
    assert len(standing.open_holes(NIGHT - 9 * MINUTE)) == 1
    assert standing.open_holes(NIGHT - 8 * MINUTE) == []


def test_a_post_is_retired_as_its_day_begins_in_ha_noi(duty):
    with scoped(system("tests")):
        day = day_of(NOON) + timedelta(days=1)
        Shift.objects.filter(post=duty.desk).update(to_utc=begin_of(day) - 2 * MINUTE)
        Post.objects.filter(pk=duty.desk.pk).update(retired_on=day)
        for minutes, short in ((-1, [duty.desk]), (0, []), (420, [])):
            at = (begin_of(day) + minutes * MINUTE).astimezone(UTC)
            assert [post for post, _hole in standing.open_holes(at) if post == duty.desk] == short
            assert (duty.desk in queries.posts(at)) == bool(short)


def test_a_post_for_which_nobody_made_a_roster_calls_from_the_first_shift_that_begins(duty):
    with scoped(system("tests")):
        made = begin_of(day_of(NOON), 15 * 60)
        new = posts.add_post(duty.office, posts.PostFields.usual("Mới", "monitoring"), on=day_of(NOON), at=made)

        def hole(hours: int) -> list[datetime]:
            found = standing.open_holes(begin_of(day_of(NOON), hours * 60))
            return [one.from_utc for post, one in found if post == new]

        # Whoever has just made it has until the next shift for its roster.
        assert hole(21) == []
        assert hole(22) == [made]
        assert hole(15 + 24 * 7) == [], "after a week it is kept no more"


def test_a_post_of_working_hours_that_nobody_ever_staffs_calls_no_longer_than_a_week(duty):
    with scoped(system("tests")):
        fields = posts.PostFields.usual("Hành chính", "other")
        new = posts.add_post(duty.office, fields, PATTERNS["office"], on=day_of(NOON), at=begin_of(day_of(NOON)))

        def is_called(days: int) -> bool:
            morning = begin_of(day_of(NOON) + timedelta(days=days), 9 * 60)
            return any(post == new for post, _hole in standing.open_holes(morning))

        assert [is_called(days) for days in (0, 1, 4, 7, 8)] == [True, True, True, False, False]
