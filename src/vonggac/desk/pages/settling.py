"""What a list says and nobody could read: shown with its row on the list's page, settled by a person, undone."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vonggac.botnet.models import BotnetList, Settling, Unread
from vonggac.botnet.queries import open_ones, standing, unread_thing
from vonggac.botnet.services.settling import C2, meaning
from vonggac.cases.models import Case
from vonggac.desk import frame as frames
from vonggac.desk.requests import DeskRequest
from vonggac.errors import OutOfScope
from vonggac.flows import settling
from vonggac.register.rules import Act

SHOWN = 50
LISTS_NAMED = 5
_SEVERAL = re.compile(r"[\s,;|]+")


class Line(NamedTuple):
    """One unread thing of a list; `earlier` is what the same text was found to mean in another list of the sender."""

    unread: Unread
    settling: Settling | None
    earlier: str = ""
    is_elsewhere: bool = False


def of_list(botnet_list: BotnetList) -> dict[str, object]:
    """What the page of a list shows: the first that wait, how many do, and the settlings, the newest first."""
    waiting = open_ones().filter(botnet_list=botnet_list)
    first = list(waiting.order_by("line", "pk")[:SHOWN])
    settled = standing().filter(unread__botnet_list=botnet_list).select_related("unread")
    return {
        "waiting": _with_others(first, botnet_list),
        "number_waiting": waiting.count() if len(first) == SHOWN else len(first),
        "settled": [Line(found.unread, found) for found in settled.order_by("-settled_at", "-pk")[:SHOWN]],
    }


def _with_others(waiting: Sequence[Unread], botnet_list: BotnetList) -> list[Line]:
    """Each with what the sender's other lists tell of the same text."""
    texts = [found.text for found in waiting if found.kind == C2]
    if not texts:
        return [Line(found, None) for found in waiting]
    same = Unread.objects.filter(kind=C2, text__in=texts, botnet_list__sender=botnet_list.sender)
    others = same.exclude(botnet_list=botnet_list)
    elsewhere = set(open_ones().filter(pk__in=others).values_list("text", flat=True))
    known = standing().filter(unread__in=others).order_by("settled_at").values_list("unread__text", "meant")
    earlier = {text: ", ".join(meant) for text, meant in known}
    return [Line(found, None, earlier.get(found.text, ""), found.text in elsewhere) for found in waiting]


@require_POST
def settle(request: DeskRequest, list_id: int, unread_id: int) -> HttpResponse:
    """Settle one of them as the form says and go back to the list; what it refuses is said on a page of its own."""
    request.access.need(Act.IMPORT)
    found = _of(list_id, unread_id)
    is_meant = request.POST.get("settle") == "meant"
    texts = _SEVERAL.split(request.POST.get("meant", "")) if is_meant else ()
    said = meaning(found.kind, texts, "" if is_meant else request.POST.get("reason", ""))
    at = frames.of(request).now
    made = settling.settle(
        unread_id, said, by=request.person.name, at=at, everywhere=request.POST.get("everywhere") == "1"
    )
    undo = reverse("list-unsettle", args=[list_id, unread_id])
    told = _("settled in %(n)d lists; the proofs that wait for it are asked again") % {"n": len(made)}
    messages.success(request, f"{_what(found)}: {told}", extra_tags=undo)
    return HttpResponseRedirect(f"{reverse('list', args=[list_id])}#unread")


@require_POST
def withdraw(request: DeskRequest, list_id: int, unread_id: int) -> HttpResponse:
    """Take one settling back and go back to the list."""
    request.access.need(Act.IMPORT)
    found = _of(list_id, unread_id)
    settling.withdraw(unread_id, by=request.person.name, at=frames.of(request).now)
    messages.success(request, f"{_what(found)}: {_('the settling is withdrawn; it waits again')}")
    return HttpResponseRedirect(f"{reverse('list', args=[list_id])}#unread")


def lists_behind(case: Case, sources: Sequence[str]) -> list[BotnetList]:
    """The newest lists of the scope that hold what the case's proof waits for a person to settle.

    `sources`: the senders who listed the case's host; empty for an obligation, which any list may concern.
    """
    if not waits_for_a_person(case):
        return []
    of_them = {"botnet_list__sender__name__in": sources} if sources else {}
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
