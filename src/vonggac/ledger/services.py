"""Writing the ledger: one entry in the transaction of the change, and the sealer that chains the committed ones."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from vonggac.ledger.chain import GENESIS, Checkpoint, SealedEntry, link
from vonggac.ledger.models import Entry, Seal, Unsealed
from vonggac.tenancy.scope import current

SEALER = "sealer"
COVERED = ("id", "recorded_at", "at", "actor", "org_path", "act", "subject_kind", "subject_id", "detail")
# Any number will do, as long as nothing else in the database takes the same advisory lock.
ONE_SEALER_LOCK = 0x1EDE8
BATCH = 5_000


def record(act: str, subject_kind: str, subject_id: int, org_path: str, *, at: datetime, **detail: Any) -> Entry:
    """The new entry of one act, written in the caller's transaction under the scope's actor."""
    return Entry.objects.create(
        at=at, actor=current().actor, org_path=org_path, act=act,
        subject_kind=subject_kind, subject_id=subject_id, detail=detail,
    )  # fmt: skip


def record_many(
    act: str, subject_kind: str, subjects: Iterable[tuple[int, str, dict[str, Any]]], *, at: datetime
) -> None:
    """One entry for each (subject id, org_path, detail), in one insert: for acts that touch many rows at once."""
    rows = [
        {"subject_id": subject_id, "org_path": org_path, "detail": detail} for subject_id, org_path, detail in subjects
    ]
    # One JSON parameter: half the time of one parameter a cell, and half of a large import is its ledger.
    with connection.cursor() as cursor:
        for begin in range(0, len(rows), BATCH):
            cursor.execute(
                "INSERT INTO ledger_entry (at, actor, org_path, act, subject_kind, subject_id, detail)"
                " SELECT %s, %s, org_path, %s, %s, subject_id, detail"
                " FROM jsonb_populate_recordset(NULL::ledger_entry, %s::jsonb)",
                [at, current().actor, act, subject_kind, json.dumps(rows[begin : begin + BATCH], ensure_ascii=False)],
            )


def changed(was: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """`was` and `now` of what a change changed, as an entry keeps them; days as text."""
    names = [name for name in now if was.get(name) != now[name]]
    return {
        word: {name: said.isoformat() if isinstance(said := facts.get(name), date) else said for name in names}
        for word, facts in (("was", was), ("now", now))
    }


def seal(limit: int = 10_000) -> int:
    """The number of committed entries that were chained now, oldest first; runs under the sealer's own login.

    A second sealer waits for the first at an advisory lock, so the chain never forks.
    """
    with transaction.atomic(using=SEALER):
        connection = transaction.get_connection(SEALER)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_SEALER_LOCK])
        waiting = list(Unsealed.objects.using(SEALER).order_by("entry_id").values_list("entry_id", flat=True)[:limit])
        if not waiting:
            return 0
        last = Seal.objects.using(SEALER).order_by("-sequence").first()
        sequence, digest = (last.sequence, bytes(last.hash)) if last else (0, GENESIS)
        seals = []
        for row in Entry.objects.using(SEALER).filter(id__in=waiting).order_by("id").values_list(*COVERED):
            sequence, digest = sequence + 1, link(digest, SealedEntry(*row))
            seals.append(Seal(sequence=sequence, entry_id=row[0], hash=digest))
        Seal.objects.using(SEALER).bulk_create(seals)
        Unsealed.objects.using(SEALER).filter(entry_id__in=waiting).delete()
    return len(seals)


def checkpoint() -> Checkpoint | None:
    """The newest point of the chain, None while nothing is sealed."""
    last = Seal.objects.using(SEALER).order_by("-sequence").first()
    return Checkpoint(last.sequence, bytes(last.hash).hex()) if last else None


def announce(act: str, subject_kind: str, subject_id: int, org_path: str) -> None:
    """Tell open pages that a subject changed in a way that is no history: progress, for instance. No entry is made."""
    told = json.dumps({"path": org_path, "act": act, "kind": subject_kind, "id": subject_id})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('vonggac_event', %s)", [told])
