"""Mail over SMTP: one connection to the server for as many letters as it takes; an exercise keeps its letters."""

from email.header import Header
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused, SMTPSenderRefused
from types import TracebackType
from typing import Self

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from vonggac.duty.delivery import Failure, Fault, Letter

PERMANENT = 500
LONGEST_WORD = 64
CLOSING = 421  # RFC 5321 §3.8: the server says that it closes the connection


def carries() -> bool:
    """True where kept letters go somewhere: to the mail server, or into the box of an exercise."""
    return bool(settings.EMAIL_HOST) or is_boxed()


def is_boxed() -> bool:
    """True where letters stay in the box of an exercise, the page of messages, and reach nobody."""
    return settings.VONGGAC_IS_EXERCISE and not settings.EMAIL_HOST


class Line:
    """A connection to the mail server, opened with the first letter and used for all that follow."""

    def __init__(self, *, answer_seconds: int | None = None) -> None:
        """`answer_seconds`: how long to wait for each answer of the server; None: as long as the settings say."""
        self._connection = get_connection(timeout=answer_seconds)
        self._carried = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection; the next letter opens another."""
        self._connection.close()
        self._carried = 0

    def send(self, letter: Letter) -> Failure | None:
        """None when the server took the letter, else why it did not; a broken line is opened anew for the next.

        An exercise has no mail server and sends nothing: the page of messages, which keeps every letter, is its box.
        """
        try:
            headers = {"Message-ID": letter.name, "Auto-Submitted": "auto-generated"}
            mail = EmailMessage(_in_words(letter.subject), letter.body, to=[letter.to], headers=headers)
            mail.message()
        except ValueError as error:
            return Failure(Fault.LETTER, str(error), is_final=True)
        failure = None if is_boxed() else self._handed_over(mail)
        self._carried += failure is None
        return failure

    def _handed_over(self, mail: EmailMessage) -> Failure | None:
        try:
            self._connection.open()
            self._connection.send_messages([mail])
        except SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            return Failure(Fault.RECIPIENT, _words(code, text), code >= PERMANENT)
        except SMTPDataError as error:
            return Failure(Fault.CONTENT, _words(error.smtp_code, error.smtp_error), error.smtp_code >= PERMANENT)
        except SMTPSenderRefused as error:
            refused = self._broken(_words(error.smtp_code, error.smtp_error))
            # So many letters and no more over one connection: this one was not begun, so it is no second sending.
            is_full = error.smtp_code == CLOSING and not refused.is_outage
            return self._handed_over(mail) if is_full else refused
        except (SMTPException, OSError, ValueError) as error:
            return self._broken(str(error) or type(error).__name__)
        return None

    def _broken(self, words: str) -> Failure:
        """An outage on a line that carried nothing yet; on one that did, perhaps this letter's own doing."""
        is_outage = self._carried == 0
        self.close()
        return Failure(Fault.SERVER, words, is_outage=is_outage)


def _words(code: int, text: bytes | str) -> str:
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"


def _in_words(subject: str) -> str:
    """The subject in encoded words of which the first fits behind `Subject:` (RFC 2047 §2: lines of at most 76).

    Django makes them as long as a line: the first line would be left empty, and programs show a blank before the rest.
    """
    if subject.isascii():
        return subject
    if "\n" in subject or "\r" in subject:
        raise ValueError("a subject is one line")
    return " ".join(Header(subject, "utf-8").encode(maxlinelen=LONGEST_WORD).split())


def post(to: str, subject: str, body: str) -> None:
    """Send a mail that is not kept, because it carries a secret that signs somebody in."""
    EmailMessage(_in_words(subject), body, to=[to]).send()
