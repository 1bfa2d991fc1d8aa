"""Every form of the desk, found by walking its pages: what is refused comes back with what was typed into it.

A form is tried with words that no number, day, address or code is. Forms that take any words, and forms of pages that
need more than stands here, are named below with the reason. Forms that are only pressed or chosen from have nothing to
lose, and pages of the sign-in library are its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve
from lxml import html

from tests.cast import NOON
from tests.security.crawl import LEFT_OUT, addresses_without_arguments
from vonggac.alerts.grouping import Group
from vonggac.alerts.services import absorbing, interfaces, sources
from vonggac.alerts.services.absorbing import Figures
from vonggac.alerts.services.interfaces import Draft
from vonggac.alerts.services.sources import Declaration
from vonggac.desk.catalogue import PACKAGE
from vonggac.duty.services import members
from vonggac.formats.alerts import Notice, Severity
from vonggac.tenancy.scope import scoped

# What takes any words, because they are read by people only.
TAKES_ANY_WORDS = {
    "alert-notice-send": "an answer",
    "alert-source-retire": "a reason",
    "case-act acknowledge": "the name of whoever said so",
    "case-act claim": "a sentence on what was done",
    "case-act close": "a reason",
    "case-act dispute": "a reason",
    "case-act hand-over": "a note",
    "case-act refuse": "a reason",
    "directive-act recall": "a reason",
    "duty-people": "names of people",
    "escalation-call": "what is called for",
    "person-recover": "a reason",
}
# What no other words would mend.
FOR_GOOD = {
    "directive-act mistake": "units have answered",
    "person-deactivate": "the person was entered by another office",
}
# Routes of forms that stand only on pages which this stage has not.
ELSEWHERE = {
    "alert-aside-take-back": "needs a file of alerts that nobody could read",
    "alert-suppress": "needs an alert",
    "channel-try": "needs a channel",
    "escalation-act": "needs a call under way",
    "hand-over-give": "needs a shift under way that hands over",
    "list-settle": "needs a list with a row that nobody could read",
    "log-take-back": "needs a log that nobody could read",
    "post-reinforce": "needs a post with shifts of its own",
    "report-act": "needs a report",
    "watch-item-add": "needs a shift under way that hands over",
}
# Never sent back to the page.
SECRETS = {"secrets"}
OF_THE_LIBRARY = ("/account/password", "/account/email", "/account/2fa", "/account/sessions")
TEMPLATES = PACKAGE / "desk" / "templates"
_FORM = re.compile(r"<form\b(?P<words>[^>]*(?:\{%.*?%\}[^>]*)*)>(?P<inside>.*?)</form>", re.DOTALL)
_URL = re.compile(r"""action="\{% url '(?P<name>[\w-]+)'""")
_TYPED = re.compile(r'<textarea|<input(?![^>]*type="(?:hidden|checkbox|radio|file|password)")|\{% (?:day|moment)_field')
WORDS = "x <b>không</b> dùng được"
MOST_OF_ONE_PAGE = 2


@dataclass(frozen=True)
class Found:
    """A form on a page: where it stands, where it goes, by which name, its fields as a browser would send them."""

    page: str
    goes_to: str
    name: str
    sent: tuple[tuple[str, str], ...]
    typed: tuple[str, ...]


def forms_of(client: Client) -> Iterator[Found]:
    """The forms of every page that the client reaches, of pages of one kind the first ones only."""
    waiting, seen, kinds = [*addresses_without_arguments()], set(), {}
    while waiting:
        address = waiting.pop(0)
        path = urlsplit(address).path
        if path in seen or path.startswith((*LEFT_OUT, *OF_THE_LIBRARY)):
            continue
        seen.add(path)
        try:
            kind = resolve(path).view_name
        except Resolver404:
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        answer = client.get(address) if kinds[kind] <= MOST_OF_ONE_PAGE else None
        if answer is None or answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        page = html.fromstring(answer.content.decode())
        yield from (_form(address, form) for form in page.xpath("//form[@method='post']"))
        waiting += [urljoin(address, link) for link in page.xpath("//a/@href") if urlsplit(link).netloc == ""]


