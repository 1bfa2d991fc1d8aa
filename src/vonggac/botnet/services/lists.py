"""Acts on lists: received in their order, finished with what is gone, their C2s and their senders' mappings kept."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from vonggac.botnet.models import BotnetList, Indicator, Sender
from vonggac.botnet.queries import sender_of
from vonggac.botnet.rules import Presence, written
from vonggac.botnet.services import hosts
from vonggac.botnet.services.hosts import FindingKey
from vonggac.cases.models import Finding, Kind
from vonggac.cases.services import SUBJECT
from vonggac.errors import InputError
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation
from vonggac.tenancy.scope import bounds

LIST = "botnet_list"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A list file as it came; `received_at` is None where nobody said when, and it is taken to come now."""

    file_name: str
    sha256: str
    received_at: datetime | None = None


@transaction.atomic
def receive(office: Organisation, sender_name: str, arrival: Arrival, *, at: datetime) -> tuple[BotnetList, bool]:
    """The list in the register of lists and whether it is new.

    A sender is known however the name is written; the first spelling stays. The same bytes are the same list, unless it
    is said that they came at another time: a sender whose list has not changed sends it again, and an empty list looks
    like every other empty one. Lists are compared with the one before, so one older than what was imported is refused.
    """
    known_as = sender_of(office, sender_name) or _new_sender(office, sender_name)
    # Locked, so that a file handed in twice at once is not two lists.
    sender = Sender.objects.select_for_update(no_key=True).get(pk=known_as.pk)
    same = sender.lists.filter(sha256=arrival.sha256).order_by("-received_at")
    known = (same.filter(received_at=arrival.received_at) if arrival.received_at else same).first()
    if known:
        return known, False
    received_at = arrival.received_at or at
    newest = sender.lists.order_by("-received_at").first()
    if newest and newest.received_at > received_at:
        raise InputError(
            f"{sender.name} already sent {newest.file_name} on {newest.received_at:%Y-%m-%d %H:%M} UTC, "
            "which is newer: import lists in the order in which they came"
        )
    made = BotnetList.objects.create(
        sender=sender, org_path=office.path, file_name=arrival.file_name, sha256=arrival.sha256,
        received_at=received_at,
    )  # fmt: skip
    ledger.record("list.receive", LIST, made.pk, office.path, at=at, file=arrival.file_name, sha256=arrival.sha256)
    return made, True


def _new_sender(office: Organisation, name: str) -> Sender:
    # Two spellings handed in at once are one sender: the second waits here, and finds the first.
    hosts.alone()
    return sender_of(office, name) or Sender.objects.create(org_path=office.path, name=written(name)[:100])


def count(botnet_list: BotnetList, changes: Counter[str]) -> Counter[str]:
    """What all batches of the list changed so far, this one's changes added, in the transaction that made them.

    Kept with the list: a killed import goes on in another process, which absorbs only what is left.
    """
    kept = BotnetList.objects.filter(pk=botnet_list.pk)
    total = Counter(kept.values_list("counted", flat=True).get()) + changes
    kept.update(counted=dict(total))
    return total


@transaction.atomic
def finish(botnet_list: BotnetList, summary: Mapping[str, Any], *, at: datetime) -> BotnetList:
    """The list, fully imported: what the sender's earlier lists carried and this one does not is gone.

    Only lists to the same office count: a ward's own list is not answered by the province's. Its summary is the given
    one and what its batches counted; how many of its addresses have no host yet is counted now, for a log may have
    placed some since its first batch. Whoever imports holds the list's row, so a placement counts after this or before.
    """
    # A settling of an older list that is under way has to see this list, or be seen by it.
    Sender.objects.select_for_update(no_key=True).get(pk=botnet_list.sender_id)
    earlier = botnet_list.sender.lists.exclude(pk=botnet_list.pk)
    gone = _listed(botnet_list.sender, botnet_list.org_path, earlier)
    same = {name: OuterRef(name) for name in ("source", "subject", "family", "case")}
    named_again = Exists(Finding.objects.filter(**same, seen_in=botnet_list.pk))
    # What a person settled and this list says itself is not gone: it stands twice.
    left = set(
        gone.exclude(Q(settling__isnull=False) & Q(named_again)).values_list("case_id", "org_path", "subject", "family")
    )
    gone.update(presence=Presence.GONE)
    ledger.record_many(
        "case.unlisted",
        SUBJECT,
        (
            (case, path, {"list": botnet_list.pk, "file": botnet_list.file_name})
            for case, path in {(case, path) for case, path, *_ in left}
        ),
        at=at,
    )
    unplaced = on_no_host().filter(source=botnet_list.sender.name, seen_in=botnet_list.pk)
    botnet_list.summary = {
        **summary,
        **botnet_list.counted,
        "gone": len(left),
        "unplaced": unplaced.values("subject").distinct().count(),
    }
    botnet_list.imported_at = at
    botnet_list.save()
    ledger.record("list.import", LIST, botnet_list.pk, botnet_list.org_path, at=at, **botnet_list.summary)
    return botnet_list


