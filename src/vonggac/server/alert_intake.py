"""The intake process: watches folders and mailboxes, hears syslog, counts what waits in the spools, fills the lake."""

import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import DatabaseError, connections

from vonggac.errors import VongGacError
from vonggac.flows import alert_folders, alert_mailboxes, alert_spools
from vonggac.flows.alert_folders import Folders, Watch
from vonggac.flows.alert_raw import spools
from vonggac.jobs.clock import now
from vonggac.lake.spool import Place, Spool, end_of
from vonggac.server.alert_syslog import Listening, Senders, Syslog

log = logging.getLogger("vonggac.intake")

LOOK_SECONDS = 0.25
# Declarations change seldom; a new source is watched within this time.
DECLARED_SECONDS = 5.0
# Small segments are dear to read: a minute's alerts go into the lake together.
STORE_SECONDS = 60.0
TROUBLE_SECONDS = 2.0
MAIL_SECONDS = 30.0
# A session that is under way at the end is read again by whoever comes next.
MAIL_STOP_SECONDS = 5.0


@dataclass
class Intake:
    """One collector at work until it is asked to stop."""

    collector: str
    listening: Listening = field(default_factory=Listening)
    is_stopping: bool = False
    _counted: dict[str, Place] = field(default_factory=dict)

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; a database that does not answer is asked again, nothing is lost meanwhile."""
        with (
            _signals(self),
            Spool(spools() / self.collector) as spool,
            _syslog(spool, self.listening) as syslog,
            _mailboxes(spool),
        ):
            folders = Folders(spool, log.warning)
            declared_at = stored_at = -STORE_SECONDS
            watched: list[Watch] = []
            while not self.is_stopping:
                try:
                    if time.monotonic() - declared_at > DECLARED_SECONDS:
                        watched, declared_at = alert_folders.watches(), time.monotonic()
                        syslog.senders = Senders(alert_folders.senders())
                        # What another process was counting when it died is counted here.
                        self._counted.clear()
                    busy = folders.look(watched, at=now()) + self._count()
                    if time.monotonic() - stored_at > STORE_SECONDS:
                        alert_spools.store_waiting(at=now())
                        stored_at = time.monotonic()
                except (DatabaseError, VongGacError, OSError) as error:
                    log.warning("taking in is held up, and tried again: %s", error)
                    connections.close_all()
                    busy = 0
                    time.sleep(TROUBLE_SECONDS)
                if not busy:
                    time.sleep(LOOK_SECONDS)
            folders.close()

    def _count(self) -> int:
        """How many messages were counted; spools without anything new cost one look at their mark."""
        ends = {name: end_of(spools() / name) for name in alert_spools.collectors()}
        if all(self._counted.get(name) == end for name, end in ends.items()):
            return 0
        counted = alert_spools.count_waiting(at=now())
        if not counted:
            self._counted = ends
        return counted


@contextmanager
def _mailboxes(spool: Spool) -> Iterator[None]:
    """Mailboxes read beside everything else: a mail server that does not answer keeps nothing else waiting."""
    stopped = threading.Event()

    def read() -> None:
        while not stopped.wait(MAIL_SECONDS):
            try:
                alert_mailboxes.read_all(spool)
            except (DatabaseError, VongGacError) as error:
                log.warning("mailboxes are read again in a moment: %s", error)
            finally:
                connections.close_all()

    reader = threading.Thread(target=read, name="mailboxes", daemon=True)
    reader.start()
    try:
        yield
    finally:
        stopped.set()
        reader.join(MAIL_STOP_SECONDS)


@contextmanager
def _syslog(spool: Spool, listening: Listening) -> Iterator[Syslog]:
    """The listeners, as long as they are needed; nothing is opened where nothing is to be listened to."""
    syslog = Syslog(spool, listening)
    if listening == Listening():
        yield syslog
        return
    syslog.senders = Senders(alert_folders.senders())
    syslog.start()
    try:
        yield syslog
    finally:
        syslog.stop()


@contextmanager
def _signals(intake: Intake) -> Iterator[None]:
    def stop(*_: object) -> None:
        intake.is_stopping = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
