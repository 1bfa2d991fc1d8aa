"""The pager: one thread of the worker does what is due, another sends what is written, a letter at a time.

Beside them a third gives signs of life, so that a slow mail server does not look like death; what a pager has in hand
belongs to it while its signs come. Where one of the two makes no turn any more no sign is given: health says so, and
another takes what it has in hand. Any number of pagers may run, here and on other machines.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connections

from vonggac.duty.channels.lines import Lines
from vonggac.duty.delivery import Failure, Fault
from vonggac.duty.escalation.letters import Outgoing
from vonggac.flows import escalation as flow
from vonggac.flows.escalation import Tried
from vonggac.jobs.clock import now
from vonggac.server.channel_turns import ChannelTurns

log = logging.getLogger("vonggac.pager")

SIGN_SECONDS = 3.0
PAUSE_SECONDS = 0.5
LOOK_SECONDS = 30.0
# Longer than any letter takes: Apprise has 20 s, a gateway 12, a mail server 8 for each answer.
STILL_SECONDS = 60.0


class Pager:
    """One engine; `start` runs it beside whatever else the process does, `stop` lets it finish the letter in hand."""

    def __init__(self) -> None:
        self.id = uuid.uuid4()
        self._stopping = threading.Event()
        works = {"pager-sign": self._give_signs, "pager-due": self._do_all, "pager-send": self._send_all}
        self._threads = [threading.Thread(target=work, name=name, daemon=True) for name, work in works.items()]
        # work: when it last came to its end without trouble
        self._turned_at = dict.fromkeys((self._do_due, self._send), time.monotonic())
        self._lines = Lines()
        self._turns = ChannelTurns()
        self._tried: Tried | None = None
        self._looked_at = 0.0

    def start(self) -> None:
        """Begin; what it has in hand is told from the first moment on."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_seconds: float) -> None:
        """End after the letter in hand, or after the timeout."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout_seconds)

    def _give_signs(self) -> None:
        self._repeat(self._give_sign, SIGN_SECONDS)

    def _do_all(self) -> None:
        self._repeat(self._do_due, PAUSE_SECONDS)

    def _send_all(self) -> None:
        self._repeat(self._send, PAUSE_SECONDS)
        self._lines.close()
        if self._tried is not None:
            flow.lay_down(self._tried, at=now())
            connections.close_all()

    def _repeat(self, work: Callable[[], bool], pause_seconds: float) -> None:
        """Work without end; trouble is said in the log, and the next turn tries again."""
        while not self._stopping.is_set():
            goes_on = False
            try:
                goes_on = work()
                self._turned_at[work] = time.monotonic()
            except (OperationalError, InterfaceError) as error:
                log.warning("the pager waits for the database: %s", error)
                connections.close_all()
            except Exception:
                log.exception("the pager stumbled, and goes on")
                connections.close_all()
            if not goes_on:
                self._stopping.wait(pause_seconds)
        connections.close_all()

    def _give_sign(self) -> bool:
        if time.monotonic() - min(self._turned_at[self._do_due], self._turned_at[self._send]) < STILL_SECONDS:
            flow.give_sign(self.id)
        return False

    def _do_due(self) -> bool:
        """True when there was something to do."""
        if time.monotonic() - self._looked_at > LOOK_SECONDS:
            self._looked_at = time.monotonic()
            flow.look(at=now())
        return flow.do_due(at=now()) > 0

    def _send(self) -> bool:
        """True when there was a letter; what became of it is kept with the next one, or with the end of all of them."""
        letter = self._next()
        if letter is None:
            self._turns.note_rest()
            return False
        self._tried = Tried(letter.row, self._sent(letter))
        return True

    def _next(self) -> Outgoing | None:
        """The next letter; what became of the last one is kept, as far as it can be."""
        tried, turns = self._tried, self._turns
        try:
            letter = flow.hand_on(self.id, tried, at=now(), resting=turns.resting(), yielding=turns.yielding())
        except (OperationalError, InterfaceError):
            raise  # the database is away, and takes it when it is back
        except Exception:
            if tried is None:
                raise
            log.exception("all that became of letter %s cannot be kept", tried.letter.pk)
            self._tried = letter = None
            flow.forget(tried, at=now())
        self._tried = None
        return letter

    def _sent(self, letter: Outgoing) -> Failure | None:
        row, begun_at = letter.row, time.monotonic()
        try:
            failure = self._lines.send(letter)
        except Exception as error:
            log.exception("letter %s could not be sent", row.pk)
            failure = Failure(Fault.LETTER, f"{type(error).__name__}: {error}")
        if failure is not None:
            log.warning("letter %s by %s: %s", row.pk, row.channel or "mail", failure.words)
        self._turns.note(row.channel_id or 0, time.monotonic() - begun_at, failure)
        return failure
