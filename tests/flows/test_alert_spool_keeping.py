"""Segments of spools end when their time is over: only what was counted and stored, written down, from the front."""

import os
from datetime import timedelta

import pytest

from tests import cast
from tests.alerts.sources import count, declare, eve, lines
from tests.cast import NOON
from vonggac.alerts.models import Finding, SetAside
from vonggac.alerts.services import messages
from vonggac.errors import IntegrityFailure
from vonggac.flows import alert_raw, alert_spool_keeping
from vonggac.flows.alert_folders import Folders
from vonggac.flows.alert_raw import spools, wrapped
from vonggac.flows.alert_spools import count_waiting, store_waiting
from vonggac.flows.lake_keeping import limits
from vonggac.formats.alerts.alert_table import microseconds
from vonggac.formats.traffic_tables import Kind
from vonggac.lake.spool import Place, Spool, segments_before
from vonggac.ledger.models import Entry
from vonggac.server.home import Home
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
DESK = system("tests")
DAY = timedelta(days=1)


@pytest.fixture
def source(db, settings, tmp_path):
    settings.VONGGAC_HOME = Home(tmp_path / "home")
    settings.VONGGAC_HOME.prepare()
    return declare(cast.assemble(), "web")


@pytest.fixture
def spool(source):
    """Six messages, each in a segment of its own, the second one set aside; written ten days apart, the last now."""
    with Spool(spools() / "web-1", segment_bytes=10, reserve_bytes=0) as made:
        for number in range(6):
            content = b"{broken\n" if number == 1 else lines(eve(number))
            made.append(wrapped(source.pk, microseconds(NOON), content))
        for age, path in enumerate(sorted(made.folder.glob("*.spool"), reverse=True)):
            moment = (NOON - age * 10 * DAY).timestamp()
            os.utime(path, (moment, moment))
        yield made


def keep_days() -> int:
    return next(one.days for one in limits(NOON) if one.kind is Kind.ALERT)


def at_the_end_of(age_days: int):
    """The moment at which a segment of that age has been kept long enough, and no younger one has."""
    return NOON + (keep_days() - age_days) * DAY + timedelta(hours=1)


def left(spool) -> list[int]:
    return sorted(int(path.stem) for path in spool.folder.glob("*.spool"))


def take_in() -> None:
    count_waiting(at=NOON)
    list(store_waiting(at=NOON))


def test_what_is_old_counted_and_stored_ends_and_the_ledger_says_so(spool):
    take_in()
    assert alert_spool_keeping.end_old(at=at_the_end_of(50) - 2 * timedelta(hours=1)) == 0
    assert alert_spool_keeping.end_old(at=at_the_end_of(40)) == 2
    assert left(spool) == [3, 4, 5, 6]
    with scoped(DESK):
        told = Entry.objects.get(act="alert.spool_end").detail
        assert not SetAside.objects.exists()
    assert (told["first_segment"], told["last_segment"], told["set_aside"]) == (1, 2, 1)
    assert told["keep_days"] == keep_days()
    assert told["bytes"] > 0
    assert alert_spool_keeping.end_old(at=at_the_end_of(40)) == 0


def test_what_is_not_counted_or_not_stored_yet_stays(spool):
    assert alert_spool_keeping.end_old(at=at_the_end_of(0)) == 0
    count_waiting(at=NOON)
    assert alert_spool_keeping.end_old(at=at_the_end_of(0)) == 0
    list(store_waiting(at=NOON))
    assert alert_spool_keeping.end_old(at=at_the_end_of(0)) == 5
    assert left(spool) == [6]


def test_an_old_segment_behind_a_young_one_stays(spool):
    take_in()
    first = segments_before(spool.folder, 2)[0]
    os.utime(first, (at_the_end_of(0).timestamp(), at_the_end_of(0).timestamp()))
    assert alert_spool_keeping.end_old(at=at_the_end_of(0)) == 0


def test_readers_and_writers_go_on_and_an_ended_record_is_named(source, spool):
    take_in()
    with scoped(DESK):
        raw = Finding.objects.get().samples[0]["raw"]
    alert_spool_keeping.end_old(at=at_the_end_of(0))
    with pytest.raises(IntegrityFailure, match="kept as long as asked for"):
        alert_raw.opened(raw)
    Folders(spool).close()
    spool.append(wrapped(source.pk, microseconds(NOON), lines(eve(9))))
    take_in()
    assert count() == 6


def test_killed_before_the_ledger_or_before_the_files_went_it_is_done_by_the_next_run(spool, monkeypatch):
    take_in()
    for owner, name in ((alert_spool_keeping.ledger, "record"), (alert_spool_keeping.Path, "unlink")):

        def dies(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(owner, name, dies)
            with pytest.raises(KeyboardInterrupt):
                alert_spool_keeping.end_old(at=at_the_end_of(0))
    assert left(spool) == [1, 2, 3, 4, 5, 6]
    assert alert_spool_keeping.end_old(at=at_the_end_of(0)) == 5
    with scoped(DESK):
        assert Entry.objects.filter(act="alert.spool_end").exists()
        assert messages.counted_so_far("web-1") > Place(6)
