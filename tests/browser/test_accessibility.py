"""Every page of the desk, in both themes and both languages, keeps the rules of WCAG 2.2 AA that axe can check."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Page

from tests.browser.accessibility import faults
from tests.browser.presses import Stage, alerts, calls, notices, sources
from tests.browser.presses import watch as watches
from tests.browser.presses.sources import FLOWS, LIST, NETWORKS, PICTURE, SENSORS
from tests.browser.steps import follow
from vonggac.cases.models import Verdict
from vonggac.directives.models import Document
from vonggac.duty.models import Message
from vonggac.register.models import Token
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db(databases=["default", "owner", "sealer"], transaction=True)
Path = Callable[[Stage], str]


def document() -> Document:
    with scoped(system("tests")):
        return Document.objects.get(name="chi-dao.txt")


def message() -> Message:
    with scoped(system("tests")):
        return Message.objects.latest("pk")


def clause_page(stage: Stage) -> str:
    obligation = stage.obligation("1.a", "so-y-te")
    return f"/directives/{stage.directive().pk}/clauses/{obligation.clause_id}/"


def contacts_page(_stage: Stage) -> str:
    with scoped(system("tests")):
        verdict = Verdict.objects.filter(proof="contradicted").latest("pk")
    return f"/cases/{verdict.case_id}/contacts/{verdict.pk}/"


def half_settled_list(stage: Stage) -> str:
    sources.settle_first(stage)
    return sources.at_newest_list(stage)


# Route → a page of it. What has several faces comes again in FACES.
PAGES: dict[str, Path | str] = {
    "now": "/",
    "cases": "/cases/",
    "case-units": "/cases/units/?late=1",
    "case": lambda stage: stage.case("BV-SRV-002"),
    "case-contacts": contacts_page,
    "alerts": "/cases/alerts/",
    "alert": lambda _stage: f"/cases/alerts/{alerts.number('1')}/",
    "alert-sources": "/cases/alerts/sources/",
    "alert-source": alerts.source_page(),
    "alert-notices": notices.NOTICES,
    "alert-notice": notices.notice_page,
    "alert-suppressions": "/cases/alerts/suppressions/",
    "roster": "/roster/",
    "roster-print": "/roster/wall/",
    "roster-mine": "/roster/mine/",
    "exchange": watches.of("/roster/mine/{next}/exchange/"),
    "roster-presence": "/roster/presence/",
    "roster-step-in": watches.of("/roster/step-in/?slot={hole}"),
    "roster-reinforce": watches.of("/roster/reinforce/?slot={hole}&more=2"),
    "drafts": "/roster/drafts/",
    "draft": watches.of("/roster/drafts/{draft}/"),
    "draft-slot": watches.of("/roster/drafts/{draft}/slot/?slot={hole}"),
    "draft-publish": watches.of("/roster/drafts/{draft}/publish/"),
    "posts": "/roster/posts/",
    "post": watches.of("/roster/posts/{post}/"),
    "duty-people": "/roster/people/",
    "duty-person": watches.of("/roster/people/{her}/"),
    "duty-rules": "/roster/rules/",
    "sheet": "/roster/sheet/",
    "hand-over": watches.of("/hand-over/{post}/{boundary}/"),
    "reports": "/reports/",
    "report": lambda stage: stage.report_page(),
    "search": "/search/?q=KT-PC-0417",
    "preferences": "/preferences/",
    "directives": "/directives/",
    "directives-upload": "/directives/upload/",
    "directive-confirm": lambda _stage: f"/directives/files/{document().pk}/",
    "directive": lambda stage: f"/directives/{stage.directive().pk}/",
    "directive-matrix": lambda stage: f"/directives/{stage.directive().pk}/matrix/",
    "directive-clause": clause_page,
    "directive-answers": lambda stage: f"/directives/{stage.directive().pk}/answers/?whose=all",
    "directive-clause-correct": lambda stage: f"{clause_page(stage)}correct/",
    "directive-correct": lambda stage: f"/directives/{stage.directive().pk}/correct/",
    "obligation": lambda stage: f"/directives/obligations/{stage.obligation('1.b', 'so-tttt').pk}/",
    "my-unit": "/my-unit/",
    "lists": "/lists/",
    "list": "/lists/1/",
    "list-unowned": "/lists/1/unowned/",
    "logs": "/logs/",
    "messages": "/messages/",
    "message": lambda _stage: f"/messages/{message().pk}/",
    "log-sensor": "/logs/bien/",
    "escalations": "/escalations/",
    "escalation": calls.escalation_page,
    "policies": "/policies/",
    "policy": calls.policy_page,
    "policy-new": "/policies/new/",
    "contacts": "/contacts/",
    "register-list": "/register/organisations/",
    "register-import": "/register/assets/import",
    "organisation": lambda stage: f"/register/organisations/{stage.people.organisations['hai-van'].pk}/",
    "exercise-start": "/exercise/",
    "account": "/account",
    "account-switch": "/account/switch",
    "welcome": "/welcome",
}
# What administrators see.
ADMINISTERED: dict[str, Path | str] = {
    "people": "/people",
    "person-new": "/people/new",
    "person": lambda stage: f"/people/{stage.people.people['lan'].pk}",
    "tokens": "/tokens",
    "recoveries": "/recoveries",
    "channels": "/channels/",
    "channel": calls.channel_page,
    "channel-new": "/channels/new/apprise/",
    "alert-source-new": "/cases/alerts/sources/new/",
    "alert-source-interface": notices.interface_page,
    "alert-source-change": alerts.source_page("change/"),
}
# What a head sees.
OF_HEADS: dict[str, Path | str] = {"break-glass": "/account/break-glass"}
# The same routes in other states, as one who meets trouble finds them.
FACES: list[Path | str] = [
    lambda stage: stage.case("KT-PC-0417"),
    lambda stage: stage.case("VP-PC-0032"),
    "/search/?q=a",
    "/cases/?state=all",
    "/cases/?late=1&kind=botnet_host",
    "/cases/alerts/?state=handled",
    lambda _stage: f"/cases/alerts/?offer={alerts.number('1')}",
    "/roster/?week=2030-12-30",
    "/register/sensors/",
    "/register/networks/?q=khong-co",
    "/cases/999999/",
    "/cases/?state=nonsense",
    half_settled_list,
    lambda stage: f"/directives/{stage.directive().pk}/?clause=1.a",
    lambda stage: f"/directives/obligations/{stage.obligation('1.a', 'so-y-te').pk}/",
]
OF_LIBRARIES = [
    "/account/password/set/", "/account/2fa/", "/account/2fa/totp/activate/", "/account/sessions/", "/account/logout/",
]  # fmt: skip
# Routes that answer with something else than a page, or only to a form.
NO_PAGES = {
    "stream", "register", "administration", "register-file", "register-preview", "register-apply",
    "organisation-change", "organisation-contact", "report-draft", "report-act",
    "report-page", "report-file", "directive-file", "directive-margin", "directive-discard", "directive-act",
    "obligation-pass-on", "exercise-next-day", "exercise-next-hour", "exercise-dispatch", "exercise-wipe",
    "list-upload", "list-preview",
    "list-confirm", "list-file", "list-settle", "list-unsettle", "log-import", "log-coverage", "log-rejects",
    "log-import-anyway", "log-take-back", "log-put-back", "alert-aside-take-back", "alert-aside-put-back",
    "evidence-file", "case-act", "case-undo", "alert-do", "alert-undo", "alert-raw", "alert-suppress",
    "alert-suppression-end",
    "alert-source-token", "alert-source-secret", "alert-source-replay", "alert-source-retire",
    "alert-notice-enter", "alert-notice-say", "alert-notice-send",
    "alert-source-mailbox", "alert-source-file", "alert-source-file-import",
    "alert-source-file-preview",
    "roster-import", "roster-table", "roster-table-apply", "in-place-take-back",
    "check-in", "api-openapi", "account-node", "account-sign-out-everywhere", "break-glass-end",
    "person-give-role", "person-deactivate", "person-invite", "person-recover", "person-end-role", "token-new",
    "token-revoke", "recovery-decide", "message-link", "message-send", "escalation-call", "escalation-act",
    "policy-file", "policy-import", "policy-remove", "contact-add", "contact-test", "contact-remove", "quiet-hours",
    "channel-try", "channel-remove", "leave-post", "awake", "exchange-take", "exchange-withdraw", "draft-edit",
    "draft-undo", "draft-redo", "draft-fits", "draft-solve", "draft-stop", "draft-discard", "version-take-back",
    "post-change",
    "post-pattern", "post-reinforce", "post-retire", "post-adopt", "reinforcement-end", "leave-ask", "wish-make",
    "leave-decide", "leave-repair", "leave-withdraw", "wish-withdraw", "rule-tighten", "holiday-keep", "holiday-drop",
    "sheet-posts", "sheet-preview", "sheet-confirm", "sheet-export", "feed-add", "feed-revoke", "hand-over-give",
    "hand-over-take", "watch-item-add", "watch-item-close", "calendar",
}  # fmt: skip
# Pages that only somebody without an account, or the very first visitor, sees: tried below by themselves.
BEFORE_SIGNING_IN = {
    "sign-in-link", "acknowledge-link", "page-link", "note-link", "contact-link", "check-in-link", "awake-link",
    "setup", "api-docs",
}  # fmt: skip


def routes(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    """The names of the desk's own routes."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern) and (pattern.lookup_str or "").startswith("vonggac.desk.pages"):
            yield str(pattern.name)
        elif isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns)


