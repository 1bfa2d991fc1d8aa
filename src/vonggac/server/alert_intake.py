"""The intake process: watches folders and mailboxes, hears syslog, counts what waits in the spools, fills the lake."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
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
# A stranger that sends syslog may have been declared just now; however many come, they are looked up so often at most.
SENDERS_SECONDS = 1.0
# Small segments are dear to read: a minute's alerts go into the lake together.
STORE_SECONDS = 60.0
TROUBLE_SECONDS = 2.0
MAIL_SECONDS = 30.0
# What is under way at the end is done again by whoever comes next.
STOP_SECONDS = 5.0


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
            _beside(self, _mailboxes(spool), _senders(syslog), _lake()),
        ):
            folders = Folders(spool, log.warning)
            declared_at = -DECLARED_SECONDS
            watched: list[Watch] = []
            while not self.is_stopping:
                try:
                    if time.monotonic() - declared_at > DECLARED_SECONDS:
                        watched, declared_at = alert_folders.watches(), time.monotonic()
                        # What another process was counting when it died is counted here.
                        self._counted.clear()
                    busy = folders.look(watched, at=now()) + self._count()
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


@dataclass(frozen=True, slots=True)
class Work:
    """What is done again and again beside everything else; it may be left after each of its steps."""

    name: str
    pause_seconds: float
    steps: Callable[[], Iterable[object]]


def _mailboxes(spool: Spool) -> Work:
    """A mail server that does not answer keeps nothing else waiting."""

    def steps() -> Iterator[int]:
        yield alert_mailboxes.read_all(spool)

    return Work("mailboxes", MAIL_SECONDS, steps)


def _senders(syslog: Syslog) -> Work:
    """Whom syslog is taken from: read anew now and then, and at once when a stranger waits to be told apart."""

    def steps() -> Iterator[None]:
        now_at, read_at = time.monotonic(), syslog.senders.read_at
        if syslog.ports and (syslog.asked_at > read_at or now_at - read_at > DECLARED_SECONDS):
            syslog.senders = _declared_senders()
        yield

    return Work("senders", SENDERS_SECONDS, steps)


def _declared_senders() -> Senders:
    read_at = time.monotonic()
    return Senders(alert_folders.senders(), read_at)


def _lake() -> Work:
    """An inbox that is open does not wait until a minute's alerts are in the lake."""
    return Work("lake", STORE_SECONDS, lambda: alert_spools.store_waiting(at=now()))


@contextmanager
def _beside(intake: Intake, *works: Work) -> Iterator[None]:
    """Each work in a thread of its own. What it did not foresee ends the intake process, which is started anew."""
    stopped, failed = threading.Event(), list[Exception]()

    def run(work: Work) -> None:
        try:
            while not stopped.is_set():
                _go_through(work, stopped)
                stopped.wait(work.pause_seconds)
        except Exception as error:  # noqa: BLE001  raised again where the process ends by it
            failed.append(error)
            intake.is_stopping = True

    threads = [threading.Thread(target=run, args=(work,), name=work.name, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        until = time.monotonic() + STOP_SECONDS
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
    if failed:
        raise failed[0]


def _go_through(work: Work, stopped: threading.Event) -> None:
    try:
        for _ in work.steps():
            if stopped.is_set():
                return
    except (DatabaseError, VongGacError, OSError) as error:
        log.warning("%s: tried again in a moment: %s", work.name, error)
    finally:
        connections.close_all()


@contextmanager
def _syslog(spool: Spool, listening: Listening) -> Iterator[Syslog]:
    """The listeners, as long as they are needed; nothing is opened where nothing is to be listened to."""
    syslog = Syslog(spool, listening)
    if listening == Listening():
        yield syslog
        return
    syslog.senders = _declared_senders()
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
