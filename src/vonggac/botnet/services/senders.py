"""Two spellings of one sender that a desk holds from before names were folded, merged into the one written first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db import transaction
from django.db.models import QuerySet

from vonggac.botnet.models import BotnetList, Indicator, Sender
from vonggac.botnet.rules import sender_key
from vonggac.botnet.services import findings, hosts
from vonggac.cases.models import Finding
from vonggac.errors import InputError
from vonggac.ledger import services as ledger


@dataclass(frozen=True, slots=True)
class Spellings:
    """A sender of one office under the name that stays, and what stands under its other spellings."""

    sender: Sender
    others: Sequence[Sender]
    lists: int
    findings: int


def spelled_twice() -> list[Spellings]:
    """The senders of the scope that stand there under more than one spelling, by office and name."""
    return [
        Spellings(first, others, _lists(others).count(), _findings(others).count())
        for first, *others in _groups()
        if others
    ]


@transaction.atomic
def merge(*, at: datetime) -> list[Spellings]:
    """What was merged: lists, C2s and findings stand under the spelling that was written first, the others are gone.

    Proofs asked all spellings before, so none changes; from now on the next list answers for what any of them said.
    Raises InputError while a list of one of them is still coming in.
    """
    hosts.alone()
    merged = spelled_twice()
    for one in merged:
        _merge(one.sender, one.others)
        names = [other.name for other in one.others]
        ledger.record(
            "list.merge_senders", "sender", one.sender.pk, one.sender.org_path, at=at,
            name=one.sender.name, merged=names, lists=one.lists, findings=one.findings,
        )  # fmt: skip
    return merged


def _groups() -> Iterator[list[Sender]]:
    def same(one: Sender) -> tuple[str, str]:
        return one.org_path, sender_key(one.name)

    ordered = sorted(Sender.objects.order_by("pk"), key=same)  # stable: the first of each is the one written first
    return (list(group) for _key, group in groupby(ordered, key=same))


def _lists(senders: Sequence[Sender]) -> QuerySet[BotnetList]:
    return BotnetList.objects.filter(sender__in=senders)


def _findings(senders: Sequence[Sender]) -> QuerySet[Finding]:
    # Another office may know a sender by the same spelling; what its lists say stays its own.
    return Finding.objects.filter(
        source__in=[one.name for one in senders], seen_in__in=_lists(senders).values("pk")
    ).select_related("case")


def _merge(first: Sender, others: Sequence[Sender]) -> None:
    coming = _lists([first, *others]).filter(imported_at=None).first()
    if coming is not None:
        raise InputError(f"{coming.file_name} of {first.name} is still coming in: merge its spellings afterwards")
    _need_distinct(first, others)
    for finding in _findings(others):
        findings.rename(finding, first.name)
    for indicator in Indicator.objects.filter(sender__in=others):
        _take_over(indicator, first)
    for other in others:
        first.mapping = first.mapping or other.mapping
        other.lists.update(sender=first)
        other.delete()
    first.save(update_fields=["mapping"])


def _need_distinct(first: Sender, others: Sequence[Sender]) -> None:
    """InputError where one file came at one moment under two of the spellings: a sender has it once."""
    seen = set()
    for file_name, *arrival in (
        _lists([first, *others]).order_by("pk").values_list("file_name", "sha256", "received_at")
    ):
        if tuple(arrival) in seen:
            raise InputError(f"{file_name} came at the same moment under two spellings of {first.name}: not merged")
        seen.add(tuple(arrival))


def _take_over(indicator: Indicator, first: Sender) -> None:
    twin = first.indicators.filter(kind=indicator.kind, value=indicator.value).first()
    if twin is None:
        indicator.sender = first
        indicator.save(update_fields=["sender"])
        return
    twin.first_listed_at = min(twin.first_listed_at, indicator.first_listed_at)
    twin.last_listed_at = max(twin.last_listed_at, indicator.last_listed_at)
    twin.save(update_fields=["first_listed_at", "last_listed_at"])
