"""A botnet list becomes cases: read, owned, placed on hosts, reconciled with the sender's last list, told once."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from vonggac.botnet.models import BotnetList, Sender, Unread
from vonggac.botnet.queries import sender_of
from vonggac.botnet.rules import presence, written
from vonggac.botnet.services import findings, hosts, lists, settling
from vonggac.botnet.services.hosts import identity
from vonggac.botnet.services.lists import Arrival
from vonggac.cases.models import Case, Kind
from vonggac.duty import messages
from vonggac.flows import escalation, list_letters
from vonggac.flows.list_letters import Told
from vonggac.flows.list_sightings import sightings_of
from vonggac.flows.proof.damaged_rows import DamagedRows
from vonggac.flows.statistics import renew_soon
from vonggac.flows.traffic_log import ASSESS_JOB
from vonggac.flows.uploads import keep_raw, raw
from vonggac.formats import botnet_columns
from vonggac.formats.botnet_columns import Mapping as ColumnMapping
from vonggac.formats.botnet_list import ListReading, UnreadContact, need_content
from vonggac.formats.botnet_list import read as read_list
from vonggac.formats.records import RowWarning
from vonggac.jobs import defer, job
from vonggac.jobs.clock import now
from vonggac.ledger.models import Entry
from vonggac.regimes import regime
from vonggac.register.models import Organisation
from vonggac.tenancy.scope import Scope, scoped

BATCH_ROWS = 2_000
KEPT_REJECTS = 1_000
KEPT_WARNINGS = 20
SAMPLE_ROWS = 3  # as read, for a person who looks whether columns and time zone are right
NEWS = frozenset({"new", "returned"})
IMPORT_JOB = "botnet.import"
Progress = Callable[[int, int], None]
Step = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a list; `was_known` when the same bytes had been imported before."""

    list_id: int
    summary: Mapping[str, Any]
    was_known: bool
    unread_columns: Sequence[str] = ()
    warnings: Sequence[RowWarning] = ()


def read(
    content: bytes,
    file_name: str,
    sender: Sender | None,
    mapping: ColumnMapping | None = None,
) -> ListReading:
    """The list read by the given mapping, else by the one remembered for the sender if it fits, else by a guess."""
    need_content(content, file_name)
    if mapping is not None:
        return read_list(content, file_name, botnet_columns.said(mapping))
    remembered = botnet_columns.from_json(sender.mapping) if sender and sender.mapping else None
    return read_list(content, file_name, remembered=remembered)


def read_entered(botnet_list: BotnetList, meant: Mapping[int, Sequence[str]] | None = None) -> ListReading:
    """An entered list read by its own mapping; `meant`: line → the addresses that a person found to be meant there."""
    mapping = botnet_columns.from_json(botnet_list.mapping) if botnet_list.mapping else None
    return read_list(raw(botnet_list.sha256), botnet_list.file_name, mapping, meant=meant)


def import_list(
    content: bytes,
    file_name: str,
    office: Organisation,
    sender_name: str,
    *,
    received_at: datetime | None = None,
    at: datetime,
    mapping: ColumnMapping | None = None,
    within: Step = nullcontext,
    progress: Progress | None = None,
) -> ImportReport:
    """Turn one botnet list into cases for the organisations that answer for its addresses (dispatch 1465, 1c)."""
    with within():
        botnet_list = start(content, file_name, office, sender_name, received_at=received_at, at=at, mapping=mapping)
    return carry_out(botnet_list.pk, at=at, within=within, progress=progress)


def start(
    content: bytes,
    file_name: str,
    office: Organisation,
    sender_name: str,
    *,
    received_at: datetime | None = None,
    at: datetime,
    mapping: ColumnMapping | None = None,
) -> BotnetList:
    """The list, kept as it came and entered; MappingNeeded when its columns cannot be told apart."""
    reading = read(content, file_name, sender_of(office, sender_name), mapping)
    arrival = Arrival(file_name, keep_raw(content), received_at)
    botnet_list, _ = lists.receive(office, sender_name, arrival, at=at)
    lists.remember_mapping(botnet_list, reading.mapping.to_json(), at=at)
    return botnet_list


def carry_out(
    list_id: int, *, at: datetime, within: Step = nullcontext, progress: Progress | None = None
) -> ImportReport:
    """What became of an entered list: each step stands in a transaction that `within` opens.

    Officers go on working beside a list of a million rows; killed between two steps, the import runs again and counts
    nothing twice.
    """
    with within():
        botnet_list = BotnetList.objects.select_related("sender").get(pk=list_id)
        if botnet_list.imported_at is not None:
            return ImportReport(list_id, botnet_list.summary, was_known=True)
        reading = read_entered(botnet_list)
        sightings, totals = sightings_of(reading, botnet_list.received_at)
    due_at = at + timedelta(days=regime.on(timezone.localdate(at)).limit("case_due_days"))
    for first in range(0, len(sightings), BATCH_ROWS):
        with within():
            findings.absorb(botnet_list, sightings[first : first + BATCH_ROWS], due_at=due_at, at=at)
        if progress:
            progress(min(first + BATCH_ROWS, len(sightings)), len(sightings))
    with within(), transaction.atomic():
        # Asked again under a lock: the list may have been carried out beside this run, and is told once.
        botnet_list = BotnetList.objects.select_for_update(of=("self",)).select_related("sender").get(pk=list_id)
        if botnet_list.imported_at is not None:
            return ImportReport(list_id, botnet_list.summary, was_known=True)
        _remember_c2(botnet_list, reading)
        settling.note(botnet_list, _unread(reading))
        botnet_list.rows_read, botnet_list.rows_rejected = reading.rows_read, len(reading.rejects)
        botnet_list.rejects = [_reject(reject) for reject in reading.rejects[:KEPT_REJECTS]]
        lists.finish(botnet_list, totals, at=at)
        tell(botnet_list, at=at)
        escalation.call_for_list(botnet_list, new_cases(botnet_list), at=at)
        defer(ASSESS_JOB, once=ASSESS_JOB)
        renew_soon()
    return ImportReport(
        list_id, botnet_list.summary, was_known=False,
        unread_columns=reading.unread_columns, warnings=reading.warnings[:KEPT_WARNINGS],
    )  # fmt: skip


