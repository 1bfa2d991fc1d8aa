"""Acts on cases: each one transaction, one state change by `rules`, one ledger entry.

Every function takes the case's identifier, locks the row within the scope in force, and returns the changed case.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from vonggac.cases import standing
from vonggac.cases.models import LONGEST_ENDING, Answerer, Case, Evidence, Finding, Kind, Verdict
from vonggac.cases.rules import Claim, Move, State, after
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.ledger import services as ledger
from vonggac.ledger.models import Entry
from vonggac.register.folding import fold
from vonggac.register.models import Organisation, Person
from vonggac.tenancy.scope import current

SUBJECT = "case"
MOVED_AT_ONCE = 20_000  # a statement takes 65,535 parameters
WORDS_SOUGHT = 8  # from so many words of a name on a search may begin
# What an owner says or is said to have said: pressed on the wrong row, it is taken back at once.
UNDONE = frozenset({Move.ACKNOWLEDGE, Move.CLAIM, Move.DISPUTE, Move.REFUSE})


@dataclass(frozen=True, slots=True)
class Opening:
    """What a new case starts with."""

    organisation: Organisation
    kind: Kind
    subject: str
    title: str
    priority: int
    priority_reason: str
    due_at: datetime | None
    rule: str = ""
    asset_id: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an owner says about a case, by whom and on which way it came (desk, link, paper, mail, api)."""

    text: str
    by: str
    via: str = "desk"


@transaction.atomic
def open_many(openings: Iterable[Opening], *, at: datetime) -> list[Case]:
    """The new cases in the order given, each sent to its organisation, with one ledger entry a case."""
    cases = Case.objects.bulk_create(
        [
            Case(
                organisation=opening.organisation,
                org_path=opening.organisation.path,
                kind=opening.kind,
                subject=opening.subject,
                title=opening.title,
                priority=opening.priority,
                priority_reason=opening.priority_reason,
                due_at=opening.due_at,
                rule=opening.rule,
                asset_id=opening.asset_id,
                opened_at=at,
                changed_at=at,
            )
            for opening in openings
        ],
        batch_size=2_000,
    )
    ledger.record_many(
        "case.open",
        SUBJECT,
        (
            (case.pk, case.org_path, {"subject": case.subject, "title": case.title, "due": standing.iso(case.due_at)})
            for case in cases
        ),
        at=at,
    )
    return cases


@transaction.atomic
def acknowledge(case_id: int, *, at: datetime, by: str, via: str = "desk") -> Case:
    """The case, acknowledged by its organisation; a second acknowledgement changes nothing."""
    case = locked(case_id)
    if case.state != State.SENT:
        return case
    before, case.acknowledged_at = standing.of(case), at
    return moved(case, Move.ACKNOWLEDGE, at, by=by, via=via, before=before)


@transaction.atomic
def inherit_acknowledgement(case_id: int, source: Case, *, at: datetime) -> None:
    """A case that another of its organisation went over to is known there since that one was: by whom, how and when."""
    case = locked(case_id)
    if case.state != State.SENT or source.acknowledged_at is None or source.organisation_id != case.organisation_id:
        return
    case.acknowledged_at = source.acknowledged_at
    told = _acknowledging(source)
    moved(case, Move.ACKNOWLEDGE, at, by=told.get("by", ""), via=told.get("via", "desk"), came_from=source.pk)


def _acknowledging(case: Case) -> dict[str, Any]:
    """What the ledger says of the act by which a case was first known to its organisation."""
    acts = [f"case.{move.value}" for move in (Move.ACKNOWLEDGE, Move.START, Move.CLAIM)]
    entries = Entry.objects.filter(subject_kind=SUBJECT, subject_id=case.pk, act__in=acts)
    entry = entries.filter(at__gte=case.acknowledged_at).order_by("pk").first()
    return entry.detail if entry else {}


@transaction.atomic
def start(case_id: int, *, at: datetime, person: Person) -> Case:
    """The case, under way in this person's hands."""
    case = locked(case_id)
    case.assignee = person
    case.acknowledged_at = case.acknowledged_at or at
    return moved(case, Move.START, at, by=person.name)


