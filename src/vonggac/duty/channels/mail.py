"""Letters by the desk's own mail server, over one connection for as long as there is something to send."""

import time

from vonggac.duty import mail
from vonggac.duty.delivery import Failure, Fault, Letter
from vonggac.duty.escalation.letters import Outgoing
from vonggac.duty.mail import Line

# Others wait behind a letter: a server that says nothing for so long is left alone for a while.
ANSWER_SECONDS = 8
IDLE_SECONDS = 5.0
NO_SERVER = Failure(Fault.SERVER, "no mail server is set (VONGGAC_MAIL_HOST)", is_final=True)


class MailLine:
    """The line of calls to the mail server; one that was idle is opened anew, before the server hangs it up."""

    def __init__(self) -> None:
        self._line: Line | None = None
        self._used_at = 0.0

    def send(self, letter: Outgoing) -> Failure | None:
        """None when the server took the letter; the Message-ID is its key, so a second time is the same mail."""
        if not mail.carries():
            return NO_SERVER
        if time.monotonic() - self._used_at > IDLE_SECONDS:
            self.close()
        self._line = self._line or Line(answer_seconds=ANSWER_SECONDS)
        row = letter.row
        subject = " ".join(row.subject.split())
        failure = self._line.send(Letter(row.pk, row.address, subject, letter.body, f"<{row.key}>"))
        self._used_at = time.monotonic()
        return failure

    def close(self) -> None:
        """End the connection."""
        if self._line is not None:
            self._line.close()
        self._line = None
