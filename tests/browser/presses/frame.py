"""The buttons that stand on every page: what a person chooses for themselves, and the way out."""

from django.contrib.sessions.models import Session
from playwright.sync_api import Page

from tests.browser.presses.press import Press, Stage
from vonggac.register.models import Person, Role, RoleName
from vonggac.tenancy.scope import scoped, system


def first(_stage: Stage) -> str:
    return "/"


def menu(words: str):
    """A press of a button in the user menu."""

    def press(page: Page) -> None:
        page.locator("details.menu > summary").click()
        page.locator(f"details.menu {words}").click()

    return press


def chosen(**wanted: str):
    return lambda stage: Person.objects.filter(pk=stage.people.people["ha"].pk, **wanted).exists()


def preset(**values: str):
    def before(stage: Stage) -> None:
        stage.post("ha", "/preferences/", **values)

    return before


def second_role(stage: Stage) -> None:
    """Hà works for the health department too."""
    stage.register("people", "email,name,organisation,role\nha@example.vn,Hà,so-y-te,head\n")
    with scoped(system("tests")):
        assert Role.objects.filter(person=stage.people.people["ha"], name=RoleName.HEAD).exists()


def works_at_health(stage: Stage) -> bool:
    path = stage.people.organisations["so-y-te"].path
    return any(session.get_decoded().get("node") == path for session in Session.objects.all())


def preference(choice: str, before=None, **wanted: str) -> Press:
    """What one chooses is one's own: a colleague's page stays as it was."""
    name, value = choice.split("=")
    return Press(
        f"components/menu.html preferences {choice}", "ha", first, menu(f"button[name={name}][value={value}]"), "",
        chosen(**wanted), "minh", first, "Cần tôi", **({"before": before} if before else {}),
    )  # fmt: skip


FRAME = (
    preference("theme=light", theme="light"),
    preference("theme=dark", theme="dark"),
    preference("theme=auto", preset(theme="dark"), theme="auto"),
    preference("language=en", language="en"),
    preference("language=vi", preset(language="en"), language="vi"),
    Press(
        "components/menu.html logout_address", "ha", first, menu("form[action*=logout] button"), "session.end",
        lambda _stage: True, "minh", first, "Cần tôi",
    ),
    Press(
        "desk/preferences.html itself", "ha", lambda _stage: "/preferences/",
        lambda page: page.locator(".row", has_text="Sở Y tế").locator("button").click(), "", works_at_health, "tam",
        first, "Cần tôi", before=second_role,
    ),
)  # fmt: skip
