"""Acts on directives: received, corrected, entered in the incoming register, superseded, extended, recalled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.db.models import Max

from vonggac.directives import queries
from vonggac.directives.counting import Origin, arrival, first_due
from vonggac.directives.models import (
    Audience,
    Clause,
    Directive,
    DirectiveState,
    Document,
    RegisterNumber,
)
from vonggac.directives.rules import ProposedClause, bare_number, due_time, propose
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.ledger import services as ledger
from vonggac.regimes.regime import Regime
from vonggac.register.models import Organisation

SUBJECT = "directive"
LONGEST_FILLED = 1_000  # of a field about the entering: no date, unit or question has as much
# What a person may correct on the page, before and after the directive was entered.
CORRECTABLE = (
    "kind", "number", "symbol", "issuer", "parent_issuer", "place", "issued_on", "urgency", "confidentiality",
    "subject", "addressees", "references", "contacts", "recipients", "signer", "period_from", "period_to",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Received:
    """An upload as it came: its name, digest, size, and the text that the reader saw."""

    name: str
    sha256: str
    size: int
    text: str


@dataclass(frozen=True, slots=True)
class Entering:
    """What a person decides when a directive is entered: day of arrival, lead and cooperating bodies, due time.

    `arrival_number` is given where the directive came in one envelope with another that has its number already.
    """

    arrived_on: date
    lead: Organisation | None = None
    cooperating: tuple[Organisation, ...] = ()
    due_at: datetime | None = None
    arrival_number: int | None = None


@transaction.atomic
def receive(
    upload: Received, readings: Sequence[Mapping[str, Any]], office: Organisation, regime: Regime, *, at: datetime
) -> list[Directive]:
    """The drafts read from one file, in its order; the same file again gives what it gave before."""
    kept, _ = Document.objects.get_or_create(
        org_path=office.path,
        sha256=upload.sha256,
        defaults={"name": upload.name, "size": upload.size, "text": upload.text, "received_at": at},
    )
    # Who hands the same file in at the same time waits here, and finds the drafts of the first.
    document = Document.objects.select_for_update().get(pk=kept.pk)
    if standing := queries.standing_of(document):
        return standing
    # Entered by mistake, it may come in again: rightly, or to the right office; a draft thrown away leaves a gap.
    last = document.directives.aggregate(last=Max("position"))["last"]
    first = 0 if last is None else last + 1
    if document.filled:
        document.filled = {}
        document.save(update_fields=["filled"])
    drafts = [
        _draft(document, position, reading, office, regime, at) for position, reading in enumerate(readings, first)
    ]
    _join_cover_letters(drafts)
    ledger.record(
        "document.receive", "document", document.pk, office.path, at=at, name=upload.name, sha256=upload.sha256
    )
    return drafts


@transaction.atomic
def keep_filled(document: Document, filled: Mapping[str, list[str]], *, at: datetime) -> None:
    """Keep what is filled in about entering a file until somebody enters it; nothing of it is in force.

    Each text is cut at LONGEST_FILLED characters. The ledger has the fields that changed, one that is gone without any.
    """
    before, after = document.filled, {name: [one[:LONGEST_FILLED] for one in values] for name, values in filled.items()}
    changed = {name: after.get(name, []) for name in before | after if before.get(name) != after.get(name)}
    if not changed:
        return
    document.filled = after
    document.save(update_fields=["filled"])
    ledger.record("document.fill", "document", document.pk, document.org_path, at=at, filled=changed)


@transaction.atomic
def correct(directive_id: int, changes: Mapping[str, Any], *, at: datetime) -> Directive:
    """The directive with corrected fields; each change stands in the ledger beside what was there before."""
    unknown = set(changes) - set(CORRECTABLE)
    if unknown:
        raise InputError(f"these fields cannot be corrected: {', '.join(sorted(unknown))}")
    directive = locked(directive_id)
    before = {field: getattr(directive, field) for field in changes}
    changed = {field: value for field, value in changes.items() if before[field] != value}
    if not changed:
        return directive
    if directive.state == DirectiveState.DRAFT and "issued_on" in changed:
        received = directive.document.received_at
        _recount(directive, Origin(received, before["issued_on"]), Origin(received, changed["issued_on"]))
    for field, value in changed.items():
        setattr(directive, field, value)
    directive.changed_at = at
    directive.save()
    record("directive.correct", directive, at, changes={f: [plain(before[f]), plain(v)] for f, v in changed.items()})
    return directive


@transaction.atomic
def enter(directive_id: int, entering: Entering, *, at: datetime) -> Directive:
    """The directive in force, with the office's next arrival number of the year (ND30/2020, Điều 22)."""
    directive = locked(directive_id)
    if directive.state != DirectiveState.DRAFT:
        raise WrongState("this directive is already in the incoming register; correct it there")
    if not (directive.subject or directive.number or directive.symbol):
        raise InputError(
            "the document has neither number, symbol nor subject: write what it says there, or throw the draft away"
        )
    directive.arrival_number = entering.arrival_number or next_number(
        directive.organisation, "incoming", entering.arrived_on.year
    )
    _recount(directive, origin_of(directive), origin_of(directive, entering.arrived_on))
    directive.arrived_on, directive.lead, directive.due_at = entering.arrived_on, entering.lead, entering.due_at
    directive.state, directive.confirmed_at, directive.changed_at = DirectiveState.CONFIRMED, at, at
    directive.save()
    directive.cooperating.set(entering.cooperating)
    record(
        "directive.enter", directive, at,
        arrival_number=directive.arrival_number, lead=entering.lead.code if entering.lead else None,
        cooperating=[body.code for body in entering.cooperating], due=plain(entering.due_at),
    )  # fmt: skip
    return directive


