"""Messages to organisations: kept before they are sent, sent by a job, never one per row."""

from datetime import datetime

from django.core.mail import EmailMessage
from django.db import transaction

from vonggac.duty.models import Message
from vonggac.jobs import defer
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation

SEND_JOB = "message.send"


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
    EmailMessage(
        message.subject, message.body, to=[message.to], headers={"Message-ID": f"<message-{message.pk}@vonggac>"}
    ).send()
    message.sent_at, message.failed_at, message.failure = at, None, ""
    message.save(update_fields=["sent_at", "failed_at", "failure"])
    ledger.record("message.send", "message", message.pk, message.org_path, at=at)
    return True


def post(to: str, subject: str, body: str) -> None:
    """Send a mail that is not kept, because it carries a secret."""
    EmailMessage(subject, body, to=[to]).send()
