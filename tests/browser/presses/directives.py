"""The buttons of documents: handed in, confirmed, corrected, changed, passed on, answered on paper."""

from playwright.sync_api import Page

from tests.browser.presses.press import DISPATCH, Press, Stage, choose, open_form
from vonggac.cases.models import Case
from vonggac.directives.models import Clause, Directive, DirectiveState, Document, Obligation
from vonggac.tenancy.scope import scoped, system

UPLOAD = "/directives/upload/"


def page_of(stage: Stage) -> str:
    return f"/directives/{stage.directive().pk}/"


def dispatch_page(stage: Stage) -> str:
    return f"/directives/{stage.directive('2718').pk}/"


def register(_stage: Stage) -> str:
    return "/directives/"


def confirm_page(stage: Stage) -> str:
    with scoped(system("tests")):
        return f"/directives/files/{Document.objects.get(name='chi-dao.txt').pk}/"


def uploaded(stage: Stage) -> None:
    stage.upload()


def hand_in(page: Page) -> None:
    choose(page, DISPATCH, "chi-dao.txt")
    page.locator("form[enctype] button").click()


def number_filled(act: str):
    """The doubtful number corrected, and the form sent; what the desk asks once is answered."""

    def press(page: Page) -> None:
        page.locator(".field.doubtful input").first.fill("4127")
        page.locator(f"button[name=act][value={act}]").click()
        if page.locator(".asked").count():
            page.locator(f"button[name=act][value={act}]").click()

    return press


def discard(page: Page) -> None:
    page.locator("details.act > summary").last.click()
    page.locator("form[action$='/discard/'] button").first.click()


def act(name: str, **filled: str):
    """One of the acts at the foot of a directive, its fields filled by name."""

    def press(page: Page) -> None:
        form = open_form(page, name)
        for field, text in filled.items():
            form.locator(f"[name={field}]").fill(text)
        form.locator("button").click()

    return press


def supersede(page: Page) -> None:
    form = open_form(page, "supersede")
    form.locator("select").select_option(index=1)
    form.locator("button").click()


def correct(page: Page) -> None:
    page.locator("textarea[name$=-subject]").fill("bảo vệ hệ thống thông tin")
    page.locator("form.form button").click()


def clause_correction(stage: Stage) -> str:
    return f"{page_of(stage)}clauses/{stage.obligation('1.a', 'so-y-te').clause_id}/correct/"


def amend(page: Page) -> None:
    page.locator("textarea[name$=-text]").fill("Trực đủ ba ca.")
    page.locator("textarea[name=reason]").fill("công văn đính chính")
    page.locator("form#amend button").click()


def is_amended(_stage: Stage) -> bool:
    with scoped(system("tests")):
        return Clause.objects.filter(directive__number="31", label="1.a", text="Trực đủ ba ca.").exists()


def answer(page: Page) -> None:
    row = page.locator("table.answers tbody tr", has_text="Sở Thông tin").first
    row.locator("select").select_option("done")
    row.locator("input[name$=-text]").fill("đã trực đủ ca")
    page.locator("fieldset.general input[name=by]").fill("Nguyễn Văn Mẫu")
    page.locator("form[method=post] .pager button").click()


def pass_on(way: str):
    def press(page: Page) -> None:
        form = open_form(page, way)
        form.locator("input[type=checkbox]").first.check()
        form.locator("button").click()

    return press


def newcomer(stage: Stage) -> None:
    """A commune that the register learns of after the directive was sent."""
    stage.register("organisations", "code,name,kind,parent\np-moi,UBND phường Mới,commune,hai-van\n")


def drafts(number: int):
    def holds(_stage: Stage) -> bool:
        with scoped(system("tests")):
            return Directive.objects.filter(state=DirectiveState.DRAFT).count() == number

    return holds


def letter_s_number(state: str):
    def holds(_stage: Stage) -> bool:
        with scoped(system("tests")):
            return Directive.objects.filter(number="4127", symbol="UBND-KGVX", state=state).exists()

    return holds


def bound(unit: str, **more: str):
    def holds(_stage: Stage) -> bool:
        with scoped(system("tests")):
            return Obligation.objects.filter(directive__number="31", organisation__code=unit, **more).exists()

    return holds


def is_answered(_stage: Stage) -> bool:
    with scoped(system("tests")):
        return Case.objects.filter(claimed_via="paper", claimed_by="Nguyễn Văn Mẫu", claim="done").exists()


