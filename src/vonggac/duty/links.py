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

Purpose = Literal["acknowledge", "sign_in", "check_in", "awake"]
ACKNOWLEDGE_DAYS = 14
SIGN_IN_MINUTES = 30


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
    return _made("sign_in", at + timedelta(minutes=SIGN_IN_MINUTES), at, person=person)


def check_in(organisation: Organisation, shift_id: int, *, until: datetime, at: datetime) -> str:
    """The address of a link with which the person of a shift says that they are there, until the shift ends."""
    return _made("check_in", until, at, organisation=organisation, subjects={"shift": [shift_id]})


def awake(organisation: Organisation, prompt_id: int, *, until: datetime, at: datetime) -> str:
    """The address of a link that answers one question at night, until the shift ends."""
    return _made("awake", until, at, organisation=organisation, subjects={"prompt": [prompt_id]})


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
    person: Person | None = None,
    subjects: Mapping[str, Sequence[int]] | None = None,
    message: Message | None = None,
) -> str:
    secret = secrets.token_urlsafe(32)
    Link.objects.create(
        digest=_digest(secret),
        purpose=purpose,
        organisation=organisation,
        org_path=organisation.path if organisation else "",
        person=person,
        message=message,
        subjects={kind: list(identifiers) for kind, identifiers in (subjects or {}).items()},
        made_at=at,
        expires_at=expires_at,
    )
    return f"{settings.VONGGAC_ORIGIN}/l/{purpose.replace('_', '-')}/{secret}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
