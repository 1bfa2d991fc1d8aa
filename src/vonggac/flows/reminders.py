"""Silence escalates: who has not acknowledged is reminded once, and then the organisation above is told.

Both clocks come from the regime (`acknowledge_hours`, `remind_hours` before it) and run from the moment the work was
last sent out: opened, or sent again after a dispute or a reorganisation. What was done stands in the ledger beside the
message, in one transaction an organisation, so a job that was killed goes on where it stopped and tells nobody twice.
Messages go to offices; where the office above keeps a watch, its person on duty is called too (docs/adr/0058).
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from vonggac.cases.models import Case, Kind
from vonggac.cases.rules import State
from vonggac.duty import messages
from vonggac.duty.case_times import SENT_AGAIN, with_due
from vonggac.duty.messages import Draft
from vonggac.flows import escalation
from vonggac.jobs import job
from vonggac.jobs.clock import now
from vonggac.ledger import services as ledger
from vonggac.ledger.models import Entry
from vonggac.regimes import regime
from vonggac.register.models import Organisation
from vonggac.tenancy.scope import scoped, system

Step = Literal["case.remind", "case.escalate"]
REMIND: Step = "case.remind"
ESCALATE: Step = "case.escalate"
NAMED_CASES = 20


@job("case.remind_silent", periodic="*/10 * * * *")
def remind_silent() -> None:
    """Look every ten minutes for work that nobody acknowledged."""
    look(at=now())


def look(*, at: datetime) -> None:
    """Remind, and report to the organisation above, whoever has been silent for too long by now."""
    remind(at=at)
    escalate(at=at)


def look_back(after: datetime, until: datetime) -> None:
    """Look at each moment between two at which silence became due, in order: for a clock that a person moves."""
    for at in _due(after, until):
        look(at=at)


def remind(*, at: datetime) -> int:
    """The number of organisations that were reminded, each by one message with a link."""
    wait = _wait(REMIND, at)
    return sum(_remind_one(organisation, wait, at) for organisation in _waiting(REMIND, wait, at))


def escalate(*, at: datetime) -> int:
    """The number of organisations above that were told whom they do not hear from, each by one message."""
    wait = _wait(ESCALATE, at)
    silent = _waiting(ESCALATE, wait, at)
    with scoped(system("reminders")):
        parents = dict(Organisation.objects.filter(pk__in=silent).values_list("pk", "parent_id"))
    by_parent: dict[int | None, list[int]] = defaultdict(list)
    for organisation in silent:
        by_parent[parents.get(organisation)].append(organisation)
    return sum(_escalate_to(parent, children, wait, at) for parent, children in by_parent.items())


def _wait(step: Step, at: datetime) -> timedelta:
    """How long silence lasts before the step, by the rules of that day."""
    rules = regime.on(timezone.localdate(at))
    before = rules.limit("remind_hours") if step == REMIND else 0
    return timedelta(hours=max(0, rules.limit("acknowledge_hours") - before))


def _due(after: datetime, until: datetime) -> list[datetime]:
    """The moments after one and up to another at which a case that is still only sent comes to a step."""
    waits = {_wait(step, until) for step in (REMIND, ESCALATE)}
    with scoped(system("reminders")):
        sent = Case.objects.filter(state=State.SENT)
        again = Entry.objects.filter(subject_kind="case", subject_id__in=sent.values("pk"), act__in=SENT_AGAIN)
        begun = {*sent.values_list("opened_at", flat=True).distinct(), *again.values_list("at", flat=True)}
    return sorted({at for since in begun for wait in waits if after < (at := since + wait) <= until})


def _waiting(step: Step, wait: timedelta, at: datetime) -> list[int]:
    """The organisations with work that has been silent for so long and that this step has not told yet."""
    with scoped(system("reminders")):
        found = _silent(step, wait, at).order_by("organisation_id").values_list("organisation_id", flat=True)
        return list(found.distinct())


def _silent(step: Step, wait: timedelta, at: datetime) -> QuerySet[Case]:
    """Cases still only sent, whose last sending is older than the wait and was not followed by the step."""
    sent_lately = Entry.objects.filter(
        subject_kind="case", subject_id=OuterRef("pk"), act__in=SENT_AGAIN, at__gt=at - wait
    )
    return Case.objects.filter(~Exists(sent_lately), ~_told_since(step), state=State.SENT, opened_at__lte=at - wait)


def _told_since(step: Step) -> Exists:
    """That the step was taken after the case was last sent out."""
    later_sending = Entry.objects.filter(
        subject_kind="case", subject_id=OuterRef("subject_id"), act__in=SENT_AGAIN, id__gt=OuterRef("id")
    )
    return Exists(
        Entry.objects.filter(subject_kind="case", subject_id=OuterRef("pk"), act=step).filter(~Exists(later_sending))
    )


def _remind_one(organisation_id: int, wait: timedelta, at: datetime) -> int:
    """One reminder, in its own transaction; asked again inside it, because somebody may have answered meanwhile."""
    with scoped(system("reminders")):
        organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation_id)
        cases = _of(organisation_id, REMIND, wait, at)
        if not cases:
            return 0
        lines = [
            f"{organisation.name} chưa xác nhận đã tiếp nhận {len(cases)} việc được giao:",
            "",
            *_named(cases),
            "",
            messages.ASK,
        ]
        subject = f"[Vọng Gác] Nhắc: {len(cases)} việc chưa xác nhận tiếp nhận"
        asked = {"case": [case.pk for case in cases]}
        message = messages.notify(Draft(organisation, subject, "\n".join(lines), acknowledges=asked), at=at)
        _record(REMIND, cases, at, message=message.pk)
        return 1


def _escalate_to(parent_id: int | None, children: Sequence[int], wait: timedelta, at: datetime) -> int:
    """One message to the organisation above about all its silent units; where nobody is above, the ledger alone."""
    with scoped(system("reminders")):
        locked = Organisation.objects.select_for_update(no_key=True).filter(pk__in=children).order_by("pk")
        silent = {unit: cases for unit in locked if (cases := _of(unit.pk, ESCALATE, wait, at))}
        if not silent:
            return 0
        parent = Organisation.objects.filter(pk=parent_id).first() if parent_id else None
        message_id = _tell_parent(parent, silent, at) if parent else None
        if parent:
            escalation.call_for_silence(parent, [case for cases in silent.values() for case in cases], at=at)
        for cases in silent.values():
            _record(ESCALATE, cases, at, message=message_id, **_named_office(parent))
        return 1 if parent else 0


def _named_office(parent: Organisation | None) -> dict[str, object]:
    """The office told, by code for programs and by name for the reader; None as code where nobody is above."""
    return {"to": parent.code, "office": parent.name} if parent else {"to": None}


def _tell_parent(parent: Organisation, silent: dict[Organisation, list[Case]], at: datetime) -> int:
    lines = [f"{len(silent)} đơn vị trực thuộc {parent.name} quá hạn chưa xác nhận tiếp nhận việc được giao:", ""]
    for unit, cases in silent.items():
        lines += [f"{unit.name}: {len(cases)} việc chưa xác nhận", *(f"  {line}" for line in _named(cases))]
    lines += ["", "Đề nghị liên hệ đơn vị.", *_entered_at({case.kind for cases in silent.values() for case in cases})]
    subject = f"[Vọng Gác] {len(silent)} đơn vị chưa xác nhận tiếp nhận"
    return messages.notify(Draft(parent, subject, "\n".join(lines)), at=at).pk


def _entered_at(kinds: Collection[str]) -> Iterator[str]:
    """Where the office above enters what a unit answers by phone or on paper: one place a kind of work."""
    if Kind.OBLIGATION in kinds:
        yield f"Trả lời về nhiệm vụ nhập thay tại trang của văn bản chỉ đạo: {settings.VONGGAC_ORIGIN}/directives/"
    if {*kinds} - {Kind.OBLIGATION}:
        yield f"Trả lời về máy nhập thay tại trang của từng vụ việc: {settings.VONGGAC_ORIGIN}/cases/?state=sent"


def _of(organisation_id: int, step: Step, wait: timedelta, at: datetime) -> list[Case]:
    """The silent cases of one organisation, the nearest due first."""
    return list(_silent(step, wait, at).filter(organisation_id=organisation_id).order_by("due_at", "pk"))


def _named(cases: Sequence[Case]) -> list[str]:
    """A line a case, and how many more there are."""
    lines = [with_due(f"- {case.title}", case.due_at) for case in cases[:NAMED_CASES]]
    rest = len(cases) - len(lines)
    return [*lines, f"- và {rest} việc khác"] if rest > 0 else lines


def _record(step: Step, cases: Sequence[Case], at: datetime, **detail: object) -> None:
    ledger.record_many(step, "case", ((case.pk, case.org_path, dict(detail)) for case in cases), at=at)
