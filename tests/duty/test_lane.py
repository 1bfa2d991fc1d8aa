"""The lane of messages in a real worker: killed, it loses nothing; slow mail and slow work do not wait for another."""

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests import cast
from tests.duty.mail_sink import MailSink
from tests.duty.messages_of import acts, send_due
from tests.server.worker_process import WAITS, Start, workers
from vonggac import jobs
from vonggac.duty import messages
from vonggac.duty.messages import Draft
from vonggac.duty.models import Message
from vonggac.tenancy.scope import scoped, system

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def start(sink: MailSink):
    with workers(WAITS) as begin:
        yield lambda: begin(VONGGAC_MAIL_HOST="127.0.0.1", VONGGAC_MAIL_PORT=str(sink.port))


def make(people: cast.Cast, number: int) -> None:
    ward = people.organisations["p-vinh-hai"]
    with scoped(system("tests")):
        drafts = [Draft(ward, f"{n}", "", to=f"a{n}@example.org") for n in range(number)]
        messages.notify_all(drafts, at=datetime.now(UTC))


def unsent() -> int:
    with scoped(system("tests")):
        return Message.objects.filter(sent_at__isnull=True).count()


def wait(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_worker_killed_in_the_middle_of_a_letter_doubles_that_one_and_loses_none(people, sink, start: Start):
    make(people, 60)
    with sink.stalled():
        first = start()
        wait(lambda: len(sink.letters) == 1, 40)
        os.kill(first.pid, signal.SIGKILL)
        first.wait(10)
        killed = time.monotonic()
    start()
    wait(lambda: unsent() == 0, 60)
    assert time.monotonic() - killed < 60
    names = [letter["Message-ID"] for letter in sink.letters]
    assert len(set(names)) == 60
    assert len(names) == 61
    assert names.count(names[0]) == 2, "the one that was in flight"
    assert acts().count("message.send") == 60


def test_workers_killed_at_random_moments_double_at_most_one_letter_a_kill(people, sink, start: Start):
    make(people, 300)
    kills = 3
    for number in range(kills):
        process = start()
        wait(lambda number=number: len(sink.letters) >= 40 * (number + 1), 60)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    start()
    wait(lambda: unsent() == 0, 90)
    names = [letter["Message-ID"] for letter in sink.letters]
    assert len(set(names)) == 300
    assert len(names) - 300 <= kills


def test_a_stalled_mail_server_holds_up_no_other_work(people, sink, start: Start, tmp_path):
    make(people, 3)
    with sink.stalled():
        process = start()
        wait(lambda: len(sink.letters) == 1, 40)
        gate = tmp_path / "gate"
        gate.touch()
        jobs.defer("tests.waits", gate=str(gate))
        assert process.stdout.readline() == "begins\n"
        assert process.stdout.readline() == "ends\n"


def test_work_that_takes_long_holds_up_no_message(people, sink, start: Start, tmp_path):
    gate = tmp_path / "gate"
    # One more than the worker has hands for.
    for _ in range(2):
        jobs.defer("tests.waits", gate=str(gate))
    process = start()
    assert process.stdout.readline() == "begins\n"
    make(people, 5)
    wait(lambda: len(sink.letters) == 5, 15)
    gate.touch()


def test_a_worker_that_is_asked_to_stop_ends_after_the_letter_in_hand(people, sink, start: Start):
    make(people, 500)
    sink.seconds_a_letter = 0.05
    process = start()
    wait(lambda: len(sink.letters) > 20, 40)
    process.terminate()
    assert process.wait(25) == 0
    left = unsent()
    assert 0 < left < 480
    assert len(sink.letters) == 500 - left
    sink.seconds_a_letter = 0
    assert send_due() == left, "what it had taken and not tried was given back at once"
    names = [letter["Message-ID"] for letter in sink.letters]
    assert len(set(names)) == len(names) == 500