def test_every_page_of_the_desk_is_looked_at():
    """A new page needs a line above: an example of it in PAGES, or why it is none in NO_PAGES."""
    looked_at = {*PAGES, *ADMINISTERED, *OF_HEADS, *NO_PAGES, *BEFORE_SIGNING_IN}
    assert set(routes(get_resolver().url_patterns)) - looked_at == set()


@pytest.fixture
def stage(live, own_home, desk, clock) -> Stage:
    """The exhibit with everything that a page can show: register, list, logs, drafts, a token, a report."""
    made = Stage(desk, clock)
    made.register("networks", NETWORKS.decode())
    made.register("sensors", SENSORS)
    made.upload()
    preview = made.post("ha", "/lists/upload/", sender="A", file=LIST).headers["Location"]
    made.post("ha", "/lists/confirm/", sha256=preview.split("/")[3])
    made.post("ha", "/logs/bien/import", files=FLOWS)
    made.post("quan", "/tokens/new", name="SIEM", organisation="hai-van", role="administrator", days="30")
    with scoped(system("tests")):
        assert Token.objects.exists()
    made.draft()
    calls.with_channel(made)
    calls.with_policy(made)
    calls.with_address(made)
    calls.called(made)
    watches.keep(made, lambda watch: (watch.asked_of_her(), watch.ask_her()))
    alerts.kept_out(made)
    notices.with_interface(made)
    return made


