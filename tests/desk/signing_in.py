"""Signing people of the cast in, and reading what it left behind."""

from datetime import datetime
from functools import cache

from django.contrib.auth.hashers import make_password
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from tests import cast
from vonggac.duty import links
from vonggac.ledger.models import Entry
from vonggac.register.models import Person
from vonggac.tenancy.scope import scoped, system

PASSWORD = "mật khẩu rất dài 42"


@cache
def hashed() -> str:
    return make_password(PASSWORD)


def signed_in(person: Person) -> Client:
    client = Client()
    answer = client.post("/account/login/", {"login": person.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return client


def entries(act: str) -> list[Entry]:
    with scoped(system("tests")):
        return list(Entry.objects.filter(act=act).order_by("id"))


def path_of(address: str) -> str:
    return "/" + address.split("/", 3)[3]


def sign_in_path(person: Person, at: datetime | None = None) -> str:
    with scoped(system("tests")):
        return path_of(links.sign_in(person, at=at or timezone.now()))


def cast_with_passwords() -> cast.Cast:
    """The cast, all with one password, and nobody locked out."""
    caches["default"].clear()
    made = cast.assemble()
    # One hash for all: Argon2 is slow on purpose.
    Person.objects.update(password=hashed())
    for person in made.people.values():
        person.refresh_from_db()
    return made