@transaction.atomic
def discard(directive_id: int, *, at: datetime) -> None:
    """Throw a draft away (a second copy, not a directive); one that was entered is recalled instead.

    A file of which nothing is left can be handed in again.
    """
    directive = locked(directive_id)
    if directive.state != DirectiveState.DRAFT:
        raise WrongState("a directive in the register cannot be discarded; recall it with the document that says so")
    record("directive.discard", directive, at, subject=directive.subject)
    document = Document.objects.select_for_update().get(pk=directive.document_id)
    directive.delete()
    if not document.directives.exists():
        document.delete()


@transaction.atomic
def supersede(old_id: int, new_id: int, *, at: datetime) -> Directive:
    """The new directive, standing in for the old one; the old one's open obligations are closed by the flow."""
    old, new = locked(old_id), locked(new_id)
    if old.state != DirectiveState.CONFIRMED or new.state != DirectiveState.CONFIRMED:
        raise WrongState("only a directive in force replaces another one in force; enter the new one first")
    if old.pk == new.pk:
        raise InputError("a directive cannot replace itself")
    old.state, old.changed_at, old.replaced_by = DirectiveState.SUPERSEDED, at, new
    old.save()
    record("directive.supersede", old, at, by=new.pk)
    return new


@transaction.atomic
def extend(directive_id: int, due_at: datetime, reason: str, *, at: datetime) -> Directive:
    """The directive with a later due time; its open obligations follow in the flow."""
    directive = _in_force(directive_id)
    ends = due_time(directive.due_at, period_to=directive.period_to)
    if ends and due_at <= ends:
        raise InputError("an extension ends later than what it extends; where less time is left, enter a new directive")
    if due_at <= at:
        raise InputError("an extension ends in the future: this due time is over already")
    before, directive.due_at, directive.changed_at = directive.due_at, due_at, at
    directive.save()
    record("directive.extend", directive, at, due=plain(due_at), due_before=plain(before), reason=reason)
    return directive


@transaction.atomic
def recall(directive_id: int, reason: str, *, at: datetime) -> Directive:
    """The directive withdrawn by its issuer; its open obligations are closed by the flow."""
    if not reason.strip():
        raise InputError("name the document or the order by which it is recalled")
    directive = _in_force(directive_id)
    directive.state, directive.changed_at = DirectiveState.RECALLED, at
    directive.save()
    record("directive.recall", directive, at, reason=reason)
    return directive


@transaction.atomic
def mistake(directive_id: int, reason: str, *, at: datetime) -> list[Directive]:
    """What is struck out of the register because it should never have stood there; its number is used up.

    The directive comes first; cover letters that pass on nothing else go with it.
    """
    if not reason.strip():
        raise InputError("say what the mistake was: the register keeps the line, and whoever was told will ask")
    directive = _in_force(directive_id)
    letters = directive.covered_by.select_for_update(of=("self",)).filter(state=DirectiveState.CONFIRMED).order_by("pk")
    struck = [directive, *letters]
    for one in struck:
        one.state, one.changed_at = DirectiveState.MISTAKEN, at
        one.save()
        record("directive.mistake", one, at, reason=reason)
    return struck


