"""Signed links that work once: GET shows what would happen, POST does it (link scanners must not acknowledge).

The link carries a random secret of 256 bits, of which this table keeps the SHA-256 alone; the secret is kept nowhere. A
link is made where it leaves the desk: in the letter that goes out, or on the page of whoever asked for it.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.db import transaction

from vonggac.duty.models import Link, Message
from vonggac.errors import InputError
from vonggac.register.models import Organisation, Person

Purpose = Literal["acknowledge", "sign_in", "check_in", "awake", "page", "note", "contact"]
ACKNOWLEDGE_DAYS = 14
SIGN_IN_MINUTES = 30
# As long as the longest shift; what the link does is refused earlier, once its shift is over.
ON_DUTY_HOURS = 48
# Long enough for the longest policy; an escalation that has ended is not answered any more anyway.
CALL_DAYS = 3
# What a message is about → what its link does.
PURPOSES: Mapping[str, Purpose] = {"case": "acknowledge", "shift": "check_in", "prompt": "awake"}


def acknowledgement(
    organisation: Organisation, subjects: Mapping[str, Sequence[int]], *, at: datetime, message: Message | None = None
) -> str:
    """The address of a link with which one organisation acknowledges the subjects, without signing in."""
    return _made(
        "acknowledge",
        at + timedelta(days=ACKNOWLEDGE_DAYS),
        at,
        organisation=organisation,
        subjects=subjects,
        message=message,
    )


def sign_in(person: Person, *, at: datetime) -> str:
    """The address of a link that signs this person in once, within half an hour."""
    return _made("sign_in", at + timedelta(minutes=SIGN_IN_MINUTES), at, person_id=person.pk)


def to_person(
    purpose: Purpose, org_path: str, subjects: Mapping[str, Sequence[int]], *, person_id: int | None, at: datetime
) -> str:
    """The address of a link in a call or a test: for one person, or without one for whoever reads a group's channel."""
    lasts = timedelta(days=CALL_DAYS)
    return _made(purpose, at + lasts, at, org_path=org_path, person_id=person_id, subjects=subjects)


def of_message(message: Message, *, at: datetime) -> str:
    """The address of a link that does what the message asks: acknowledge, check in, answer at night."""
    purpose = next(PURPOSES[kind] for kind in message.subjects)
    lasts = timedelta(days=ACKNOWLEDGE_DAYS) if purpose == "acknowledge" else timedelta(hours=ON_DUTY_HOURS)
    return _made(purpose, at + lasts, at, organisation=message.organisation, subjects=message.subjects, message=message)


def shown(secret: str, purpose: Purpose, *, at: datetime) -> Link:
    """The link behind a secret, still usable; InputError says why it is not."""
    link = Link.objects.filter(digest=_digest(secret), purpose=purpose).select_related("organisation", "person").first()
    if link is None:
        raise InputError("this link is not one of ours, or it was cut when it was copied")
    if link.used_at is not None:
        raise InputError("this link was used already; each works once")
    if at >= link.expires_at:
        raise InputError("this link has expired; sign in, or ask the duty desk for a new one")
    return link


def spent(secret: str, purpose: Purpose, *, at: datetime) -> Link | None:
    """The link behind a secret that was used and would work still, had it not been; None for any other."""
    used = Link.objects.filter(digest=_digest(secret), purpose=purpose, used_at__isnull=False, expires_at__gt=at)
    return used.select_related("organisation", "person").first()


def sent_to(secret: str) -> Organisation | None:
    """The organisation that a link was sent to, used and expired ones too; None for what is none of ours."""
    link = Link.objects.filter(digest=_digest(secret)).select_related("organisation").first()
    return link.organisation if link else None


@transaction.atomic
def redeemed(secret: str, purpose: Purpose, *, at: datetime) -> Link:
    """The link, used up: two clicks at once spend it once."""
    Link.objects.select_for_update().filter(digest=_digest(secret)).first()
    link = shown(secret, purpose, at=at)
    link.used_at = at
    link.save(update_fields=["used_at"])
    return link


def _made(
    purpose: Purpose,
    expires_at: datetime,
    at: datetime,
    *,
    organisation: Organisation | None = None,
    org_path: str = "",
    person_id: int | None = None,
    subjects: Mapping[str, Sequence[int]] | None = None,
    message: Message | None = None,
) -> str:
    secret = secrets.token_urlsafe(32)
    Link.objects.create(
        digest=_digest(secret),
        purpose=purpose,
        organisation=organisation,
        org_path=organisation.path if organisation else org_path,
        person_id=person_id,
        message=message,
        subjects={kind: list(identifiers) for kind, identifiers in (subjects or {}).items()},
        made_at=at,
        expires_at=expires_at,
    )
    return f"{settings.VONGGAC_ORIGIN}/l/{purpose.replace('_', '-')}/{secret}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
