"""Random sequences of lists against a naive model, lists killed between batches, and two imports at once."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import cast
from vonggac.botnet.models import BotnetList, Indicator
from vonggac.botnet.services import findings, lists
from vonggac.botnet.services.hosts import Placement, Sighting
from vonggac.botnet.services.lists import Arrival
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Finding
from vonggac.errors import InputError
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

DUE = cast.NOON + timedelta(days=7)
ANCIENT = datetime(2020, 1, 1, tzinfo=UTC)
# (organisation, host) behind an address; one address has two hosts, one host has two addresses.
PLACES = {
    "203.0.113.1": (("p-vinh-hai", "PC-1"), ("so-y-te", "PC-1")),
    "203.0.113.2": (("p-vinh-hai", "PC-1"),),
    "203.0.113.3": (("bv-da-khoa", "203.0.113.3"),),
}
KEYS = [(a, family, *place) for a, places in PLACES.items() for place in places for family in ("", "mirai")]
few_examples = settings(
    max_examples=8,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
Key = tuple[str, str, str, str]


def sighting(people: cast.Cast, key: Key, count: int = 1, last: datetime | None = None, **detail: object) -> Sighting:
    address, family, code, host = key
    return Sighting(address, family, last, last, count, detail, Placement(people.organisations[code], host))


def bring(
    people: cast.Cast, office: str, sender: str, sightings: list[Sighting], day: int, *, batch: int = 99
) -> Counter:
    """One list from its receipt to its end, in batches; what it changed."""
    at = cast.NOON + timedelta(days=day)
    arrival = Arrival(f"{day}.csv", f"{day:064d}", at)
    botnet_list, _ = lists.receive(people.organisations[office], sender, arrival, at=at)
    changes: Counter[str] = Counter()
    for first in range(0, len(sightings), batch):
        changes += findings.absorb(botnet_list, sightings[first : first + batch], due_at=DUE, at=at)
    finished = lists.finish(botnet_list, changes, at=at)
    return +Counter({name: number for name, number in finished.summary.items() if number})


@contextmanager
def undone() -> Iterator[None]:
    """A transaction that leaves nothing behind: the next example begins with the cast alone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@dataclass
class Model:
    """What any clerk with paper would keep: the last word on every line, and the state of every host's case."""

    lines: dict[tuple[str, Key], list] = field(default_factory=dict)  # presence, office that listed it last, count
    closed_at: dict[tuple[str, str], datetime | None] = field(default_factory=dict)

    def bring(self, office: str, sender: str, listed: dict[Key, int], last: datetime | None) -> Counter:
        changes: Counter[str] = Counter()
        for key, count in listed.items():
            before = self.lines.get((sender, key))
            now = "new" if before is None else "returned" if before[0] == "gone" else "still"
            self.lines[sender, key] = [now, office, count + (before[2] if before else 0)]
            changes[now] += 1
        for (whose, key), line in self.lines.items():
            if whose == sender and line[1] == office and key not in listed and line[0] != "gone":
                line[0] = "gone"
                changes["gone"] += 1
        for host in {key[2:] for key in listed}:
            if host not in self.closed_at:
                changes["cases_opened"] += 1
                self.closed_at[host] = None
            ended = self.closed_at[host]
            if ended is not None and (last is None or last > ended):
                changes["cases_reopened"] += 1
                self.closed_at[host] = None
        return +changes


LISTS = st.lists(
    st.fixed_dictionaries(
        {
            "office": st.sampled_from(("hai-van", "p-vinh-hai")),
            "sender": st.sampled_from(("NCSC", "VNPT")),
            "listed": st.dictionaries(st.sampled_from(KEYS), st.integers(1, 5), max_size=5),
            "batch": st.integers(1, 3),
            "age": st.sampled_from(("unknown", "fresh", "ancient")),
            "closes": st.booleans(),
        }
    ),
    max_size=6,
)


@pytest.mark.django_db
@few_examples
@given(LISTS)
def test_any_sequence_of_lists_ends_as_on_paper(people, sequence):
    model = Model()
    with undone(), scoped(system("tests")):
        for day, step in enumerate(sequence):
            at = cast.NOON + timedelta(days=day)
            if step["office"] == "p-vinh-hai":  # what lies outside an office's part of the tree never reaches it
                step["listed"] = {key: count for key, count in step["listed"].items() if key[2] == "p-vinh-hai"}
            last = {"unknown": None, "fresh": at, "ancient": ANCIENT}[step["age"]]
            found = bring(
                people, step["office"], step["sender"],
                [sighting(people, key, count, last) for key, count in step["listed"].items()], day, batch=step["batch"],
            )  # fmt: skip
            assert found == model.bring(step["office"], step["sender"], step["listed"], last)
            if step["closes"]:
                for case in Case.objects.exclude(state="closed"):
                    cases.close(case.pk, "đã xử lý", at=at + timedelta(hours=1))
                    model.closed_at[case.organisation.code, case.subject] = at + timedelta(hours=1)
        kept = {
            (f.source, (f.subject, f.family, f.case.organisation.code, f.case.subject)): (f.presence, f.count)
            for f in Finding.objects.select_related("case__organisation")
        }
        assert kept == {line: (presence, count) for line, (presence, _, count) in model.lines.items()}
        assert {(c.organisation.code, c.subject): c.closed_at for c in Case.objects.all()} == model.closed_at
        assert Case.objects.count() == len(model.closed_at)


