"""Of two who change what is in force at one moment one comes after the other, or is told to look again."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections

from tests.cast import Cast, assemble
from tests.duty.office import BEFORE, Office, open_office
from vonggac.duty.models import Roster, Shift
from vonggac.duty.services import exchanges, members, posts, publishing, rosters, tables, unpublishing
from vonggac.duty.services.rosters import Step
from vonggac.errors import WrongState
from vonggac.flows import reinforcing, shift_exchange
from vonggac.flows.reinforcing import Need
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db(transaction=True)
TABLE = b"post,from_utc,to_utc,person\nGi\xc3\xa1m s\xc3\xa1t,2026-04-26T23:00:00Z,2026-04-27T07:00:00Z,B\xc3\xacnh\n"


@pytest.fixture
def people() -> Cast:
    return assemble()


@pytest.fixture
def office(people) -> Office:
    with scoped(people.scope("ha")):
        return open_office(people)


def draft(people: Cast, office: Office, name: str) -> int:
    with scoped(people.scope("ha")):
        made = office.draft()
        rosters.change(made.pk, Step(frozenset({office.pair("S", name)})), by="Hà", at=BEFORE)
        return made.pk


def somebody_waits() -> bool:
    """True while a transaction waits for another one's lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


class Meeting:
    """The first who comes to a step of publishing waits there until the other waits for it, or has gone on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, step: str = "_publication") -> None:
        self.looked, self.go_on = threading.Event(), threading.Event()
        judged = getattr(publishing, step)

        def slowly(*arguments):
            found = judged(*arguments)
            if not self.looked.is_set():
                self.looked.set()
                self.go_on.wait(20)
            return found

        monkeypatch.setattr(publishing, step, slowly)

    def of(self, people: Cast, first: Callable[[], object], second: Callable[[], object]) -> list[Exception]:
        """Carry both out on connections of their own; what they raised."""
        errors: list[Exception] = []

        def run(act: Callable[[], object]) -> None:
            try:
                with scoped(people.scope("ha")):
                    act()
            except Exception as error:  # noqa: BLE001  handed to the test
                errors.append(error)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run, args=[act]) for act in (first, second)]
        threads[0].start()
        assert self.looked.wait(20)
        threads[1].start()
        while threads[1].is_alive() and not somebody_waits():
            threads[1].join(0.05)
        self.go_on.set()
        for thread in threads:
            thread.join(20)
        return errors


def lay(office: Office) -> None:
    rows, rejects = tables.read_roster(TABLE, "r.csv")
    tables.import_roster(office.organisation, rows, rejects, at=BEFORE)


def standing(people: Cast) -> list[str]:
    with scoped(people.scope("ha")):
        return list(Shift.objects.order_by("pk").values_list("person_name", flat=True))


def test_two_drafts_published_at_once_become_two_versions(people, office, monkeypatch):
    first, second = draft(people, office, "An"), draft(people, office, "Bình")
    errors = Meeting(monkeypatch).of(
        people,
        lambda: publishing.publish(first, by="Hà", at=BEFORE),
        lambda: publishing.publish(second, by="Minh", at=BEFORE),
    )
    assert errors == []
    assert standing(people) == ["Bình"]
    with scoped(people.scope("ha")):
        assert list(Roster.objects.order_by("pk").values_list("version", flat=True)) == [1, 2]


def test_drafts_of_two_posts_of_one_office_published_at_once_are_numbered_one_after_the_other(
    people, office, monkeypatch
):
    with scoped(people.scope("ha")):
        fields = posts.PostFields.usual("Xử lý", "handling")
        other = posts.add_post(office.organisation, fields, on=BEFORE.date(), at=BEFORE)
        day = rosters.following_week(BEFORE)
        second = rosters.start_draft(office.organisation, [other], *day, by="Hà", at=BEFORE).pk
    first = draft(people, office, "An")
    errors = Meeting(monkeypatch, "_replace_older").of(
        people,
        lambda: publishing.publish(first, by="Hà", at=BEFORE),
        lambda: publishing.publish(second, by="Minh", at=BEFORE),
    )
    assert errors == []
    with scoped(people.scope("ha")):
        assert set(Roster.objects.values_list("version", flat=True)) == {1, 2}


def test_a_table_laid_beside_a_publication_is_told_to_look_again(people, office, monkeypatch):
    number = draft(people, office, "An")

    [error] = Meeting(monkeypatch).of(
        people, lambda: publishing.publish(number, by="Hà", at=BEFORE), lambda: lay(office)
    )
    assert isinstance(error, WrongState)
    assert standing(people) == ["An"]


def test_a_version_is_taken_back_before_or_after_another_is_published_and_nobody_waits_for_ever(
    people, office, monkeypatch
):
    first, second = draft(people, office, "An"), draft(people, office, "Bình")
    with scoped(people.scope("ha")):
        publishing.publish(first, by="Hà", at=BEFORE)
    [error] = Meeting(monkeypatch).of(
        people,
        lambda: publishing.publish(second, by="Hà", at=BEFORE),
        lambda: unpublishing.take_back(first, by="Minh", at=BEFORE),
    )
    assert isinstance(error, WrongState)
    assert standing(people) == ["Bình"]


def test_a_table_laid_beside_a_reinforcement_is_told_to_look_again(people, office, monkeypatch):
    need = Need(office.slot("S"), 1)
    with scoped(people.scope("ha")):
        offer = reinforcing.offer(need, at=BEFORE)
    [error] = Meeting(monkeypatch).of(
        people,
        lambda: reinforcing.apply(need, offer.key, by=people.people["ha"], at=BEFORE),
        lambda: lay(office),
    )
    assert isinstance(error, WrongState)
    assert sorted(standing(people)) == sorted(member.name for member, *_ in offer.touched)


def test_a_shift_that_is_taken_over_beside_a_publication_is_that_of_the_version_that_came_last(
    people, office, monkeypatch
):
    number, minh = draft(people, office, "An"), people.people["minh"]
    with scoped(people.scope("ha")):
        publishing.publish(number, by="Hà", at=BEFORE)
        fields = members.MemberFields("Chi", person=minh)
        members.change_member(office.members["Chi"].pk, fields, [office.post], at=BEFORE)
        exchange = exchanges.ask(Shift.objects.get(), at=BEFORE)
    second = draft(people, office, "Bình")
    errors = Meeting(monkeypatch).of(
        people,
        lambda: publishing.publish(second, by="Hà", at=BEFORE),
        lambda: shift_exchange.take(exchange.pk, minh, at=BEFORE),
    )
    assert errors == []
    # Whoever the version put beside An stays when An is relieved.
    assert sorted(standing(people)) == ["Bình", "Chi"]
