"""Acts of the people who look through the inbox: on one finding or on many at once, each in the ledger."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from django.db import transaction
from django.db.models import Max, Q

from vonggac.alerts import clocks
from vonggac.alerts.models import Finding, Source, Suppression
from vonggac.alerts.rules import BY_ITSELF, FINDING, WAITING, Move, State, after
from vonggac.cases.models import Case
from vonggac.duty.escalation import services as calls
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.ledger import services as ledger
from vonggac.ledger.models import Entry
from vonggac.register.models import Organisation, Person

SUBJECT = "alert_finding"
SUPPRESSION = "alert_suppression"
_UNDONE = ("alert.acknowledge", "alert.merge", "alert.mark_false")
_MOVED_FIELDS = (
    "state", "acknowledged_at", "handled_at", "handled_by", "merged_into", "suppression", "note", "case", "called_at",
    "acknowledge_by", "handle_by",
)  # fmt: skip


@transaction.atomic
def acknowledge(ids: Sequence[int], *, at: datetime, by: str) -> list[Finding]:
    """The findings, seen by somebody; those that are past being new are left as they are."""
    found = [one for one in _locked(ids) if one.state == State.NEW]
    for one in found:
        one.acknowledged_at = at
    return _moved(found, Move.ACKNOWLEDGE, at, by)


@transaction.atomic
def merge(ids: Sequence[int], *, at: datetime, by: str) -> tuple[Finding, list[Finding]]:
    """(the most urgent, oldest of the findings, the others, which were merged into it)."""
    found = sorted(_waiting(ids), key=lambda one: (one.priority, one.first_received_at, one.pk))
    if len(found) < 2:
        raise InputError("choose two findings or more that are one thing")
    kept, *others = found
    for one in others:
        one.merged_into = kept
    merged = dict(Finding.objects.filter(merged_into__in=others).values_list("pk", "merged_into"))
    brought = {one.pk: {"brought": [pk for pk, into in merged.items() if into == one.pk]} for one in others}
    _moved(others, Move.MERGE, at, by, brought, into=kept.pk)
    Finding.objects.filter(pk__in=merged).update(merged_into=kept)
    return kept, others


@transaction.atomic
def mark_false(ids: Sequence[int], reason: str, *, at: datetime, by: str) -> list[Finding]:
    """The findings, judged to be false alarms, with the reason that was given."""
    found = _waiting(ids)
    for one in found:
        one.note = reason.strip()[:300]
    return _moved(found, Move.MARK_FALSE, at, by, reason=reason.strip()[:300])


def last_moves(ids: Sequence[int]) -> dict[int, int]:
    """The number of the ledger's entry of what a person last did with each finding."""
    acts = [f"alert.{move.value}" for move in Move]
    found = Entry.objects.filter(subject_kind=SUBJECT, subject_id__in=ids, act__in=acts)
    return dict(found.order_by().values_list("subject_id").annotate(Max("id")))


@transaction.atomic
def undo(entry_ids: Sequence[int], *, at: datetime) -> list[Finding]:
    """The findings as they stood before one act, which these entries of the ledger name.

    With which more was done since, those are left as they are; WrongState where there are no others.
    """
    named = Entry.objects.filter(pk__in=entry_ids, subject_kind=SUBJECT, act__in=_UNDONE)
    entries = {entry.subject_id: entry for entry in named}
    locked, newest = _locked(list(entries)), last_moves(list(entries))
    found = [one for one in locked if newest.get(one.pk) == entries[one.pk].pk]
    if not found:
        raise WrongState("more was done with this since, so nothing was undone; look at it again")
    told: dict[int, dict[str, object]] = {one.pk: {"was": one.state, "rule": one.rule} for one in found}
    waits = clocks.of_each({one.org_path for one in found}, at)
    for one in found:
        detail = entries[one.pk].detail
        # Whatever it was merged into may have been merged on since.
        brought = Finding.objects.filter(pk__in=detail.get("brought", ()), merged_into=one.merged_into_id)
        brought.update(merged_into=one)
        one.handled_at = one.merged_into = None
        one.state, one.handled_by, one.note = State(detail["was"]), detail.get("was_by", ""), ""
        if one.state == State.NEW:
            # An acknowledgement taken back was none: its clock ran on. Whoever has to see what was handled meanwhile
            # has the whole time again, though how long it took is told from its beginning; what was late stays so.
            if entries[one.pk].act != "alert.acknowledge" and not one.is_acknowledged_late:
                wait = waits[one.org_path][one.priority]
                one.acknowledge_by, one.handle_by = at + wait.acknowledge, at + wait.handle
            one.acknowledged_at = one.called_at = None
    return _kept(found, Move.REOPEN, at, told)