@pytest.mark.django_db
@few_examples
@given(st.lists(st.sampled_from(KEYS), unique=True, min_size=1), st.integers(1, 3), st.data())
def test_a_list_killed_after_any_batch_and_run_again_counts_nothing_twice(people, keys, size, data):
    with undone(), scoped(system("tests")):
        sightings = [sighting(people, key, 3, ANCIENT) for key in keys]
        done = data.draw(st.integers(0, len(sightings)))
        at = cast.NOON
        botnet_list, _ = lists.receive(people.organisations["hai-van"], "NCSC", Arrival("a", "0" * 64), at=at)
        findings.absorb(botnet_list, sightings[:done], due_at=DUE, at=at)
        entries = Entry.objects.filter(act="case.listed").count()
        again: Counter[str] = Counter()
        for first in range(0, len(sightings), size):
            again += findings.absorb(botnet_list, sightings[first : first + size], due_at=DUE, at=at)
        assert again["new"] == len(sightings) - done
        assert sorted(Finding.objects.values_list("count", flat=True)) == [3] * len(keys)
        assert Case.objects.count() == len({key[2:] for key in keys})
        assert Entry.objects.filter(act="case.listed").count() - entries <= again["new"]


@pytest.mark.django_db
def test_one_office_s_list_says_nothing_of_what_another_office_was_sent(people):
    with scoped(system("tests")):
        bring(people, "p-vinh-hai", "NCSC", [sighting(people, KEYS[0])], 0)
        changes = bring(people, "hai-van", "NCSC", [sighting(people, KEYS[-1])], 1)
        assert changes["gone"] == 0
        assert set(Finding.objects.values_list("presence", flat=True)) == {"new"}


@pytest.mark.django_db
def test_a_list_older_than_the_last_is_refused_with_the_order_to_keep(people):
    office = people.organisations["hai-van"]
    with scoped(system("tests")):
        lists.receive(office, "NCSC", Arrival("new.csv", "1" * 64, cast.NOON), at=cast.NOON)
        older = Arrival("old.csv", "2" * 64, cast.NOON - timedelta(days=1))
        with pytest.raises(InputError, match=r"new\.csv .* import lists in the order"):
            lists.receive(office, "NCSC", older, at=cast.NOON)
        lists.receive(office, "VNPT", older, at=cast.NOON)
        assert BotnetList.objects.count() == 2


@pytest.mark.django_db
def test_an_indicator_keeps_its_first_day_and_moves_its_last(people):
    office = people.organisations["hai-van"]
    with scoped(system("tests")):
        for day in (0, 3):
            at = cast.NOON + timedelta(days=day)
            made, _ = lists.receive(office, "NCSC", Arrival("a", f"{day:064d}", at), at=at)
            assert lists.remember_indicators(made, ["192.0.2.66", "192.0.2.66"], ["c2.example.net"]) == 2
        found = set(Indicator.objects.values_list("kind", "value", "first_listed_at", "last_listed_at"))
    end = cast.NOON + timedelta(days=3)
    assert found == {("address", "192.0.2.66", cast.NOON, end), ("name", "c2.example.net", cast.NOON, end)}


def at_once(*acts: Callable[[], object]) -> list[BaseException]:
    """Run the acts in threads that start together; what they raised."""
    gate, raised = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        try:
            gate.wait(10)
            act()
        except BaseException as error:  # noqa: BLE001  every failure is the test's to see
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return raised


@pytest.mark.django_db(transaction=True)
def test_two_senders_lists_imported_at_once_make_one_case_a_host(people):
    hosts = [(f"203.0.113.{n}", "", "p-vinh-hai", f"PC-{n}") for n in range(1, 60)]

    def send(sender: str, keys: list[Key]) -> None:
        with scoped(system("tests")):
            bring(people, "hai-van", sender, [sighting(people, key) for key in keys], 0)

    assert at_once(lambda: send("NCSC", hosts), lambda: send("VNPT", hosts[::-1])) == []
    with scoped(system("tests")):
        assert Case.objects.count() == len(hosts)
        assert Finding.objects.count() == 2 * len(hosts)


@pytest.mark.django_db(transaction=True)
def test_the_same_list_run_by_two_workers_at_once_counts_once(people):
    keys = [(f"203.0.113.{n}", "", "p-vinh-hai", f"PC-{n}") for n in range(1, 30)]
    with scoped(system("tests")):
        made, _ = lists.receive(people.organisations["hai-van"], "NCSC", Arrival("a", "1" * 64), at=cast.NOON)

    def work() -> None:
        with scoped(system("tests")):
            findings.absorb(made, [sighting(people, key) for key in keys], due_at=DUE, at=cast.NOON)

    assert at_once(work, work) == []
    with scoped(system("tests")):
        assert list(Finding.objects.values_list("count", flat=True)) == [1] * len(keys)
        assert Case.objects.count() == len(keys)


@pytest.mark.django_db(transaction=True)
def test_the_same_file_handed_in_twice_at_once_is_one_list(people):
    def hand_in() -> None:
        with scoped(system("tests")):
            lists.receive(people.organisations["hai-van"], "NCSC", Arrival("a", "1" * 64), at=datetime.now(UTC))

    assert at_once(hand_in, hand_in, hand_in) == []
    with scoped(system("tests")):
        assert BotnetList.objects.count() == 1
