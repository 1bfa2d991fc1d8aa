"""The lane of messages: leased, sent outside any transaction, noted; killed, stalled or refused, nothing is lost."""

import os
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from tests import cast
from tests.duty.messages_of import acts, again, kept
from tests.server.desk_process import free_port
from vonggac.duty import messages, outbox
from vonggac.duty.delivery import Fault, Letter, Standing, pause
from vonggac.duty.models import Message
from vonggac.flows import messages as flow
from vonggac.flows import roster_solving
from vonggac.jobs import registry, run_waiting
from vonggac.server import worker
from vonggac.tenancy.scope import scoped, system

SOON = timedelta(seconds=1)


def stands(message: Message) -> Standing:
    return again(message).standing


def move_back(by: timedelta, *messages_moved: Message) -> None:
    """Let the time pass that messages rest."""
    with scoped(system("tests")):
        moved = Message.objects.filter(pk__in=[one.pk for one in messages_moved])
        moved.update(next_try_at=F("next_try_at") - by)


def claimed(most: int = 10) -> list[Letter]:
    with scoped(system("tests")):
        return outbox.claim(most, at=cast.NOON)


def test_a_message_goes_out_once(people, sink):
    message = kept(people)
    assert flow.send_due() == 1
    assert flow.send_due() == 0
    assert (len(sink.letters), again(message).sent_at) == (1, cast.NOON)
    assert acts() == ["message.make", "message.send"]


def test_the_queued_job_sends_what_waits_over_one_connection(people, sink):
    made = [kept(people, f"a{n}@example.org") for n in range(45)]
    run_waiting()
    assert (len(sink.letters), sink.connections) == (45, 1)
    assert {stands(message) for message in made} == {Standing.SENT}


def test_a_message_in_one_sender_s_lease_is_passed_over_by_another(people, sink):
    kept(people)
    assert len(claimed()) == 1
    assert claimed() == []
    assert flow.send_due() == 0
    assert sink.letters == []


def test_after_the_lease_of_a_dead_sender_it_goes_out_under_the_same_name(people, sink):
    message = kept(people)
    (letter,) = claimed()
    with flow.Line() as line:
        line.send(letter)
    # Killed here: the server has the letter, and nobody noted it.
    move_back(outbox.LEASE + SOON, message)
    assert flow.send_due() == 1
    first, second = sink.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert acts() == ["message.make", "message.send"]


def test_two_messages_have_two_names_and_two_desks_share_none(people, sink, settings):
    kept(people)
    twin = kept(people)
    flow.send_due()
    settings.VONGGAC_ORIGIN = "https://other.example.org"
    with scoped(system("tests")):
        Message.objects.filter(pk=twin.pk).update(sent_at=None, next_try_at=Now())
    flow.send_due()
    assert len({letter["Message-ID"] for letter in sink.letters}) == 3


def test_a_server_that_is_away_costs_time_and_no_letter(people, sink):
    first, second = kept(people, "a@example.org"), kept(people, "b@example.org")
    sink.faults = ["busy"]
    assert flow.send_due() == 0
    assert [stands(one) for one in (first, second)] == [Standing.TRYING] * 2
    for one in (first, second):
        assert (again(one).fault, again(one).failed_at) == (Fault.SERVER, cast.NOON)
        assert "come again later" in again(one).failure
    assert flow.send_due() == 0, "the server is left alone for a minute"
    move_back(timedelta(minutes=1), first, second)
    assert flow.send_due() == 2
    assert (again(first).fault, again(first).failure, again(first).failed_at) == ("", "", None)
    assert len(sink.letters) == 2


def test_a_server_that_nobody_can_reach_is_said_with_every_message_that_waits(people, sink, settings):
    made = [kept(people, f"a{n}@example.org") for n in range(flow.LETTERS_TAKEN + 5)]
    settings.EMAIL_PORT = free_port()
    assert flow.send_due() == 0
    assert {again(one).fault for one in made} == {Fault.SERVER}
    assert all("refused" in again(one).failure.lower() for one in made)


def test_one_refused_address_holds_back_no_other_and_is_left_to_people(people, sink):
    sink.unknown = {"gone@example.org"}
    refused, taken = kept(people, "gone@example.org"), kept(people, "a@example.org")
    assert flow.send_due() == 1
    assert (stands(refused), stands(taken)) == (Standing.FAILED, Standing.SENT)
    assert (again(refused).fault, again(refused).failure) == (Fault.RECIPIENT, "550 no such box")


def test_a_letter_that_breaks_every_line_does_not_stop_the_others_for_ever(people, sink):
    poison, other = kept(people, "a@example.org"), kept(people, "b@example.org")
    for _ in range(2):
        sink.faults = ["hang up"]
        flow.send_due()
        move_back(timedelta(minutes=1, seconds=1), poison, other)
    assert again(poison).attempts > again(other).attempts
    flow.send_due()
    assert stands(other) is Standing.SENT


