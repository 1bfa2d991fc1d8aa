"""A person settles what a list says and nobody could read; the proofs that it concerns are asked again."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from vonggac.botnet.models import BotnetList, Indicator, Settling
from vonggac.botnet.services import lists, meant_rows, settling
from vonggac.botnet.services.settling import Meaning, Reach
from vonggac.errors import InputError
from vonggac.flows import botnet_list, escalation
from vonggac.flows.list_sightings import sightings_of
from vonggac.flows.traffic_log import ASSESS_JOB
from vonggac.formats.botnet_list import ListReading
from vonggac.jobs import defer
from vonggac.regimes import regime


@transaction.atomic
def settle(number: int, said: Meaning, *, by: str, at: datetime, reach: Reach = Reach.ALONE) -> list[Settling]:
    """The settlings made, several where the act has a longer reach.

    A row whose address is settled is read with it as if the list had said so: its host gets its case.
    """
    made = settling.settle(number, said, by=by, at=at, reach=reach)
    for one in made:
        if one.unread.kind == settling.ADDRESS and one.meant:
            _carry(one, at)
    defer(ASSESS_JOB, once=ASSESS_JOB)
    return made


@transaction.atomic
def withdraw(number: int, *, by: str, at: datetime, undone: int | None = None) -> Settling:
    """The settling, withdrawn; what it did to findings and cases is taken back as far as no other list did it too.

    With `undone`, the number of a settling, the whole act that made it.
    """
    found = settling.withdraw(number, by=by, at=at, undone=undone)
    if meant_rows.take_back(found, at=at):
        botnet_list.tell(found.unread.botnet_list, at=at, act="case.unlisted", detail__settling=found.pk)
    defer(ASSESS_JOB, once=ASSESS_JOB)
    return found


def _carry(made: Settling, at: datetime) -> None:
    """Let the row come in as at the import: findings, cases, one message an organisation, calls for urgent hosts."""
    named_in = made.unread.botnet_list
    reading = _read_again(made)
    sightings, _ = sightings_of(reading, named_in.received_at)
    due_at = at + timedelta(days=regime.on(timezone.localdate(at)).limit("case_due_days"))
    if sightings:
        meant_rows.absorb(made, sightings, due_at=due_at, at=at)
        botnet_list.tell(named_in, at=at, detail__settling=made.pk)
        escalation.call_for_list(named_in, botnet_list.new_cases(named_in, detail__settling=made.pk), at=at)
    _remember(named_in, reading)


def _read_again(made: Settling) -> ListReading:
    """The one row as the list's others were read, with the addresses that were meant in place of its cell.

    Raises InputError where it cannot be: the addresses without the row's time and control server would make a host
    look clean that the row saw at work.
    """
    named_in = made.unread.botnet_list
    meant = {} if made.unread.line is None else {made.unread.line: made.meant}
    with suppress(InputError):
        reading = botnet_list.read_entered(named_in, meant)
        rows = reading.rows.on(meant)
        if set(rows.addresses.text) == set(made.meant):
            return replace(reading, rows=rows)
    raise InputError(
        f"the rest of this row of {named_in.file_name} cannot be read, so nobody knows when the host was seen: ask "
        "the sender for the list mended, import it, and settle here that nothing is meant because that one names it"
    )


def _remember(named_in: BotnetList, reading: ListReading) -> None:
    """Keep the C2s of a row that was passed over at the import, those that cannot be read too."""
    contacts = reading.rows.contacts
    known = set(Indicator.objects.filter(sender=named_in.sender).values_list("value", flat=True))
    lists.remember_indicators(named_in, set(contacts.addresses) - known, set(contacts.names) - known)
    noted = set(named_in.unread.filter(kind=settling.C2).values_list("text", flat=True))
    settling.note(named_in, [botnet_list.unread_c2(one) for one in reading.rows.unread if one.text not in noted])
