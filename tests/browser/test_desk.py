"""The desk in a real browser: keyboard, live updates, phones, no script, accessibility."""

import re

import pytest
from playwright.sync_api import expect

from vonggac.cases import services
from vonggac.cases.models import Case
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped

PLACES = ("/", "/cases/", "/messages/", "/roster/", "/reports/", "/search/?q=KT-PC-0417", "/preferences/")
SILENCE_MS = 12_000


def number_of(desk, name: str) -> int:
    return desk.hosts[name].pk


def row(page, desk, name: str):
    return page.locator(f'[data-row="{number_of(desk, name)}"]')


def state_of(desk, name: str) -> str:
    with scoped(desk.people.scope("nam")):
        return Case.objects.get(pk=number_of(desk, name)).state


def last_act(desk, name: str) -> tuple[str, str]:
    with scoped(desk.people.scope("nam")):
        entry = Entry.objects.filter(subject_kind="case", subject_id=number_of(desk, name)).latest("id")
        return entry.act, entry.actor


def test_a_row_is_acknowledged_from_the_keyboard_and_the_second_user_sees_it_live(open_as, desk):
    watcher = open_as("minh", "/cases/")
    expect(row(watcher, desk, "VP-PC-0032")).to_contain_text("chưa tiếp nhận")
    watcher.wait_for_timeout(500)
    page = open_as("lan", "/cases/?kind=botnet_host")
    page.keyboard.press("j")
    expect(row(page, desk, "VP-PC-0032")).to_have_class("row on")
    page.keyboard.press("a")
    expect(page.get_by_role("status")).to_contain_text("đã tiếp nhận")
    expect(row(watcher, desk, "VP-PC-0032")).to_contain_text("đã tiếp nhận")
    assert state_of(desk, "VP-PC-0032") == "acknowledged"
    assert last_act(desk, "VP-PC-0032") == ("case.acknowledge", f"person:{desk.people.people['lan'].pk}")


def test_a_stranger_is_told_nothing_over_the_stream(open_as, desk):
    stranger = open_as("vinh", "/cases/")
    stranger.evaluate(
        "() => { window.heard = []; const s = new EventSource('/stream');"
        " s.addEventListener('change', (e) => heard.push(e.data)); }"
    )
    stranger.wait_for_timeout(700)
    with scoped(desk.people.scope("lan")):
        services.acknowledge(number_of(desk, "VP-PC-0032"), at=desk.hosts["VP-PC-0032"].due_at, by="Lan")
    stranger.wait_for_timeout(1_500)
    assert stranger.evaluate("heard") == []


def test_a_silent_stream_shows_the_banner_and_greys_the_values(open_as):
    page = open_as("ha", "/")
    expect(page.locator("#connection")).to_be_hidden()
    page.clock.install()
    page.route("**/stream", lambda route: route.abort())
    page.reload()
    page.clock.run_for(SILENCE_MS)
    expect(page.locator("#connection")).to_be_visible()
    expect(page.locator("#connection")).to_contain_text("Mất kết nối")
    expect(page.locator("body")).to_have_class("is-silent")


def test_the_stream_beats_while_nothing_happens(open_as):
    page = open_as("ha", "/")
    expect(page.locator("#pulse-time")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))


def test_work_is_claimed_with_evidence_by_keyboard_and_undone(open_as, desk, tmp_path):
    file = tmp_path / "biên bản.pdf"
    file.write_bytes(b"%PDF-1.7 minutes")
    page = open_as("lan", f"/cases/{number_of(desk, 'VP-PC-0032')}/")
    page.keyboard.press("e")
    page.keyboard.type("đã cài lại máy")
    page.locator("#claim input[type=file]").set_input_files(file)
    page.locator("#claim").get_by_role("button", name="Báo đã xong").click()
    expect(page.get_by_role("status")).to_contain_text("đã báo xong")
    expect(page.get_by_role("link", name="biên bản.pdf")).to_be_visible()
    assert state_of(desk, "VP-PC-0032") == "claimed"
    page.get_by_role("button", name="Hoàn tác").click()
    expect(page.locator("#timeline")).to_contain_text("Đã mở lại")
    assert state_of(desk, "VP-PC-0032") == "in_progress"


def test_question_mark_opens_the_help_and_slash_goes_to_the_search(open_as):
    page = open_as("ha", "/cases/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("KT-PC-0417")
    page.keyboard.press("Enter")
    expect(page.locator("[data-row]")).to_have_count(1)


def test_everything_is_reached_without_a_script(open_as, desk):
    page = open_as("lan", "/", scripts=False)
    page.get_by_role("link", name="Vụ việc").click()
    row(page, desk, "VP-PC-0032").get_by_role("button", name="Tiếp nhận").click()
    assert state_of(desk, "VP-PC-0032") == "acknowledged"
    page.goto(page.url.split("/cases")[0] + f"/cases/{number_of(desk, 'VP-PC-0032')}/")
    page.locator("#claim summary").click()
    page.locator("#claim textarea").fill("đã xong")
    page.locator("#claim button").click()
    assert state_of(desk, "VP-PC-0032") == "claimed"


@pytest.mark.parametrize("path", PLACES)
def test_a_phone_never_scrolls_sideways(open_as, path):
    page = open_as("ha", path, width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_on_a_phone_what_needs_me_comes_first(open_as):
    page = open_as("ha", "/", width=390, height=844)
    needs = page.locator(".needs").bounding_box()
    duty = page.locator("[aria-labelledby=on-duty]").bounding_box()
    assert needs["y"] < duty["y"]


def test_no_page_breaks_its_own_security_policy(open_as, desk):
    said: list[str] = []
    page = open_as("ha", "/")
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    for path in (*PLACES, f"/cases/{number_of(desk, 'KT-PC-0417')}/"):
        page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + path)
        page.wait_for_timeout(150)
    assert said == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_are_accessible(open_as, desk, axe, theme):
    found = {}
    people = desk.people.people["ha"]
    type(people).objects.filter(pk=people.pk).update(theme=theme)
    page = open_as("ha", "/")
    origin = page.url.rstrip("/")
    for path in (*PLACES, f"/cases/{number_of(desk, 'BV-SRV-002')}/"):
        page.goto(origin + path)
        page.evaluate(axe)
        result = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})")
        if result["violations"]:
            found[path] = [
                (rule["id"], [node["target"] for node in rule["nodes"]][:3]) for rule in result["violations"]
            ]
    assert found == {}


def test_targets_of_the_first_page_are_large_enough_for_a_thumb(open_as):
    page = open_as("ha", "/", width=390, height=844)
    boxes = page.locator("main button:visible, main a.btn:visible, nav.places a").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect().height)"
    )
    assert len(boxes) > 8
    assert min(boxes) >= 44
