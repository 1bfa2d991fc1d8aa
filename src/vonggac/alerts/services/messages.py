"""Messages of spools: how far they were counted, and which of several with one identifier came first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vonggac.alerts.models import Message, Progress, Source
from vonggac.alerts.services.sources import digest
from vonggac.lake.spool import Place


@dataclass(frozen=True, slots=True)
class Heard:
    """A message whose sender gave it an identifier, and where it stands."""

    source_id: int
    identifier: str
    raw: str
    received_at: datetime


def counted_to(collector: str) -> Place | None:
    """Up to where the spool was counted, locked until the transaction ends; None while another process counts."""
    Progress.objects.bulk_create([Progress(collector=collector)], ignore_conflicts=True)
    found = Progress.objects.select_for_update(skip_locked=True).filter(collector=collector).first()
    return None if found is None else Place(found.segment, found.offset)


def counted_so_far(collector: str) -> Place:
    """Up to where the spool was counted, without a lock: it is further by now, or there."""
    found = Progress.objects.filter(collector=collector).first()
    return Place() if found is None else Place(found.segment, found.offset)


def advance(collector: str, place: Place) -> None:
    """Say that everything before the place was counted."""
    Progress.objects.filter(collector=collector).update(segment=place.segment, offset=place.offset)


def remember(heard: Sequence[Heard], *, at: datetime) -> None:
    """Keep the identifiers that were not heard before, each with the place of the message that said it first."""
    paths = dict(Source.objects.filter(pk__in={one.source_id for one in heard}).values_list("pk", "org_path"))
    Message.objects.bulk_create(
        (
            Message(
                source_id=one.source_id, org_path=paths[one.source_id], identifier=digest(one.identifier), raw=one.raw,
                received_at=at,
            )
            for one in heard
            if one.source_id in paths
        ),
        ignore_conflicts=True,
        batch_size=5_000,
    )  # fmt: skip


def first_of(heard: Sequence[Heard]) -> dict[tuple[int, str], str]:
    """(source, identifier) → where the message stands that said it first."""
    digests = {digest(one.identifier): one.identifier for one in heard}
    rows = Message.objects.filter(source_id__in={one.source_id for one in heard}, identifier__in=digests)
    return {(source, digests[told]): raw for source, told, raw in rows.values_list("source_id", "identifier", "raw")}


def forget(before: datetime) -> int:
    """How many identifiers were let go that are older than what a sender repeats."""
    return Message.objects.filter(received_at__lt=before).delete()[0]