def enqueue(botnet_list: BotnetList, scope: Scope) -> None:
    """Have the worker carry the list out, under the name of whoever handed it in.

    A sender's lists one after the other: each is compared with the one before.
    """
    lock = f"{IMPORT_JOB}:{botnet_list.sender_id}"
    defer(IMPORT_JOB, lock=lock, list_id=botnet_list.pk, actor=scope.actor, org_path=scope.org_path)


@job(IMPORT_JOB, queue="imports")
def carry_out_entered(list_id: int, actor: str, org_path: str) -> None:
    """Carry one entered list out."""
    scope = Scope(actor, org_path)
    carry_out(list_id, at=now(), within=lambda: scoped(scope))


def tell(botnet_list: BotnetList, *, at: datetime, **which: Any) -> int:
    """The number of organisations told, with one message each, what changed for them with this list.

    `which`: the ledger's entries to tell of, as a filter; without it all that name the list.
    """
    touched: dict[int, Counter[str]] = defaultdict(Counter)
    fresh: dict[int, list[int]] = defaultdict(list)
    entries = Entry.objects.filter(act__in=("case.listed", "case.unlisted"), detail__list=botnet_list.pk, **which)
    listed = Case.objects.filter(pk__in=entries.values("subject_id"), kind=Kind.BOTNET_HOST)
    owner = {pk: (organisation, priority) for pk, organisation, priority in listed.values_list(
        "pk", "organisation_id", "priority"
    )}  # fmt: skip
    for case_id, act, detail in entries.values_list("subject_id", "act", "detail").iterator(chunk_size=5_000):
        organisation, _ = owner[case_id]
        kinds = _presences(detail) if act == "case.listed" else {"gone"}
        touched[organisation].update(kinds)
        if kinds & NEWS:
            fresh[organisation].append(case_id)
    organisations = Organisation.objects.in_bulk(touched)
    told = [
        Told(organisations[identifier], changes, sorted(fresh[identifier], key=lambda pk: (owner[pk][1], pk)))
        for identifier, changes in sorted(touched.items())
        if changes.keys() - {"still"}  # a list that says the same as the one before is no news
    ]
    return len(messages.notify_all(list_letters.letters(botnet_list, told), at=at))


def new_cases(botnet_list: BotnetList, **which: Any) -> list[int]:
    """The cases to which this list brought something new, or something that had gone; `which` as in `tell`."""
    entries = Entry.objects.filter(act="case.listed", detail__list=botnet_list.pk, **which)
    rows = entries.values_list("subject_id", "detail").iterator(chunk_size=5_000)
    return [case_id for case_id, detail in rows if _presences(detail) & NEWS]


def _presences(detail: Mapping[str, Any]) -> set[str]:
    return {finding[2] for finding in detail.get("findings", ())}


def _remember_c2(botnet_list: BotnetList, reading: ListReading) -> None:
    contacts = reading.rows.contacts
    lists.remember_indicators(botnet_list, contacts.addresses, contacts.names)


def _unread(reading: ListReading) -> Iterator[Unread]:
    """What a person has to settle: the C2s that nobody can read, and the rows that may mean somebody."""
    yield from map(unread_c2, reading.rows.unread)
    for reject in reading.rejects[:KEPT_REJECTS]:
        if DamagedRows([reject.raw]).may_name_anybody:
            column = (reject.column or "")[:300]
            yield Unread(kind=settling.ADDRESS, line=reject.line, column=column, row=reject.raw)


def unread_c2(found: UnreadContact) -> Unread:
    """A text in place of a C2 as it is kept with its list."""
    return Unread(
        kind=settling.C2, line=found.line, column=found.column[:300], text=found.text, row=found.row, rows=found.rows
    )


def _reject(reject: Any) -> dict[str, Any]:
    return {"line": reject.line, "column": reject.column, "reason": reject.reason, "raw": reject.raw}


def preview(
    content: bytes,
    file_name: str,
    office: Organisation,
    sender_name: str,
    *,
    at: datetime,
    mapping: ColumnMapping | None = None,
) -> dict[str, Any]:
    """How a list that comes at that time would be read and what it would change, without writing anything."""
    sender = sender_of(office, sender_name)
    reading = read(content, file_name, sender, mapping)
    sightings, totals = sightings_of(reading, at)
    by_organisation = Counter(s.placement.organisation.name for s in sightings)
    known = findings.standing_of(sender, sightings) if sender else {}
    changes = Counter(presence(known.get(identity(s))).value for s in sightings)
    named = {identity(s) for s in sightings}
    changes["gone"] = lists.going(sender, office.path, named) if sender else 0
    return {
        **totals,
        **changes,
        **hosts.foreseen(sightings),
        "sender": sender.name if sender else written(sender_name),
        "hosts": len({s.host_key for s in sightings}),
        "organisations": dict(by_organisation.most_common(20)),
        "mapping": reading.mapping.to_json(),
        "unread_columns": list(reading.unread_columns),
        "reading_warnings": reading.warnings[:KEPT_WARNINGS],
        "rejects": [_reject(reject) for reject in reading.rejects[:20]],
        "sample": list(islice(reading.rows.records(), SAMPLE_ROWS)),
    }