@pytest.mark.parametrize(
    ("language", "theme", "share"),
    [
        # Looking at all pages takes over a minute: the quick run looks at every third of them, and at the questions
        # below in the dark theme.
        ("vi", "light", slice(0, None, 3)),
        pytest.param("vi", "light", slice(1, None, 3), marks=pytest.mark.slow),
        pytest.param("vi", "light", slice(2, None, 3), marks=pytest.mark.slow),
        pytest.param("en", "dark", slice(None), marks=pytest.mark.slow),
        pytest.param("vi", "dark", slice(None), marks=pytest.mark.slow),
        pytest.param("en", "light", slice(None), marks=pytest.mark.slow),
    ],
)
def test_pages_keep_the_rules(open_as, stage, axe, theme, language, share):
    found = {}
    for who, paths in (
        ("ha", [*PAGES.values(), *FACES, *OF_LIBRARIES][share]), ("quan", [*ADMINISTERED.values()][share]),
        ("minh", [*OF_HEADS.values()][share]),
    ):  # fmt: skip
        stage.post(who, "/preferences/", theme=theme, language=language)
        page = open_as(who, "/")
        origin = page.url.rstrip("/")
        page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": origin}])
        for path in paths:
            page.goto(origin + (path if isinstance(path, str) else path(stage)))
            assert page.locator("html").get_attribute("lang") == language
            if broken := faults(page, axe):
                found[page.url.removeprefix(origin)] = broken
    assert found == {}


