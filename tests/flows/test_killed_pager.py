"""Real workers killed at random moments while they call people: no call is lost, at most the one in hand comes twice.

A worker is a process of its own on the test's database; mail server and gateway run here and keep what they are given.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from django.db import connections

from tests import cast
from tests.duty.http_gateway import HttpGateway
from tests.duty.mail_sink import MailSink
from vonggac.duty.escalation import services
from vonggac.duty.escalation.rules import Reason
from vonggac.duty.escalation.services import Happening
from vonggac.duty.models import Channel, ContactMethod, Letter, Post, Shift, Step
from vonggac.jobs.clock import now
from vonggac.register.models import Person, Role
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = """
import json, sys
import django
from django.db import connections
django.setup()
for alias, entry in json.loads(sys.argv[1]).items():
    connections.settings[alias].update(entry)
from vonggac.server import worker
worker.run(1)
"""


@dataclass
class Scene:
    """Mail server, gateway, and the workers that were started."""

    sink: MailSink
    provider: HttpGateway
    running: list[subprocess.Popen] = field(default_factory=list)

    def start(self) -> subprocess.Popen:
        keys = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
        aliases = ("default", "owner", "sealer")
        entries = {alias: {key: connections.settings[alias].get(key, "") for key in keys} for alias in aliases}
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "vonggac.server.settings",
            "VONGGAC_MAIL_HOST": "127.0.0.1",
            "VONGGAC_MAIL_PORT": str(self.sink.port),
            "VONGGAC_PRIVATE_DESTINATIONS": self.provider.host,
        }
        command = [sys.executable, "-c", WORKER, json.dumps(entries, default=str)]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        self.running.append(process)
        return process

    def keys(self) -> list[str]:
        """The keys of everything that was taken, in both ways."""
        mails = [letter["Message-ID"].strip("<>") for letter in list(self.sink.letters)]
        return mails + [request.headers["Idempotency-Key"] for request in list(self.provider.requests)]


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene(MailSink(), HttpGateway(slow_seconds=0.03))
    yield made
    for process in made.running:
        if process.poll() is None:
            process.kill()
        process.wait(10)
    made.sink.close()
    made.provider.close()


def call(scene: Scene, number: int) -> None:
    """So many people on duty, every second with a phone, each called by an escalation of their own."""
    at = now()
    people = cast.assemble()
    office = people.organisations["hai-van"]
    with scoped(system("tests")):
        channel = Channel.objects.create(
            name="SMS", kind="gateway", takes_phones=True, changed_at=at,
            settings={"url": f"{scene.provider.address}/", "body": '{"to": "{to}", "text": "{text}"}'},
        )  # fmt: skip
        for place in range(number):
            person = Person.objects.create_user(f"p{place}@example.vn", f"Người {place}")
            Role.objects.create(person=person, organisation=office, org_path=office.path, name="analyst")
            post = Post.objects.create(organisation=office, org_path=office.path, name=f"Vị trí {place}")
            shift = Shift.objects.create(
                post=post, org_path=office.path, person=person, person_name=person.name,
                from_utc=at - cast.NOON.resolution, to_utc=at.replace(year=at.year + 1),
            )  # fmt: skip
            if place % 2:
                ContactMethod.objects.create(person=person, channel=channel, address=f"09{place:08}", made_at=at)
            services.start(Reason.CHECK_IN, [Happening("shift", shift.pk, "?")], office, at=at, post=post)


def out() -> int:
    with scoped(system("tests")):
        return Letter.objects.filter(sent_at__isnull=False).count()


def wait(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


def run_with_kills(scene: Scene, number: int, kills: int, chance: random.Random) -> None:
    """Call so many people while the worker is killed and started again, and look at what came of it."""
    call(scene, number)
    worker = scene.start()
    for kill in range(kills):
        wait(lambda mark=number * (kill + 1) // (kills + 2): len(scene.keys()) >= mark)
        time.sleep(chance.uniform(0, 0.05))
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
        worker = scene.start()
    killed_at = time.monotonic()
    wait(lambda: out() == number)
    assert time.monotonic() - killed_at < 30 + number / 20, "what lay still goes on within thirty seconds"
    taken = Counter(scene.keys())
    with scoped(system("tests")):
        assert set(taken) == set(Letter.objects.values_list("key", flat=True))
        assert Step.objects.filter(done_at__isnull=False).count() == number
    twice = sum(times - 1 for times in taken.values())
    assert twice <= kills


@pytest.mark.slow
def test_a_worker_killed_twice_loses_no_call_and_doubles_at_most_the_one_in_hand(scene):
    run_with_kills(scene, 40, 2, random.Random(7))  # noqa: S311  moments to kill at


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_worker_killed_again_and_again_does_so_neither(scene, seed):
    run_with_kills(scene, 300, 12, random.Random(seed))  # noqa: S311  moments to kill at
