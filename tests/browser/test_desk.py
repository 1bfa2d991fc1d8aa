"""The desk in a real browser: keyboard, live updates, phones, no script, accessibility."""

import re
import threading
import time

import pytest
from django.db import connections
from playwright.sync_api import expect

from tests.browser.accessibility import faults
from tests.browser.steps import follow
from vonggac.cases import services
from vonggac.cases.models import Case
from vonggac.ledger.models import Entry
from vonggac.ledger.services import announce
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


def test_a_change_is_read_with_one_request_whatever_parts_of_the_page_are_live(open_as, desk):
    watcher = open_as("minh", "/cases/")
    expect(row(watcher, desk, "VP-PC-0032")).to_contain_text("chưa tiếp nhận")
    assert watcher.locator("[data-live]").count() > 1
    watcher.wait_for_timeout(500)
    places = watcher.locator("#places")
    watcher.evaluate("for (const part of document.querySelectorAll('[data-live]')) part.dataset.old = '1'")
    read = []
    watcher.on("request", lambda request: read.append(request.url) if request.url.endswith("/cases/") else None)
    with scoped(desk.people.scope("lan")):
        services.acknowledge(number_of(desk, "VP-PC-0032"), at=desk.hosts["VP-PC-0032"].due_at, by="Lan")
    expect(row(watcher, desk, "VP-PC-0032")).to_contain_text("đã tiếp nhận")
    expect(watcher.locator("[data-old]")).to_have_count(0)
    expect(places.get_by_role("link", name="Vụ việc")).to_be_visible()
    assert len(read) == 1


def test_an_open_page_keeps_up_while_changes_never_pause(open_as, desk):
    watcher = open_as("minh", "/cases/")
    expect(row(watcher, desk, "VP-PC-0032")).to_contain_text("chưa tiếp nhận")
    with scoped(desk.people.scope("lan")):
        path = Case.objects.get(pk=number_of(desk, "VP-PC-0032")).org_path
    over = threading.Event()

    def never_pause():
        while not over.wait(0.15):
            with scoped(desk.people.scope("lan")):
                announce("case.progress", "case", 0, path)
        connections.close_all()

    noise = threading.Thread(target=never_pause)
    noise.start()
    try:
        watcher.wait_for_timeout(1_000)
        with scoped(desk.people.scope("lan")):
            services.acknowledge(number_of(desk, "VP-PC-0032"), at=desk.hosts["VP-PC-0032"].due_at, by="Lan")
        expect(row(watcher, desk, "VP-PC-0032")).to_contain_text("đã tiếp nhận", timeout=10_000)
        assert noise.is_alive()
    finally:
        over.set()
        noise.join()


def answer_slowly(page, seconds: float, meanwhile) -> list[float]:
    """When the list of cases was asked for; each answer is what the desk said before `meanwhile` was called."""
    asked = []

    def answer(route):
        if not route.request.headers.get("hx-request"):
            route.continue_()
            return
        asked.append(time.monotonic())
        response = route.fetch()
        meanwhile()
        time.sleep(seconds)
        route.fulfill(response=response)

    page.route("**/cases/", answer)
    return asked


@pytest.mark.slow
def test_what_changes_while_the_desk_answers_slowly_is_shown_afterwards(open_as, desk):
    watcher = open_as("minh", "/cases/")
    expect(row(watcher, desk, "VP-PC-0032")).to_contain_text("chưa tiếp nhận")
    watcher.wait_for_timeout(500)

    def acknowledge_once():
        if len(asked) == 1:
            with scoped(desk.people.scope("lan")):
                services.acknowledge(number_of(desk, "VP-PC-0032"), at=desk.hosts["VP-PC-0032"].due_at, by="Lan")

    asked = answer_slowly(watcher, 1.0, acknowledge_once)
    with scoped(desk.people.scope("lan")):
        announce("case.progress", "case", 0, Case.objects.get(pk=number_of(desk, "VP-PC-0032")).org_path)
    expect(row(watcher, desk, "VP-PC-0032")).to_contain_text("đã tiếp nhận", timeout=15_000)
    # The desk took a second: it is left alone for four.
    assert asked[1] - asked[0] > 4


def test_a_tab_that_nobody_looks_at_asks_for_nothing_until_it_is_seen(open_as, desk):
    watcher = open_as("minh", "/cases/")
    expect(row(watcher, desk, "VP-PC-0032")).to_contain_text("chưa tiếp nhận")
    watcher.wait_for_timeout(500)
    hide = (
        "(is) => { Object.defineProperty(document, 'hidden', { value: is, configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')); }"
    )
    watcher.evaluate(hide, True)
    with scoped(desk.people.scope("lan")):
        services.acknowledge(number_of(desk, "VP-PC-0032"), at=desk.hosts["VP-PC-0032"].due_at, by="Lan")
    watcher.wait_for_timeout(1_500)
    expect(row(watcher, desk, "VP-PC-0032")).to_contain_text("chưa tiếp nhận")
    watcher.evaluate(hide, False)
    expect(row(watcher, desk, "VP-PC-0032")).to_contain_text("đã tiếp nhận")


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


