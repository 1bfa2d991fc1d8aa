"""The pager: does what is due and sends what is written, once a second, as one thread of the worker.

Beside it a second thread gives signs of life, so that a slow mail server does not look like death; what a pager has in
hand belongs to it while its signs come. Any number of pagers may run, here and on other machines.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable

from django.db import DatabaseError, connections

from vonggac.duty.channels.lines import Lines
from vonggac.duty.delivery import Failure, Fault
from vonggac.duty.escalation.letters import Outgoing
from vonggac.flows import escalation as flow
from vonggac.flows.escalation import Tried
from vonggac.jobs.clock import now

log = logging.getLogger("vonggac.pager")

SIGN_SECONDS = 3.0
PAUSE_SECONDS = 0.5
# Letters are sent for so long before it is asked again what is due.
SEND_SECONDS = 1.0
LOOK_SECONDS = 30.0
FIRST_REST_SECONDS, LONGEST_REST_SECONDS = 5.0, 60.0


class Pager:
    """One engine; `start` runs it beside whatever else the process does, `stop` lets it finish the letter in hand."""

    def __init__(self) -> None:
        self.id = uuid.uuid4()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(self._give_sign, SIGN_SECONDS), name="pager-sign", daemon=True),
            threading.Thread(target=self._repeat, args=(self._turn, PAUSE_SECONDS), name="pager", daemon=True),
        ]
        self._lines = Lines()
        self._tried: Tried | None = None
        self._looked_at = 0.0
        self._rests: dict[int, tuple[float, float]] = {}

    def start(self) -> None:
        """Begin; what it has in hand is told from the first moment on."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_seconds: float) -> None:
        """End after the letter in hand, or after the timeout."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout_seconds)

    def _repeat(self, work: Callable[[], bool], pause_seconds: float) -> None:
        """Work without end; trouble is said in the log, and the next turn tries again."""
        while not self._stopping.is_set():
            try:
                goes_on = work()
            except DatabaseError as error:
                log.warning("the pager waits for the database: %s", error)
                connections.close_all()
                goes_on = False
            except Exception:
                log.exception("the pager stumbled, and goes on")
                goes_on = False
            if not goes_on:
                self._stopping.wait(pause_seconds)
        self._lines.close()
        connections.close_all()

    def _give_sign(self) -> bool:
        flow.give_sign(self.id)
        return False

    def _turn(self) -> bool:
        """True when there was something to do."""
        if time.monotonic() - self._looked_at > LOOK_SECONDS:
            self._looked_at = time.monotonic()
            flow.look(at=now())
        done = flow.do_due(at=now())
        return self._send() > 0 or done > 0

    def _send(self) -> int:
        """The number of letters tried within about a second, one after the other."""
        until, number = time.monotonic() + SEND_SECONDS, 0
        while time.monotonic() < until and not self._stopping.is_set():
            letter = flow.hand_on(self.id, self._tried, at=now(), resting=self._resting())
            self._tried = None
            if letter is None:
                return number
            self._tried = Tried(letter.row, self._sent(letter))
            number += 1
        if self._tried is not None:
            flow.lay_down(self._tried, at=now())
            self._tried = None
        return number

    def _sent(self, letter: Outgoing) -> Failure | None:
        row = letter.row
        try:
            failure = self._lines.send(letter)
        except Exception as error:
            log.exception("letter %s could not be sent", row.pk)
            failure = Failure(Fault.LETTER, f"{type(error).__name__}: {error}")
        if failure is not None:
            log.warning("letter %s by %s: %s", row.pk, row.channel or "mail", failure.words)
        self._rest_or_wake(row.channel_id or 0, failure)
        return failure

    def _rest_or_wake(self, channel: int, failure: Failure | None) -> None:
        """A channel that is down rests, longer each time, so that the others need not wait for it to time out."""
        if failure is None:
            self._rests.pop(channel, None)
        elif failure.is_outage:
            _, pause = self._rests.get(channel, (0.0, FIRST_REST_SECONDS / 2))
            pause = min(pause * 2, LONGEST_REST_SECONDS)
            self._rests[channel] = (time.monotonic() + pause, pause)

    def _resting(self) -> list[int]:
        return [channel for channel, (until, _) in self._rests.items() if time.monotonic() < until]
