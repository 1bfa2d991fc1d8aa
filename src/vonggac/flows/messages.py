"""Kept messages go out over one connection to the mail server, each in a lease of its own, if need be days later.

No transaction is open while the server is talked to: a short one takes some letters, a short one notes what became of
each. Killed between the two, the worker has sent at most one letter that is sent again, under the same Message-ID.
"""

import threading
import time
from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import connection

from vonggac.duty import mail, messages, outbox
from vonggac.duty.delivery import Failure, Letter
from vonggac.duty.mail import Line
from vonggac.jobs import defer, job
from vonggac.jobs.clock import now
from vonggac.tenancy.scope import scoped, system

SYSTEM = system("messages")
LETTERS_TAKEN = 20
# A turn ends before a stopping worker's patience does; what is left then is the next turn's.
TURN_SECONDS = 10.0
RENEW_SECONDS = outbox.LEASE.total_seconds() / 3


@job(messages.SEND_JOB, queue=messages.QUEUE, periodic="* * * * *")
def send_messages() -> None:
    """Send what is due: asked for with every message, and every minute for what failed before."""
    # The clock of an exercise jumps over days in which nobody could have sent anything.
    if not settings.VONGGAC_IS_EXERCISE:
        with scoped(SYSTEM):
            outbox.give_up(at=now())
    send_due()


def send_due(*, seconds: float = TURN_SECONDS) -> int:
    """The number of messages that went out in one turn; a mail server that takes nothing ends it."""
    if not mail.carries():
        return 0
    sent, ends_at = 0, time.monotonic() + seconds
    with Line() as line:
        while letters := _claimed(now()):
            with _Lease(letters) as lease:
                for letter in letters:
                    if time.monotonic() >= ends_at:
                        defer(messages.SEND_JOB, queue=messages.QUEUE)
                        return sent
                    failure = line.send(letter)
                    lease.note(letter, failure, now())
                    if failure and failure.is_outage:
                        return sent
                    sent += failure is None
    return sent


def _claimed(at: datetime) -> list[Letter]:
    with scoped(SYSTEM):
        return outbox.claim(LETTERS_TAKEN, at=at)


class _Lease:
    """Letters that this process has taken: held while it lives, given back untried when it turns to something else."""

    def __init__(self, letters: Sequence[Letter]) -> None:
        self._held = {letter.message_id for letter in letters}
        # Noting and renewing exclude each other: a renewal must not shorten the pause that was noted a moment before.
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._renewing = threading.Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._renewing.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._renewing.join()
        if self._held and error is None:
            with scoped(SYSTEM):
                outbox.let_go(self._held)

    def note(self, letter: Letter, failure: Failure | None, at: datetime) -> None:
        """What became of a letter, in a transaction of its own."""
        with self._lock, scoped(SYSTEM):
            self._held.discard(letter.message_id)
            if failure is None:
                outbox.note_sent(letter.message_id, at=at)
                return
            outbox.note_failure(letter.message_id, failure, at=at)
            if failure.is_outage:
                outbox.note_outage(failure, self._held, at=at)
                self._held.clear()

    def _renew(self) -> None:
        """Only a letter that takes seconds, with a mail server that is slow, ever gets to the first renewal."""
        try:
            while not self._is_over.wait(RENEW_SECONDS):
                with self._lock, scoped(SYSTEM):
                    outbox.hold(self._held)
        finally:
            connection.close()
