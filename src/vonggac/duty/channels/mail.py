"""Letters by the desk's own mail server, over one connection for as long as there is something to send."""

import contextlib
import smtplib
import time
from typing import Any

from django.core.mail import EmailMessage, get_connection

from vonggac.duty.channels import destinations
from vonggac.duty.channels.outcome import SENT, Outcome, later, refused
from vonggac.duty.models import Letter

ANSWER_SECONDS = 8.0
# Connecting apart, no letter may take longer: others wait behind it.
LETTER_SECONDS = 15.0
MOST_LETTERS, IDLE_SECONDS = 100, 5.0
# What the server says about this recipient, and not about every other too.
ABOUT_ONE = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)


class MailLine:
    """A connection to the mail server, opened when it is needed and anew after any trouble."""

    def __init__(self) -> None:
        self._backend: Any = None
        self._letters = 0
        self._used_at = 0.0

    def send(self, letter: Letter) -> Outcome:
        """Hand one letter over; the Message-ID is the letter's key, so a second time is the same mail."""
        try:
            backend = self._opened()
            with self._bounded(backend):
                backend.send_messages([_mail(letter)])
        except ValueError as error:
            return refused(f"no mail can be written to {letter.address!r}: {error}")
        except ABOUT_ONE as error:
            self.close()
            return _about_one(error)
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            return later(f"mail server: {type(error).__name__}: {error}", is_channel_down=True)
        self._letters, self._used_at = self._letters + 1, time.monotonic()
        return SENT

    def close(self) -> None:
        """End the connection."""
        backend, self._backend = self._backend, None
        if backend is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                backend.close()

    def _opened(self) -> Any:
        if self._letters >= MOST_LETTERS or time.monotonic() - self._used_at > IDLE_SECONDS:
            self.close()
        if self._backend is None:
            backend = get_connection(timeout=ANSWER_SECONDS)
            backend.open()
            self._backend, self._letters, self._used_at = backend, 0, time.monotonic()
        return self._backend

    @staticmethod
    def _bounded(backend: Any) -> contextlib.AbstractContextManager[None]:
        # Backends that write files have no connection.
        server = getattr(backend, "connection", None)
        link = getattr(server, "sock", None)
        return contextlib.nullcontext() if link is None else destinations.cut_after(link, LETTER_SECONDS)


def _mail(letter: Letter) -> EmailMessage:
    headers = {"Message-ID": f"<{letter.key}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(" ".join(letter.subject.split()), letter.body, to=[letter.address], headers=headers)


def _about_one(error: Exception) -> Outcome:
    """A code of 500 and above is the server's last word on this address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
    else:
        code, text = error.smtp_code, error.smtp_error  # type: ignore[attr-defined]
    words = f"mail server: {code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
    return refused(words) if code >= 500 else later(words)
