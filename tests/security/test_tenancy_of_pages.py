"""Whoever signs in, with whatever role: no page, export or answer of the interface shows a foreign organisation's rows.

Pages are found by walking the addresses and the links, so a new page is looked at without being named here.
"""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from tests import cast
from tests.security.crawl import Page, crawl, exports, fetched
from tests.security.planted import plant, room_of
from vonggac.botnet.models import BotnetList
from vonggac.cases.models import Case
from vonggac.desk.api.interface import document
from vonggac.directives.models import Clause
from vonggac.register.models import Person, Role, RoleName, Token
from vonggac.register.services import tokens
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
# Every walk takes seconds: the quick run walks as those who decide, who act and who tend; --all walks as everybody.
WALKERS = {RoleName.HEAD, RoleName.ADMINISTRATOR}
EVERY_ROLE = pytest.mark.parametrize(
    "role", [pytest.param(role.value, marks=[] if role in WALKERS else pytest.mark.slow) for role in RoleName]
)
EVERYWHERE = ["/cases/", "/search/", "/people/", "/recoveries/", "/tokens/", "/directives/", "/register/"]
# The lists that leave the desk as files, and the forms in which they do.
LISTS = {
    "/cases/", "/cases/alerts/", "/directives/", "/escalations/", "/lists/", "/logs/", "/messages/", "/reports/",
    "/roster/", "/roster/presence/", "/policies/", "/cases/alerts/sources/", "/roster/people/",
}  # fmt: skip
# Those that only administrators are offered.
ADMINISTERED = {
    *((path, form) for path in ("/tokens", "/channels/") for form in ("csv", "xlsx", "json")),
    *(("/register/people/file", form) for form in ("csv", "xlsx")),
}
REGISTERS = {f"/register/{kind}/file" for kind in ("assets", "contacts", "networks", "organisations", "systems")}
EXPORTS = {
    *((path, form) for path in LISTS for form in ("csv", "xlsx", "json")),
    *((path, form) for path in REGISTERS for form in ("csv", "xlsx")),
}


@pytest.fixture
def people(db) -> cast.Cast:
    caches["local"].clear()
    return cast.assemble()


def foreign_words(words: dict[str, str], path: str) -> dict[str, str]:
    """The words of the organisations that do not lie at or below a path."""
    return {other: word for other, word in words.items() if not other.startswith(path)}


def role_of(people: cast.Cast, role: str, code: str) -> Person:
    person = Person.objects.create_user(f"{role}@{code}.example.vn", "Kiểm thử")
    organisation = people.organisations[code]
    with scoped(system("tests")):
        Role.objects.create(person=person, organisation=organisation, org_path=organisation.path, name=role)
    return person


def guesses(words: dict[str, str]) -> tuple[str, ...]:
    """Addresses of single rows, which nobody links a stranger to, and searches for every word."""
    with scoped(system("tests")):
        numbers = list(Case.objects.values_list("pk", flat=True))
    first, last = min(numbers), max(numbers)
    single = [f"/cases/{number}/" for number in range(first, last + 1)]
    single += [f"/directives/{number}/" for number in range(1, 12)]
    searches = [f"{page}?q={word}" for page in ("/search/", "/people", "/cases/") for word in words.values()]
    return (*single, *searches)


def named_lists() -> tuple[str, ...]:
    """The pages with a name or number whose rows leave as files: registers, a list's rejects, a directive's matrix."""
    with scoped(system("tests")):
        lists = [f"/lists/{number}/" for number in BotnetList.objects.values_list("pk", flat=True)]
        clauses = Clause.objects.values_list("directive_id", "pk")
        return (
            *(path.removesuffix("file") for path in REGISTERS),
            *lists,
            *(f"/directives/{directive}/matrix/" for directive, _clause in clauses),
            *(f"/directives/{directive}/clauses/{clause}/" for directive, clause in clauses),
        )


def file_of(page: Page) -> tuple[str, str]:
    """Of which list it is, and in which form."""
    asked = urlsplit(page.address)
    return asked.path, parse_qs(asked.query).get("format", [asked.path.rpartition(".")[2]])[0]


