"""Messages to organisations: kept before they are sent, sent by a job, never one per row.

A letter may carry a link that acknowledges. Kept is only where it stands in the text (`LINK`) and what it acknowledges:
the link is made when the letter goes out, or when a person asks for one, and shown that once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from vonggac.duty import asking, case_times, links, mail
from vonggac.duty.asking import Desk
from vonggac.duty.case_times import CaseTimes
from vonggac.duty.models import Message
from vonggac.errors import InputError, OutOfScope
from vonggac.jobs import defer
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation

SEND_JOB = "message.send"
# A lane of its own: a mail server that stalls holds up no other work, and long work holds up no message.
QUEUE = "messages"
SUBJECT = "message"
LINK = "{link}"
ASK = f"Xác nhận đã tiếp nhận (không cần đăng nhập, dùng một lần): {LINK}"


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it is kept: to the organisation's own address, or with `to` to one person in it.

    With `acknowledges` ({"case": [1, 2]}, or a shift, or a prompt) the letter carries a link, where LINK stands. One
    about cases ends with its times, where to report, and whom the organisation may ask.
    """

    organisation: Organisation
    subject: str
    body: str
    to: str = ""
    acknowledges: Mapping[str, Sequence[int]] = field(default_factory=dict)


def notify(draft: Draft, *, at: datetime) -> Message:
    """The message, kept and queued in the caller's transaction: rolled back, it was never written."""
    return notify_all([draft], at=at)[0]


@transaction.atomic
def notify_all(drafts: Sequence[Draft], *, at: datetime) -> list[Message]:
    """The messages, kept and queued in the caller's transaction; one job sends them all."""
    desks = asking.desks_of(draft.organisation for draft in drafts if "case" in draft.acknowledges)
    times = case_times.times_of({pk for draft in drafts for pk in draft.acknowledges.get("case", ())}, at=at)
    made = Message.objects.bulk_create([_kept(draft, desks.get(draft.organisation.pk), times, at) for draft in drafts])
    ledger.record_many(
        "message.make", SUBJECT, ((one.pk, one.org_path, {"subject": one.subject}) for one in made), at=at
    )
    if any(message.to for message in made):
        defer(SEND_JOB, queue=QUEUE)
    return made


def _kept(draft: Draft, desk: Desk | None, times: Mapping[int, CaseTimes], at: datetime) -> Message:
    to = draft.to or draft.organisation.email
    cases = draft.acknowledges.get("case", ())
    until = list(case_times.lines([times[pk] for pk in cases if pk in times], at=at))
    asks = ["", *desk.lines()] if desk and "case" in draft.acknowledges else []
    asks = [*([""] if until else []), *until, *asks]
    return Message(
        organisation=draft.organisation,
        org_path=draft.organisation.path,
        to=to,
        is_personal=bool(draft.to),
        subject=draft.subject[:300],
        body="\n".join([draft.body.rstrip("\n"), *asks]) if asks else draft.body,
        subjects={kind: list(numbers) for kind, numbers in draft.acknowledges.items()},
        made_at=at,
        queued_at=at,
        next_try_at=Now() if to else None,
    )


@transaction.atomic
def fresh_link(message_id: int, *, at: datetime) -> str:
    """The address of a new link that acknowledges what the message asks, to be passed on by other means.

    It is kept nowhere, so it can be shown this once; the ledger says who made it. Links made before stay valid. A link
    that says “I am here” in a colleague's name goes to that colleague alone, in their letter.
    """
    message = _one(message_id)
    if not is_passed_on(message):
        raise InputError("this message asks for no acknowledgement, so there is no link to make")
    address = links.of_message(message, at=at)
    message.link_made_at = at
    message.save(update_fields=["link_made_at"])
    ledger.record("message.link", SUBJECT, message.pk, message.org_path, at=at)
    return address


def is_passed_on(message: Message) -> bool:
    """True where a person may make its link and pass it on: it asks an organisation to acknowledge."""
    return "case" in message.subjects


@transaction.atomic
def send_again(message_id: int, *, at: datetime) -> Message:
    """The message, queued anew to the address that its organisation has now; InputError says why it cannot be sent."""
    message = _one(message_id)
    if not mail.carries():
        raise InputError("no mail server is set, so nothing can be sent: make a link and pass it on by other means")
    if not message.is_personal:
        message.to = message.organisation.email
    if not message.to:
        raise InputError(
            f"{message.organisation} has no mail address: enter one in the register, or make a link and pass it on"
        )
    message.queued_at, message.next_try_at, message.attempts = at, Now(), 0
    message.sent_at, message.failed_at, message.fault, message.failure = None, None, "", ""
    message.save()
    ledger.record("message.send_again", SUBJECT, message.pk, message.org_path, at=at)
    defer(SEND_JOB, queue=QUEUE)
    return message


def _one(message_id: int) -> Message:
    rows = Message.objects.select_for_update(of=("self",)).select_related("organisation")
    message = rows.filter(pk=message_id).first()
    if message is None:
        raise OutOfScope(f"message {message_id} is not among those you may see")
    return message
