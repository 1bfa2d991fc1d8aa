"""Two imports at one moment end as if one had come after the other."""

import threading
from collections.abc import Callable

import pytest
from django.db import connections

from tests import cast
from vonggac.botnet.models import BotnetList
from vonggac.cases.models import Case
from vonggac.duty.models import Message
from vonggac.flows import botnet_list as flow
from vonggac.tenancy.scope import scoped

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ward")]
HEADER = "timestamp,src_ip,src_port,dst_ip,dst_port,dst_hostname,family,protocol"
ROWS = [f"2026-04-18T01:00:00Z,203.0.113.{n},40001,192.0.2.66,443,c2.example.net,mirai,tcp" for n in range(200)]
CONTENT = "\n".join([HEADER, *ROWS]).encode()


def at_once(*acts: Callable[[], object]) -> None:
    """Run the acts on threads and connections of their own, begun together; an error of any is raised."""
    gate, errors = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        try:
            gate.wait()
            act()
        except Exception as error:  # noqa: BLE001  handed to the test
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def entered(people: cast.Cast, sender: str = "NCSC") -> BotnetList:
    with scoped(people.scope("ha")):
        return flow.start(CONTENT, "list.csv", people.organisations["hai-van"], sender, at=cast.NOON)


def carry_out(people: cast.Cast, botnet_list: BotnetList) -> Callable[[], object]:
    return lambda: flow.carry_out(botnet_list.pk, at=cast.NOON, within=lambda: scoped(people.scope("ha")))


def numbers(people: cast.Cast) -> tuple[int, int]:
    """(cases, messages) of the ward."""
    with scoped(people.scope("lan")):
        return Case.objects.count(), Message.objects.count()


def test_one_list_carried_out_twice_at_once_opens_each_case_once_and_tells_once(people):
    botnet_list = entered(people)
    at_once(carry_out(people, botnet_list), carry_out(people, botnet_list))
    assert numbers(people) == (len(ROWS), 1)


def test_two_senders_that_name_one_host_at_once_share_its_case(people):
    first, second = entered(people, "NCSC"), entered(people, "Shadowserver")
    other = threading.Thread(target=lambda: at_once(carry_out(people, second)))
    with scoped(people.scope("ha")):
        flow.carry_out(first.pk, at=cast.NOON)
        other.start()
        # Long enough for the other import to open cases of its own, if it were let.
        other.join(timeout=2)
    other.join()
    assert numbers(people) == (len(ROWS), 2)


def test_one_file_handed_in_twice_at_once_is_one_list(people):
    at_once(lambda: entered(people), lambda: entered(people))
    with scoped(people.scope("ha")):
        assert BotnetList.objects.count() == 1
