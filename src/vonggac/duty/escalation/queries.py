"""Reads of escalations within the scope in force: what is open, one with its history, how far the engine is behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models import BooleanField, Count, ExpressionWrapper, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from vonggac.duty.escalation.rules import State
from vonggac.duty.escalation.standing import stands
from vonggac.duty.models import Concern, Escalation, Letter, Page, Step
from vonggac.errors import OutOfScope
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

LISTED = 100
MOST_SILENT_SECONDS = 60
# A call that is due for so long is one that nobody gets: the engine stands still, or nothing takes its letters.
MOST_BEHIND_SECONDS = 90
_LOUDEST = {State.EXHAUSTED: 0, State.CALLING: 1, State.TAKEN: 2}


def _with_counts() -> QuerySet[Escalation]:
    """With how much stands now and was told, and the words of the first matter that stands, or stood."""
    concerns = Concern.objects.filter(escalation=OuterRef("pk"))
    standing = concerns.filter(stands()).order_by().values("escalation").annotate(number=Count("pk"))
    return Escalation.objects.select_related("organisation", "post").annotate(
        number=Coalesce(Subquery(standing.values("number")), 0),
        told=Count("concerns"),
        title=Subquery(concerns.order_by(ExpressionWrapper(stands(), BooleanField()).desc(), "pk").values("title")[:1]),
    )


def open_ones(*, most: int = LISTED) -> list[Escalation]:
    """The open escalations, those that nobody answers first."""
    # Every first page asks, and mostly nobody is being called: counting waits until somebody is.
    called = Escalation.objects.filter(ended_at__isnull=True).order_by("-started_at").values_list("pk", flat=True)
    numbers = list(called[:most])
    found = _with_counts().filter(pk__in=numbers).order_by("-started_at") if numbers else []
    return sorted(found, key=lambda one: (_LOUDEST[State(one.state)], one.started_at))


def ended_ones(*, most: int = LISTED) -> list[Escalation]:
    """The newest of those that have ended."""
    return list(_with_counts().filter(ended_at__isnull=False).order_by("-started_at")[:most])


def one(escalation_id: int) -> Escalation:
    """An escalation; OutOfScope when it is not among those one may see."""
    found = _with_counts().filter(pk=escalation_id).first()
    if found is None:
        raise OutOfScope(f"escalation {escalation_id} is not among those you may see")
    return found


class About(NamedTuple):
    """The escalations about one row, the newest first: those by which somebody is called for it, and those of before.

    A call goes on for others where what it was about here was answered.
    """

    standing: Sequence[Escalation]
    past: Sequence[Escalation]


def about(kind: str, identifier: int) -> About:
    """The escalations about one row."""
    concerns = Concern.objects.filter(kind=kind, identifier=identifier)
    told = dict(concerns.values_list("escalation", ExpressionWrapper(stands(), BooleanField())))
    found = list(_with_counts().filter(pk__in=told).order_by("-started_at")) if told else []
    standing = [one for one in found if told[one.pk] and one.ended_at is None]
    return About(standing, [one for one in found if one not in standing])


def standing_concerns(escalation: Escalation) -> QuerySet[Concern]:
    """What it is about right now, the oldest first."""
    return escalation.concerns.filter(stands()).order_by("added_at", "pk")


def answered_concerns(escalation: Escalation) -> QuerySet[Concern]:
    """What it was about, and is no more, the oldest first."""
    return escalation.concerns.filter(~stands()).order_by("added_at", "pk")


def history(escalation: Escalation) -> Sequence[Entry]:
    """Everything that happened in it, the oldest first."""
    return list(Entry.objects.filter(subject_kind="escalation", subject_id=escalation.pk).order_by("id"))


def next_call(escalation: Escalation) -> datetime | None:
    """When the next person is called, None while nobody will be."""
    return escalation.steps.filter(done_at__isnull=True, kind="call").values_list("due_at", flat=True).first()


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine that calls people: how long the oldest due step waits, and how many are tried again."""

    is_silent: bool
    behind_seconds: float
    put_off: int

    @property
    def is_behind(self) -> bool:
        """True when a call has been due for so long that nobody gets it."""
        return self.behind_seconds > MOST_BEHIND_SECONDS

    @property
    def is_sound(self) -> bool:
        """What `/healthz` and the first page both say."""
        return not (self.is_silent or self.is_behind or self.put_off)


def engine(at: datetime) -> Engine:
    """How the engine is, whoever asks."""
    silence_seconds = pager_silence_seconds()
    if silence_seconds is None or silence_seconds > MOST_SILENT_SECONDS:
        return Engine(is_silent=True, behind_seconds=0.0, put_off=0)
    with scoped(system("health")):
        # The clock of an exercise jumps, and what is due with it.
        behind_seconds = 0.0 if settings.VONGGAC_IS_EXERCISE else behind(at)
        return Engine(is_silent=False, behind_seconds=behind_seconds, put_off=put_off())


def behind(at: datetime) -> float:
    """Seconds for which the oldest due step or call has waited, 0 when nothing does; asked in the system's scope."""
    step = Step.objects.filter(done_at__isnull=True, due_at__lte=at).aggregate(first=Min("due_at"))["first"]
    # From when it was written: one that nobody takes, however often it is tried, waits too. Tests of addresses do not.
    waiting = Letter.objects.filter(sent_at__isnull=True, given_up_at__isnull=True, made_at__lte=at).exclude(about=[])
    letter = waiting.aggregate(first=Min("made_at"))["first"]
    return max((at - moment).total_seconds() for moment in (step, letter, at) if moment)


def put_off() -> int:
    """How many steps could not be carried out, or told, and wait to be tried again; asked in the system's scope."""
    waiting = Step.objects.filter(done_at__isnull=True).exclude(failure="").values_list("pk")
    untold = Page.objects.filter(letter__isnull=True, withdrawn_at__isnull=True).exclude(step__failure="")
    return waiting.union(untold.values_list("step")).count()


def pager_silence_seconds() -> float | None:
    """How long ago an engine last gave a sign; None when none ever did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp() - max(seen_at)) FROM duty_pager")
        value = cursor.fetchone()[0]
    return None if value is None else float(value)
