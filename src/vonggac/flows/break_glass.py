"""Emergency access: the administrator's role on a node for an hour, told to everybody who answers for it."""

from datetime import datetime, timedelta

from django.db import transaction

from vonggac.duty import messages
from vonggac.duty.messages import Draft
from vonggac.errors import InputError, NotPermitted
from vonggac.jobs import clock
from vonggac.ledger import services as ledger
from vonggac.register.access import Access
from vonggac.register.models import BreakGlass, Organisation, Role, RoleName
from vonggac.tenancy.scope import scoped, system

SUBJECT = "person"
MINUTES = 60
SHORTEST_REASON = 15
MAY_TAKE = frozenset({RoleName.HEAD.value, RoleName.ADMINISTRATOR.value})


@transaction.atomic
def take(access: Access, organisation: Organisation, reason: str, *, at: datetime) -> BreakGlass:
    """The grant, in force from `at`, by the machine's clock.

    NotPermitted unless a head or an administrator of the top office asks.
    """
    if not may_take(access):
        raise NotPermitted("only a head or an administrator of the top office may break the glass")
    if len(reason.strip()) < SHORTEST_REASON:
        raise InputError(f"write why, in {SHORTEST_REASON} letters or more: the heads of this office will read it")
    grant = BreakGlass.objects.create(
        person=access.person,
        organisation=organisation,
        org_path=organisation.path,
        reason=reason.strip(),
        from_utc=at,
        to_utc=at + timedelta(minutes=MINUTES),
    )
    ledger.record(
        "access.break_glass", SUBJECT, access.person.pk, organisation.path, at=at,
        person=access.person.email, reason=grant.reason, until=grant.to_utc.isoformat(),
    )  # fmt: skip
    _tell(grant)
    return grant


@transaction.atomic
def give_back(grant: BreakGlass, *, at: datetime) -> None:
    """End the grant before its time."""
    grant.to_utc = max(min(grant.to_utc, at), grant.from_utc)
    grant.save(update_fields=["to_utc"])
    ledger.record("access.give_back", SUBJECT, grant.person_id, grant.org_path, at=at)


def may_take(access: Access) -> bool:
    """True for a head or an administrator who works on the top of the tree."""
    return access.organisation.parent_id is None and bool(access.roles & MAY_TAKE)


def _tell(grant: BreakGlass) -> None:
    """One message to each head of the node and of every office above it, whatever the taker may see."""
    steps = grant.org_path.split("/")[:-1]
    above = ["".join(f"{step}/" for step in steps[: length + 1]) for length in range(len(steps))]
    text = (
        f"{grant.person.name} ({grant.person.email}) đã dùng quyền truy cập khẩn cấp tại {grant.organisation.name}.\n"
        f"Lý do: {grant.reason}\nHiệu lực đến {grant.to_utc:%H:%M %d/%m/%Y} (UTC).\n"
    )
    with scoped(system("break-glass")):
        heads = Role.objects.filter(org_path__in=above, name=RoleName.HEAD, person__is_active=True)
        told: set[str] = set()
        for role in heads.select_related("person", "organisation"):
            if role.person.email not in told and (role.valid_to is None or role.valid_to > clock.today()):
                told.add(role.person.email)
                subject = f"[Vọng Gác] TRUY CẬP KHẨN CẤP: {grant.organisation.name}"
                messages.notify(Draft(role.organisation, subject, text, to=role.person.email), at=clock.now())