@transaction.atomic
def claim(case_id: int, answer: Answer, *, at: datetime) -> Case:
    """The case with the owner's word that the work is done; observation is asked afresh from this moment on."""
    case = locked(case_id)
    before = standing.of(case)
    case.acknowledged_at = case.acknowledged_at or at
    standing.forget_proof(case)
    return _answered(case, Claim.DONE, Move.CLAIM, answer, at, before=before)


@transaction.atomic
def undo(case_id: int, entry_id: int, *, at: datetime) -> Case:
    """The case as it stood before an acknowledgement or answer, named by its ledger entry.

    An earlier word, and the verdict that a claim had put an end to, stand again. Raises WrongState where the case moved
    on since, by whomever, and where another than who entered it takes back what is no claim. Files that came with a
    claim stay.
    """
    case = locked(case_id)
    entry = last_move(case.pk)
    if entry is None or entry.pk != entry_id or not _can_be_undone(entry):
        raise WrongState("this case moved on since, so nothing was undone; look at what happened to it")
    if entry.act != "case.claim" and entry.actor != current().actor:
        raise WrongState("only whoever entered this may undo it; nothing was changed")
    was, case.state, case.changed_at = case.state, State(entry.detail["was"]), at
    standing.restore(case, entry.detail.get("before", {}), with_proof=entry.act == "case.claim")
    case.save()
    ledger.record(
        "case.undo", SUBJECT, case.pk, case.org_path, at=at, state=case.state, was=was, undone=entry.act, entry=entry_id
    )
    _forget_name(case, entry.detail.get("by", ""))
    return case


def _can_be_undone(entry: Entry) -> bool:
    """Old entries of all but claims do not say what stood before them."""
    return entry.act in {f"case.{move}" for move in UNDONE} and (entry.act == "case.claim" or "before" in entry.detail)


def last_move(case_id: int) -> Entry | None:
    """The ledger's entry of what last moved the case from state to state, or undid such a move."""
    acts = ["case.undo", *(f"case.{move.value}" for move in Move)]
    return Entry.objects.filter(subject_kind=SUBJECT, subject_id=case_id, act__in=acts).order_by("pk").last()


@transaction.atomic
def withdraw(case_id: int, reason: str, *, at: datetime) -> Case:
    """The case under way again without the owner's word, which its author took back: nothing judges it any more."""
    case = locked(case_id)
    standing.forget_claim(case)
    standing.forget_proof(case)
    return moved(case, Move.WITHDRAW, at, reason=reason)


@transaction.atomic
def dispute(case_id: int, answer: Answer, *, at: datetime) -> Case:
    """The case, sent back to the register because the host is said to be another organisation's."""
    _need_reason(answer)
    case = locked(case_id)
    return _answered(case, Claim.NOT_OURS, Move.DISPUTE, answer, at, before=standing.of(case))


@transaction.atomic
def refuse(case_id: int, answer: Answer, *, at: datetime) -> Case:
    """The case, answered with “cannot comply” and the reason."""
    _need_reason(answer)
    case = locked(case_id)
    return _answered(case, Claim.CANNOT, Move.REFUSE, answer, at, before=standing.of(case))


@transaction.atomic
def settle(case_id: int, *, owner: Organisation | None, reason: str, at: datetime) -> Case:
    """The disputed or refused case sent out again: to the organisation that really answers for it, or back."""
    case = locked(case_id)
    previous = case.org_path
    if owner is not None and owner.pk != case.organisation_id:
        case.organisation, case.org_path, case.assignee, case.acknowledged_at = owner, owner.path, None, None
        # What observation showed was about the word of the one before; their verdicts stay in the history.
        standing.forget_proof(case)
        _move_children(case)
    standing.forget_claim(case)
    return moved(case, Move.SETTLE, at, reason=reason, came_from=previous)


