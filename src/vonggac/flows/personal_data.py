"""Personal data goes when the regime's time is over: names and phones, never the work itself.

The ledger keeps who did what, because that is what it is for; docs/explanation/security.md says so.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from django.db.models import CharField, F, Model, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from vonggac.alerts.models import Reply, SetAside
from vonggac.botnet.models import Settling
from vonggac.cases.models import Answerer, Case, Evidence
from vonggac.cases.rules import State
from vonggac.duty.models import (
    Concern,
    ContactMethod,
    Escalation,
    InPlace,
    Letter,
    Link,
    Message,
    Page,
    Roster,
    Shift,
)
from vonggac.jobs import job
from vonggac.jobs.clock import now
from vonggac.ledger import services as ledger
from vonggac.regimes import regime
from vonggac.register.models import Person, Role, TakenBackLog
from vonggac.tenancy.scope import scoped, system

ERASED = "(đã xóa)"
BATCH = 5_000
SCOPE = system("personal-data")


@job("personal_data.erase", periodic="30 19 * * *")
def erase_every_night() -> None:
    """Erase at half past two in the morning, Hà Nội time."""
    erase(at=now())


def erase(*, at: datetime, is_dry_run: bool = False) -> Mapping[str, int]:
    """How many rows of each kind lost their personal data (or would).

    Each batch is a transaction with its own ledger entry: officers go on working meanwhile, and a run that was killed
    goes on where it stopped.
    """
    before = at - timedelta(days=regime.on(at.date()).limit("personal_keep_days"))
    counts = {}
    for kind, (rows, changes) in _due(before).items():
        if is_dry_run:
            with scoped(SCOPE):
                counts[kind] = rows.count()
        else:
            counts[kind] = sum(_batches(kind, rows, changes, before, at))
    return counts


def _batches(
    kind: str, rows: QuerySet[Model], changes: Mapping[str, object] | None, before: datetime, at: datetime
) -> Iterator[int]:
    """The number of rows of each batch, done when it is yielded; `changes` None takes the rows themselves away."""
    while True:
        with scoped(SCOPE):
            batch = rows.model._default_manager.filter(  # noqa: SLF001  Django's documented API
                pk__in=list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
            )
            number = batch.delete()[0] if changes is None else batch.update(**changes)
            if not number:
                return
            ledger.record("personal_data.erase", "desk", 0, "", at=at, older_than=before.isoformat(), **{kind: number})
        yield number


def _due(before: datetime) -> dict[str, tuple[QuerySet[Model], dict[str, object] | None]]:
    """For each kind the rows whose time is over, and what their personal columns become (None: the rows go)."""
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
        "names_sought": (Answerer.objects.filter(of_closed), None),
        "settlings": (
            Settling.objects.filter(settled_at__lt=before).exclude(settled_by=ERASED),
            {"settled_by": ERASED},
        ),
        "withdrawals": (
            Settling.objects.filter(withdrawn_at__lt=before).exclude(withdrawn_by=ERASED),
            {"withdrawn_by": ERASED},
        ),
        **_due_of_files(before),
        "replies": (Reply.objects.filter(entered_at__lt=before).exclude(by=ERASED), {"by": ERASED}),
        "evidence": (Evidence.objects.filter(of_closed).exclude(added_by=ERASED), {"added_by": ERASED}),
        # The number keeps two people of one shift apart.
        "shifts": (
            Shift.objects.filter(to_utc__lt=before).exclude(person_name__startswith=ERASED),
            {"person": None, "person_name": nameless, "phone": ""},
        ),
        # What could once be taken back holds shifts as they were, with names and phones.
        "versions": (Roster.objects.filter(published_at__lt=before).exclude(before={}), {"before": {}}),
        "changes_in_place": (InPlace.objects.filter(made_at__lt=before), None),
        "messages": (Message.objects.filter(made_at__lt=before).exclude(to=""), {"to": "", "failure": ""}),
        **_due_of_calls(before),
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
        "links": (Link.objects.filter(expires_at__lt=before), None),
    }


def _due_of_files(before: datetime) -> dict[str, tuple[QuerySet[Model], dict[str, object] | None]]:
    """The same of files that were handed in by mistake: who said so, and who put one back."""
    return {
        "logs_taken_back": (
            TakenBackLog.objects.filter(taken_back_at__lt=before).exclude(taken_back_by=ERASED),
            {"taken_back_by": ERASED},
        ),
        "logs_put_back": (
            TakenBackLog.objects.filter(put_back_at__lt=before).exclude(put_back_by=ERASED),
            {"put_back_by": ERASED},
        ),
        "alerts_taken_back": (
            SetAside.objects.filter(taken_back_at__lt=before).exclude(taken_back_by=ERASED),
            {"taken_back_by": ERASED},
        ),
    }


def _due_of_calls(before: datetime) -> dict[str, tuple[QuerySet[Model], dict[str, object] | None]]:
    """The same of calls: who was called where, who answered, and matters that are about a person."""
    called: dict[str, object] = {"person": None, "name": ERASED, "address": ""}
    return {
        "calls": (Escalation.objects.filter(ended_at__lt=before).exclude(taken_by=[]), {"taken_by": [], "note": ""}),
        "matters": (
            Concern.objects.filter(kind__in=("shift", "prompt"), added_at__lt=before).exclude(title=ERASED),
            {"title": ERASED},
        ),
        "pages": (Page.objects.filter(due_at__lt=before).exclude(name=ERASED), called),
        "letters": (
            Letter.objects.filter(made_at__lt=before).exclude(name=ERASED),
            {**called, "body": "", "brief": "", "failure": ""},
        ),
        "addresses": (ContactMethod.objects.filter(person__is_active=False, made_at__lt=before), None),
    }
