"""What forms of the roster hand in, read into values; InputError says which field cannot be read."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from vonggac.desk.requests import DeskRequest
from vonggac.desk.times import OFFICE_ZONE, local, typed_day, typed_moment
from vonggac.duty.models import Member, Post
from vonggac.duty.patterns import begin_of
from vonggac.duty.services.members import Span
from vonggac.errors import InputError, NotPermitted
from vonggac.kernel.numbers import whole_number
from vonggac.register.models import Person
from vonggac.register.rules import Act

# The session key under which a new calendar address waits to be shown once.
NEW_FEED = "calendar address shown once"
# No number that a form counts with is larger.
MOST = 999_999


def text(request: DeskRequest, name: str) -> str:
    """The field, without blanks around it."""
    return request.POST.get(name, "").strip()


def number(request: DeskRequest, name: str, otherwise: int | None = None) -> int | None:
    """A whole number; `otherwise` where the field is empty."""
    found = identifier(request, name)
    if found is not None and found > MOST:
        raise InputError(_("“%(value)s” is not a number.") % {"value": found})
    return otherwise if found is None else found


def identifier(request: DeskRequest, name: str) -> int | None:
    """The number of a row, however many there are; None where the field is empty."""
    value = text(request, name)
    found = whole_number(value)
    if value and found is None:
        raise InputError(_("“%(value)s” is not a number.") % {"value": value[:20]})
    return found


def count(request: DeskRequest, name: str, otherwise: int = 0) -> int:
    """A whole number, never None."""
    found = number(request, name, otherwise)
    return otherwise if found is None else found


def day(request: DeskRequest, name: str) -> date:
    """A day that has to be given."""
    found = maybe_day(request, name)
    if found is None:
        raise InputError(_("Write the days as dates, for example 27/4/2026."))
    return found


def maybe_day(request: DeskRequest, name: str) -> date | None:
    """A day, None where the field is empty."""
    value = text(request, name)
    try:
        return typed_day(value) if value else None
    except ValueError:
        raise InputError(_("Write the days as dates, for example 27/4/2026.")) from None


def minutes(request: DeskRequest, name: str) -> int:
    """A time of day as minutes after midnight."""
    try:
        moment = datetime.strptime(text(request, name)[:5], "%H:%M")  # noqa: DTZ007  a time of day has no zone
    except ValueError:
        raise InputError(_("Write times as hours and minutes, for example 22:00.")) from None
    return moment.hour * 60 + moment.minute


def span(request: DeskRequest) -> Span:
    """From `from` to `to`: days without an hour count whole, both included; an hour is where the span begins or ends.

    Without `to` it is the rest of the first day.
    """
    begin, has_hour = _day_or_moment(request, "from")
    end, ends_at_hour = _day_or_moment(request, "to") if text(request, "to") else (begin, False)
    if not has_hour:
        begin = begin_of(local(begin).date())
    if not ends_at_hour:
        end = begin_of(local(end).date() + timedelta(days=1))
    return Span(begin, end, text(request, "note"))


def _day_or_moment(request: DeskRequest, name: str) -> tuple[datetime, bool]:
    """(the moment, whether an hour was written with the day)."""
    value = text(request, name)
    for read, has_hour in ((typed_day, False), (typed_moment, True)):
        try:
            found = read(value)
        except ValueError:
            continue
        return (found if isinstance(found, datetime) else begin_of(found)), has_hour
    raise InputError(_("Write a day as 27/4/2026, or with its hour as 27/4/2026 13:30."))


def skills(written: str) -> dict[str, int]:
    """`1 trưởng ca, 2 mạng` as skill → how many; a skill without a number is wanted once."""
    found: dict[str, int] = {}
    for part in written.replace(";", ",").split(","):
        words = part.split()
        if not words:
            continue
        many = int(words[0]) if words[0].isdecimal() and len(words[0]) < 4 else 1
        name = " ".join(words[1:] if words[0].isdecimal() else words)
        if not name:
            raise InputError(_("Write skills as “1 trưởng ca, 2 mạng”."))
        found[name] = found.get(name, 0) + many
    return found


def posts(request: DeskRequest, among: Collection[Post]) -> list[Post]:
    """The posts that are ticked, of those that the page offered."""
    ticked = set(request.POST.getlist("post"))
    return [post for post in among if str(post.pk) in ticked]


def person(request: DeskRequest, name: str, among: Collection[Person]) -> Person | None:
    """The person chosen, of those that the page offered; None for nobody."""
    value = text(request, name)
    return next((one for one in among if str(one.pk) == value), None)


def own_or_assigned(request: DeskRequest, member: Member) -> None:
    """Raise NotPermitted unless it is the person's own entry, or they may plan for others."""
    if member.person_id != request.person.pk and not request.access.may(Act.ASSIGN):
        raise NotPermitted(_("This concerns somebody else; only who makes rosters can change it."))


def hours_of(moment: datetime) -> str:
    """`22:00` for a form's field."""
    return f"{moment.astimezone(OFFICE_ZONE):%H:%M}"
