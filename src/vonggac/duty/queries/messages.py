"""Messages and what became of them."""

from datetime import datetime, timedelta

from django.db.models import BooleanField, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from vonggac.duty import mail
from vonggac.duty.links import ACKNOWLEDGE_DAYS
from vonggac.duty.models import Link, Message
from vonggac.errors import OutOfScope

# Past its link's life a message is history: what it asked was escalated long ago.
TOLD_WITHIN = timedelta(days=ACKNOWLEDGE_DAYS)
OWN_TRIES = timedelta(minutes=10)
MESSAGE_STATES = ("", "untold", "unsent", "failed", "sent")
# Each case is looked up by its number: a join would read all that were sent, and again for each message.
_STILL_SENT = """
    duty_message.subjects = '{}' OR EXISTS (
        SELECT 1 FROM jsonb_array_elements_text(duty_message.subjects->'case') AS asked(id)
        WHERE (SELECT state FROM cases_case WHERE cases_case.id = asked.id::bigint) = 'sent')
"""


def messages() -> QuerySet[Message]:
    """The messages of the scope, the newest first, each with when a link in it was last used (`link_used_at`)."""
    used = Link.objects.filter(message=OuterRef("pk")).order_by("-used_at").values("used_at")
    newest = used.filter(used_at__isnull=False)[:1]
    return Message.objects.select_related("organisation").annotate(link_used_at=Subquery(newest)).order_by("-pk")


def untold(rows: QuerySet[Message], now: datetime) -> QuerySet[Message]:
    """Those that reached nobody yet: no mail went out, no link was passed on, and what they ask is unacknowledged.

    Left out are those of the last minutes, which are still on their way: where a mail server is set.
    """
    waiting = rows.filter(sent_at__isnull=True, link_made_at__isnull=True, made_at__gt=now - TOLD_WITHIN)
    tries = OWN_TRIES if mail.carries() else timedelta()
    is_stuck = Q(next_try_at__isnull=True) | Q(failed_at__isnull=False) | Q(made_at__lte=now - tries)
    still_sent = RawSQL(_STILL_SENT, (), output_field=BooleanField())  # noqa: S611  constant text, no parameters
    return waiting.filter(is_stuck).alias(still_sent=still_sent).filter(still_sent=True)


def messages_that(state: str, now: datetime) -> QuerySet[Message]:
    """The messages in one of MESSAGE_STATES."""
    rows = messages()
    if state == "untold":
        return untold(rows, now)
    if state == "failed":
        return rows.filter(sent_at__isnull=True, failed_at__isnull=False)
    return rows.filter(sent_at__isnull=state == "unsent") if state else rows


def message(message_id: int) -> Message:
    """One message; OutOfScope when it is not among those one may see."""
    found = messages().filter(pk=message_id).first()
    if found is None:
        raise OutOfScope(f"message {message_id} is not among those you may see")
    return found