def going(sender: Sender, org_path: str, named: Container[FindingKey]) -> int:
    """How many findings would be gone with a list to an office that names these alone; nothing is written."""
    rows = _listed(sender, org_path, sender.lists.all()).values_list(
        "subject", "family", "case__organisation_id", "case__subject", "case_id"
    )
    return len(
        {
            (case, address, family)
            for address, family, organisation, host, case in rows.iterator(chunk_size=5_000)
            if (address, family, organisation, host) not in named
        }
    )


def _listed(sender: Sender, org_path: str, carried_by: QuerySet[BotnetList]) -> QuerySet[Finding]:
    """What lists of a sender said last of hosts at or below an office, and was not gone since."""
    low, high = bounds(org_path)
    return Finding.objects.filter(source=sender.name, org_path__gte=low, org_path__lt=high).filter(
        ~Q(presence=Presence.GONE), seen_in__in=carried_by.values("pk")
    )


def on_no_host() -> QuerySet[Finding]:
    """What lists themselves say of addresses that stand on their own case: nothing tells which host is behind them."""
    return Finding.objects.filter(
        settling=None, case__kind=Kind.BOTNET_HOST, case__subject=F("subject"), detail__inner_address=""
    )


@transaction.atomic
def count_placed(changes: Mapping[int, int]) -> None:
    """Say with each list how many of its addresses have an owner and no host, now that a log placed some.

    `changes`: by how many that figure of each list changes. It is never counted anew: a finding keeps its newest
    sightings only, and may have forgotten that an old list carried it.
    """
    for botnet_list in BotnetList.objects.select_for_update().filter(pk__in=changes).order_by("pk"):
        # One that is still coming in counts at its end, and one that came before this was counted does not know it.
        if "unplaced" in botnet_list.summary:
            unplaced = botnet_list.summary["unplaced"] + changes[botnet_list.pk]
            botnet_list.summary = {**botnet_list.summary, "unplaced": unplaced}
            botnet_list.save(update_fields=["summary"])


@transaction.atomic
def remember_indicators(botnet_list: BotnetList, addresses: Iterable[str], names: Iterable[str]) -> int:
    """The number of C2 addresses and names that the list carries; ones known before keep their first day."""
    rows = [
        Indicator(
            sender=botnet_list.sender, org_path=botnet_list.org_path, kind=kind, value=value[:300],
            first_listed_at=botnet_list.received_at, last_listed_at=botnet_list.received_at,
        )
        for kind, values in (("address", addresses), ("name", names))
        for value in sorted(set(values))
    ]  # fmt: skip
    Indicator.objects.bulk_create(
        rows,
        batch_size=5_000,
        update_conflicts=True,
        unique_fields=["sender", "kind", "value"],
        update_fields=["last_listed_at"],
    )
    return len(rows)


def remember_mapping(botnet_list: BotnetList, mapping: Mapping[str, Any], *, at: datetime) -> Sender:
    """The sender with the column mapping that a person confirmed; the next list of theirs is read with it.

    The list keeps it too: a row of it that a person settles later is read as its other rows were.
    """
    sender = botnet_list.sender
    if botnet_list.imported_at is None:
        botnet_list.mapping = dict(mapping)
        botnet_list.save(update_fields=["mapping"])
    if sender.mapping != dict(mapping):
        sender.mapping = dict(mapping)
        sender.save(update_fields=["mapping"])
        ledger.record("list.mapping", "sender", sender.pk, sender.org_path, at=at, mapping=dict(mapping))
    return sender
