"""The first story in a real browser: a document goes in, binds, is acknowledged by others, and the margin follows."""

import re
from importlib.resources import files

import pytest
from playwright.sync_api import Page, expect

from vonggac.cases.models import Case
from vonggac.directives.models import Directive, Obligation
from vonggac.ledger.models import Entry
from vonggac.server.home import Home
from vonggac.tenancy.scope import scoped, system

DISPATCH = files("vonggac.exercise").joinpath("data/chi-dao.txt").read_bytes()


@pytest.fixture(autouse=True)
def own_home(settings, tmp_path):
    settings.VONGGAC_HOME = Home(tmp_path / "home")
    settings.VONGGAC_HOME.prepare()


def upload(page: Page) -> None:
    page.locator("#file").set_input_files({"name": "chi-dao.txt", "mimeType": "text/plain", "buffer": DISPATCH})
    page.locator("form[enctype] button").click()


def entered(page: Page) -> Directive:
    """Upload, correct the number that nobody could read, confirm, and answer what the desk asks once."""
    upload(page)
    page.locator(".field.doubtful input").first.fill("4127")
    page.locator("button[name=act][value=enter]").click()
    page.get_by_role("button", name="Vào sổ như hiện có").click()
    page.wait_for_url(re.compile(r"/directives/\d+/$"))
    with scoped(system("tests")):
        return Directive.objects.get(number="2718")


def test_a_document_is_uploaded_corrected_and_entered(open_as):
    page = open_as("ha", "/directives/upload/")
    main = entered(page)
    expect(page.locator("h1")).to_contain_text("2718/BATM-CGS")
    expect(page.locator(".flash")).to_be_visible()
    with scoped(system("tests")):
        letter = main.covered_by.get()
        assert (letter.number, letter.arrival_number) == ("4127", main.arrival_number)
        assert Obligation.objects.filter(directive=main).exists()
        assert Entry.objects.filter(act="directive.enter", subject_id=main.pk).exists()
    stranger = open_as("vinh", f"/directives/{main.pk}/")
    assert "2718" not in stranger.content()


def test_a_field_lights_up_the_line_that_it_was_read_on(open_as):
    page = open_as("ha", "/directives/upload/")
    upload(page)
    field = page.locator(".field.doubtful input").first
    field.focus()
    line = field.get_attribute("data-line")
    expect(page.locator(f"#line-{line}")).to_have_class(re.compile("lit"))
    expect(page.locator(f"#line-{line}")).to_contain_text("IIS/7")


def test_the_margin_follows_another_organisation_s_acknowledgement_without_a_reload(open_as):
    page = open_as("ha", "/directives/upload/")
    main = entered(page)
    with scoped(system("tests")):
        ours = Obligation.objects.get(directive=main, clause__label="1.a", organisation__code="p-vinh-hai")
    note = page.locator(f"#note-{ours.clause_id}")
    before = note.inner_text()
    lan = open_as("lan", "/my-unit/")
    lan.locator(f'[data-row="{ours.case_id}"] form button').click()
    expect(note).not_to_have_text(before, timeout=15_000)
    with scoped(system("tests")):
        assert Case.objects.get(pk=ours.case_id).state == "acknowledged"
        assert Entry.objects.filter(act="case.acknowledge", subject_id=ours.case_id).exists()


def test_a_click_on_a_clause_opens_who_is_bound_beside_it(open_as):
    page = open_as("ha", "/directives/upload/")
    main = entered(page)
    with scoped(system("tests")):
        clause = main.clauses.get(label="1.a")
    page.locator(f"#note-{clause.pk} .note-link").click()
    expect(page.locator(f"#list-{clause.pk} li").first).to_be_visible()
    page.locator(f"#list-{clause.pk} .more-link").click()
    page.wait_for_url(re.compile(rf"/clauses/{clause.pk}/"))
    expect(page.locator("[data-row]").first).to_be_visible()


def test_the_matrix_is_walked_by_the_arrow_keys(open_as):
    page = open_as("ha", "/directives/upload/")
    main = entered(page)
    page.goto(page.url.split("/directives/")[0] + f"/directives/{main.pk}/matrix/")
    page.locator("table.matrix tbody tr").nth(0).locator("td a").nth(0).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    place = page.evaluate(
        "[document.activeElement.closest('tr').rowIndex, document.activeElement.closest('td').cellIndex]"
    )
    assert place == [2, 2]


def test_an_extension_and_a_recall_are_written_into_ledger_and_cases(open_as):
    page = open_as("ha", "/directives/upload/")
    main = entered(page)
    page.locator("#extend summary").click()
    page.locator("#extend input[name=due]").fill("2031-01-01T12:00")
    page.locator("#extend textarea").fill("công văn gia hạn")
    page.locator("#extend button").click()
    expect(page.locator(".flash")).to_be_visible()
    page.locator("#recall summary").click()
    page.locator("#recall textarea").fill("công văn thu hồi")
    page.locator("#recall button").click()
    expect(page.locator("#recall")).to_have_count(0)
    with scoped(system("tests")):
        cases = Case.objects.filter(obligation__directive=main)
        assert {(case.state, case.due_at.isoformat()) for case in cases} == {("closed", "2031-01-01T05:00:00+00:00")}
        acts = set(Entry.objects.filter(subject_kind="directive", subject_id=main.pk).values_list("act", flat=True))
        assert {"directive.extend", "directive.recall"} <= acts