def next_number(office: Organisation, book: str, year: int) -> int:
    """The next number of an office's incoming or outgoing register; numbers begin with 1 on 1 January."""
    counter, _ = RegisterNumber.objects.select_for_update().get_or_create(
        organisation=office, book=book, year=year, defaults={"org_path": office.path}
    )
    counter.last += 1
    counter.save(update_fields=["last"])
    return counter.last


def admit(directive: Directive, organisations: Sequence[Organisation]) -> None:
    """Let organisations read a directive that lies in another office's register."""
    Audience.objects.bulk_create(
        [Audience(directive=directive, org_path=organisation.path) for organisation in organisations],
        ignore_conflicts=True,
    )


def _draft(
    document: Document, position: int, reading: Mapping[str, Any], office: Organisation, regime: Regime, at: datetime
) -> Directive:
    period = reading.get("period") or {}
    directive = Directive.objects.create(
        document=document,
        position=position,
        organisation=office,
        org_path=office.path,
        changed_at=at,
        reading=dict(reading),
        issued_on=_day(reading.get("date")),
        period_from=_day(period.get("from")),
        period_to=_day(period.get("to")),
        signer=reading.get("signer") or {},
        **{field: reading.get(field) or "" for field in _TEXT_FIELDS},
        **{field: reading.get(field) or [] for field in ("addressees", "references", "contacts", "recipients")},
    )
    proposed = propose(reading.get("clauses") or [], regime)
    Clause.objects.bulk_create(clause_of(directive, order, clause) for order, clause in enumerate(proposed))
    return directive


def clause_of(directive: Directive, position: int, proposed: ProposedClause) -> Clause:
    """A clause of a draft as it was proposed, due when its printed times say, not kept yet."""
    return Clause(
        directive=directive,
        org_path=directive.org_path,
        position=position,
        label=proposed.label,
        heading=proposed.heading,
        text=proposed.text,
        lines=list(proposed.lines),
        binds=list(proposed.binds),
        rule=proposed.rule,
        deadlines=list(proposed.deadlines),
        due_at=first_due(proposed.deadlines, origin_of(directive)),
    )


def origin_of(directive: Directive, arrived_on: date | None = None) -> Origin:
    """What its relative times are counted from: the day of arrival given or entered, else the moment of the hand-in."""
    received, day = directive.document.received_at, arrived_on or directive.arrived_on
    return Origin(arrival(day, received) if day else received, directive.issued_on)


def recounted(clause: Clause, before: Origin, now: Origin) -> datetime | None:
    """A clause's due time counted from another origin; one that a person set stays."""
    return first_due(clause.deadlines, now) if clause.due_at == first_due(clause.deadlines, before) else clause.due_at


def _recount(directive: Directive, before: Origin, now: Origin) -> None:
    moved = list(directive.clauses.all())
    for clause in moved:
        clause.due_at = recounted(clause, before, now)
    Clause.objects.bulk_update(moved, ["due_at"])


_TEXT_FIELDS = (
    "kind", "number", "symbol", "issuer", "parent_issuer", "place", "urgency", "confidentiality", "subject",
)  # fmt: skip


def _join_cover_letters(drafts: Sequence[Directive]) -> None:
    """A document without clauses of its own that refers to the one after it in the file is its cover letter."""
    for letter, attached in pairwise(drafts):
        cited = {bare_number(reference) for reference in letter.references}
        if not letter.clauses.exists() and bare_number(f"{attached.number}/{attached.symbol}") in cited:
            letter.covers = attached
            letter.save(update_fields=["covers"])


def locked(directive_id: int) -> Directive:
    """The directive for an act on it; OutOfScope when it is not among those one may change."""
    try:
        return Directive.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=directive_id)
    except Directive.DoesNotExist:
        raise OutOfScope(f"directive {directive_id} is not among those you may change") from None


def _in_force(directive_id: int) -> Directive:
    directive = locked(directive_id)
    if directive.state != DirectiveState.CONFIRMED:
        raise WrongState("only a directive in force can be changed in this way")
    return directive


def record(act: str, directive: Directive, at: datetime, **detail: Any) -> None:
    """An act on a directive in the ledger."""
    ledger.record(act, SUBJECT, directive.pk, directive.org_path, at=at, **detail)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def plain(value: Any) -> Any:
    """A value as the ledger keeps it."""
    return value.isoformat() if isinstance(value, date) else value
