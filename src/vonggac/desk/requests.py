"""A request as pages get it: with the person who acts, where, and with which roles."""

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
