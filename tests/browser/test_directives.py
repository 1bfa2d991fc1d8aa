"""The first story in a real browser: a document goes in, binds, is acknowledged by others, and the margin follows."""

import re
from importlib.resources import files
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import follow
from vonggac.cases.models import Case
from vonggac.directives.models import Clause, Directive, Obligation
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.usefixtures("own_home")
DISPATCH = files("vonggac.exercise").joinpath("data/chi-dao.txt").read_bytes()


def upload(page: Page) -> None:
    chosen = {"name": "chi-dao.txt", "mimeType": "text/plain", "buffer": DISPATCH}
    page.locator("input[type=file]").set_input_files(chosen)
    follow(page, page.locator("form[enctype] button"))


def entered(page: Page) -> Directive:
    """Upload, correct the number that nobody could read, confirm; what the desk asks once is answered."""
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
    before, errors = note.inner_text(), []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    lan = open_as("lan", "/my-unit/")
    lan.locator(f'[data-row="{ours.case_id}"] form button').click()
    expect(note).not_to_have_text(before, timeout=15_000)
    assert errors == []
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


@pytest.mark.parametrize("path", ["", "matrix/", "answers/"])
def test_a_phone_shows_the_page_without_scrolling_sideways(open_as, path):
    page = open_as("ha", "/directives/upload/")
    main = entered(page)
    phone = open_as("ha", f"/directives/{main.pk}/{path}", width=390, height=844)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_selected_words_become_a_clause_and_the_cursor_says_where_one_is_split(open_as):
    page = open_as("ha", "/directives/upload/")
    upload(page)
    page.locator("details.clause-new").last.locator("summary").first.click()
    page.evaluate(
        """() => {
          const lines = [...document.querySelectorAll('.source-line')];
          const line = lines.find((one) => one.textContent.includes('Tăng người'));
          line.scrollIntoView();
          getSelection().selectAllChildren(line.lastElementChild);
        }"""
    )
    page.locator("[data-take]").last.click()
    taken = page.locator("textarea[name^=n][name$=-text]").last.input_value()
    assert "Tăng người trực, giữ hạ tầng luôn sẵn sàng." in taken
    assert page.locator("input[name$=-from]").last.input_value().isdecimal()
    page.locator("button[name=add]").last.click()
    page.wait_for_load_state()
    with scoped(system("tests")):
        made = Clause.objects.get(directive__number="2718", label="4")
    assert made.text == taken
    words = page.locator(f"#c{made.pk}-text")
    words.focus()
    words.evaluate("(field) => field.setSelectionRange(16, 16)")
    page.locator(f"button[name=split][value='{made.pk}']").click()
    page.wait_for_load_state()
    with scoped(system("tests")):
        parts = Clause.objects.filter(directive__number="2718", label__startswith="4").values_list("text", flat=True)
        assert [part.strip() for part in parts] == [taken[:16].strip(), taken[16:].strip()]


PARTED = """folio => {
    const boxes = (parts) => [...folio.querySelectorAll(parts)].map((part) => part.getBoundingClientRect().toJSON());
    return [boxes(".clause-leaf"), boxes(".note")];
}"""


@pytest.mark.parametrize("width", [1280, 1000, 390])
def test_the_text_of_a_directive_runs_on_however_long_a_clause_s_note_is(open_as, width):
    page = open_as("ha", "/directives/", width=width)
    follow(page, page.locator("table.register .subject a").first)
    page.goto(page.url + "?clause=1.a")
    expect(page.locator(".note.on .note-list")).to_be_visible()
    leaves, notes = page.locator(".folio").evaluate(PARTED)
    assert len(notes) >= 3
    assert all(one["bottom"] <= next_["top"] for one, next_ in pairwise(notes))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width == 390:
        assert all(any(note["top"] >= leaf["bottom"] - 1 for note in notes) for leaf in leaves[:-1])
        return
    # A heading stands a little apart; the note with its list is higher than that.
    assert max(next_["top"] - one["bottom"] for one, next_ in pairwise(leaves)) < 40
    chosen = page.locator(".clause-leaf.on").bounding_box()
    beside = page.locator(".note.on").bounding_box()
    assert abs(chosen["y"] - beside["y"]) < 8
    assert beside["height"] > chosen["height"] + 40
    assert min(note["left"] for note in notes) > max(leaf["right"] for leaf in leaves)
