"""Search: what the register, the lists and the work know of a number, a name or an address, each kind in its group."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from ipaddress import ip_network
from itertools import islice
from urllib.parse import urlencode

from django.db.models import Prefetch
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from vonggac.alerts import notices
from vonggac.botnet import queries as botnet
from vonggac.cases import queries
from vonggac.desk import actions, times
from vonggac.desk import frame as frames
from vonggac.desk.pages.lists import PAGE_ROWS
from vonggac.desk.requests import DeskRequest
from vonggac.directives import queries as directives
from vonggac.flows.unowned import lists_naming
from vonggac.register import queries as register
from vonggac.register.imports import values
from vonggac.register.models import Organisation, Person, Role
from vonggac.register.rules import Act
from vonggac.reports import queries as reports

SHOWN = 10
# Of the register a few, so that the cases below stay near; whoever wants all goes on to the register's own list.
SHOWN_OF_REGISTER = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was found: where it leads and what is said beside it."""

    key: str
    address: str
    name: str
    facts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Group:
    """Things of one kind; `more`: where all of them stand, where they are not all here."""

    title: str
    rows: Sequence[Row]
    more: str = ""


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """What was found; the number of a case leads straight to it, unless a directive bears it too."""
    words = request.GET.get("q", "").strip()[:200]
    alike = register.find_organisations(words).order_by(register.as_written_first(words), "path")
    units = list(alike[: queries.SEARCHED_AT_MOST]) if words else []
    found = queries.search(words, units=units)
    entered = list(directives.find(words)[:SHOWN]) if words else []
    if len(found) == 1 and words.lstrip("#") == str(found[0].pk) and not entered:
        return HttpResponseRedirect(reverse("case", args=[found[0].pk]))
    groups = [group for group in _groups(request, words, units) if group.rows] if words else []
    if not found and (unowned := _unowned(words)).rows:
        groups.append(unowned)
    context = {
        "words": words,
        "cases": found,
        "seen_to": actions.seen_to(found, request.access),
        "directives": entered,
        "notices": list(notices.find(words)[:SHOWN]) if words else [],
        "groups": groups,
    }
    return render(request, "search/page.html", context)


def _groups(request: DeskRequest, words: str, units: Sequence[Organisation]) -> Iterator[Group]:
    """What the register and the lists hold of it, a query or two a kind; an address is nobody's name."""
    on = times.local(frames.of(request).now).date()
    if _is_address(words):
        yield _networks(words, on)
    yield _assets(words)
    if not _is_address(words):
        yield _organisations(words, units)
        yield _people(words, on, may_administer=request.access.may(Act.ADMINISTER))
        yield _lists(words)
        if "/" in words:
            yield _reports(words)


def _is_address(words: str) -> bool:
    try:
        ip_network(words)
    except ValueError:
        return False
    return True


def _networks(words: str, on: date) -> Group:
    """The blocks around the address, the narrowest first: that one decides who answers for it."""
    blocks = sorted(register.find_networks(words, on), key=lambda row: -ip_network(str(row.cidr)).prefixlen)
    rows = [
        Row(f"w{one.pk}", _listed("networks", str(one.cidr)), str(one.cidr), [one.organisation.name])
        for one in blocks[:SHOWN_OF_REGISTER]
    ]
    return Group(_("Networks"), rows, _listed("networks", words) if len(blocks) > len(rows) else "")


def _assets(words: str) -> Group:
    """Those whose name begins so, or that hold the address: ways that an index finds among millions."""
    found = list(
        register.find_hosts(words).select_related("organisation").prefetch_related("addresses")[: SHOWN_OF_REGISTER + 1]
    )
    rows = [
        Row(
            f"s{one.pk}",
            _listed("assets", one.name),
            one.name,
            [
                one.get_kind_display(),
                one.organisation.name,
                *(held.address for held in one.addresses.all() if held.to_utc is None),
            ],
        )
        for one in found[:SHOWN_OF_REGISTER]
    ]
    return Group(_("Assets"), rows, _listed("assets", words) if len(found) > len(rows) else "")


def _organisations(words: str, units: Sequence[Organisation]) -> Group:
    rows = [
        Row(f"o{one.pk}", reverse("organisation", args=[one.pk]), one.name, [*_facts_of(one)])
        for one in units[:SHOWN_OF_REGISTER]
    ]
    return Group(_("Organisations"), rows, _listed("organisations", words) if len(units) > len(rows) else "")


def _facts_of(one: Organisation) -> Iterator[str]:
    yield one.get_kind_display()
    yield one.code
    if one.valid_to:
        yield _("ended on %(day)s") % {"day": f"{one.valid_to:%d/%m/%Y}"}


def _people(words: str, on: date, *, may_administer: bool) -> Group:
    """Administrators come to the person, everybody else to the office where the person has a role."""
    held = Prefetch("roles", Role.objects.select_related("organisation").order_by("pk"))
    alike = register.find_people(words).order_by(register.as_written_first(words), "folded", "pk")
    found = list(alike.prefetch_related(held)[: SHOWN_OF_REGISTER + 1])
    rows = [_person(one, on, may_administer=may_administer) for one in found[:SHOWN_OF_REGISTER]]
    everybody = f"{reverse('people')}?{urlencode({'q': words})}" if may_administer else ""
    return Group(_("People"), rows, everybody if len(found) > len(rows) else "")


def _person(one: Person, on: date, *, may_administer: bool) -> Row:
    roles = [role for role in one.roles.all() if not role.valid_to or role.valid_to > on] or list(one.roles.all())
    facts = [f"{role.get_name_display()} · {role.organisation.name}" for role in roles[:2]]
    office = reverse("organisation", args=[roles[0].organisation_id])
    return Row(
        f"p{one.pk}", reverse("person", args=[one.pk]) if may_administer else office, one.name, [one.email, *facts]
    )


def _lists(words: str) -> Group:
    rows = [
        Row(f"l{one.pk}", reverse("list", args=[one.pk]), one.file_name, [one.sender.name, times.full(one.received_at)])
        for one in botnet.find_lists(words)[: SHOWN_OF_REGISTER + 1]
    ]
    return Group(_("Botnet lists"), rows[:SHOWN_OF_REGISTER], reverse("lists") if len(rows) > SHOWN_OF_REGISTER else "")


def _unowned(words: str) -> Group:
    """The lists that name an address which nobody owns: no case is about it, so nothing else would find it."""
    try:
        address = values.address(words)
    except ValueError:
        return Group("", [])
    rows = [
        Row(
            f"u{one.pk}",
            f"{reverse('list-unowned', args=[one.pk])}?from={place - place % PAGE_ROWS}",
            one.file_name,
            [address, one.sender.name, times.full(one.received_at)],
        )
        for one, place in islice(lists_naming(address), SHOWN_OF_REGISTER)
    ]
    return Group(_("Lists with this address, which nobody owns"), rows)


def _reports(words: str) -> Group:
    rows = [
        Row(f"b{one.pk}", reverse("report", args=[one.pk]), str(one), [str(one.directive), one.get_state_display()])
        for one in reports.find(words)[:SHOWN_OF_REGISTER]
    ]
    return Group(_("Reports"), rows)


def _listed(kind: str, words: str) -> str:
    return f"{reverse('register-list', args=[kind])}?{urlencode({'q': words})}"