def test_an_obligation_goes_down_to_a_unit_below_and_is_seen_there(open_as):
    page = open_as("ha", "/directives/upload/")
    main = entered(page)
    with scoped(system("tests")):
        ours = Obligation.objects.get(directive=main, clause__label="1.b", organisation__code="so-y-te")
    tam = open_as("tam", f"/directives/obligations/{ours.pk}/")
    tam.locator("#forward input[type=checkbox]").first.check()
    tam.locator("#forward button").click()
    expect(tam.locator("section[aria-labelledby=chain]")).to_contain_text("Bệnh viện đa khoa")
    with scoped(system("tests")):
        assert Obligation.objects.get(forwarded_from=ours).organisation.code == "bv-da-khoa"


@pytest.mark.parametrize("path", ["", "matrix/", "answers/", "correct/"])
def test_no_page_of_a_directive_has_an_accessibility_fault(open_as, axe, path):
    page = open_as("ha", "/directives/upload/")
    main = entered(page)
    page.goto(page.url.split("/directives/")[0] + f"/directives/{main.pk}/{path}")
    assert faults(page, axe) == []


@pytest.mark.parametrize("path", ["/directives/", "/directives/upload/", "/my-unit/"])
def test_no_list_of_directives_has_an_accessibility_fault(open_as, axe, path):
    assert faults(open_as("ha", path), axe) == []


def test_the_confirm_page_has_no_accessibility_fault(open_as, axe):
    page = open_as("ha", "/directives/upload/")
    upload(page)
    assert faults(page, axe) == []


def faults(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})")
    return [f"{one['id']}: {[node['target'] for node in one['nodes']][:3]}" for one in found["violations"]]


@pytest.mark.parametrize("path", ["", "matrix/", "answers/"])
def test_a_phone_shows_the_page_without_scrolling_sideways(open_as, path):
    page = open_as("ha", "/directives/upload/")
    main = entered(page)
    phone = open_as("ha", f"/directives/{main.pk}/{path}", width=390, height=844)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_other_buttons_of_a_directive_do_what_they_say(open_as):
    page = open_as("ha", "/directives/upload/")
    main = entered(page)
    page.locator("#bind summary").click()
    page.locator("#bind button").click()
    expect(page.locator(".flash")).to_be_visible()
    page.locator(".directive-acts a[href$='/correct/']").click()
    page.locator("textarea[name$=-subject]").fill("bảo vệ hệ thống thông tin")
    page.locator("form.form button").click()
    expect(page.locator("h1")).to_contain_text("bảo vệ hệ thống thông tin")
    page.locator("#supersede summary").click()
    page.locator("#supersede select").select_option(index=1)
    page.locator("#supersede button").click()
    expect(page.locator("#supersede")).to_have_count(0)
    with scoped(system("tests")):
        main.refresh_from_db()
        assert (main.state, main.subject) == ("superseded", "bảo vệ hệ thống thông tin")
        assert main.replaced_by.get().number == "31"
        assert set(Case.objects.filter(obligation__directive=main).values_list("state", flat=True)) == {"closed"}


def test_corrections_are_kept_and_a_draft_is_thrown_away(open_as):
    page = open_as("ha", "/directives/upload/")
    upload(page)
    page.locator(".field.doubtful input").first.fill("4127")
    page.locator("button[name=act][value=keep]").click()
    expect(page.locator(".flash")).to_be_visible()
    expect(page.locator("input[name$=-number]").first).to_have_value("4127")
    page.locator("details.act > summary").last.click()
    page.locator("form[action$='/discard/'] button").first.click()
    expect(page.locator("section.card h2").first).to_be_visible()
    with scoped(system("tests")):
        assert Directive.objects.filter(state="draft").count() == 1
        assert Entry.objects.filter(act="directive.discard").count() == 1


def test_an_answer_on_paper_shows_in_the_unit_s_row(open_as):
    page = open_as("ha", "/directives/upload/")
    main = entered(page)
    page.locator(f"a[href='/directives/{main.pk}/answers/']").click()
    row = page.locator("table.answers tbody tr").first
    row.locator("select").select_option("done")
    row.locator("input[name$=-text]").fill("đã trực đủ ca")
    page.locator("fieldset.general input[name=by]").fill("Nguyễn Văn Mẫu")
    page.locator("form[method=post] .pager button").click()
    expect(page.locator(".flash .success")).to_be_visible()
    with scoped(system("tests")):
        case = Case.objects.get(obligation__directive=main, claim="done")
        assert (case.claimed_via, case.claimed_by) == ("paper", "Nguyễn Văn Mẫu")


@pytest.mark.django_db(transaction=True, databases=["default", "sealer"])
def test_a_cooperating_body_is_added_and_the_report_is_drafted(open_as):
    page = open_as("ha", "/directives/upload/")
    main = entered(page)
    with scoped(system("tests")):
        lead = Obligation.objects.get(directive=main, clause__label="2.a", organisation__code="vien-thong")
    page.goto(page.url.split("/directives/")[0] + f"/directives/obligations/{lead.pk}/")
    page.locator("#assist summary").click()
    page.locator("#assist input[type=checkbox]").first.check()
    page.locator("#assist button").click()
    expect(page.locator(".flash .success")).to_be_visible()
    with scoped(system("tests")):
        assert Obligation.objects.get(forwarded_from=lead).part == "cooperate"
    page.goto(page.url.split("/directives/")[0] + f"/directives/{main.pk}/")
    page.locator(".acts form button.primary").click()
    page.wait_for_url(re.compile(r"/reports/\d+/$"))
