"""A draft in a real browser: what is held in the hand while the grid is drawn anew."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser import watch_stage
from tests.browser.watch_stage import Watch
from vonggac.duty.services import rosters
from vonggac.duty.services.rosters import Step
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db(databases=["default", "owner", "sealer"], transaction=True)
HELD = "#draft.is-holding"


@pytest.fixture
def watch(live, own_home, desk, clock) -> Watch:
    return watch_stage.keep(desk, clock)


@pytest.fixture
def page(open_as, watch) -> Iterator[Page]:
    page = open_as("ha", f"/roster/drafts/{watch.draft.pk}/", width=1500, height=1400)
    yield page
    page.unroute_all(behavior="ignoreErrors")


@pytest.fixture
def cell(page, watch, desk) -> Locator:
    """The first hole of the draft."""
    with scoped(desk.people.scope("ha")):
        return page.locator(f"td[data-slot='{watch.hole()}']")


def pick_up(page: Page, name: str, cell: Locator) -> None:
    """The name taken from the people with the mouse, and held over a shift."""
    page.locator(f".pool .chip[data-name='{name}']").hover()
    page.mouse.down()
    box = cell.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 12, steps=6)
    expect(page.locator(HELD)).to_have_count(1)


def test_a_step_is_drawn_while_the_next_name_is_held_already(page, cell):
    waiting: list[Route] = []
    page.route("**/edit/", lambda route: waiting.append(route) if not waiting else route.continue_())
    names = page.locator(".pool .chip[data-name]").evaluate_all("all => all.map((one) => one.dataset.name)")
    with page.expect_request(lambda request: request.method == "POST"):
        pick_up(page, names[0], cell)
        page.mouse.up()
    pick_up(page, names[1], cell)
    waiting[0].continue_()
    expect(cell.locator(f".chip[data-name='{names[0]}']")).to_be_visible()
    # The second is still in the hand, weighed against the new grid, and laid down beside the first.
    expect(page.locator(HELD)).to_have_count(1)
    expect(page.locator(f".pool .chip.held[data-name='{names[1]}']")).to_have_count(1)
    page.mouse.up()
    expect(cell.locator(f".chip[data-name='{names[1]}']")).to_be_visible()
    expect(page.locator(HELD)).to_have_count(0)


@pytest.mark.slow
def test_a_name_laid_down_with_the_keyboard_keeps_it_and_what_is_left_is_said(page, cell):
    slot = cell.get_attribute("data-slot")
    down, across = page.evaluate(
        """(slot) => {
            const all = [...document.querySelectorAll("[data-grid] td[data-slot]")];
            const [first, wanted] = [all[0], all.find((one) => one.dataset.slot === slot)];
            const rows = [...first.closest("tbody").rows];
            const row = (one) => rows.indexOf(one.parentElement);
            return [row(wanted) - row(first), wanted.cellIndex - first.cellIndex];
        }""",
        slot,
    )
    page.locator(".pool .chip[data-name='Quách Dung']").focus()
    page.keyboard.press("Space")
    for key in ["ArrowRight", *["ArrowRight"] * across, *["ArrowDown"] * down]:
        page.keyboard.press(key)
    said = page.locator("[data-said]")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press("Enter")
    chip = cell.locator(".chip[data-name='Quách Dung']")
    expect(chip).to_be_focused()
    expect(said).to_contain_text("chỗ trống")
    # The desk's own news of the step draws the grid once more.
    page.wait_for_timeout(1500)
    page.evaluate("htmx.trigger(document.getElementById('draft'), 'refresh')")
    page.wait_for_timeout(500)
    expect(chip).to_be_focused()
    # The browser keeps its own Ctrl+U; u alone undoes.
    page.keyboard.press("Control+u")
    page.wait_for_timeout(500)
    expect(chip).to_be_visible()
    page.keyboard.press("u")
    expect(chip).to_have_count(0)


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside another part"])
@pytest.mark.slow
def test_what_changed_while_a_name_was_held_is_drawn_once_it_is_put_back(page, cell, watch, desk, beside):
    if beside:
        # Another part has the same address, and the draft comes with its answer.
        page.evaluate(
            """() => {
                const part = document.createElement("div");
                for (const name of ["hx-get", "hx-trigger", "hx-swap"])
                    part.setAttribute(name, document.getElementById("draft").getAttribute(name));
                part.setAttribute("hx-select", "#leader");
                part.id = "leader";
                part.dataset.live = "";
                document.getElementById("draft").before(part);
                htmx.process(part);
            }"""
        )
    pick_up(page, "Quách Dung", cell)
    other = next(name for name in watch.people if name != "Quách Dung")
    refreshed = page.expect_response(lambda answer: answer.url.endswith(f"/drafts/{watch.draft.pk}/"))
    with refreshed, scoped(desk.people.scope("ha")):
        step = Step(frozenset({(watch.hole(), watch.people[other].pk)}))
        rosters.change(watch.draft.pk, step, by="Hà", at=watch.at)
    page.wait_for_timeout(300)
    expect(page.locator(HELD)).to_have_count(1)
    expect(cell.locator(f".chip[data-name='{other}']")).to_have_count(0)
    # Let go beside the grid: nothing is placed.
    page.mouse.move(5, 5)
    page.mouse.up()
    expect(cell.locator(f".chip[data-name='{other}']")).to_be_visible()
    expect(cell.locator(".chip[data-name='Quách Dung']")).to_have_count(0)
