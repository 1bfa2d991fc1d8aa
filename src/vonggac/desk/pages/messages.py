"""Thông báo: what was written to organisations, whether it reached them, and a link for those without mail."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from django.contrib import messages as flash
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from vonggac.cases.models import Case
from vonggac.cases.rules import State
from vonggac.desk import export, message_words
from vonggac.desk import frame as frames
from vonggac.desk.filters import Choice
from vonggac.desk.handing_in import comes_back_to
from vonggac.desk.requests import DeskRequest
from vonggac.desk.retelling import letter, retold
from vonggac.desk.words import Word
from vonggac.duty import mail, messages
from vonggac.duty.delivery import Standing
from vonggac.duty.models import Message
from vonggac.duty.queries import messages as queries
from vonggac.errors import InputError
from vonggac.register import queries as register
from vonggac.register.rules import Act

PAGE_ROWS = 50
STATES: Mapping[str, Word] = {
    "": pgettext_lazy("messages", "all"),
    "untold": gettext_lazy("reached nobody yet"),
    "unsent": gettext_lazy("not sent"),
    "failed": pgettext_lazy("messages", "failed"),
    "sent": pgettext_lazy("messages", "sent"),
}
COLUMNS = (
    "id", "organisation", "code", "to", "subject", "made_at_utc", "standing", "reason", "server_said", "sent_at_utc",
    "failed_at_utc", "link_made_at_utc", "link_used_at_utc", "text",
)  # fmt: skip
HEADINGS = {"subject": gettext_lazy("Subject of the letter")}


class Line(NamedTuple):
    """One message of the list: its words, the tone of its tag, and the one thing to do about it ("" for none)."""

    message: Message
    standing: str
    tone: str
    reason: str
    act: str


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """The messages of one's part of the tree, the newest first, or the same as a file."""
    state, words = request.GET.get("state", ""), request.GET.get("organisation", "").strip()
    if state not in STATES:
        raise InputError(_("The filter %(name)s has no value %(value)s.") % {"name": "state", "value": state})
    found = _found(request, state, words)
    if kind := request.GET.get("format"):
        return export.respond(kind, "messages", COLUMNS, _rows(found[: export.MOST_ROWS]), headings=HEADINGS)
    after = request.GET.get("after", "")
    older = found.filter(pk__lt=int(after)) if after.isdecimal() and len(after) < 19 else found
    shown = list(older[: PAGE_ROWS + 1])
    context = {
        "lines": _lines(request, shown[:PAGE_ROWS]),
        "following": shown[PAGE_ROWS - 1].pk if len(shown) > PAGE_ROWS else None,
        "is_first": not after,
        "choices": [Choice(str(STATES[key]), _address(key, words), key == state, None) for key in STATES],
        "address": _address(state, words),
        "state": state,
        "words": words,
        "has_mail": mail.carries(),
        "is_boxed": mail.is_boxed(),
    }
    return render(request, "messages/page.html", context)


@require_safe
def one(request: DeskRequest, message_id: int) -> HttpResponse:
    """One message: its text, what became of it, and what may be done."""
    return _show(request, message_id)


@require_POST
@comes_back_to("message")
def make_link(request: DeskRequest, message_id: int) -> HttpResponse:
    """A fresh link that acknowledges what the message asks, shown this once."""
    request.access.need(Act.WORK)
    address = messages.fresh_link(message_id, at=frames.of(request).now)
    return _show(request, message_id, link=address)


@require_POST
@comes_back_to("message")
def send_again(request: DeskRequest, message_id: int) -> HttpResponse:
    """Queue the message anew."""
    request.access.need(Act.WORK)
    sent = messages.send_again(message_id, at=frames.of(request).now)
    flash.success(request, _("The message to %(address)s is sent again within a minute.") % {"address": sent.to})
    return HttpResponseRedirect(reverse("message", args=[message_id]))


def _found(request: DeskRequest, state: str, words: str) -> QuerySet[Message]:
    rows = queries.messages_that(state, frames.of(request).now)
    return rows.filter(organisation__in=register.find_organisations(words, as_phrase=True)) if words else rows


def _address(state: str, words: str) -> str:
    return "?" + urlencode({name: value for name, value in (("state", state), ("organisation", words)) if value})


def _lines(request: DeskRequest, shown: Iterable[Message]) -> list[Line]:
    may_act = request.access.may(Act.WORK)
    return [_line(message, may_act) for message in shown]


def _line(message: Message, may_act: bool) -> Line:
    tone = "" if message.link_made_at else message_words.TONES.get(message.standing, "")
    act = _act(message) if may_act else ""
    return Line(message, message_words.standing_of(message), tone, message_words.reason_of(message), act)


def _act(message: Message) -> str:
    """What helps a message that did not arrive: a link where mail cannot, another try where it may."""
    can_mail = mail.carries() and message.standing is not Standing.NO_ADDRESS
    if message.standing is Standing.SENT or message.link_made_at:
        return ""
    if messages.is_passed_on(message) and not can_mail:
        return "link"
    return "send" if message.standing is Standing.FAILED and can_mail else ""


def _rows(found: QuerySet[Message]) -> Iterator[tuple[export.Cell, ...]]:
    for message in found.iterator(chunk_size=2_000):
        yield (
            message.pk, message.organisation.name, message.organisation.code, message.to, retold(message.subject),
            message.made_at, message_words.standing_of(message), message_words.reason_of(message), message.failure,
            message.sent_at, message.failed_at, message.link_made_at,
            message.link_used_at,  # type: ignore[attr-defined]  # annotated by the query
            letter(message_words.text_of(message)),
        )  # fmt: skip


def _show(request: DeskRequest, message_id: int, link: str = "") -> HttpResponse:
    message = queries.message(message_id)
    asked = message.subjects.get("case", [])
    may_act = request.access.may(Act.WORK)
    text = message.body.replace(messages.LINK, link) if link else message_words.text_of(message)
    context = {
        "line": _line(message, may_act),
        "text": text,
        "retold": letter(text),
        "link": link,
        "is_local": urlsplit(link).hostname in {"127.0.0.1", "localhost", "::1"},
        "asked": len(asked),
        "open": Case.objects.filter(pk__in=asked, state=State.SENT).count() if asked else 0,
        "may_act": may_act,
        "can_mail": mail.carries() and bool(message.to or message.organisation.email),
        "has_mail": mail.carries(),
        "is_boxed": mail.is_boxed(),
    }
    return render(request, "messages/one.html", context)
