"""Finding any change to the ledger before a checkpoint that was kept outside the database."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connections, transaction

from vonggac.ledger.chain import GENESIS, Checkpoint, SealedEntry, link
from vonggac.ledger.services import COVERED, SEALER


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk along the whole chain found; sound when `faults` is empty."""

    sealed: int
    unsealed: tuple[int, ...]
    head: Checkpoint | None
    faults: tuple[str, ...] = field(default=())

    @property
    def is_sound(self) -> bool:
        """True when every link and every checkpoint matches."""
        return not self.faults


def verify(checkpoints: Sequence[Checkpoint] = ()) -> Verification:
    """Every link recomputed from its entry, held against the stored chain and the checkpoints from outside.

    O(entries), streamed. Entries not sealed yet are named: the chain cannot vouch for them.
    """
    with transaction.atomic(using=SEALER):
        expected: dict[int, set[str]] = defaultdict(set)
        for point in checkpoints:
            # One point may have been kept with two hashes: then the chain was rewritten between them.
            expected[point.sequence].add(point.hash)
        return _walk(expected)


def _walk(expected: dict[int, set[str]]) -> Verification:
    faults: list[str] = []
    digest, sequence = GENESIS, 0
    for stored_sequence, entry_id, stored_hash, entry in _links():
        sequence += 1
        if stored_sequence != sequence:
            faults.append(f"the chain jumps from {sequence - 1} to {stored_sequence}")
            sequence = stored_sequence
        if entry is None:
            faults.append(f"link {sequence}: entry {entry_id} is gone")
            digest = stored_hash
        else:
            digest = link(digest, entry)
            if digest != stored_hash:
                faults.append(f"link {sequence}: entry {entry_id} or the chain was changed")
                digest = stored_hash
        if expected.pop(sequence, set()) - {digest.hex()}:
            faults.append(f"link {sequence} does not match the checkpoint kept outside")
    faults += [f"the chain ends before checkpoint {missing}" for missing in sorted(expected)]
    head = Checkpoint(sequence, digest.hex()) if sequence else None
    return Verification(sequence, tuple(_unsealed()), head, tuple(faults))


def _links() -> Iterator[tuple[int, int, bytes, SealedEntry | None]]:
    columns = ", ".join(f"e.{column}" for column in COVERED)
    sql = f"SELECT s.sequence, s.entry_id, s.hash, {columns} FROM ledger_seal s LEFT JOIN ledger_entry e ON e.id = s.entry_id ORDER BY s.sequence"  # noqa: E501, S608  constant columns
    with connections[SEALER].chunked_cursor() as cursor:
        cursor.execute(sql)
        for sequence, entry_id, digest, *fields in cursor:
            entry = None if fields[0] is None else _entry(fields)
            yield sequence, entry_id, bytes(digest), entry


def _entry(fields: list[Any]) -> SealedEntry:
    plain = dict(zip(COVERED, fields, strict=True))
    # Django's cursor hands JSONB over as text.
    return SealedEntry(**{**plain, "detail": json.loads(plain["detail"])})


def _unsealed() -> list[int]:
    with connections[SEALER].cursor() as cursor:
        cursor.execute(
            "SELECT e.id FROM ledger_entry e LEFT JOIN ledger_seal s ON s.entry_id = e.id"
            " WHERE s.entry_id IS NULL ORDER BY e.id"
        )
        return [row[0] for row in cursor.fetchall()]
