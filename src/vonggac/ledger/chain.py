"""The hash chain as a pure function of entries: what is hashed, and how links follow each other."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

GENESIS = hashlib.sha256(b"vonggac ledger 1").digest()


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """The fields of an entry that the chain covers."""

    id: int
    recorded_at: datetime
    at: datetime
    actor: str
    org_path: str
    act: str
    subject_kind: str
    subject_id: int
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A point of the chain to be kept outside the database: sequence number and hash (64 hexadecimal digits)."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """The checkpoint written as `sequence:hash`; ValueError when it is not one."""
        sequence, _, digest = text.strip().partition(":")
        if len(bytes.fromhex(digest)) != 32:
            raise ValueError(f"not a checkpoint: {text!r}")
        return cls(int(sequence), digest.lower())


def canonical(entry: SealedEntry) -> bytes:
    """The one byte form of an entry: JSON with sorted keys, no spaces, UTC times to the microsecond."""
    fields = [
        entry.id,
        _utc(entry.recorded_at),
        _utc(entry.at),
        entry.actor,
        entry.org_path,
        entry.act,
        entry.subject_kind,
        entry.subject_id,
        entry.detail,
    ]
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def link(previous: bytes, entry: SealedEntry) -> bytes:
    """The hash of the link that follows `previous` and seals the entry."""
    return hashlib.sha256(previous + canonical(entry)).digest()


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