@pytest.mark.slow
def test_pages_that_ask_something_back_keep_the_rules(open_as, stage, axe):
    """What comes after a form: questions, previews, rejects, refusals."""
    stage.post("ha", "/preferences/", theme="dark", language="vi")
    found = {}

    def look(page: Page, name: str) -> None:
        if broken := faults(page, axe):
            found[name] = broken

    page = open_as("ha", f"/directives/files/{document().pk}/")
    follow(page, page.locator("button[name=act][value=enter]"))
    assert page.locator(".asked").count() == 1
    look(page, "questions before entering")
    origin = page.url.split("/directives/")[0]
    page.goto(origin + half_settled_list(stage))
    page.locator("#unread details.act summary").click()
    look(page, "what a list meant")
    page.goto(f"{origin}/lists/")
    page.locator("[name=sender]").fill("B")
    page.locator("input[type=file]").set_input_files({"name": "l.csv", "mimeType": "text/csv", "buffer": LIST})
    follow(page, page.locator("form[action='/lists/upload/'] button"))
    look(page, "preview of a list")
    page.goto(f"{origin}/roster/sheet/")
    sheet = "LỊCH TRỰC THÁNG 5 NĂM 2031,,,\nHọ và tên,1,2,3\nPhạm An,A,Q,P\n".encode()
    page.locator("main input[type=file]").set_input_files({"name": "s.csv", "mimeType": "text/csv", "buffer": sheet})
    follow(page, page.locator("main form[enctype] button"))
    look(page, "preview of a spreadsheet")
    page.goto(f"{origin}/roster/")
    page.locator("details:has(form[action$='/roster/import/']) summary").click()
    shifts = "vị trí,từ,đến,người trực\nCổng,2031-05-01 22:00,2031-05-02 06:00,Phạm An\nCổng,mai,2031-05-02 06:00,X\n"
    table = {"name": "t.csv", "mimeType": "text/csv", "buffer": shifts.encode()}
    page.locator("form[action$='/roster/import/'] input[type=file]").set_input_files(table)
    follow(page, page.locator("form[action$='/roster/import/'] button"))
    look(page, "preview of a table of shifts")
    follow(page, page.locator("form[action$='/import/apply/'] button"))
    look(page, "a table that can be taken back")
    page.goto(f"{origin}/register/networks/import")
    broken = b"network,organisation\n203.0.113.64/26,so-y-te\nx,nowhere\n"
    page.locator("input[type=file]").set_input_files({"name": "n.csv", "mimeType": "text/csv", "buffer": broken})
    follow(page, page.locator("form[enctype] button"))
    look(page, "preview of a register file")
    page.goto(f"{origin}/directives/upload/")
    page.locator("input[type=file]").set_input_files({"name": "x.docx", "mimeType": "text/plain", "buffer": b"PK\3\4"})
    follow(page, page.locator("form[enctype] button"))
    assert page.locator("input[type=file]").evaluate("field => field === document.activeElement")
    look(page, "a refused document")
    page.goto(f"{origin}/logs/bien/")
    torn = FLOWS + b"yesterday,203.0.113.7,198.51.100.7\n"
    page.locator("form[action$='/import'] input").last.set_input_files(
        {"name": "f.csv", "mimeType": "text/csv", "buffer": torn}
    )
    follow(page, page.locator("form[action$='/import'] button"))
    look(page, "rejected lines of a log")
    page.locator("form[action$='/import'] input").last.set_input_files(
        {"name": "photo.png", "mimeType": "image/png", "buffer": PICTURE}
    )
    follow(page, page.locator("form[action$='/import'] button"))
    look(page, "a file of which no record reads asks")
    follow(page, page.locator("form[action*='/import/'] button"))
    page.locator("details:has(form[action$='/take-back']) summary").click()
    look(page, "a file that nobody could read, taken in all the same")
    stage.post("tam", f"/cases/{stage.obligation('1.a', 'so-y-te').case_id}/claim/", text="đã làm")
    page.goto(f"{origin}{stage.report_page()}")
    look(page, "figures that have aged")
    page.locator("details.menu > summary").click()
    look(page, "the open menu")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    look(page, "the help")
    assert found == {}


@pytest.mark.parametrize("path", ["/account/login/", "/api/v1/docs"])
def test_pages_before_signing_in_keep_the_rules(live, browser, axe, path):
    page = browser.new_context(locale="vi-VN").new_page()
    page.goto(live.address + path)
    assert faults(page, axe) == []
    page.context.close()


@pytest.mark.parametrize("kind", ["sign-in", "acknowledge", "page", "note", "contact", "check-in", "awake"])
def test_a_link_that_does_not_work_keeps_the_rules(live, browser, axe, kind):
    page = browser.new_context(locale="vi-VN", viewport={"width": 390, "height": 844}).new_page()
    page.goto(f"{live.address}/l/{kind}/{'x' * 43}")
    assert faults(page, axe) == []
    page.context.close()
