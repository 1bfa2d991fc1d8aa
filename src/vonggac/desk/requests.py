"""A request as pages get it: with the person who acts, where, and with which roles."""

import re
from typing import TYPE_CHECKING

from django.http import HttpRequest

from vonggac.register.access import Access
from vonggac.register.models import Person

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails


class DeskRequest(HttpRequest):
    """What the access middleware makes of a request (`desk.access.attach`)."""

    access: Access
    person: Person
    roles: frozenset[str]
    htmx: "HtmxDetails"


def is_whole(text: str) -> bool:
    """True for the digits of a number that any of ours may be; `isdigit` knows others, of which `int` makes none."""
    return re.fullmatch(r"[0-9]{1,18}", text) is not None


def make_afresh(request: HttpRequest) -> None:
    """Take back what a try at an answer left on the request: files read to their end, what was counted, kept, said."""
    vars(request).pop("desk_frame", None)
    if hasattr(request, "session"):
        request.session = type(request.session)(request.session.session_key)
    for _, files in request.FILES.lists():
        for file in files:
            file.seek(0)
    told = getattr(request, "_messages", None)
    if told is not None:
        told._queued_messages = []  # noqa: SLF001  no public way to unsay something
