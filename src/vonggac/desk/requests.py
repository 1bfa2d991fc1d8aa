"""A request as pages get it: with the person who acts, their roles and their scope."""

from typing import TYPE_CHECKING

from django.http import HttpRequest

from vonggac.register.access import Access
from vonggac.register.models import Person
from vonggac.tenancy.scope import Scope

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails


class DeskRequest(HttpRequest):
    """What the access middleware makes of a request (`desk.access.attach`)."""

    access: Access
    person: Person
    roles: frozenset[str]
    scope: Scope
    htmx: "HtmxDetails"
