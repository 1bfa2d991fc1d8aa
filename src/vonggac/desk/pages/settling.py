"""What a list says and nobody could read: shown with its row on the list's page, settled by a person, undone."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from django.contrib import messages
from django.db.models import Count, F, Q
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vonggac.botnet.models import BotnetList, Settling, Unread
from vonggac.botnet.queries import open_ones, spellings, standing, unread_thing
from vonggac.botnet.services.settling import C2, Reach, meaning
from vonggac.cases.models import Case
from vonggac.desk import frame as frames
from vonggac.desk import handing_in
from vonggac.desk.handing_in import FieldProblem
from vonggac.desk.requests import DeskRequest
from vonggac.errors import InputError, OutOfScope
from vonggac.flows import settling
from vonggac.kernel.numbers import whole_number
from vonggac.register.rules import Act

SHOWN = 50
LISTS_NAMED = 5
_SEVERAL = re.compile(r"[\s,;|]+")


class Waiting(NamedTuple):
    """One unread thing of a list that waits.

    `earlier`: how the same text was settled in another list of the sender; `beside`: how many others wait in its
    column.
    """

    unread: Unread
    earlier: Settling | None = None
    is_elsewhere: bool = False
    beside: int = 0


class Settled(NamedTuple):
    """A settling; `texts` is how many it settled at once, 0 where it is not of a whole column."""

    settling: Settling
    texts: int


def of_list(botnet_list: BotnetList) -> dict[str, object]:
    """What the page of a list shows: the first that wait, how many do, and the settlings, the newest first."""
    waiting = open_ones().filter(botnet_list=botnet_list)
    first = list(waiting.order_by("line", "pk")[:SHOWN])
    settled = _settled(botnet_list)
    return {
        "waiting": _with_others(first, botnet_list),
        "number_waiting": waiting.count() if len(first) == SHOWN else len(first),
        "settled": settled[:SHOWN],
        "is_settled_cut": len(settled) > SHOWN,
    }


def _settled(botnet_list: BotnetList) -> list[Settled]:
    """One more than is shown, each column once."""
    mine = standing().filter(unread__botnet_list=botnet_list)
    once = mine.filter(Q(column_of=None) | Q(column_of=F("unread"))).select_related("unread")
    found = list(once.order_by("-settled_at", "-pk")[: SHOWN + 1])
    columns = {one.column_of for one in found if one.column_of}
    texts = mine.filter(column_of__in=columns).values_list("column_of").annotate(Count("pk")) if columns else ()
    number = dict(texts)
    return [Settled(one, number.get(one.column_of, 0)) for one in found]


def _with_others(waiting: Sequence[Unread], botnet_list: BotnetList) -> list[Waiting]:
    """Each with what its column and the sender's other lists tell of the same text."""
    texts = [found.text for found in waiting if found.kind == C2]
    if not texts:
        return [Waiting(found) for found in waiting]
    same = Unread.objects.filter(kind=C2, text__in=texts, botnet_list__sender=botnet_list.sender)
    others = same.exclude(botnet_list=botnet_list)
    elsewhere = set(open_ones().filter(pk__in=others).values_list("text", flat=True))
    known = standing().filter(unread__in=others).order_by("settled_at").select_related("unread")
    earlier = {one.unread.text: one for one in known}
    of_column = open_ones().filter(botnet_list=botnet_list, kind=C2)
    columns = dict(of_column.values_list("column").annotate(Count("pk")))
    return [
        Waiting(
            found,
            earlier.get(found.text),
            found.text in elsewhere,
            columns[found.column] - 1 if found.kind == C2 else 0,
        )
        for found in waiting
    ]


@require_POST
@handing_in.comes_back_to("list")
def settle(request: DeskRequest, list_id: int, unread_id: int) -> HttpResponse:
    """Settle one of them as the form says and go back to the list, or to the form where it is refused."""
    request.access.need(Act.IMPORT)
    found = _of(list_id, unread_id)
    is_meant = request.POST.get("settle") == "meant"
    texts = _SEVERAL.split(request.POST.get("meant", "")) if is_meant else ()
    reason = "" if is_meant else request.POST.get("reason", "")
    reach = next((one for one in Reach if request.POST.get("reach") == one), Reach.ALONE)
    try:
        said = meaning(found.kind, texts, reason)
        made = settling.settle(unread_id, said, by=request.person.name, at=frames.of(request).now, reach=reach)
    except InputError as error:
        raise FieldProblem("meant" if is_meant else "reason", str(error)) from error
    undo = f"{reverse('list-unsettle', args=[list_id, unread_id])}?undone={made[0].pk}"
    told = _("settled in %(n)d lists; the proofs that wait for it are asked again") % {"n": len(made)}
    if reach is Reach.COLUMN:
        told = _("%(n)d texts of the column settled; the proofs that wait for them are asked again") % {"n": len(made)}
    messages.success(request, f"{_what(found)}: {told}", extra_tags=undo)
    return HttpResponseRedirect(f"{reverse('list', args=[list_id])}#unread")


@require_POST
def withdraw(request: DeskRequest, list_id: int, unread_id: int) -> HttpResponse:
    """Take one settling back, as undo the whole act that made it, and go back to the list."""
    request.access.need(Act.IMPORT)
    found = _of(list_id, unread_id)
    undone = whole_number(request.GET.get("undone", ""))
    settling.withdraw(unread_id, by=request.person.name, at=frames.of(request).now, undone=undone)
    messages.success(request, f"{_what(found)}: {_('the settling is withdrawn; it waits again')}")
    return HttpResponseRedirect(f"{reverse('list', args=[list_id])}#unread")


def lists_behind(case: Case, sources: Sequence[str]) -> list[BotnetList]:
    """The newest lists of the scope that hold what the case's proof waits for a person to settle.

    `sources`: the senders who listed the case's host; empty for an obligation, which any list may concern.
    """
    if not waits_for_a_person(case):
        return []
    called = spellings()
    own = {called.get(source, source) for source in sources}
    same = [name for name, first in called.items() if first in own]
    of_them = {"botnet_list__sender__name__in": same} if sources else {}
    found = open_ones().filter(**of_them).values("botnet_list")
    return list(BotnetList.objects.filter(pk__in=found).defer("rejects").order_by("-received_at")[:LISTS_NAMED])


def waits_for_a_person(case: Case) -> bool:
    """True when the proof lacks what a list says and nobody could read."""
    return any(
        item.get("kind") in {"c2", "list"} and "cannot be read" in item.get("reason", "") for item in case.missing
    )


def _of(list_id: int, unread_id: int) -> Unread:
    found = unread_thing(unread_id)
    if found.botnet_list_id != list_id:
        raise OutOfScope(_("There is no such list among those you may read."))
    return found


def _what(found: Unread) -> str:
    return found.text if found.kind == C2 else _("line %(n)s") % {"n": found.line}
