"""Mailboxes are read beside everything else by the intake process: again and again, whatever one reading raises."""

import threading

import pytest
from django.db import DatabaseError

from vonggac.errors import Unreachable
from vonggac.lake.spool import Spool
from vonggac.server import alert_intake


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
    with alert_intake._mailboxes(spool):
        assert went_on.wait(10)
    assert set(read) == {spool}
    assert not [one for one in threading.enumerate() if one.name == "mailboxes"]
