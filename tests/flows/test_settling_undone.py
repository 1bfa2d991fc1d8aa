"""Whatever lists came before and after, a settling that is withdrawn leaves the findings as if it had never been."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import cast
from tests.register.register_files import bring_in
from vonggac.botnet.models import BotnetList, Unread
from vonggac.botnet.services.settling import meaning
from vonggac.cases.models import Case, Finding
from vonggac.flows import botnet_list, settling
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
ADDRESSES = ("203.0.113.1", "203.0.113.2", "203.0.113.3")
DAMAGED = "203.0.113.0001"
ROW = st.tuples(st.sampled_from(ADDRESSES), st.sampled_from(("mirai", "emotet")), st.integers(0, 3))
LISTS = st.lists(st.lists(ROW, max_size=3), max_size=2)
few_examples = settings(
    max_examples=8,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def people(db) -> cast.Cast:
    made = cast.assemble()
    with scoped(system("tests")):
        bring_in("networks", "network,organisation\n203.0.113.0/24,so-y-te\n")
    return made


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def send(people: cast.Cast, day: int, rows: list[tuple[str, str, int]]) -> None:
    at = cast.NOON + timedelta(days=day)
    lines = [f"{at - timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ},{address},{family}" for address, family, hour in rows]
    content = "\n".join(["timestamp,src_ip,family", *lines]).encode()
    office = people.organisations["hai-van"]
    botnet_list.import_list(content, f"{day}.csv", office, "NCSC", received_at=at, at=at)


def on_paper() -> dict[tuple[str, str], tuple]:
    """What stands of each finding, its newest list by name: the numbers of rows differ from world to world."""
    files = dict(BotnetList.objects.values_list("pk", "file_name"))
    return {
        (one.subject, one.family): (
            one.presence, one.count, one.first_seen_utc, one.last_seen_utc, files[one.seen_in],
            [[*row[:3], files[row[3]]] for row in one.detail["sightings"]],
        )
        for one in Finding.objects.all()
    }  # fmt: skip


MEANINGS = st.sets(st.sampled_from(ADDRESSES), min_size=1)
DAMAGES = st.lists(st.tuples(st.integers(0, 3), MEANINGS), min_size=1, max_size=3)


def listless() -> bool:
    """True when a case stands open that no finding speaks of."""
    return Case.objects.filter(findings__isnull=True).exclude(state="closed").exists()


@few_examples
@given(LISTS, st.lists(ROW, max_size=2), LISTS, DAMAGES, st.randoms(use_true_random=False), st.data())
@pytest.mark.slow
def test_withdrawn_settlings_leave_no_trace_in_findings(people, earlier, beside, later, damages, order, data):
    """Hosts named elsewhere in the same list, in newer lists, by several rows; withdrawn in any order."""
    lists = [*earlier, [*beside, *((DAMAGED, "mirai", hour) for hour, _ in damages)], *later]
    at = cast.NOON + timedelta(days=9)
    # After which list each settling is made, and after which it is withdrawn.
    spans = [
        sorted(data.draw(st.lists(st.integers(len(earlier), len(lists) - 1), min_size=2, max_size=2))) for _ in damages
    ]
    worlds = []
    for is_settled in (False, True):
        with undone(), scoped(system("tests")):
            for day, rows in enumerate(lists):
                send(people, day, rows)
                if not is_settled or day < len(earlier):
                    continue
                unread = list(Unread.objects.order_by("pk"))
                begun = [n for n, span in enumerate(spans) if span[0] == day]
                order.shuffle(begun)
                for n in begun:
                    settling.settle(unread[n].pk, meaning("address", damages[n][1]), by="Hà", at=at)
                    named = set(Finding.objects.filter(family="mirai").values_list("subject", flat=True))
                    assert named >= damages[n][1]
                ended = [n for n, span in enumerate(spans) if span[1] == day]
                order.shuffle(ended)
                for n in ended:
                    settling.withdraw(unread[n].pk, by="Hà", at=at)
                    assert not listless()
            worlds.append(on_paper())
    assert worlds[0] == worlds[1]