@pytest.mark.slow
def test_a_page_listens_again_after_a_proxy_answered_for_a_desk_that_was_starting(open_as):
    page, answers = open_as("ha", "/"), []

    def starting(route) -> None:
        answers.append(502)
        route.fulfill(status=502, body="Bad Gateway") if len(answers) <= 2 else route.continue_()

    page.route("**/stream", starting)
    page.reload()
    expect(page.locator("#pulse-time")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"), timeout=30_000)
    assert len(answers) == 3


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
    expect(page.locator("#timeline")).to_contain_text("Hoàn tác báo cáo đã làm xong")
    assert state_of(desk, "VP-PC-0032") == "sent"


def test_undoing_the_second_claim_leaves_the_first(open_as, desk):
    page = open_as("lan", f"/cases/{number_of(desk, 'VP-PC-0032')}/")
    for said in ("đã cài lại máy", "đã thay ổ cứng"):
        claim = page.locator("#claim")
        if claim.get_attribute("open") is None:
            claim.locator("summary").click()
        claim.locator("[name=text]").fill(said)
        claim.get_by_role("button", name="Báo đã xong").click()
        expect(page.locator("#answers")).to_contain_text(said)
    page.get_by_role("button", name="Hoàn tác").click()
    expect(page.locator("#answers .say").first).to_contain_text("đã báo xong")
    expect(page.locator("#answers")).to_contain_text("đã cài lại máy")
    expect(page.locator("#answers")).not_to_contain_text("đã thay ổ cứng")
    assert state_of(desk, "VP-PC-0032") == "claimed"


def test_an_act_on_an_old_page_says_who_changed_what_and_is_done_when_pressed_again(open_as, desk):
    address = f"/cases/{number_of(desk, 'VP-PC-0032')}/"
    old, other = open_as("lan", address), open_as("ha", address)
    other.locator("#refuse summary").click()
    other.locator("#refuse [name=reason]").fill("không có người")
    other.locator("#refuse [name=by]").fill("Chị Mẫu")
    other.locator("#refuse button").click()
    expect(other.get_by_role("status")).to_be_visible()
    old.locator("#claim summary").click()
    old.locator("#claim [name=text]").fill("đã cài lại máy")
    old.locator("#claim").get_by_role("button", name="Báo đã xong").click()
    told = old.locator("#claim").get_by_role("alert")
    expect(told).to_contain_text("Chưa làm gì")
    expect(told).to_contain_text("Trả lời: không thực hiện được, Chị Mẫu (Hà)")
    assert state_of(desk, "VP-PC-0032") == "cannot_comply"
    expect(old.locator("#claim [name=text]")).to_have_value("đã cài lại máy")
    old.locator("#claim").get_by_role("button", name="Báo đã xong").click()
    expect(old.get_by_role("status")).to_contain_text("đã báo xong")
    assert state_of(desk, "VP-PC-0032") == "claimed"


def test_a_refused_claim_keeps_what_was_typed_and_puts_the_keyboard_on_the_file_to_choose_again(open_as, desk):
    page = open_as("lan", f"/cases/{number_of(desk, 'VP-PC-0032')}/")
    page.keyboard.press("e")
    page.keyboard.type("đã cài lại máy")
    page.locator("#claim input[type=file]").set_input_files(
        {"name": "ảnh.exe", "mimeType": "application/octet-stream", "buffer": b"MZ"}
    )
    page.locator("#claim").get_by_role("button", name="Báo đã xong").click()
    again = page.locator("#claim input[type=file]")
    expect(again).to_be_focused()
    expect(again).to_have_accessible_description(re.compile("ảnh.exe.*loại"))
    expect(page.locator("#claim [name=text]")).to_have_value("đã cài lại máy")
    assert state_of(desk, "VP-PC-0032") == "sent"


def test_a_field_of_files_names_what_was_chosen_and_is_reached_by_keyboard_and_drop(open_as):
    page = open_as("ha", "/lists/")
    field, face = page.locator("input[type=file]"), page.locator(".file-face")
    expect(face).to_have_text("Chọn tệpChưa chọn tệp")
    page.locator("[name=sender]").focus()
    page.keyboard.press("Tab")
    expect(field).to_be_focused()
    assert face.evaluate("face => getComputedStyle(face).outlineWidth") == "3px"
    with page.expect_file_chooser() as asked:
        page.keyboard.press("Space")
    asked.value.set_files({"name": "danh sách 1.csv", "mimeType": "text/csv", "buffer": b"ip"})
    expect(page.locator(".file-names")).to_have_text("danh sách 1.csv")
    # The control lies over the whole face: what is dropped on it or pressed there meets the browser's own.
    box = face.bounding_box()
    at = [box["x"] + box["width"] - 4, box["y"] + box["height"] - 4]
    assert page.evaluate("([x, y]) => document.elementFromPoint(x, y).type", at) == "file"
    field.evaluate("field => field.form.reset()")
    expect(page.locator(".file-names")).to_have_text("Chưa chọn tệp")


def test_without_scripts_a_field_of_files_is_the_browser_s_own(open_as):
    page = open_as("ha", "/lists/", scripts=False)
    expect(page.locator(".file-face")).to_be_hidden()
    expect(page.locator("input[type=file]")).to_have_css("opacity", "1")


def test_more_files_than_a_request_takes_are_refused_before_they_are_sent(open_as):
    page = open_as("ha", "/lists/")
    page.locator("[name=sender]").fill("Bên gửi A")
    field = page.locator("input[type=file]")
    field.evaluate("field => { field.dataset.mostBytes = 5 }")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    field.set_input_files({"name": "l.csv", "mimeType": "text/csv", "buffer": b"ip\n192.0.2.1\n"})
    page.locator("form[action='/lists/upload/'] button").click()
    assert "MiB" in field.evaluate("field => field.validationMessage")
    expect(field).to_be_focused()
    field.set_input_files({"name": "l.csv", "mimeType": "text/csv", "buffer": b"ip"})
    assert field.evaluate("field => field.validationMessage") == ""
    assert sent == []


def test_reload_and_back_after_a_register_import_send_nothing_again(open_as):
    page = open_as("ha", "/register/networks/import")
    table = b"network,organisation\n203.0.113.0/26,so-y-te\n"
    page.locator("input[type=file]").set_input_files({"name": "n.csv", "mimeType": "text/csv", "buffer": table})
    page.get_by_role("button", name="Xem trước thay đổi").click()
    sent = []
    page.reload()
    page.get_by_role("button", name="Thực hiện").click()
    expect(page.get_by_role("status")).to_contain_text("1 mục mới")
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.reload()
    page.go_back()
    page.reload()
    expect(page.locator("main")).to_contain_text("đã ghi như vậy")
    expect(page.get_by_role("button", name="Thực hiện")).to_have_count(0)
    assert sent == []


def test_reload_and_back_around_the_preview_of_a_list_send_nothing_again(open_as):
    page = open_as("ha", "/lists/")
    page.locator("[name=sender]").fill("Bên gửi A")
    table = b"ip,timestamp,infection\n203.0.113.5,2026-04-19 01:00:00,mirai\n"
    page.locator("input[type=file]").set_input_files({"name": "l.csv", "mimeType": "text/csv", "buffer": table})
    page.locator("form[action='/lists/upload/'] button").click()
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.reload()
    expect(page.locator("h1")).to_have_text("Xem trước danh sách")
    assert sent == []
    page.locator("[name=time_zone]").select_option("Asia/Ho_Chi_Minh")
    follow(page, page.locator("form[action^='/lists/preview/'] button"))
    page.reload()
    expect(page.locator("[name=time_zone]")).to_have_value("Asia/Ho_Chi_Minh")
    follow(page, page.locator("form[action='/lists/confirm/'] button"))
    listed = page.url
    page.reload()
    page.go_back()
    expect(page).to_have_url(listed)
    expect(page.locator(".flash")).to_contain_text("không có gì bị tính hai lần")
    page.reload()
    assert len(sent) == 2


def test_a_filter_of_the_cases_shows_as_many_rows_as_its_number_says(open_as):
    page = open_as("ha", "/cases/?kind=botnet_host")
    for word in ("quá hạn", "đã báo xong", "bị chứng minh ngược lại"):
        choice = page.locator(".words a", has_text=word).first
        number = int(choice.locator("b").inner_text())
        choice.click()
        expect(page.locator("#inbox [data-row]")).to_have_count(number)
        page.goto(page.url.split("?")[0] + "?kind=botnet_host")


def test_a_host_reported_done_says_over_which_days_it_is_watched(open_as, desk):
    page = open_as("lan", f"/cases/{desk.hosts['VP-PC-0032'].pk}/", width=390, height=844)
    page.locator("#claim summary").click()
    page.locator("#claim [name=text]").fill("đã cài lại máy")
    page.locator("#claim button").click()
    expect(page.locator("#answers")).to_contain_text("Theo dõi từ")
    expect(page.locator("#answers")).to_contain_text("hết khoảng này thì có kết luận")


def test_the_theme_is_what_the_person_chose_and_else_what_the_device_asks_for(open_as):
    page = open_as("ha", "/")
    ground = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(ground)
    page.locator("details.menu > summary").click()
    follow(page, page.locator("[name=theme][value=light]"))
    light = page.evaluate(ground)
    assert page.locator("html").get_attribute("data-theme-auto") is None
    page.emulate_media(color_scheme="light")
    page.locator("details.menu > summary").click()
    follow(page, page.locator("[name=theme][value=dark]"))
    assert page.evaluate(ground) == dark != light


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
    follow(page, page.get_by_role("link", name="Vụ việc"))
    follow(page, row(page, desk, "VP-PC-0032").get_by_role("button", name="Tiếp nhận"))
    assert state_of(desk, "VP-PC-0032") == "acknowledged"
    page.goto(page.url.split("/cases")[0] + f"/cases/{number_of(desk, 'VP-PC-0032')}/")
    page.locator("#claim summary").click()
    page.locator("#claim textarea").fill("đã xong")
    follow(page, page.locator("#claim button"))
    assert state_of(desk, "VP-PC-0032") == "claimed"


@pytest.mark.parametrize("path", PLACES)
def test_a_phone_never_scrolls_sideways(open_as, path):
    page = open_as("ha", path, width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("scripts", [True, False])
def test_on_a_phone_the_inbox_shows_cases_before_its_filters_are_unfolded(open_as, axe, scripts):
    page = open_as("ha", "/cases/?kind=botnet_host&state=all", width=390, height=844, scripts=scripts)
    summary, late = page.locator("#filters > summary"), page.locator("#filters").get_by_role("link", name="quá hạn")
    expect(summary).to_have_text("Bộ lọc: máy trong danh sách botnet · mọi tình trạng")
    expect(late).to_be_hidden()
    expect(page.locator("[data-row]").first).to_be_in_viewport()
    summary.click()
    late.click()
    expect(page).to_have_url(re.compile("late=1"))
    expect(summary).to_contain_text("quá hạn")
    if scripts:
        assert faults(page, axe) == []
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(summary).to_be_hidden()
    expect(late).to_be_visible()


def test_what_is_unfolded_stays_so_when_its_part_is_read_again(open_as):
    page = open_as("ha", "/cases/", width=390, height=844)
    page.locator("#filters > summary").click()
    page.wait_for_timeout(500)
    with page.expect_response("**/cases/"):
        page.evaluate("htmx.trigger('#inbox', 'refresh')")
    page.wait_for_timeout(300)
    expect(page.locator("#filters")).to_have_attribute("open", "")


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


def test_targets_of_the_first_page_are_large_enough_for_a_thumb(open_as):
    page = open_as("ha", "/", width=390, height=844)
    boxes = page.locator("main button:visible, main a.btn:visible, nav.places a").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect().height)"
    )
    assert len(boxes) > 8
    assert min(boxes) >= 44