def all_due(moment: str):
    def holds(stage: Stage) -> bool:
        with scoped(system("tests")):
            open_ = Case.objects.filter(obligation__directive=stage.directive()).exclude(
                state__in=("claimed", "closed")
            )
            return open_.exists() and all(case.due_at.isoformat() == moment for case in open_)

    return holds


def in_state(state: str):
    return lambda stage: stage.directive().state == state


def obligation(label: str, unit: str):
    return lambda stage: f"/directives/obligations/{stage.obligation(label, unit).pk}/"


DIRECTIVES = (
    Press(
        "directives/upload.html itself", "ha", lambda _stage: UPLOAD, hand_in, "document.receive", drafts(2), "minh",
        register, "chi-dao.txt",
    ),
    Press(
        "directives/confirm.html itself act=keep", "ha", confirm_page, number_filled("keep"), "directive.correct",
        letter_s_number("draft"), "minh", confirm_page, "4127", before=uploaded,
    ),
    Press(
        "directives/confirm.html itself act=enter", "ha", confirm_page, number_filled("enter"), "directive.enter",
        letter_s_number("confirmed"), "lan", register, "2718/BATM-CGS", before=uploaded,
    ),
    Press(
        "directives/confirm.html directive-discard", "ha", confirm_page, discard, "directive.discard", drafts(1),
        "minh", register, "chi-dao.txt", before=uploaded,
    ),
    Press(
        "directives/correct.html itself", "ha", lambda stage: f"{page_of(stage)}correct/", correct,
        "directive.correct", lambda stage: stage.directive().subject == "bảo vệ hệ thống thông tin", "lan", register,
        "bảo vệ hệ thống thông tin",
    ),
    Press(
        "directives/clause_correct.html itself", "ha", clause_correction, amend, "directive.clause_amend", is_amended,
        "lan", page_of, "Trực đủ ba ca.",
    ),
    Press(
        "directives/page.html directive-act extend", "ha", page_of,
        act("extend", due="2031-01-01T12:00", reason="công văn gia hạn"), "directive.extend",
        all_due("2031-01-01T05:00:00+00:00"), "lan", page_of, "1/1/2031",
    ),
    Press(
        "directives/page.html directive-act recall", "ha", page_of, act("recall", reason="công văn thu hồi"),
        "directive.recall", in_state("recalled"), "lan", page_of, "đã thu hồi",
    ),
    Press(
        "directives/page.html directive-act mistake", "ha", dispatch_page, act("mistake", reason="nhầm nơi nhận"),
        "directive.mistake", lambda stage: stage.directive("2718").state == "mistaken", "minh", register,
        "vào sổ nhầm", before=lambda stage: stage.enter_dispatch(),
    ),
    Press(
        "directives/page.html directive-act supersede", "ha", page_of, supersede, "directive.supersede",
        in_state("superseded"), "lan", page_of, "Được thay bằng 2718/BATM-CGS",
        before=lambda stage: stage.enter_dispatch(),
    ),
    Press(
        "directives/page.html directive-act bind", "ha", page_of, act("bind"), "obligation.send", bound("p-moi"),
        "minh", lambda stage: f"{page_of(stage)}matrix/", "UBND phường Mới", before=newcomer,
    ),
    Press(
        "directives/page.html report-draft", "ha", page_of, lambda page: page.locator(".acts form button").click(),
        "report.draft", lambda stage: stage.report().state == "draft", "minh", lambda _stage: "/reports/",
        "31/BAN-ATM",
    ),
    Press(
        "directives/answers.html itself", "ha", lambda stage: f"{page_of(stage)}answers/?whose=all", answer,
        "case.claim", is_answered, "minh", lambda stage: f"{page_of(stage)}?clause=1.a", "Sở Thông tin",
    ),
    Press(
        "directives/obligation.html obligation-pass-on forward", "tam", obligation("1.b", "so-y-te"),
        pass_on("forward"), "obligation.forward", bound("bv-da-khoa"), "ha", obligation("1.b", "so-y-te"),
        "Bệnh viện đa khoa",
    ),
    Press(
        "directives/obligation.html obligation-pass-on assist", "ha", obligation("1.b", "so-tttt"), pass_on("assist"),
        "obligation.assist", lambda stage: stage.obligation("1.b", "so-tttt").part == "lead", "minh",
        obligation("1.b", "so-tttt"), "phối hợp",
    ),
)  # fmt: skip
