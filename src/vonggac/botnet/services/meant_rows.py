"""What a settled row of a list does to findings and cases, and how it is taken back when the settling is withdrawn."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from vonggac.botnet.models import Settling
from vonggac.botnet.rules import Presence
from vonggac.botnet.services import findings, hosts
from vonggac.botnet.services.hosts import Sighting
from vonggac.cases import services as cases
from vonggac.cases.models import Finding
from vonggac.cases.rules import State
from vonggac.cases.services import SUBJECT
from vonggac.ledger import services as ledger

WITHDRAWN = "phân định một dòng của danh sách đã được rút lại"


@transaction.atomic
def absorb(settling: Settling, sightings: Sequence[Sighting], *, due_at: datetime, at: datetime) -> None:
    """Let the row's findings stand, and their cases open.

    Where the sender's newer list has come, that one says whether a host is still listed.
    """
    botnet_list = settling.unread.botnet_list
    findings.absorb(botnet_list, sightings, due_at=due_at, at=at, settling=settling.pk)
    newer = botnet_list.sender.lists.filter(received_at__gt=botnet_list.received_at, imported_at__isnull=False)
    if newer.exists():
        Finding.objects.filter(settling=settling.pk).update(presence=Presence.GONE)


@transaction.atomic
def take_back(settling: Settling, *, at: datetime) -> int:
    """How many cases the settling alone kept listed; one with no finding left is closed. Its timeline says why.

    What lists and other settlings say of the same hosts stands by itself and stays.
    """
    hosts.alone()
    botnet_list = settling.unread.botnet_list
    own = list(Finding.objects.filter(settling=settling.pk).order_by("pk"))
    cases.hold_of(own)
    listed = {one.case_id for one in own if one.presence != Presence.GONE}
    Finding.objects.filter(pk__in=[one.pk for one in own]).delete()
    number = 0
    for case in {one.case_id: one.case for one in own}.values():
        left = case.findings.filter(source=botnet_list.sender.name)
        is_unlisted = case.pk in listed and not left.exclude(presence=Presence.GONE).exists()
        is_over = not case.findings.exists()
        if not (is_unlisted or is_over):
            continue
        number += 1
        ledger.record(
            "case.unlisted", SUBJECT, case.pk, case.org_path, at=at,
            list=botnet_list.pk, file=botnet_list.file_name, settling=settling.pk, reason=WITHDRAWN,
        )  # fmt: skip
        if is_over and case.state != State.CLOSED:
            cases.close(case.pk, WITHDRAWN, at=at)
    return number