def test_on_a_phone_the_next_acts_of_a_case_are_within_the_thumb_s_reach(open_as, desk, axe):
    page = open_as("lan", f"/cases/{number_of(desk, 'VP-PC-0032')}/", width=390, height=844)
    bar = page.get_by_role("group", name="Việc làm được ngay")
    acts = bar.get_by_role("button").or_(bar.get_by_role("link"))
    expect(acts).to_contain_text(["Tiếp nhận", "Báo đã xong", "Không phải của chúng tôi"])
    places = page.locator(".places").bounding_box()
    for act in acts.all():
        box = act.bounding_box()
        assert box["height"] >= 44
        assert 844 / 2 < box["y"] < box["y"] + box["height"] <= places["y"]
    assert faults(page, axe) == []
    # Scrolled to its end, nothing of the page lies under the bar.
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    last = page.locator("main .card").last.bounding_box()
    assert last["y"] + last["height"] <= bar.bounding_box()["y"]
    bar.get_by_role("link", name="Không phải của chúng tôi").click()
    expect(page.locator("#dispute textarea")).to_be_focused()
    expect(page.locator("#dispute textarea")).to_be_in_viewport()
    bar.get_by_role("button", name="Tiếp nhận").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert state_of(desk, "VP-PC-0032") == "acknowledged"


def test_the_acts_of_a_case_are_reached_on_a_phone_without_scripts_and_stay_in_the_head_of_a_low_window(open_as, desk):
    address = f"/cases/{number_of(desk, 'VP-PC-0032')}/"
    page = open_as("lan", address, width=390, height=844, scripts=False)
    page.get_by_role("link", name="Báo đã xong").click()
    expect(page.locator("#claim summary")).to_be_in_viewport()
    low = open_as("lan", address, width=390, height=400)
    expect(low.locator(".act-bar")).to_have_css("position", "static")
    wide = open_as("lan", address)
    expect(wide.get_by_role("link", name="Báo đã xong")).to_be_hidden()
    expect(wide.get_by_role("button", name="Tiếp nhận")).to_be_visible()
