"""The watch that the buttons of the roster are pressed on: made once a press, found again by those who look."""

from collections.abc import Callable
from datetime import date, timedelta

from playwright.sync_api import Page

from tests.browser import watch_stage
from tests.browser.presses.press import Stage
from tests.browser.watch_stage import Watch
from vonggac.tenancy.scope import scoped, system

DAY = timedelta(days=1)
Act = Callable[[Watch], object]


def keep(stage: Stage, then: Act | None = None) -> None:
    """The watch on the stage, and one thing more that has to be there."""
    stage.watch = watch_stage.keep(stage.desk, stage.at)
    if then is not None:
        with scoped(stage.people.scope("ha")):
            then(stage.watch)


def kept(then: Act | None = None) -> Callable[[Stage], None]:
    """What has to be there before a press."""
    return lambda stage: keep(stage, then)


def of(path: str) -> Callable[[Stage], str]:
    """An address with the numbers of the watch in it: {draft}, {post}, {boundary}, {her}, {next}, {hole}."""

    def at(stage: Stage) -> str:
        watch = stage.watch
        with scoped(system("tests")):
            return path.format(
                draft=watch.draft.pk, post=watch.post.pk, her=watch.people["Lê Thu Hà"].pk, hole=watch.hole(),
                boundary=int(watch.boundary.timestamp()) if "{boundary}" in path else "",
                next=watch.next_own.pk if "{next}" in path else "", week=watch.monday + 14 * DAY,
            )  # fmt: skip

    return at


def holds(asked: Callable[[Watch], object]) -> Callable[[Stage], bool]:
    """What the database must say afterwards."""

    def look(stage: Stage) -> bool:
        with scoped(system("tests")):
            return bool(asked(stage.watch))

    return look


def send(form: str, words: str = "button", **fields: object) -> Callable[[Page], None]:
    """A form opened where it is folded, filled in, and sent by its button."""

    def press(page: Page) -> None:
        found = page.locator(form).first
        page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true })")
        for name, value in fields.items():
            field = found.locator(f"[name='{name}']").first
            if value is True:
                field.check()
            elif field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(str(value))
            else:
                field.fill(str(value))
        with page.expect_request(lambda request: request.method == "POST"):
            found.locator(words).first.click()
        # Forms of a draft are sent in place: the page is drawn anew without a load.
        page.wait_for_timeout(400)

    return press


def ahead(days: int) -> str:
    """A day to come, as forms take it."""
    return (date.today() + timedelta(days=days)).isoformat()  # noqa: DTZ011  a form's day is that of the machine
