"""Every button of the five places is pressed; database, ledger and a second person's page then say the same."""

from urllib.parse import urlsplit

import pytest
from django.urls import resolve
from playwright.sync_api import Page, Request, expect

from tests.browser import buttons
from tests.browser.presses import PRESSES, Press, Stage, alerts
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db(databases=["default", "owner", "sealer"], transaction=True)


def test_no_button_of_the_templates_is_left_without_a_press():
    """A new form in a template needs an entry in tests/browser/presses: who presses it, and what stands there then."""
    assert sorted({press.button for press in PRESSES}) == sorted(buttons.collect())


@pytest.fixture
def stage(live, own_home, desk, clock) -> Stage:
    return Stage(desk, clock)


def entries(stage: Stage, press: Press) -> int:
    """How many entries of this act the person has left."""
    with scoped(system("tests")):
        actor = f"person:{stage.people.people[press.by].pk}"
        return Entry.objects.filter(act=press.act, actor=actor).count()


def last_post(page: Page, press: Press) -> tuple[Request, str]:
    """The form that the press sent last, and the address of the page on which it stood."""
    sent: list[tuple[Request, str]] = []
    page.on("request", lambda request: sent.append((request, page.url)) if request.method == "POST" else None)
    press.press(page)
    page.wait_for_load_state()
    assert sent, "nothing was sent"
    return sent[-1]


def goes_where_the_button_says(press: Press, request: Request, stood_on: str) -> bool:
    """True when the form went to the route, and with the words, by which the button is named."""
    path = urlsplit(request.url).path
    _template, target, *words = press.button.split()
    found = resolve(path)
    named = {str(value) for value in found.kwargs.values()} | set((request.post_data or "").split("&"))
    if target == "itself":
        return path == urlsplit(stood_on).path
    is_variable = "." in target or "_" in target
    return is_variable or (found.url_name == target and all(word in named for word in words if not word.isdigit()))


# A press takes seconds and there are many: each run makes every sixteenth of them, --all makes all.
@pytest.mark.parametrize(
    "press",
    [pytest.param(press, marks=[pytest.mark.slow] if number % 16 else []) for number, press in enumerate(PRESSES)],
    ids=[f"{press.button} by {press.by}" for press in PRESSES],
)
def test_a_press_is_kept_told_to_the_ledger_and_seen_by_a_second_person(open_as, stage, press: Press):
    press.before(stage)
    before = entries(stage, press)
    page = open_as(press.by, press.at(stage))
    request, stood_on = last_post(page, press)
    assert goes_where_the_button_says(press, request, stood_on)
    answer = request.response()
    assert answer is not None
    assert answer.status < 400, page.inner_text("main")
    assert press.holds(stage), page.inner_text("main")
    assert press.act == "" or entries(stage, press) > before
    second = open_as(press.seen_by, press.seen_at(stage))
    expect(second.locator("main")).to_contain_text(press.seen)


def test_buttons_for_chosen_rows_wait_until_some_are_and_say_how_many(open_as, stage):
    alerts.heard(stage)
    page = open_as("ha", "/cases/alerts/")
    button, count = page.locator("#bulk button[value=acknowledge]"), page.locator("#bulk [data-count]")
    expect(button).to_be_disabled()
    page.locator(".pick input").first.check()
    expect(button).to_be_enabled()
    expect(count).to_have_text("1")
    page.evaluate("htmx.trigger('#inbox', 'refresh')")
    expect(page.locator("#inbox:not(.htmx-request) .pick input:checked")).to_have_count(1)
    expect(count).to_have_text("1")
    page.locator(".pick input").first.uncheck()
    expect(button).to_be_disabled()


@pytest.mark.parametrize(("opener", "closer"), [("details.menu [data-help]", "#help button"), ("", "#help button")])
def test_the_help_opens_by_button_and_by_key_and_closes(open_as, stage, opener, closer):
    page = open_as("ha", "/")
    if opener:
        page.locator("details.menu > summary").click()
        page.locator(opener).click()
    else:
        page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.locator(closer).click()
    expect(page.locator("#help")).to_be_hidden()


@pytest.mark.parametrize(
    "path", ["/cases/", "/cases/alerts/", "/roster/", "/reports/", "/directives/", "/lists/", "/logs/"]
)
@pytest.mark.slow
def test_every_list_s_print_button_prints(open_as, stage, path):
    page = open_as("ha", path)
    page.evaluate("window.print = () => { window.printed = true }")
    page.locator("[data-print]").first.click()
    assert page.evaluate("window.printed") is True
