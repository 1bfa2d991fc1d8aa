"""Calendars for programs: no sign-in, a secret address that can be revoked."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_safe

from vonggac.desk.access import is_public
from vonggac.duty import feeds
from vonggac.errors import OutOfScope
from vonggac.jobs.clock import now
from vonggac.tenancy.scope import Scope, scoped, system


@is_public
@require_safe
def feed(_request: HttpRequest, secret: str) -> HttpResponse:
    """The shifts behind a secret as iCalendar, in the language of whoever they belong to."""
    at = now()
    try:
        with scoped(system("calendar")):
            found = feeds.opened(secret, at=at)
            language = feeds.language_of(found)
            with scoped(Scope(f"feed:{found.pk}", found.org_path)), translation.override(language):
                content = feeds.calendar(found, at=at)
    except OutOfScope as error:
        raise Http404(str(error)) from None
    return HttpResponse(
        content,
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'inline; filename="truc.ics"', "X-Content-Type-Options": "nosniff"},
    )