@transaction.atomic
def attach(ids: Sequence[int], case: Case, *, at: datetime, by: str) -> list[Finding]:
    """The findings that a case now stands for."""
    found = _waiting(ids)
    for one in found:
        one.case = case
    return _moved(found, Move.OPEN_CASE, at, by, case=case.pk)


@transaction.atomic
def suppress(
    organisation: Organisation,
    *,
    source: Source | None,
    rule: str,
    subject: str,
    reason: str,
    owner: Person | None,
    until: datetime,
    at: datetime,
) -> Suppression:
    """The new suppression; what waits and matches it leaves the inbox now, and is counted."""
    if not rule and not subject:
        raise InputError("a suppression names a rule or a subject; it may not keep everything out")
    if not reason.strip():
        raise InputError("write why this may be kept out: somebody will have to answer for it")
    if until <= at:
        raise InputError("the suppression has to end after now")
    made = Suppression.objects.create(
        organisation=organisation, org_path=organisation.path, source=source, rule=rule, subject=subject,
        reason=reason.strip()[:300], owner=owner, made_at=at, expires_at=until,
    )  # fmt: skip
    ledger.record(
        "alert.suppress", SUPPRESSION, made.pk, made.org_path, at=at, source=source.name if source else None, rule=rule,
        subject=subject, reason=made.reason, until=until.isoformat(),
    )  # fmt: skip
    waiting = Finding.objects.filter(_matched(made), state=State.NEW)
    kept_out = list(waiting.values_list("pk", flat=True))
    waiting.update(state=State.SUPPRESSED, suppression=made, handled_at=at)
    calls.settle(FINDING, kept_out, at=at)
    return made


@transaction.atomic
def end_suppression(suppression_id: int, *, at: datetime) -> Suppression:
    """The suppression, which keeps nothing out any more; a second time changes nothing."""
    found = Suppression.objects.select_for_update().filter(pk=suppression_id).first()
    if found is None:
        raise OutOfScope(f"suppression {suppression_id} is not among those you may see")
    if found.ended_at is None:
        found.ended_at = at
        found.save(update_fields=["ended_at"])
        ledger.record("alert.unsuppress", SUPPRESSION, found.pk, found.org_path, at=at, count=found.count)
    return found


def _matched(suppression: Suppression) -> Q:
    matched = Q(org_path__gte=suppression.org_path, org_path__startswith=suppression.org_path)
    if suppression.source_id:
        matched &= Q(source=suppression.source_id)
    if suppression.rule:
        matched &= Q(rule=suppression.rule)
    return matched & Q(subject=suppression.subject) if suppression.subject else matched


def _locked(ids: Sequence[int]) -> list[Finding]:
    found = list(Finding.objects.select_for_update(of=("self",)).select_related("source").filter(pk__in=ids))
    if not found:
        raise OutOfScope("these findings are not among those you may see")
    return sorted(found, key=lambda one: one.pk)


def _waiting(ids: Sequence[int]) -> list[Finding]:
    """The findings that still wait; what somebody else handled meanwhile is left alone."""
    found = _locked(ids)
    waiting = [one for one in found if one.state in WAITING]
    if not waiting:
        after(found[0].state, Move.MARK_FALSE)
    return waiting


def _moved(
    found: list[Finding],
    move: Move,
    at: datetime,
    by: str,
    of_each: Mapping[int, Mapping[str, object]] = MappingProxyType({}),
    **detail: object,
) -> list[Finding]:
    told = {
        one.pk: {"was": one.state, "was_by": one.handled_by, "rule": one.rule, **detail, **of_each.get(one.pk, {})}
        for one in found
    }
    for one in found:
        one.state, one.handled_by = after(one.state, move), by[:200]
        if move in {Move.MERGE, Move.MARK_FALSE, Move.OPEN_CASE}:
            one.handled_at = at
            if by != BY_ITSELF:
                # Whoever handles it has seen it.
                one.acknowledged_at = one.acknowledged_at or at
    return _kept(found, move, at, told)


def _kept(found: list[Finding], move: Move, at: datetime, told: Mapping[int, dict[str, object]]) -> list[Finding]:
    """The findings as they stand now, each with its entry; nobody is called any more for those that are not new."""
    Finding.objects.bulk_update(found, _MOVED_FIELDS, batch_size=1_000)
    calls.settle(FINDING, [one.pk for one in found if one.state != State.NEW], at=at)
    subjects = ((one.pk, one.org_path, told[one.pk]) for one in found)
    ledger.record_many(f"alert.{move.value}", SUBJECT, subjects, at=at)
    return found
