"""Notices of coordinators: one an identifier, by whatever way it comes, kept in step with what they are told."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from vonggac.alerts.grouping import Group, Key
from vonggac.alerts.models import Finding, Interface, Notice, Reply, Source
from vonggac.alerts.rules import NOTICE, Told, Way, unnamed
from vonggac.duty.escalation import services as calls
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.ledger import services as ledger

SUBJECT = "alert_notice"
MOST_TEXT = 10_000
Numbers = Mapping[str, int]


def receive(source: Source, groups: Mapping[Key, Group], *, at: datetime) -> tuple[Mapping[Key, Group], Numbers]:
    """The groups, each under the subject that its notice already has, and the number of each notice by its rule.

    A notice that came before, by mail, file or hand, is the same one: what it says now is kept.
    """
    if not source.is_coordinator:
        return groups, {}
    told = {rule: group for (rule, _), group in groups.items() if group.notice is not None}
    before = Notice.objects.select_for_update().filter(source=source, identifier__in=told)
    known = {one.identifier: one for one in before}
    numbers = {}
    for rule, group in told.items():
        notice = known.get(rule)
        numbers[rule] = (_entered(source, rule, group, at) if notice is None else _told_again(notice, group, at)).pk
    return _under_one_subject(source, groups, told), numbers


def link(rows: Sequence[Mapping[str, Any]], numbers: Numbers) -> None:
    """Let the findings of a batch know the notices that they came of."""
    by_notice: dict[int, list[int]] = {}
    for row in rows:
        if (number := numbers.get(row["rule"])) is not None:
            by_notice.setdefault(number, []).append(row["id"])
    for number, ids in by_notice.items():
        Finding.objects.filter(pk__in=ids).update(notice=number)


def _entered(source: Source, identifier: str, group: Group, at: datetime) -> Notice:
    said = group.notice
    received_at = (said and said.received_at) or at
    made = Notice.objects.create(
        source=source, org_path=source.org_path, identifier=identifier, title=group.title[:300],
        state_told=said.state[:100] if said else "", received_at=received_at,
        acknowledge_by=(said and said.acknowledge_by) or _by_setting(source, received_at),
        closed_at=at if said and said.is_closed else None,
    )  # fmt: skip
    due = made.acknowledge_by.isoformat() if made.acknowledge_by else None
    _record("alert_notice.receive", made, at, state=made.state_told, acknowledge_by=due)
    return made


def _by_setting(source: Source, received_at: datetime) -> datetime | None:
    minutes = source.acknowledge_minutes
    return None if minutes is None else received_at + timedelta(minutes=minutes)


def _told_again(notice: Notice, group: Group, at: datetime) -> Notice:
    """Keep what the coordinator says otherwise now; what it does not say stays."""
    said, changed, before = group.notice, dict[str, str](), notice.acknowledge_by
    if said is None:
        return notice
    if said.state and said.state[:100] != notice.state_told:
        notice.state_told = changed["state"] = said.state[:100]
        if notice.closed_at and not said.is_closed:
            changed["reopened"] = at.isoformat()
            _begin_again(notice, at)
        notice.closed_at = (notice.closed_at or at) if said.is_closed else None
    elif said.is_closed and notice.closed_at is None:
        notice.closed_at = at
        changed["closed"] = at.isoformat()
    due = said.acknowledge_by
    # A time before it was opened again is of the earlier matter, however often it is repeated.
    if due and due != notice.acknowledge_by and not (notice.reopened_at and due <= notice.reopened_at):
        notice.acknowledge_by, notice.called_at = due, None
    if notice.acknowledge_by and notice.acknowledge_by != before:
        changed["acknowledge_by"] = notice.acknowledge_by.isoformat()
    if changed:
        notice.save()
        _record("alert_notice.change", notice, at, **changed)
        _settle(notice, at)
    return notice


def _begin_again(notice: Notice, at: datetime) -> None:
    """Opened again it waits for its acknowledgement as long as it did before, else as its source says."""
    began, due = notice.reopened_at or notice.received_at, notice.acknowledge_by
    notice.acknowledge_by = at + (due - began) if due else _by_setting(notice.source, at)
    notice.reopened_at, notice.acknowledged_at, notice.answered_at, notice.called_at = at, None, None, None


def _under_one_subject(source: Source, groups: Mapping[Key, Group], told: Mapping[str, Group]) -> Mapping[Key, Group]:
    """The groups, with those that name no machine counted on the one that does, here or in a finding that stands."""
    standing: dict[str, set[str]] = {}
    found = Finding.objects.filter(source=source, is_current=True, rule__in=told)
    for rule, subject in found.values_list("rule", "subject").order_by("pk"):
        standing.setdefault(rule, set()).add(subject)
    ordered: dict[Key, Group] = {}
    for (rule, subject), group in sorted(groups.items(), key=lambda one: one[0][1] == unnamed(one[0][0])):
        wanted = subject
        if rule in told and subject == unnamed(rule):
            here = [other for name, other in ordered if name == rule]
            there = sorted(standing.get(rule, set()) - {subject})
            wanted = next(iter([*here, *there]), subject)
        elif rule in told and unnamed(rule) in standing.get(rule, set()) and subject not in standing[rule]:
            # Once; a notice about several machines is a finding a machine.
            standing[rule].discard(unnamed(rule))
            found.filter(rule=rule, subject=unnamed(rule), case=None).update(subject=subject)
        if (rule, wanted) in ordered:
            ordered[rule, wanted].join(group)
        else:
            ordered[rule, wanted] = group
    return ordered


@transaction.atomic
def say(notice_id: int, kind: Told, way: Way, text: str, *, sent_at: datetime, by: str, at: datetime) -> Reply:
    """What was said to the coordinator outside the desk, entered as sent; or that it closed the notice itself."""
    notice = locked(notice_id)
    _refuse(kind, text)
    if way is Way.HTTP:
        raise InputError("what the desk sends itself is not entered by hand")
    if sent_at > at:
        raise InputError("it cannot have been sent after now")
    made = Reply.objects.create(
        notice=notice, org_path=notice.org_path, kind=kind, way=way, text=text.strip(), by=by[:200], entered_at=at,
        sent_at=sent_at, key=uuid.uuid4().hex,
    )  # fmt: skip
    _keep_in_step(notice, made, at)
    return made


@transaction.atomic
def ask_to_send(notice_id: int, kind: Told, text: str, *, by: str, at: datetime) -> Reply:
    """What the worker now sends to the coordinator by the source's interface, until it is taken."""
    notice = locked(notice_id)
    _refuse(kind, text)
    if kind is Told.CLOSURE:
        raise InputError("a closure is the coordinator's own; enter it as told")
    if not Interface.objects.filter(source=notice.source_id).exists():
        raise WrongState("the source has no interface to send by; enter what was sent by other means")
    if notice.replies.filter(kind=kind, sent_at=None, next_try_at__isnull=False).exists():
        raise WrongState("this is being sent already")
    made = Reply.objects.create(
        notice=notice, org_path=notice.org_path, kind=kind, way=Way.HTTP, text=text.strip(), by=by[:200],
        entered_at=at, key=uuid.uuid4().hex, next_try_at=Now(),
    )  # fmt: skip
    _record("alert_notice.send", notice, at, kind=kind, key=made.key)
    return made


