"""Letting people in and shutting them out: the one-time link they begin with, and the end of their sign-in."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from vonggac.duty import links, mail
from vonggac.errors import NotPermitted
from vonggac.flows import sessions
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation, Person
from vonggac.register.services import people
from vonggac.tenancy.scope import scoped, system

SUBJECT = "person"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What became of an invitation: sent by mail, or the link to be handed over where no mail leaves the desk."""

    was_sent: bool
    link: str = ""


@transaction.atomic
def invite(person: Person, office: Organisation, *, at: datetime) -> Invitation:
    """A sign-in link for the person, by mail; shown to the administrator only for somebody who never signed in.

    Shown for anybody else, one administrator alone could become that person.
    """
    if not person.is_active:
        raise NotPermitted("the person was shut out; enter them anew")
    is_new = person.last_login is None and not person.has_usable_password()
    # Not `mail.carries()`: many read the box of an exercise, and a sign-in link is for one.
    has_mail = bool(settings.EMAIL_HOST)
    if not has_mail and not is_new:
        raise NotPermitted("no mail server is set, and the person has signed in before: recover them with two people")
    # A sign-in link belongs to no organisation, so that no office finds it among its rows.
    with scoped(system("invitation")):
        link = links.sign_in(person, at=at)
    ledger.record("person.invite", SUBJECT, person.pk, office.path, at=at, by_mail=has_mail)
    if not has_mail:
        return Invitation(was_sent=False, link=link)
    body = (
        f"{person.name}, anh/chị được mời vào bàn trực Vọng Gác của {office.name}.\n\n"
        f"Đăng nhập lần đầu (dùng một lần, trong {links.SIGN_IN_MINUTES} phút): {link}\n"
    )
    # Straight to the mail server: kept as a message, the link could be read by whoever sees the messages.
    transaction.on_commit(lambda: mail.post(person.email, "[Vọng Gác] Đường dẫn đăng nhập", body))
    return Invitation(was_sent=True)


@transaction.atomic
def shut_out(person: Person, reason: str, *, at: datetime) -> Person:
    """The person, deactivated, with their sessions ended."""
    sessions.end_everywhere(person)
    return people.deactivate(person, reason, at=at)
