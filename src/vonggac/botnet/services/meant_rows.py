"""What a settled row of a list does to findings and cases, and how it is taken back when the settling is withdrawn."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from vonggac.botnet.models import BotnetList, Settling
from vonggac.botnet.rules import Presence
from vonggac.botnet.services import findings, hosts
from vonggac.botnet.services.hosts import Sighting
from vonggac.cases import services as cases
from vonggac.cases.models import Finding
from vonggac.cases.rules import State
from vonggac.cases.services import SUBJECT
from vonggac.ledger import services as ledger

_MOMENTS = ("first_seen_utc", "last_seen_utc")
_KEPT = ("presence", "count", "seen_in", "detail")
WITHDRAWN = "phân định một dòng của danh sách đã được rút lại"


@transaction.atomic
def absorb(settling: Settling, sightings: Sequence[Sighting], *, due_at: datetime, at: datetime) -> int:
    """How many findings the row brought; how they were before is kept with the settling.

    Where the sender's newer list has come, that one says whether a host is still listed.
    """
    hosts.alone()
    botnet_list = settling.unread.botnet_list
    before = {one.pk: _kept(one) for one in _findings(botnet_list, sightings)}
    findings.absorb(botnet_list, sightings, due_at=due_at, at=at, settling=settling.pk)
    touched = [one for one in _findings(botnet_list, sightings) if _kept(one) != before.get(one.pk)]
    newer = set(_newer(botnet_list))
    for one in touched if newer else ():
        was = before.get(one.pk)
        is_known = was is not None and was["seen_in"] in newer
        one.presence = was["presence"] if was and is_known else Presence.GONE
        one.seen_in = was["seen_in"] if was and is_known else botnet_list.pk
        one.save(update_fields=["presence", "seen_in"])
    settling.undo = [{"finding": one.pk, "was": before.get(one.pk), "became": _kept(one)} for one in touched]
    settling.save(update_fields=["undo"])
    return len(touched)


@transaction.atomic
def take_back(settling: Settling, *, at: datetime) -> int:
    """How many findings are again as they were; a case with none left is closed, and its timeline says why.

    A finding that another list has changed since is left alone: that list named it.
    """
    hosts.alone()
    botnet_list = settling.unread.botnet_list
    number = 0
    for step in settling.undo:
        found = Finding.objects.select_related("case").filter(pk=step["finding"]).first()
        if found is None or _kept(found) | {"presence": ""} != step["became"] | {"presence": ""}:
            continue
        number += 1
        _restore(found, step["was"])
        case = found.case
        ledger.record(
            "case.unlisted", SUBJECT, case.pk, case.org_path, at=at,
            list=botnet_list.pk, file=botnet_list.file_name, settling=settling.pk, reason=WITHDRAWN,
        )  # fmt: skip
        if case.state != State.CLOSED and not case.findings.exists():
            cases.close(case.pk, WITHDRAWN, at=at)
    return number


def _findings(botnet_list: BotnetList, sightings: Sequence[Sighting]) -> list[Finding]:
    """The sender's findings about the addresses that the row means."""
    wanted = {sighting.address for sighting in sightings}
    return list(Finding.objects.filter(source=botnet_list.sender.name, subject__in=wanted).order_by("pk"))


def _newer(botnet_list: BotnetList) -> list[int]:
    later = botnet_list.sender.lists.filter(received_at__gt=botnet_list.received_at, imported_at__isnull=False)
    return list(later.values_list("pk", flat=True))


def _kept(finding: Finding) -> dict[str, Any]:
    moments = {name: getattr(finding, name) for name in _MOMENTS}
    return {name: getattr(finding, name) for name in _KEPT} | {
        name: moment.isoformat() if moment else None for name, moment in moments.items()
    }


def _restore(finding: Finding, was: Mapping[str, Any] | None) -> None:
    """The finding as it was; what a newer list no longer carries stays gone."""
    if was is None:
        finding.delete()
        return
    is_gone = finding.presence == Presence.GONE
    for name in _KEPT:
        setattr(finding, name, was[name])
    for name in _MOMENTS:
        setattr(finding, name, datetime.fromisoformat(was[name]) if was[name] else None)
    if is_gone:
        finding.presence = Presence.GONE
    finding.save()