@EVERY_ROLE
@pytest.mark.parametrize("code", [pytest.param("p-vinh-hai", marks=pytest.mark.slow), "so-y-te"])
def test_no_page_shows_a_foreign_row(people, role, code):
    words = plant(people)
    person, path = role_of(people, role, code), people.organisations[code].path
    foreign, own = foreign_words(words, path), words[path]
    # Channels serve every office below theirs, which knows them by name.
    rooms_above = [room_of(word).lower() for other, word in foreign.items() if path.startswith(other)]
    client = Client()
    client.force_login(person)
    pages, leaks, has_own = 0, [], False
    for page in crawl(client, guesses(words)):
        pages += 1
        text = page.text.lower()
        for room in rooms_above:
            text = text.replace(room, "")
        # A search page repeats what was searched for.
        asked = page.address.lower()
        leaks += [(page.address, other) for other, word in foreign.items() if word in text and word not in asked]
        has_own = has_own or (own in text and own not in asked)
        assert page.status < 500, page.address
    assert leaks == []
    assert pages > 40
    # The words are found where they belong, so that their absence elsewhere means something.
    assert has_own


@EVERY_ROLE
def test_no_file_that_leaves_the_desk_holds_a_foreign_row(people, role):
    words = plant(people)
    path = people.organisations["so-y-te"].path
    client = Client()
    client.force_login(role_of(people, role, "so-y-te"))
    files = {file_of(page): page.text.lower() for page in exports(client, named_lists())}
    foreign = foreign_words(words, path)
    assert [(file, other) for file, text in files.items() for other, word in foreign.items() if word in text] == []
    assert files.keys() >= EXPORTS
    offered = ADMINISTERED if role == RoleName.ADMINISTRATOR else set()
    assert files.keys() & ADMINISTERED == offered
    assert all(words[path] in files[file] for file in offered)
    assert all(words[path] in files[file] for file in (("/cases/", "csv"), ("/cases/", "xlsx"), ("/lists/", "json")))


@pytest.mark.parametrize("role", RoleName.values)
def test_no_answer_of_the_interface_shows_a_foreign_row(people, role):
    words = plant(people)
    organisation = people.organisations["so-y-te"]
    with scoped(system("tests")):
        _, secret = tokens.create_token("thử", organisation, [role], at=timezone.now(), on=timezone.localdate(), days=1)
        numbers = [*Case.objects.values_list("pk", flat=True), *range(1, 12)]
    foreign = foreign_words(words, organisation.path)
    client = Client(headers={"authorization": f"Bearer {secret}"})
    paths = [path for path, operations in document()["paths"].items() if "get" in operations]
    assert len(paths) > 10
    addresses = [
        re.sub(r"\{\w+\}", str(number), path) + "?rows=500"
        for path in paths for number in (numbers if "{" in path else [0])
    ]  # fmt: skip
    texts = {address: fetched(client, address).text.lower() for address in addresses}
    assert [(a, other) for a, text in texts.items() for other, word in foreign.items() if word in text] == []
    assert words[organisation.path] in texts["/api/v1/cases?rows=500"]


def test_a_person_without_any_role_sees_no_row_at_all(people):
    words = plant(people)
    client = Client()
    client.force_login(Person.objects.create_user("khong@example.vn", "Không"))
    for page in crawl(client, guesses(words)):
        asked = page.address.lower()
        assert not [word for word in words.values() if word in page.text.lower() and word not in asked], page.address


def test_nobody_signed_in_sees_no_row_at_all(people):
    words = plant(people)
    for page in crawl(Client(), guesses(words)):
        asked = page.address.lower()
        assert not [word for word in words.values() if word in page.text.lower() and word not in asked], page.address


def test_a_token_of_one_office_is_not_told_of_another_ones_tokens(people):
    plant(people)
    with scoped(system("tests")):
        assert Token.objects.count() == len(people.organisations)
    client = Client()
    client.force_login(role_of(people, "administrator", "so-y-te"))
    text = client.get("/tokens").content.decode()
    assert text.count("Chương trình zq") == 2
