"""Messages to organisations: kept before they are sent, sent by a job, never one per row."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from vonggac.duty.models import Message
from vonggac.jobs import defer
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation

SEND_JOB = "message.send"
# Longer than a mail server is down over a holiday; what is older is told by other means.
KEEP_TRYING = timedelta(days=5)
OWN_TRIES = timedelta(minutes=10)


@transaction.atomic
def notify(organisation: Organisation, subject: str, body: str, *, at: datetime, to: str = "") -> Message:
    """The message, kept and queued in the caller's transaction: rolled back, it was never written.

    It goes to the organisation's own address, or with `to` to one person in it.
    """
    message = Message.objects.create(
        organisation=organisation,
        org_path=organisation.path,
        to=to or organisation.email,
        subject=subject,
        body=body,
        made_at=at,
    )
    ledger.record("message.make", "message", message.pk, organisation.path, at=at, subject=subject)
    defer(SEND_JOB, message_id=message.pk)
    return message


def send(message_id: int, *, at: datetime) -> bool:
    """True when the message went out now; False when it had gone already or its organisation has no address.

    The Message-ID is the row's own, so a message that went out twice after a crash is one message in the mailbox.
    """
    message = Message.objects.select_for_update().get(pk=message_id)
    if message.sent_at is not None:
        return False
    if not message.to:
        message.failed_at, message.failure = at, "the organisation has no address; tell it by phone or on paper"
        message.save(update_fields=["failed_at", "failure"])
        return False
    EmailMessage(message.subject, message.body, to=[message.to], headers={"Message-ID": _message_id(message)}).send()
    message.sent_at, message.failed_at, message.failure = at, None, ""
    message.save(update_fields=["sent_at", "failed_at", "failure"])
    ledger.record("message.send", "message", message.pk, message.org_path, at=at)
    return True


def note_failure(message_id: int, error: Exception, *, at: datetime) -> None:
    """Keep with an unsent message why the mail server did not take it."""
    failure = f"{type(error).__name__}: {error}"[:300]
    Message.objects.filter(pk=message_id, sent_at__isnull=True).update(failed_at=at, failure=failure)


def unsent(*, at: datetime) -> list[int]:
    """The messages with an address that were made in the last days and have not gone out, the oldest first."""
    waiting = Message.objects.filter(sent_at__isnull=True, made_at__gte=at - KEEP_TRYING).exclude(to="")
    # The first minutes belong to the message's own job, which tries at short intervals.
    return list(waiting.filter(made_at__lte=at - OWN_TRIES).order_by("pk").values_list("pk", flat=True))


def _message_id(message: Message) -> str:
    """Different from that of any other desk, and of this one before it was wiped: mailboxes drop what they had."""
    host = urlsplit(settings.VONGGAC_ORIGIN).hostname or "localhost"
    return f"<message-{message.pk}-{message.made_at:%Y%m%d%H%M%S%f}@{host}>"


def post(to: str, subject: str, body: str) -> None:
    """Send a mail that is not kept, because it carries a secret."""
    EmailMessage(subject, body, to=[to]).send()
