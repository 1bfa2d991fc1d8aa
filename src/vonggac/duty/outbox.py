"""The lane of messages: rows wait for their time, a sender takes some for a lease, and what became of each is noted.

A sender that was killed holds its rows for one lease more; then another sends them under the same Message-ID. All times
here are the database's: a lease is about machines, and an exercise moves its own clock.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from vonggac.duty import links
from vonggac.duty.delivery import SHORTEST_PAUSE, Failure, Letter, pause
from vonggac.duty.messages import LINK, SUBJECT
from vonggac.duty.models import Message
from vonggac.ledger import services as ledger

# A dead worker's jobs are put back when it was silent for 15 s (server/worker.py); its leases are over by then.
LEASE = timedelta(seconds=12)
# Longer than a mail server is down over a holiday; what is older is told by other means.
KEEP_TRYING = timedelta(days=5)


@transaction.atomic
def claim(most: int, *, at: datetime) -> list[Letter]:
    """At most so many letters that are due, the longest waiting first, leased to the caller.

    Rows that another sender holds are passed over, so two of them never send one message at once.
    """
    due = Message.objects.filter(next_try_at__lte=Now()).order_by("next_try_at", "pk")
    taken = list(due.select_for_update(of=("self",), skip_locked=True).select_related("organisation")[:most])
    Message.objects.filter(pk__in=[message.pk for message in taken]).update(next_try_at=Now() + LEASE)
    return [_letter(message, at) for message in taken]


def hold(message_ids: Iterable[int]) -> None:
    """Renew the lease of messages that are still being sent."""
    Message.objects.filter(pk__in=message_ids, next_try_at__isnull=False).update(next_try_at=Now() + LEASE)


def let_go(message_ids: Iterable[int]) -> None:
    """Give back what was taken and not tried: it is due at once."""
    Message.objects.filter(pk__in=message_ids, next_try_at__isnull=False).update(next_try_at=Now())


@transaction.atomic
def note_sent(message_id: int, *, at: datetime) -> None:
    """The message went out."""
    changed = Message.objects.filter(pk=message_id, sent_at__isnull=True).update(
        sent_at=at, failed_at=None, fault="", failure="", next_try_at=None
    )
    if changed:
        path = Message.objects.values_list("org_path", flat=True).get(pk=message_id)
        ledger.record("message.send", SUBJECT, message_id, path, at=at)


@transaction.atomic
def note_failure(message_id: int, failure: Failure, *, at: datetime) -> None:
    """The mail server did not take this letter: it is tried again after a growing pause, or left to people."""
    message = Message.objects.select_for_update().get(pk=message_id)
    if message.sent_at is not None:
        return
    message.attempts += 1
    message.failed_at, message.fault, message.failure = at, failure.fault, failure.words[:300]
    message.next_try_at = None if failure.is_final else Now() + pause(message.attempts)
    message.save(update_fields=["attempts", "failed_at", "fault", "failure", "next_try_at"])


def note_outage(failure: Failure, taken: Iterable[int], *, at: datetime) -> None:
    """The mail server takes nothing: whatever waits, and what the caller has taken, rests for a minute and says why."""
    marks = {"failed_at": at, "fault": failure.fault, "failure": failure.words[:300]}
    for waiting in (Message.objects.filter(next_try_at__lte=Now()), Message.objects.filter(pk__in=taken)):
        waiting.filter(next_try_at__isnull=False).update(next_try_at=Now() + SHORTEST_PAUSE, **marks)


def give_up(*, at: datetime) -> int:
    """The number of messages that have waited too long and are left to people."""
    old = Message.objects.filter(next_try_at__isnull=False, queued_at__lte=at - KEEP_TRYING)
    return old.update(next_try_at=None, failed_at=at)


def _letter(message: Message, at: datetime) -> Letter:
    body = message.body
    if message.subjects:
        body = body.replace(LINK, links.of_message(message, at=at))
    return Letter(message.pk, message.to, message.subject, body, _name(message))


def _name(message: Message) -> str:
    """Different from that of any other desk, and of this one before it was wiped: mailboxes drop what they had."""
    host = urlsplit(settings.VONGGAC_ORIGIN).hostname or "localhost"
    return f"<message-{message.pk}-{message.queued_at:%Y%m%d%H%M%S%f}@{host}>"