def note_sent(reply: Reply, *, at: datetime) -> None:
    """The coordinator took it; a second time changes nothing."""
    notice = locked(reply.notice_id)
    if Reply.objects.filter(pk=reply.pk, sent_at=None).update(sent_at=at, next_try_at=None, trouble=""):
        reply.sent_at = at
        _keep_in_step(notice, reply, at)


def locked(notice_id: int) -> Notice:
    """The notice, locked; OutOfScope when it is not among those one may see."""
    found = Notice.objects.select_for_update(of=("self",)).select_related("source").filter(pk=notice_id).first()
    if found is None:
        raise OutOfScope(f"notice {notice_id} is not among those you may see")
    return found


def _refuse(kind: Told, text: str) -> None:
    if kind is Told.ANSWER and not text.strip():
        raise InputError("write what is answered: it stands with the notice")
    if len(text) > MOST_TEXT:
        raise InputError(f"the text has at most {MOST_TEXT:,} letters")


def _keep_in_step(notice: Notice, reply: Reply, at: datetime) -> None:
    """The notice's state with what was said; whoever answers has acknowledged."""
    sent_at = reply.sent_at or at
    if reply.kind == Told.CLOSURE:
        notice.closed_at = notice.closed_at or sent_at
    elif not notice.is_earlier(reply):
        notice.acknowledged_at = min(notice.acknowledged_at or sent_at, sent_at)
        if reply.kind == Told.ANSWER:
            notice.answered_at = min(notice.answered_at or sent_at, sent_at)
    notice.save(update_fields=["acknowledged_at", "answered_at", "closed_at"])
    _record(
        f"alert_notice.{reply.kind}", notice, at, way=reply.way, by=reply.by, sent_at=sent_at.isoformat(),
        text=reply.text[:500],
    )  # fmt: skip
    _settle(notice, at)


def _settle(notice: Notice, at: datetime) -> None:
    if notice.acknowledged_at or notice.closed_at:
        calls.settle(NOTICE, [notice.pk], at=at)


def _record(act: str, notice: Notice, at: datetime, **detail: object) -> None:
    ledger.record(act, SUBJECT, notice.pk, notice.org_path, at=at, notice=notice.identifier, **detail)
