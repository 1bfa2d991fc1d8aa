"""A person lost their phone: one administrator asks, another confirms, and the second factor is taken off."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone

from vonggac.duty import messages
from vonggac.duty.messages import Draft
from vonggac.errors import InputError, NotPermitted, OutOfScope, WrongState
from vonggac.flows import sessions
from vonggac.ledger import services as ledger
from vonggac.register.access import Access, works_only_below
from vonggac.register.models import Organisation, Person, Recovery, Role
from vonggac.register.rules import Act
from vonggac.tenancy.scope import current

SUBJECT = "person"


@transaction.atomic
def ask(access: Access, person: Person, reason: str, *, at: datetime) -> Recovery:
    """The request of the first administrator; the person is told, so that a false one is noticed."""
    access.need(Act.ADMINISTER)
    if person.pk == access.person.pk:
        raise NotPermitted("two other administrators have to recover you")
    if not reason.strip():
        raise InputError("write how you made sure that it is really this person who asks")
    role = _role_seen(person)
    if not works_only_below(person, access.scope.org_path, on=timezone.localdate(at)):
        raise NotPermitted(f"{person} also works above you: the administrators there have to recover them")
    if Recovery.objects.filter(person=person, decided_at__isnull=True).exists():
        raise WrongState(f"a recovery of {person} waits already for another administrator")
    recovery = Recovery.objects.create(
        person=person,
        organisation=role.organisation,
        org_path=role.org_path,
        reason=reason.strip(),
        asked_by=access.person,
        asked_at=at,
    )
    ledger.record("recovery.ask", SUBJECT, person.pk, role.org_path, at=at, reason=recovery.reason)
    name = recovery.person.name
    _tell(
        recovery,
        f"{name}, có yêu cầu gỡ bỏ yếu tố xác thực thứ hai của anh/chị. Nếu anh/chị không yêu cầu, hãy báo ngay.",
        at,
    )
    return recovery


@transaction.atomic
def confirm(access: Access, recovery_id: int, *, at: datetime) -> Recovery:
    """The recovery, done: second factors off, sessions ended, the person told. They sign in by password alone."""
    recovery = _open_one(access, recovery_id)
    if access.person.pk in {recovery.asked_by_id, recovery.person_id}:
        raise NotPermitted("another administrator has to confirm: two pairs of eyes")
    removed, ended = _take_off(recovery.person)
    _decide(recovery, access, at, was_confirmed=True)
    ledger.record(
        "recovery.confirm", SUBJECT, recovery.person_id, recovery.org_path, at=at, removed=removed, sessions_ended=ended
    )
    name = recovery.person.name
    _tell(
        recovery,
        f"{name}, yếu tố xác thực thứ hai của anh/chị đã được gỡ bỏ. Hãy đăng nhập và cài lại ngay.",
        at,
    )
    return recovery


@transaction.atomic
def refuse(access: Access, recovery_id: int, *, at: datetime) -> Recovery:
    """The recovery, refused: nothing was taken off."""
    recovery = _open_one(access, recovery_id)
    _decide(recovery, access, at, was_confirmed=False)
    ledger.record("recovery.refuse", SUBJECT, recovery.person_id, recovery.org_path, at=at)
    return recovery


@transaction.atomic
def by_operator(person: Person, office: Organisation, reason: str, *, at: datetime) -> list[str]:
    """The kinds of second factor taken off by whoever operates the desk's machine, and so holds its data anyway."""
    if not reason.strip():
        raise InputError("write how you made sure that it is really this person who asks")
    removed, ended = _take_off(person)
    ledger.record(
        "recovery.by_operator", SUBJECT, person.pk, office.path, at=at,
        reason=reason.strip(), removed=removed, sessions_ended=ended,
    )  # fmt: skip
    return removed


def _take_off(person: Person) -> tuple[list[str], int]:
    """The kinds of second factor that were taken off, and the number of sessions that ended."""
    factors = Authenticator.objects.filter(user=person)
    removed = sorted(factors.values_list("type", flat=True))
    factors.delete()
    return removed, sessions.end_everywhere(person)


def _open_one(access: Access, recovery_id: int) -> Recovery:
    access.need(Act.ADMINISTER)
    rows = Recovery.objects.select_for_update(of=("self",)).select_related("person", "organisation")
    recovery = rows.filter(pk=recovery_id).first()
    # A person reads their own recovery wherever they stand; deciding needs the scope of its organisation.
    if recovery is None or not current().covers(recovery.org_path):
        raise OutOfScope(f"recovery {recovery_id} is not among those you may decide")
    if recovery.decided_at is not None:
        raise WrongState("this recovery was decided already")
    return recovery


def _decide(recovery: Recovery, access: Access, at: datetime, *, was_confirmed: bool) -> None:
    recovery.decided_by, recovery.decided_at, recovery.was_confirmed = access.person, at, was_confirmed
    recovery.save(update_fields=["decided_by", "decided_at", "was_confirmed"])


def _role_seen(person: Person) -> Role:
    """The person's highest role in the scope."""
    low, high = current().bounds
    found = Role.objects.filter(person=person, org_path__gte=low, org_path__lt=high, valid_to__isnull=True)
    role = found.select_related("organisation").order_by("org_path").first()
    if role is None:
        raise OutOfScope(f"{person} holds no role in your part of the tree")
    return role


def _tell(recovery: Recovery, text: str, at: datetime) -> None:
    subject = "[Vọng Gác] Khôi phục quyền đăng nhập"
    messages.notify(Draft(recovery.organisation, subject, f"{text}\n", to=recovery.person.email), at=at)
