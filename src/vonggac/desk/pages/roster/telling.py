"""Whom no letter reaches when the roster changes: named with their numbers, so that they can be called at once."""

from collections.abc import Iterable

from django.contrib import messages
from django.utils.translation import gettext as _

from vonggac.desk.requests import DeskRequest
from vonggac.duty.services.publishing import PersonsChange
from vonggac.flows import roster as flow


def by_phone(request: DeskRequest, changes: Iterable[PersonsChange]) -> int:
    """How many of those whom a change touches have to be called; the next page names them."""
    untold = [change for change in changes if not flow.address_of(change)]
    if untold:
        names = ", ".join(map(_reached, untold))
        messages.warning(request, _("Tell them by phone: %(names)s") % {"names": names})
    return len(untold)


def _reached(change: PersonsChange) -> str:
    """A name with the number, which namesakes have in their name already."""
    phone = change.member.phone if change.member else ""
    if not phone:
        return _("%(name)s (no number is known)") % {"name": change.name}
    return change.name if phone in change.name else f"{change.name} ({phone})"
