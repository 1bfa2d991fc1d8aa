"""Personal data goes when the regime's time is over: names and phones, never the work itself.

The ledger keeps who did what, because that is what it is for; docs/explanation/security.md says so.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import CharField, F, Model, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from vonggac.cases.models import Case, Evidence
from vonggac.cases.rules import State
from vonggac.duty.models import Link, Message, Shift
from vonggac.jobs import job
from vonggac.jobs.clock import now
from vonggac.ledger import services as ledger
from vonggac.regimes import regime
from vonggac.register.models import Person, Role
from vonggac.tenancy.scope import scoped, system

ERASED = "(đã xóa)"
BATCH = 5_000


@job("personal_data.erase", periodic="30 19 * * *")
def erase_every_night() -> None:
    """Erase at half past two in the morning, Hà Nội time."""
    erase(at=now())


def erase(*, at: datetime, is_dry_run: bool = False) -> Mapping[str, int]:
    """How many rows of each kind lost their personal data (or would), with one ledger entry for the whole."""
    before = at - timedelta(days=regime.on(at.date()).limit("personal_keep_days"))
    with scoped(system("personal-data")):
        counts = {kind: _erase(rows, changes, is_dry_run) for kind, (rows, changes) in _due(before).items()}
        links = Link.objects.filter(expires_at__lt=before)
        counts["links"] = links.count() if is_dry_run else links.delete()[0]
        if any(counts.values()) and not is_dry_run:
            ledger.record("personal_data.erase", "desk", 0, "", at=at, older_than=before.isoformat(), **counts)
    return counts


def _due(before: datetime) -> dict[str, tuple[QuerySet[Model], dict[str, object]]]:
    """For each kind the rows whose time is over, and what their personal columns become."""
    closed = Q(state=State.CLOSED, closed_at__lt=before)
    of_closed = Q(case__state=State.CLOSED, case__closed_at__lt=before)
    still_held = Role.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=before.date())).values("person_id")
    number = Cast(F("pk"), output_field=CharField())
    nameless = Concat(Value(f"{ERASED} "), number)
    return {
        "cases": (
            Case.objects.filter(closed).exclude(claimed_by__in=("", ERASED)),
            {"claimed_by": ERASED, "assignee": None},
        ),
        "evidence": (Evidence.objects.filter(of_closed).exclude(added_by=ERASED), {"added_by": ERASED}),
        # The number keeps two people of one shift apart.
        "shifts": (
            Shift.objects.filter(to_utc__lt=before).exclude(person_name__startswith=ERASED),
            {"person": None, "person_name": nameless, "phone": ""},
        ),
        "messages": (Message.objects.filter(made_at__lt=before).exclude(to=""), {"to": "", "failure": ""}),
        "people": (
            Person.objects.filter(is_active=False)
            .filter(Q(last_login__lt=before) | Q(last_login__isnull=True, joined_at__lt=before))
            .exclude(pk__in=still_held)
            .exclude(name__startswith=ERASED),
            {
                "name": nameless,
                "email": Concat(Value("erased-"), number, Value("@erased.invalid")),
                "phone": "",
                "password": "!",
            },
        ),
    }


def _erase(rows: QuerySet[Model], changes: Mapping[str, object], is_dry_run: bool) -> int:
    """The number of rows changed, in batches so that officers go on working meanwhile."""
    if is_dry_run:
        return rows.count()
    total = 0
    while batch := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        total += rows.model._default_manager.filter(pk__in=batch).update(**changes)  # noqa: SLF001  Django's documented API
    return total
