"""A kept message goes out, if need be when the mail server is back."""

from datetime import datetime
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from vonggac.duty import messages
from vonggac.jobs import job
from vonggac.jobs.clock import now
from vonggac.tenancy.scope import scoped, system

# What the mail server says about one message, and not about every other too.
ABOUT_ONE = (SMTPRecipientsRefused, SMTPResponseException)


@job(messages.SEND_JOB, queue="messages")
def send_message(message_id: int) -> None:
    """Send one message; an error of the mail server makes the job try again later."""
    deliver(message_id, at=now())


@job("message.send_unsent", queue="messages", periodic="*/10 * * * *")
def send_unsent_messages() -> None:
    """Try again what the messages' own jobs gave up, every ten minutes."""
    send_unsent(at=now())


def send_unsent(*, at: datetime) -> int:
    """The number of messages that went out now; stops when the mail server is out of reach."""
    sent = 0
    with scoped(system("messages")):
        waiting = messages.unsent(at=at)
    for message_id in waiting:
        try:
            sent += deliver(message_id, at=at)
        except ABOUT_ONE:
            continue
        except (OSError, SMTPException):
            break
    return sent


def deliver(message_id: int, *, at: datetime) -> bool:
    """True when the message went out now; an error of the mail server is kept with the message and raised."""
    try:
        with scoped(system("messages")):
            return messages.send(message_id, at=at)
    except (OSError, SMTPException) as error:
        with scoped(system("messages")):
            messages.note_failure(message_id, error, at=at)
        raise
