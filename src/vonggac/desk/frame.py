"""What surrounds every page: the five places with their counts, the person, the theme."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from vonggac.alerts import queries as alerts
from vonggac.cases import queries as cases
from vonggac.desk import times
from vonggac.desk.form_addresses import page_above
from vonggac.duty import queries as duty
from vonggac.duty.models import Prompt
from vonggac.jobs.clock import now
from vonggac.register.access import Access
from vonggac.register.models import RoleName
from vonggac.register.rules import Act

# How old the number of holes beside “Roster” may be: a nation's 200 posts take 0.1 s to go through.
COUNTED_FOR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Place:
    """One of the five places."""

    name: str
    address: str
    icon: str
    is_here: bool
    count: str
    is_hot: bool


class Frame:
    """The frame of one request; counts are read once, when a page asks for them."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.access: Access | None = getattr(request, "access", None)
        self.is_exercise: bool = settings.VONGGAC_IS_EXERCISE

    @cached_property
    def now(self) -> datetime:
        """The desk's time of this request: every part of the page tells the same."""
        return now()

    @cached_property
    def counts(self) -> cases.Counts:
        """How many cases stand where."""
        return cases.counts()

    @cached_property
    def late(self) -> int:
        """How many cases are late, counted no further than the desk would say."""
        return cases.number_late(self.now)

    @cached_property
    def alerts(self) -> Sequence[int]:
        """The priorities of the findings of alerts that wait, the most urgent first."""
        return alerts.waiting()

    @cached_property
    def watch(self) -> duty.Watch:
        """Who is on duty."""
        return duty.watch(self.now)

    @cached_property
    def question(self) -> Prompt | None:
        """The question of the night that waits for this person's answer; only who is on duty is asked."""
        return duty.question_to(self.access.person.pk, self.now) if self.access else None

    @cached_property
    def lacks(self) -> int:
        """How many holes the roster has ahead, one where nobody holds a post.

        A page that shows the watch counts it; the others tell what was counted last within the minute.
        """
        cache, key = caches["counts"], _lacks_key(self.access.scope.org_path if self.access else "")
        known: tuple[datetime, int] | None = cache.get(key)
        if known and "watch" not in vars(self) and timedelta() <= self.now - known[0] < COUNTED_FOR:
            return known[1]
        if not self.watch.posts:  # quickly counted; and a page that refuses stands in no scope and sees none
            return 1
        cache.set(key, (self.now, len(self.watch.holes)), timeout=None)
        return len(self.watch.holes)

    @cached_property
    def address(self) -> str:
        """Where this page is read again: its own address; the page above where a form was sent and no page stands."""
        request = self.request
        return request.get_full_path() if request.method in {"GET", "HEAD"} else page_above(request.path)

    @property
    def theme(self) -> str:
        """The person's choice, else dark from 18:00 to 06:00."""
        return self.access.person.theme if self.access and not self.is_auto else times_theme(self.now)

    @property
    def is_auto(self) -> bool:
        """True when the hour decides on the theme."""
        return self.access is None or self.access.person.theme == "auto"

    @property
    def role_names(self) -> str:
        """The person's roles on this node, in words."""
        roles = self.access.roles if self.access else frozenset()
        return ", ".join(str(label) for value, label in RoleName.choices if value in roles)

    @property
    def may_work(self) -> bool:
        """True when the person may do more here than read."""
        return self.access is not None and self.access.may(Act.WORK)

    @property
    def may_mend(self) -> bool:
        """True when the person can mend a roster with holes or an unsound desk; others are told whom to ask."""
        return self.access is not None and (self.access.may(Act.ASSIGN) or self.access.may(Act.ADMINISTER))

    @property
    def may_administer(self) -> bool:
        """True when the person administers this node."""
        return self.access is not None and self.access.may(Act.ADMINISTER)

    @property
    def places(self) -> Sequence[Place]:
        """The five places, with what is waiting in each."""
        unfinished = self.counts.total(states=cases.UNFINISHED)
        return (
            self._place(_("Now"), "/", "now", self.late),
            self._place(_("Directives"), "/directives/", "directives"),
            self._place(_("Cases"), "/cases/", "cases", unfinished + len(self.alerts), is_hot=False),
            self._place(_("Roster"), "/roster/", "roster", self.lacks if self.may_mend else 0),
            self._place(_("Reports"), "/reports/", "reports"),
        )

    def _place(self, name: str, address: str, icon: str, count: int = 0, *, is_hot: bool = True) -> Place:
        path = self.request.path
        is_here = path == address if address == "/" else path.startswith(address)
        return Place(name, address, icon, is_here, shown(count) if count else "", is_hot)


def of(request: HttpRequest) -> Frame:
    """The frame of a request, made once."""
    known = getattr(request, "desk_frame", None)
    if isinstance(known, Frame):
        return known
    made = Frame(request)
    request.desk_frame = made  # type: ignore[attr-defined]
    return made


def forget_counts(org_path: str) -> None:
    """Let the next page of an office count anew: somebody there has acted."""
    caches["counts"].delete(_lacks_key(org_path))


def _lacks_key(org_path: str) -> str:
    return f"lacks:{org_path}"


def times_theme(moment: datetime) -> str:
    """The theme of the hour."""
    return "dark" if times.is_night(moment) else "light"


def shown(number: int) -> str:
    """A count with the thousands apart, as Vietnamese writes them; `999+` where counting stopped."""
    return "999+" if number == cases.COUNTED_AT_MOST else f"{number:,}".replace(",", ".")


def address_of(name: str) -> str:
    """The address of a page that another part of the desk brings, "" while that part is not installed."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
