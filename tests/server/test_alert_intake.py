"""Mailboxes are read and the lake is filled beside everything else, again and again, whatever one step raises."""

import socket
import threading
import time

import pytest
from django.db import DatabaseError

from tests.alerts.sources import declare
from vonggac.errors import Unreachable
from vonggac.flows.alert_raw import unwrapped
from vonggac.lake.spool import Spool, frames
from vonggac.server import alert_intake
from vonggac.server.alert_intake import Intake
from vonggac.server.alert_syslog import Listening


@pytest.fixture
def spool(tmp_path):
    with Spool(tmp_path / "spool", reserve_bytes=0) as made:
        yield made


def test_trouble_with_one_reading_ends_none_of_the_next_and_the_end_ends_them(spool, monkeypatch):
    read, went_on, troubles = [], threading.Event(), [DatabaseError("gone"), Unreachable("no answer")]

    def read_all(given: Spool) -> int:
        read.append(given)
        if troubles:
            raise troubles.pop()
        went_on.set()
        return 0

    monkeypatch.setattr(alert_intake, "MAIL_SECONDS", 0.01)
    monkeypatch.setattr(alert_intake.alert_mailboxes, "read_all", read_all)
    with alert_intake._beside(Intake("tests"), alert_intake._mailboxes(spool)):
        assert went_on.wait(10)
    assert set(read) == {spool}
    assert not [one for one in threading.enumerate() if one.name == "mailboxes"]


def test_what_nobody_foresaw_ends_the_process_with_its_reason(monkeypatch):
    intake = Intake("tests")

    def store_waiting(*, at):
        raise ValueError("a column of another kind")

    monkeypatch.setattr(alert_intake.alert_spools, "store_waiting", store_waiting)

    def run():
        until = time.monotonic() + 10
        with alert_intake._beside(intake, alert_intake._lake()):
            while not intake.is_stopping and time.monotonic() < until:
                time.sleep(0.01)

    with pytest.raises(ValueError, match="another kind"):
        run()
    assert intake.is_stopping


def test_work_beside_is_left_after_a_step_when_the_process_ends(monkeypatch):
    steps, began = [], threading.Event()

    def store_waiting(*, at):
        while True:
            steps.append(at)
            began.set()
            yield 1

    monkeypatch.setattr(alert_intake.alert_spools, "store_waiting", store_waiting)
    with alert_intake._beside(Intake("tests"), alert_intake._lake()):
        assert began.wait(10)
    assert not [one for one in threading.enumerate() if one.name == "lake"]


@pytest.mark.django_db
def test_senders_are_read_at_once_when_a_stranger_waits_and_else_now_and_then(people, spool):
    with alert_intake._syslog(spool, Listening(tcp=("127.0.0.1", 0))) as syslog:
        work, before = alert_intake._senders(syslog), syslog.senders
        list(work.steps())
        assert syslog.senders is before
        declared = declare(people, senders=("127.0.0.1",))
        with socket.create_connection(("127.0.0.1", syslog.ports["tcp"])) as sender:
            until = time.monotonic() + 10
            while syslog.asked_at < before.read_at and time.monotonic() < until:
                time.sleep(0.01)
            list(work.steps())
            assert syslog.senders.source_of("127.0.0.1") == declared.pk
            assert syslog.senders.read_at > syslog.asked_at
            sender.sendall(b"<34>one\n")
        while not list(frames(spool.folder)) and time.monotonic() < until:
            time.sleep(0.01)
    assert [unwrapped(frame.content)[0].source for frame in frames(spool.folder)] == [declared.pk]
    assert not syslog.unknown
