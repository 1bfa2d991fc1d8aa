"""Acts on what a list says and nobody could read: noted at the import, settled by a person, withdrawn."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from vonggac.botnet.models import BotnetList, Sender, Settling, Unread
from vonggac.botnet.queries import open_ones, standing, unread_thing
from vonggac.botnet.services.lists import LIST
from vonggac.errors import InputError, WrongState
from vonggac.formats import botnet_contacts
from vonggac.kernel import addresses
from vonggac.ledger import services as ledger

C2, ADDRESS = "c2", "address"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What was meant, in its normal form; `meant` is empty where nothing was, and `reason` then says why."""

    meant: tuple[str, ...] = ()
    reason: str = ""


def meaning(kind: str, texts: Iterable[str], reason: str = "") -> Meaning:
    """The meaning that a person typed for a C2 or for a row's address, read as a list's own cells are.

    Raises InputError where a text is no address (for a C2: nor a name), or where neither a text nor a reason is given.
    """
    read = _read_c2 if kind == C2 else _read_address
    given = [text for text in (text.strip() for text in texts) if text]
    found = tuple(dict.fromkeys(value for text in given for value in read(text)))
    reason = reason.strip()[:1_000]
    if not found and not reason:
        raise InputError("say what was meant, or that nothing was and why")
    return Meaning(found, reason)


def _read_c2(text: str) -> tuple[str, ...]:
    read = botnet_contacts.read(text)
    if read.unread or read.is_nothing:
        raise InputError(f"“{text}” is neither an address nor a name; write it as 198.51.100.7 or c2.example.net")
    return (*read.addresses, *read.names)


def _read_address(text: str) -> tuple[str, ...]:
    parsed = addresses.parse(text)
    if parsed is None:
        raise InputError(f"“{text}” is not an address; write it as 203.0.113.5 or 2001:db8::5")
    return (parsed.text,)


def note(botnet_list: BotnetList, found: Iterable[Unread]) -> int:
    """How many unread things of the list were noted; each needs no more than what stands in the file."""
    rows = list(found)
    for row in rows:
        row.botnet_list, row.org_path = botnet_list, botnet_list.org_path
    return len(Unread.objects.bulk_create(rows, batch_size=5_000))


class Reach(StrEnum):
    """What one act settles beside the unread C2 that it is about."""

    ALONE = "alone"
    EVERYWHERE = "everywhere"  # the same text in the sender's other lists
    COLUMN = "column"  # whatever else waits in its column of its list


@transaction.atomic
def settle(number: int, said: Meaning, *, by: str, at: datetime, reach: Reach = Reach.ALONE) -> list[Settling]:
    """The settlings of one unread thing and, for a C2, of what `reach` says.

    What a later list says is not settled by it: nobody has read that row. Raises InputError for a column that is said
    to mean something.
    """
    asked = _locked(number)
    if standing().filter(unread=asked).exists():
        raise WrongState("this is settled already; withdraw the settling first")
    if reach is Reach.COLUMN and (said.meant or asked.kind != C2):
        raise InputError("a whole column is settled only where its texts stand for no control server")
    made = [
        Settling(
            unread=one, org_path=one.org_path, meant=list(said.meant), reason=said.reason, settled_by=by, settled_at=at,
            column_of=asked.pk if reach is Reach.COLUMN else None,
        )
        for one in (asked, *_beside(asked, reach))
    ]  # fmt: skip
    Settling.objects.bulk_create(made, batch_size=5_000)
    _record("list.settle", made, at)
    return made


def _beside(asked: Unread, reach: Reach) -> QuerySet[Unread]:
    """The other C2s that wait and that the act reaches."""
    others = open_ones().filter(kind=C2).exclude(pk=asked.pk).order_by("pk").select_related("botnet_list")
    if reach is Reach.ALONE or asked.kind != C2:
        return others.none()
    if reach is Reach.COLUMN:
        return others.filter(botnet_list=asked.botnet_list, column=asked.column)
    return others.filter(text=asked.text, botnet_list__sender=asked.botnet_list.sender, org_path=asked.org_path)


@transaction.atomic
def withdraw(number: int, *, by: str, at: datetime, undone: int | None = None) -> Settling:
    """The standing settling of one unread thing, withdrawn: it is as unread as before, its column with it if that was.

    Of a column one settling is given back. `undone` names a settling whose whole act is taken back, in the other lists
    that it reached too; WrongState where another one stands by now.
    """
    unread = _locked(number)
    found = standing().filter(unread=unread).first()
    if found is None:
        raise WrongState("nobody has settled this, so there is nothing to withdraw")
    if undone not in {None, found.pk}:
        raise WrongState("this was settled anew since, so nothing was undone; look at it again")
    found.withdrawn_by, found.withdrawn_at = by, at
    same = _of_act(found) if undone else Q(pk=found.pk)
    if found.column_of is not None:
        same = Q(column_of=found.column_of)
    together = [found, *standing().filter(same).exclude(pk=found.pk).select_related("unread")]
    standing().filter(same).update(withdrawn_by=by, withdrawn_at=at)
    _record("list.unsettle", together, at)
    return found


def _of_act(one: Settling) -> Q:
    """The settlings that one act made of a text in a sender's lists: the sender is held, so no other has its moment."""
    named_in = one.unread.botnet_list
    return Q(
        settled_at=one.settled_at, settled_by=one.settled_by, column_of=None, unread__kind=one.unread.kind,
        unread__text=one.unread.text, unread__botnet_list__sender=named_in.sender_id,
    ) if one.unread.kind == C2 else Q(pk=one.pk)  # fmt: skip


def _locked(number: int) -> Unread:
    """The unread thing, its sender locked: two people do not settle one text at once, wherever each of them reads it.

    A list that is being finished waits too, and then says whether a host is still listed.
    """
    found = unread_thing(number)
    Sender.objects.select_for_update(no_key=True).get(pk=found.botnet_list.sender_id)
    return found


def _record(act: str, settlings: Sequence[Settling], at: datetime) -> None:
    """One entry for each list; of a column, which is settled for one reason, how many texts it held."""
    told = settlings if settlings[0].column_of is None else settlings[:1]
    more = {} if settlings[0].column_of is None else {"column": settlings[0].unread.column, "texts": len(settlings)}
    entries = ((one.unread.botnet_list_id, one.org_path, _told(one) | more) for one in told)
    ledger.record_many(act, LIST, entries, at=at)


def _told(one: Settling) -> dict[str, Any]:
    unread = one.unread
    return {
        "settling": one.pk, "unread": unread.pk, "kind": unread.kind, "line": unread.line,
        "raw": unread.text or unread.row, "meant": one.meant, "reason": one.reason,
        "by": one.withdrawn_by or one.settled_by,
    }  # fmt: skip
