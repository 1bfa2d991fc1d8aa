"""A person on duty answers from a link on a phone, without signing in: “I am here”, “I am awake”."""

from datetime import datetime

from vonggac.duty import links
from vonggac.duty.models import Link, Prompt, Shift
from vonggac.duty.services import presence
from vonggac.errors import InputError
from vonggac.tenancy.scope import Scope, scoped, system


def shown_shift(secret: str, *, at: datetime) -> Shift:
    """The shift that a link is about; nothing is changed, because programs open every link."""
    with scoped(system("link")):
        return _shift(links.shown(secret, "check_in", at=at))


def check_in(secret: str, *, at: datetime) -> Shift:
    """The shift with its person checked in; the link is used up."""
    with scoped(system("link")):
        link = links.redeemed(secret, "check_in", at=at)
        shift = _shift(link)
        with scoped(Scope(f"link:{link.pk}", shift.org_path)):
            return presence.check_in(shift.pk, shift.person_name, at=at, via="link")


def checked_in(secret: str, *, at: datetime) -> tuple[Shift, datetime] | None:
    """The shift whose person checked in with this link, and when; None where it was not used, or long ago."""
    with scoped(system("link")):
        link = links.spent(secret, "check_in", at=at)
        return (_shift(link), link.used_at) if link and link.used_at else None


def shown_question(secret: str, *, at: datetime) -> Prompt:
    """The question that a link answers; nothing is changed."""
    with scoped(system("link")):
        return _prompt(links.shown(secret, "awake", at=at))


def answer(secret: str, *, at: datetime) -> Prompt:
    """The question with its answer; the link is used up."""
    with scoped(system("link")):
        link = links.redeemed(secret, "awake", at=at)
        prompt = _prompt(link)
        with scoped(Scope(f"link:{link.pk}", prompt.org_path)):
            return presence.answer(prompt.pk, prompt.shift.person_name, at=at, via="link")


def answered(secret: str, *, at: datetime) -> tuple[Prompt, datetime] | None:
    """The question that was answered with this link, and when; None where it was not used, or long ago."""
    with scoped(system("link")):
        link = links.spent(secret, "awake", at=at)
        return (_prompt(link), link.used_at) if link and link.used_at else None


def _shift(link: Link) -> Shift:
    found = Shift.objects.select_related("post").filter(pk__in=link.subjects.get("shift", [])).first()
    if found is None:
        raise InputError("this shift is no longer planned; look at the roster")
    return found


def _prompt(link: Link) -> Prompt:
    found = Prompt.objects.select_related("shift__post").filter(pk__in=link.subjects.get("prompt", [])).first()
    if found is None:
        raise InputError("this question is no longer asked")
    return found
