"""Mailboxes of sources: each mail's pieces go through the spool like every other message, and count once.

A mail is known by its Message-ID. How far a folder was read stands in the database, and moves on only when what it held
survives a power loss: read again after a crash, a mail is one that is known.
"""

from datetime import timedelta

from django.conf import settings

from vonggac.alerts import imap
from vonggac.alerts.models import Mailbox
from vonggac.alerts.services import mailboxes
from vonggac.errors import LimitExceeded, VongGacError
from vonggac.flows.alert_raw import wrapped
from vonggac.flows.alert_silence import MESSAGES_KEPT
from vonggac.formats import mail_parts
from vonggac.formats.alerts.alert_table import microseconds
from vonggac.jobs.clock import now
from vonggac.lake.spool import Spool
from vonggac.tenancy.scope import scoped, system

# One mailbox with ten years of mail keeps the others waiting for so many at most.
MOST_AT_ONCE = 500
_SCOPE = system("alerts")


def read_all(spool: Spool) -> int:
    """How many mails were put into the spool now, of all mailboxes that no other process reads."""
    with scoped(_SCOPE):
        waiting = mailboxes.waiting(now())
    return sum(read(box, spool) for box in waiting)


def read(box_id: int, spool: Spool) -> int:
    """How many mails of one mailbox were put into the spool; what stands in its way is kept with it, not raised."""
    with scoped(_SCOPE):
        box = mailboxes.claim(box_id, at=now())
    if box is None:
        return 0
    taken, trouble = [0], ""
    try:
        _read(box, spool, taken)
    except VongGacError as error:
        trouble = str(error)
    with scoped(_SCOPE):
        mailboxes.let_go(box, trouble, at=now())
    return taken[0]


def _read(box: Mailbox, spool: Spool, taken: list[int]) -> None:
    allowed = settings.VONGGAC_PRIVATE_DESTINATIONS
    too_large: LimitExceeded | None = None
    with imap.opened(mailboxes.place_of(box), mailboxes.password_of(box), allowed=allowed) as folder:
        for uid in _new(box, folder)[:MOST_AT_ONCE]:
            try:
                content = folder.message(uid)
            except LimitExceeded as error:
                too_large, content = error, None
            if content is not None:
                _keep(box, content, spool)
                taken[0] += 1
            with scoped(_SCOPE):
                mailboxes.read_to(box, folder.uid_validity, uid)
    if too_large is not None:
        raise too_large


def _new(box: Mailbox, folder: imap.Folder) -> list[int]:
    """The mails that were not read yet; where the numbers begin anew, those that are young enough to be told apart."""
    if folder.uid_validity == box.uid_validity or not box.uid_validity:
        return folder.after(box.last_uid)
    known_since = (now() - MESSAGES_KEPT + timedelta(days=1)).date()
    return folder.after(0, since=known_since)


def _keep(box: Mailbox, content: bytes, spool: Spool) -> None:
    """Every piece of the mail in the spool, on the disk."""
    mail, at = mail_parts.read(content), microseconds(now())
    subject = mail.subject if box.source.is_coordinator else ""
    kept = [
        spool.enqueue(wrapped(box.source_id, at, part, f"{mail.identifier}#{number}", subject=subject))
        for number, part in enumerate(mail.parts)
    ]
    for one in kept:
        one.result()
