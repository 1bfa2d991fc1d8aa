"""A list import whose worker is killed between two steps ends as if nothing had happened, and says the truth."""

import re
import time

import pytest
from django.test import Client
from django.urls import reverse

from tests import cast
from tests.server.worker_process import workers
from vonggac.botnet.models import BotnetList
from vonggac.cases.models import Case, Finding
from vonggac.duty.models import Message
from vonggac.flows import botnet_list as flow
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ward")]
HEADER = "timestamp,src_ip,src_port,dst_ip,dst_port,dst_hostname,family,protocol"
LONGEST_SECONDS = 60
# The third list carries on from 80 known hosts that stand, and 20 that were gone.
TRUTH = {
    "rows_read": 100, "new": 60, "still": 20, "returned": 20, "gone": 60, "cases_opened": 60, "addresses": 100,
}  # fmt: skip
# Batches of twenty rows, a sweep that finds dead workers soon, and a stop before the step in VONGGAC_TEST_STOP.
PAUSES = """
import os
from vonggac.flows import botnet_list as flow
from vonggac.server import worker
flow.BATCH_ROWS = 20
worker.HEARTBEAT_SECONDS, worker.SILENCE_SECONDS, worker.SWEEP_SECONDS = 0.5, 2.0, 0.5
steps = []
def stopping(name, act):
    def step(*arguments, **more):
        steps.append(name)
        if f"{name} {steps.count(name)}" == os.environ.get("VONGGAC_TEST_STOP"):
            print("stands", flush=True)
            time.sleep(600)
        return act(*arguments, **more)
    return step
flow.findings.absorb = stopping("absorb", flow.findings.absorb)
flow.lists.finish = stopping("finish", flow.lists.finish)
flow.tell = stopping("tell", flow.tell)
"""


def rows(first: int, last: int) -> bytes:
    lines = [f"2026-04-18T01:00:00Z,203.0.113.{n},40001,192.0.2.66,443,c2.example.net,mirai,tcp"
             for n in range(first, last)]  # fmt: skip
    return "\n".join([HEADER, *lines]).encode()


def imported(people: cast.Cast, content: bytes, day: int) -> None:
    moment = cast.NOON.replace(day=day)
    with scoped(people.scope("ha")):
        flow.import_list(content, f"day-{day}.csv", people.organisations["hai-van"], "NCSC",
                         received_at=moment, at=moment)  # fmt: skip


def entered(people: cast.Cast, content: bytes) -> BotnetList:
    with scoped(people.scope("ha")):
        made = flow.start(content, "third.csv", people.organisations["hai-van"], "NCSC", at=cast.NOON.replace(day=23))
        flow.enqueue(made, people.scope("ha"))
    return made


def wait_until_imported(people: cast.Cast, number: int) -> BotnetList:
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        with scoped(people.scope("ha")):
            found = BotnetList.objects.get(pk=number)
        if found.imported_at:
            return found
        time.sleep(0.1)
    raise TimeoutError("the list was not carried out")


def shown(people: cast.Cast, number: int) -> dict[str, str]:
    """The figures of the list's page, by the words beside them."""
    client = Client(headers={"accept-language": "vi"})
    client.force_login(people.people["ha"])
    page = client.get(reverse("list", args=[number])).content.decode()
    return dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", page))


@pytest.mark.slow
def test_a_killed_import_tells_the_same_as_one_that_ran_through(people, own_home):
    imported(people, rows(0, 100), 20)
    imported(people, rows(0, 80), 21)
    number = entered(people, rows(60, 160)).pk
    with workers(PAUSES) as begin:
        for step in ("absorb 1", "absorb 2", "absorb 4", "finish 1", "tell 1"):
            victim = begin(VONGGAC_HOME=str(own_home.path), VONGGAC_TEST_STOP=step)
            assert victim.stdout.readline() == "stands\n", step
            victim.kill()
            victim.wait(10)
        begin(VONGGAC_HOME=str(own_home.path))
        summary = wait_until_imported(people, number).summary
    assert {name: summary.get(name) for name in TRUTH} == TRUTH
    figures = shown(people, number)
    assert (figures["lượt ghi nhận mới"], figures["vẫn trong danh sách"], figures["vụ việc mở mới"]) == (
        "60",
        "20",
        "60",
    )
    with scoped(people.scope("lan")):
        listed = Entry.objects.filter(act="case.listed", detail__list=number)
        assert (Case.objects.count(), listed.count()) == (160, 100)
        assert set(Finding.objects.filter(seen_in=number).values_list("presence", "count").distinct()) == {
            ("new", 1), ("still", 3), ("returned", 2),
        }  # fmt: skip
        letters = list(Message.objects.filter(body__startswith="Danh sách third.csv").values_list("body", flat=True))
    assert len(letters) == 1
    for line in ("máy mới: 60", "vẫn còn: 20", "đã hết: 60", "có trở lại: 20"):
        assert line in letters[0]