@transaction.atomic
def raise_priority(case_id: int, priority: int, reason: str, *, at: datetime) -> bool:
    """True when the case became more urgent by what was found about it; a case never becomes less urgent by it."""
    case = locked(case_id)
    if priority >= case.priority:
        return False
    before = case.priority
    case.priority, case.priority_reason, case.changed_at = priority, reason[:300], at
    case.save(update_fields=["priority", "priority_reason", "changed_at"])
    ledger.record(
        "case.priority",
        SUBJECT,
        case.pk,
        case.org_path,
        at=at,
        priority=priority,
        was=before,
        reason=case.priority_reason,
    )
    return True


@transaction.atomic
def hand_over(case_id: int, person: Person, *, at: datetime, note: str = "") -> Case:
    """The case in another person's hands."""
    case = locked(case_id)
    before = case.assignee.name if case.assignee else ""
    case.assignee, case.changed_at = person, at
    case.save()
    ledger.record("case.hand_over", SUBJECT, case.pk, case.org_path, at=at, to=person.name, came_from=before, note=note)
    return case


@transaction.atomic
def close(case_id: int, reason: str, *, at: datetime) -> Case:
    """The case, closed by a person with a reason (where no rule proves it, or the work was recalled)."""
    if not reason.strip():
        raise InputError("give a reason: a case that nothing proved is closed by a person's word alone")
    case = locked(case_id)
    case.closed_at, case.closing = at, reason[:300]
    return moved(case, Move.CLOSE, at, reason=reason)


@transaction.atomic
def extend(case_id: int, due_at: datetime, reason: str, *, at: datetime) -> Case:
    """The case with a new due time; InputError for one that is over already, which would make it late at once."""
    if due_at <= at:
        raise InputError("the new due time is over already: set one that is still to come")
    case = locked(case_id)
    before, case.due_at, case.changed_at = case.due_at, due_at, at
    case.save()
    ledger.record(
        "case.extend", SUBJECT, case.pk, case.org_path, at=at,
        due=standing.iso(due_at), due_before=standing.iso(before), reason=reason,
    )  # fmt: skip
    return case


@transaction.atomic
def reword(case_id: int, title: str, rule: str, reason: str, *, at: datetime) -> Case:
    """The case with another title and proof rule; what another rule judged stands in the history alone."""
    case = locked(case_id)
    before = {"title": case.title, "rule": case.rule}
    if rule != case.rule:
        standing.forget_proof(case)
    case.title, case.rule, case.changed_at = title, rule, at
    case.save()
    ledger.record(
        "case.reword", SUBJECT, case.pk, case.org_path, at=at, title=title, rule=rule, before=before, reason=reason
    )
    return case


@transaction.atomic
def reopen(case_id: int, reason: str, *, at: datetime, due_at: datetime | None = None) -> Case:
    """The claimed or closed case under way again, its history kept; `due_at` as in `reopened`."""
    case = locked(case_id)
    return reopened(case, reason, at, due_at=due_at)


def reopened(
    case: Case, reason: str, at: datetime, back_to: State | None = None, *, due_at: datetime | None = None
) -> Case:
    """The locked case under way again, or back in another open state, with a move of its own in the ledger.

    `due_at`: what was found anew is due then, as in a new case; a due time that is later still stands.
    """
    case.reopened_count += 1
    case.closed_at = None
    due = {}
    if due_at is not None and (case.due_at is None or case.due_at < due_at):
        due = {"due": standing.iso(due_at), "due_before": standing.iso(case.due_at)}
        case.due_at = due_at
    moved(case, Move.REOPEN, at, reason=reason, **due)
    if back_to:
        case.state = back_to
        case.save(update_fields=["state"])
    return case


def hold(case_ids: Iterable[int]) -> None:
    """Keep these cases of the scope in this transaction's hands, taken in the order of their numbers.

    Whoever writes several cases in one transaction holds them all first: two who took the same ones in different orders
    would wait for each other, and PostgreSQL would break one of them off.
    """
    numbers = sorted(set(case_ids))
    for start in range(0, len(numbers), MOVED_AT_ONCE):
        part = Case.objects.select_for_update(no_key=True).filter(pk__in=numbers[start : start + MOVED_AT_ONCE])
        list(part.order_by("pk").values_list("pk", flat=True))