def test_a_letter_of_its_own_fault_rests_longer_every_time():
    assert [pause(n) for n in (1, 2, 3, 7, 400)] == [timedelta(minutes=m) for m in (1, 2, 4, 60, 60)]


def test_an_organisation_without_an_address_is_told_by_people(people, sink):
    message = kept(people, "")
    run_waiting()
    assert stands(message) is Standing.NO_ADDRESS
    assert sink.letters == []


def test_what_waited_five_days_is_left_to_people(people, sink):
    message = kept(people)
    with scoped(system("tests")):
        assert outbox.give_up(at=cast.NOON + outbox.KEEP_TRYING - SOON) == 0
        assert outbox.give_up(at=cast.NOON + outbox.KEEP_TRYING) == 1
    assert stands(message) is Standing.FAILED
    assert flow.send_due() == 0


def test_without_a_mail_server_messages_wait_and_nothing_is_written(people, settings, tmp_path):
    settings.EMAIL_HOST, settings.EMAIL_FILE_PATH = "", str(tmp_path)
    message = kept(people)
    assert flow.send_due() == 0
    assert stands(message) is Standing.WAITING
    assert list(tmp_path.iterdir()) == []


def test_an_exercise_keeps_its_letters_and_speaks_to_no_mail_server(people, sink, settings):
    settings.VONGGAC_IS_EXERCISE, settings.EMAIL_HOST = True, ""
    message = kept(people)
    assert flow.send_due() == 1
    assert (sink.letters, sink.connections, stands(message)) == ([], 0, Standing.SENT)


def test_however_far_the_clock_of_an_exercise_jumps_no_letter_is_given_up(people, settings, monkeypatch):
    monkeypatch.setattr("vonggac.flows.messages.now", lambda: cast.NOON + 2 * outbox.KEEP_TRYING)
    settings.EMAIL_HOST = ""
    old = kept(people)
    flow.send_messages()
    assert stands(old) is Standing.FAILED
    settings.VONGGAC_IS_EXERCISE = True
    new = kept(people)
    flow.send_messages()
    assert stands(new) is Standing.SENT


def test_a_turn_that_is_over_gives_back_what_it_has_not_tried_and_asks_for_another(people, sink):
    message = kept(people)
    assert flow.send_due(seconds=0) == 0
    assert stands(message) is Standing.WAITING
    assert claimed() != [], "given back, it is due at once"


@pytest.mark.django_db(transaction=True)
def test_a_stalled_server_holds_no_lock_and_no_transaction(people, sink):
    message = kept(people)
    with sink.stalled():
        sending = in_thread(flow.send_due)
        wait_for(lambda: sink.letters)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE %s"
                " AND pid <> pg_backend_pid()",
                ["idle in transaction%"],
            )
            assert cursor.fetchone()[0] == 0
        with scoped(system("tests")):
            # Refused at once if somebody held the row.
            Message.objects.select_for_update(nowait=True).get(pk=message.pk)
    sending.join(10)
    assert stands(message) is Standing.SENT


@pytest.mark.django_db(transaction=True)
def test_a_sender_that_is_slower_than_its_lease_keeps_it(people, sink, monkeypatch):
    monkeypatch.setattr(outbox, "LEASE", timedelta(seconds=1))
    monkeypatch.setattr(flow, "RENEW_SECONDS", 0.2)
    message = kept(people)
    with sink.stalled():
        sending = in_thread(flow.send_due)
        wait_for(lambda: sink.letters)
        time.sleep(2)
        assert flow.send_due() == 0, "the lease was renewed, so nobody else may take the message"
    sending.join(10)
    assert (stands(message), len(sink.letters)) == (Standing.SENT, 1)


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_share_the_work_and_double_nothing(people, sink):
    for number in range(80):
        kept(people, f"a{number}@example.org")
    senders = [in_thread(flow.send_due) for _ in range(4)]
    for sender in senders:
        sender.join(30)
    assert len({letter["Message-ID"] for letter in sink.letters}) == len(sink.letters) == 80
    assert acts().count("message.send") == 80


def test_messages_have_a_lane_of_their_own_with_one_letter_in_flight():
    worker.import_flows()
    lanes = worker._lanes(4)
    assert lanes[messages.QUEUE,] == 1
    assert lanes[roster_solving.QUEUE,] == os.cpu_count()
    (others,) = set(lanes) - {(messages.QUEUE,), (roster_solving.QUEUE,)}
    assert lanes[others] == 4
    assert messages.QUEUE not in others
    assert {job.queue for job in registry.known.values()} | {registry.DEFAULT_QUEUE} <= {
        queue for some in lanes for queue in some
    }
    assert [job.name for job in registry.known.values() if job.queue == messages.QUEUE] == [messages.SEND_JOB]


def in_thread(work) -> threading.Thread:
    """The work begun in a thread that gives its database connection back."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def wait_for(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
