"""A real browser on a live desk: pages, keyboard, event stream and accessibility as people have them."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.live import LiveDesk
from tests.desk import exhibit
from tests.desk.exhibit import Exhibit

# The shell is Chromium without its windows: the same pages for a quarter of the processor's time.
CHROMIUM = [Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium")]
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
# A browser that closes its page leaves answers half read.
EXPECTED = (
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
OpenAs = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            for warning in EXPECTED:
                item.add_marker(pytest.mark.filterwarnings(warning))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    installed = next(filter(Path.exists, CHROMIUM), None)
    if installed is None:
        pytest.skip("no browser is installed (apt install chromium-headless-shell, or chromium)")
    # Playwright's own loop runs in this thread; Django would take it for an asynchronous view.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=installed, args=QUIET, chromium_sandbox=False)
        yield launched
        launched.close()


@pytest.fixture
def clock() -> datetime:
    """The desk's clock stands here; the browser's own runs on."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def live(transactional_db, clock, monkeypatch) -> Iterator[LiveDesk]:
    for module in ("frame", "stream"):
        monkeypatch.setattr(f"vonggac.desk.{module}.now", lambda: clock)
    desk = LiveDesk()
    desk.start()
    yield desk
    desk.stop()
    connections.close_all()


@pytest.fixture
def desk(live, clock) -> Exhibit:
    return exhibit.assemble(clock)


@pytest.fixture
def open_as(browser, live, desk) -> Iterator[OpenAs]:
    """A page in the hands of one of the cast, signed in, at a place; every context is closed afterwards."""
    contexts: list[BrowserContext] = []

    def open_(name: str, path: str = "/", *, width: int = 1280, height: int = 900, scripts: bool = True) -> Page:
        # Colours on their way from one theme to another have no contrast that anybody reads.
        context = browser.new_context(
            reduced_motion="reduce",
            viewport={"width": width, "height": height},
            locale="vi-VN",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session_of(desk, name), "url": live.address}]
        )
        page = context.new_page()
        page.goto(live.address + path)
        return page

    yield open_
    for context in contexts:
        context.close()


def session_of(desk: Exhibit, name: str) -> str:
    client = Client()
    client.force_login(desk.people.people[name])
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert SessionStore(key).exists(key)
    return key


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, as the package axe-playwright-python carries it."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