def hold_of(rows: Sequence[Any]) -> None:
    """Hold the cases of obligations or findings, as `hold` does; each then shows its case as it stands now."""
    hold(row.case_id for row in rows)
    held = Case.objects.in_bulk({row.case_id for row in rows})
    for row in rows:
        row.case = held[row.case_id]


def locked(case_id: int) -> Case:
    """The case of the scope, in nobody else's hands until the transaction ends; OutOfScope where there is none.

    What only points at a case (a finding, a file) may be written meanwhile: its number never changes.
    """
    held = Case.objects.select_for_update(of=("self",), no_key=True)
    try:
        return held.select_related("organisation", "assignee").get(pk=case_id)
    except Case.DoesNotExist:
        raise OutOfScope(f"case {case_id} is not among the cases you may see") from None


def moved(case: Case, move: Move, at: datetime, **detail: Any) -> Case:
    """The locked case after a move, saved and in the ledger; WrongState where its state allows none."""
    before, case.state, case.changed_at = case.state, after(case.state, move), at
    if case.state != State.CLOSED:
        case.closing = ""
    case.save()
    ledger.record(f"case.{move.value}", SUBJECT, case.pk, case.org_path, at=at, state=case.state, was=before, **detail)
    if by := detail.get("by"):
        _keep_name(case, by)
    return case


def _keep_name(case: Case, name: str) -> None:
    """Let the search find the case by who acknowledged or answered it."""
    rows = (Answerer(case=case, org_path=case.org_path, ending=ending) for ending in _endings(name))
    Answerer.objects.bulk_create(rows, ignore_conflicts=True)


def _endings(name: str) -> set[str]:
    """The folded name from each of its first words on."""
    words = fold(name).split()
    return {" ".join(words[place:])[:LONGEST_ENDING] for place in range(min(len(words), WORDS_SOUGHT))}


def _forget_name(case: Case, name: str) -> None:
    """Let the search no longer find the case by the name of an act that was undone, unless another act bears it."""
    of_case = Entry.objects.filter(subject_kind=SUBJECT, subject_id=case.pk)
    undone = set(of_case.filter(act="case.undo").values_list("detail__entry", flat=True))
    named = of_case.filter(act__in=[f"case.{move}" for move in UNDONE | {Move.START}]).values_list("pk", "detail__by")
    borne = {ending for number, by in named if by and number not in undone for ending in _endings(by)}
    case.answerers.filter(ending__in=_endings(name) - borne).delete()


def _answered(case: Case, claim_: Claim, move: Move, answer: Answer, at: datetime, **detail: Any) -> Case:
    case.claim, case.claim_text, case.claimed_at = claim_, answer.text, at
    case.claimed_by, case.claimed_via = answer.by, answer.via
    return moved(case, move, at, text=answer.text, by=answer.by, via=answer.via, **detail)


def _need_reason(answer: Answer) -> None:
    if not answer.text.strip():
        raise InputError("write the reason: it is what the lead agency decides on")


def _move_children(case: Case) -> None:
    for rows in (case.findings, case.evidence, case.verdicts, case.answerers):
        rows.update(org_path=case.org_path)


def move_open_work(cases: Sequence[int], to: Organisation, *, act: str, at: datetime) -> int:
    """The number of open cases moved to another organisation by a dated act (a merger, a split, an abolition)."""
    moved = 0
    for start in range(0, len(cases), MOVED_AT_ONCE):
        part = Case.objects.filter(pk__in=cases[start : start + MOVED_AT_ONCE]).exclude(state=State.CLOSED)
        before = dict(part.select_for_update(no_key=True).order_by("pk").values_list("pk", "org_path"))
        Case.objects.filter(pk__in=before).update(organisation=to, org_path=to.path)
        for rows in (Finding, Evidence, Verdict, Answerer):
            rows.objects.filter(case__in=before).update(org_path=to.path)
        ledger.record_many(
            "case.move", SUBJECT, ((pk, to.path, {"act": act, "came_from": path}) for pk, path in before.items()), at=at
        )
        moved += len(before)
    return moved