def _goes_to(address: str, form: html.HtmlElement) -> str:
    return urljoin(address, form.get("action") or address)


def _form(address: str, form: html.HtmlElement) -> Found:
    goes_to = _goes_to(address, form)
    found = resolve(urlsplit(goes_to).path)
    words = [str(word) for word in found.kwargs.values() if not str(word).isdigit() and "act" in found.kwargs]
    fields = form.xpath(".//input[not(@type) or @type='text' or @type='number' or @type='email']|.//textarea")
    typed = tuple(dict.fromkeys(field.get("name") for field in fields if field.get("name")))
    return Found(address, goes_to, " ".join([found.view_name, *words]), tuple(form.form_values()), typed)


def routes_of_templates() -> set[str]:
    """The routes of all forms of the templates into which something is typed."""
    found = set()
    for path in TEMPLATES.rglob("*.html"):
        for form in _FORM.finditer(path.read_text(encoding="utf-8")):
            route = _URL.search(form["words"])
            if 'method="post"' in form["words"] and route and _TYPED.search(form["inside"]):
                found.add(route["name"])
    return found


@pytest.fixture
def stage(desk):
    """The exhibit, and what else has a page with a form: somebody on duty, a source of alerts."""
    office = desk.people.organisations["hai-van"]
    with scoped(desk.people.scope("quan")):
        sources.declare("ids-bien", office, Declaration(), at=NOON)
        coordinator = sources.declare("dieu-phoi", office, Declaration(is_coordinator=True), at=NOON)
        interfaces.keep(coordinator, Draft({"url": "https://dieu-phoi.example.vn/{to}", "method": "GET"}), at=NOON)
        group = Group("Kết nối C2", Severity.UNKNOWN, "", 1, NOON, NOON, notice=Notice("DP-7"))
        absorbing.absorb(coordinator, {("DP-7", "may"): group}, Figures(1), at=NOON)
    with scoped(desk.people.scope("ha")):
        members.add_members(office, [members.MemberFields("Vũ Lan", "")], [], at=NOON)
    return desk


def answered(client: Client, found: Found):
    """The answer to the form with words in every field; nothing of it is kept."""
    data: dict[str, list[str]] = {}
    for name, value in found.sent:
        data.setdefault(name, []).append(value)
    data |= {name: [WORDS] * len(data.get(name, [""])) for name in found.typed}
    with transaction.atomic():
        answer = client.post(found.goes_to, data, headers={"referer": f"http://testserver{found.page}"})
        transaction.set_rollback(True)
    return answer


def lost(found: Found, content: str) -> list[str]:
    """The fields that do not hold what was typed, of the form on the page that lost the fewest."""
    forms = html.fromstring(content).xpath("//form[@method='post']")
    filled = [dict(form.form_values()) for form in forms if _goes_to(found.page, form) == found.goes_to]
    left = [[name for name in found.typed if form.get(name, "").strip() != WORDS] for form in filled]
    return min(left, key=len, default=["the form itself"])


@pytest.mark.django_db
@pytest.mark.slow
def test_a_refused_form_comes_back_with_what_was_typed(sign_in, stage):
    tried: set[str] = set()
    problems = []
    for who in ("ha", "quan"):
        client = sign_in(who)
        for found in forms_of(client):
            if not found.typed or found.name in tried:
                continue
            tried.add(found.name)
            answer = answered(client, found)
            is_taken = answer.status_code < 400
            if is_taken or found.name in TAKES_ANY_WORDS:
                problems += [] if is_taken and found.name in TAKES_ANY_WORDS else [(found, answer.status_code)]
            elif found.name not in FOR_GOOD:
                missing = set(lost(found, answer.content.decode())) - SECRETS
                problems += [(found, answer.status_code, missing)] if missing or answer.status_code >= 500 else []
    assert problems == []
    assert tried >= TAKES_ANY_WORDS.keys() | FOR_GOOD.keys()
    assert sorted(routes_of_templates() - {name.split()[0] for name in tried}) == sorted(ELSEWHERE)
