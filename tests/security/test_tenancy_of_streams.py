"""Whoever listens, with whatever role: the live stream tells of one's own part of the tree, and never any content."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from datetime import date

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.test import AsyncClient, Client
from django.utils import timezone

from tests import cast, loops
from tests.security.planted import marker
from vonggac.cases import services as cases
from vonggac.cases.models import Kind
from vonggac.cases.services import Opening
from vonggac.desk import stream_tabs
from vonggac.ledger.services import announce
from vonggac.register.models import Person, Role, RoleName
from vonggac.register.services import people as register_people
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db(databases=["default", "owner", "sealer"], transaction=True)
HEARD_WITHIN_SECONDS = 20


def listener(people: cast.Cast, role: str, code: str) -> AsyncClient:
    """A tab of somebody who holds this role on this organisation; without a role for ""."""
    person = Person.objects.create_user(f"{role or 'khong'}@{code}.example.vn", "Kiểm thử")
    organisation = people.organisations[code]
    if role:
        with scoped(system("tests")):
            Role.objects.create(person=person, organisation=organisation, org_path=organisation.path, name=role)
    browser, tab = Client(), AsyncClient()
    browser.force_login(person)
    tab.cookies = browser.cookies
    return tab


def open_a_case_everywhere(people: cast.Cast) -> dict[int, str]:
    """The path of each new case's organisation; the titles carry the organisations' words."""
    at, made = timezone.now(), {}
    with scoped(system("tests")):
        for organisation in people.organisations.values():
            word = marker(organisation)
            opening = Opening(organisation, Kind.BOTNET_HOST, f"host-{word}", f"Máy {word}", 1, f"vì {word}", None)
            made |= {case.pk: case.org_path for case in cases.open_many([opening], at=at)}
    # It runs in a thread of its own, whose connections nobody else closes.
    connections.close_all()
    return made


async def changes(lines: AsyncIterator[bytes], wanted: int) -> list[dict[str, object]]:
    """The changes that a tab hears until it has heard `wanted`, or a beat comes after them."""
    heard: list[dict[str, object]] = []
    async for part in lines:
        for event in part.decode().removesuffix("\n\n").split("\n\n"):
            name, _, data = event.partition("\n")
            if name == "event: change":
                heard.append(json.loads(data.partition("data: ")[2]))
        if len(heard) >= wanted:
            return heard
    return heard


def test_an_open_tab_holds_no_connection_to_the_database(people):
    tab = listener(people, "head", "so-y-te")

    async def opened() -> object:
        parts = aiter((await tab.get("/stream")).streaming_content)
        assert b"event: beat" in await anext(parts)
        # Asked in the one thread in which the tab's access was asked.
        return await sync_to_async(lambda: connections["default"].connection)()

    assert loops.run(opened()) is None


@pytest.mark.slow
def test_while_changes_never_pause_sessions_are_asked_once_a_second_for_all_and_the_end_of_one_ends_its_stream(
    people, monkeypatch
):
    tabs, path = (
        [listener(people, role, "so-y-te") for role in ("head", "auditor")],
        people.organisations["so-y-te"].path,
    )
    asked, asking, over = [], stream_tabs._open_among, threading.Event()

    async def noted(keys):
        asked.append(set(keys))
        return await asking(keys)

    def never_pause():
        while not over.wait(0.1):
            with scoped(system("tests")):
                announce("case.progress", "case", 0, path)
        connections.close_all()

    def sign_out():
        SessionStore(tabs[0].cookies[settings.SESSION_COOKIE_NAME].value).delete()
        connections.close_all()

    async def listened() -> tuple[int, int]:
        ends, stays = [aiter((await tab.get("/stream")).streaming_content) for tab in tabs]
        for parts in (ends, stays):
            await anext(parts)
        await asyncio.sleep(1)
        noise = asyncio.create_task(asyncio.to_thread(never_pause))
        until, changes = time.monotonic() + 4, 0
        try:
            while time.monotonic() < until:
                changes += (await anext(ends)).count(b"event: change")
                await anext(stays)
            times_asked = len(asked)
            await asyncio.to_thread(sign_out)
            # What is told after it within the second is enough, and need not go on.
            await asyncio.sleep(0.3)
        finally:
            over.set()
            await noise
        async with asyncio.timeout(5):
            async for _ in ends:
                pass
        # The other one beats on: it is past what it was told meanwhile.
        async with asyncio.timeout(8):
            while b"event: change" in await anext(stays):
                pass
        return times_asked, changes

    monkeypatch.setattr(stream_tabs, "_open_among", noted)
    times_asked, changes = loops.run(listened())
    assert changes > 10
    assert 3 <= times_asked <= 6
    assert len(asked[0]) == 2


@pytest.mark.parametrize("end", ["role", "person"])
def test_the_end_of_a_role_or_of_a_person_ends_the_stream_at_once(people, end):
    tab = listener(people, "head", "so-y-te")
    person = Person.objects.get(email="head@so-y-te.example.vn")

    def ended():
        with scoped(system("tests")):
            if end == "role":
                register_people.end_role(Role.objects.get(person=person), date(2020, 1, 1), at=timezone.now())
            else:
                register_people.deactivate(person, "nghỉ việc", at=timezone.now())
        connections.close_all()

    async def listened() -> None:
        parts = aiter((await tab.get("/stream")).streaming_content)
        await anext(parts)
        await asyncio.sleep(1)  # the LISTEN connection of the process opens with the first tab
        await asyncio.to_thread(ended)
        async with asyncio.timeout(stream_tabs.BEAT_SECONDS - 1):
            async for _ in parts:
                pass

    loops.run(listened())


def test_every_role_hears_of_its_own_part_of_nothing_else_and_without_one_there_is_no_stream(people, monkeypatch):
    monkeypatch.setattr(stream_tabs, "BEAT_SECONDS", 0.5)
    nobody = listener(people, "", "so-y-te")
    tabs = {(role, code): listener(people, role, code) for role in RoleName.values for code in ("so-y-te", "hai-van")}

    async def everybody() -> tuple[dict[int, str], dict[tuple[str, str], list[dict[str, object]]]]:
        assert (await nobody.get("/stream")).status_code == 403
        streams = {who: (await tab.get("/stream")).streaming_content for who, tab in tabs.items()}
        parts = {who: aiter(content) for who, content in streams.items()}
        for part in parts.values():
            assert b"event: beat" in await anext(part)
        # The one LISTEN connection of the process opens with the first tab.
        await asyncio.sleep(1)
        made = await asyncio.to_thread(open_a_case_everywhere, people)
        inside = {
            who: sum(path.startswith(people.organisations[who[1]].path) for path in made.values()) for who in tabs
        }
        async with asyncio.timeout(HEARD_WITHIN_SECONDS):
            heard = await asyncio.gather(*(changes(parts[who], inside[who]) for who in tabs))
        return made, dict(zip(tabs, heard, strict=True))

    made, heard = loops.run(everybody())
    for (role, code), told in heard.items():
        path = people.organisations[code].path
        own = {number for number, of in made.items() if of.startswith(path)}
        assert {change["id"] for change in told if change["kind"] == "case"} == own, (role, code)
        assert all(set(change) == {"kind", "id", "act", "within_ms"} for change in told)
        assert not [word for word in map(marker, people.organisations.values()) if word in json.dumps(told)]
