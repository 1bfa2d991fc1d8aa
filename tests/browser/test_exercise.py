"""The exercise in a real browser: marked everywhere, moved by a button that a real desk lacks, wiped by another."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as configured

from tests.browser.steps import follow
from tests.desk.exhibit import Exhibit
from tests.exercise.test_desk import lay_world
from vonggac.cases.models import Case
from vonggac.directives.models import Directive
from vonggac.exercise import desk as exercise
from vonggac.flows import first_run
from vonggac.ledger.models import Entry
from vonggac.server.home import Home
from vonggac.tenancy.scope import scoped, system


@pytest.fixture
def home(settings, tmp_path) -> Home:
    made = Home(tmp_path / "home")
    made.prepare()
    settings.VONGGAC_HOME = made
    return made


@pytest.fixture
def leader(home, settings, live, browser):
    """The page of whoever leads an exercise that has just begun."""
    settings.VONGGAC_IS_EXERCISE = True
    lay_world(home)
    exercise.begin()
    link = first_run.sign_in_address(at=datetime.now(UTC)).replace(configured.VONGGAC_ORIGIN, live.address)
    context = browser.new_context(locale="vi-VN")
    page = context.new_page()
    page.goto(link)
    page.locator("form button").first.click()
    page.wait_for_load_state()
    yield page
    context.close()


def test_next_day_plays_the_files_and_moves_the_clock(leader, live):
    leader.goto(f"{live.address}/exercise/")
    before = exercise.state().played_until
    told = leader.inner_text("main")
    leader.click("#next-day")
    leader.wait_for_selector("#next-day")
    assert exercise.state().played_until > before
    assert f"{exercise.state().played_until + timedelta(hours=7):%H:%M %d/%m/%Y}" in told
    with scoped(system("tests")):
        assert Case.objects.filter(kind="botnet_host").exists()
        assert Entry.objects.filter(act="list.import").exists()


def test_the_next_hour_moves_the_clock_by_no_more_and_says_so_before(leader, live):
    leader.goto(f"{live.address}/exercise/")
    before, told = exercise.state().played_until, leader.inner_text("main")
    leader.click("#next-hour")
    leader.wait_for_selector("#next-hour")
    assert timedelta() < exercise.state().played_until - before <= timedelta(hours=2)
    assert f"{exercise.state().played_until + timedelta(hours=7):%H:%M}" in told


def test_every_place_is_marked_as_an_exercise(leader, live):
    for path in ("/", "/directives/", "/cases/", "/roster/", "/reports/", "/exercise/"):
        leader.goto(live.address + path)
        assert "DIỄN TẬP" in leader.inner_text(".banner.exercise"), path


def test_the_dispatch_opens_as_an_uploaded_one_would(leader, live):
    leader.goto(f"{live.address}/exercise/")
    leader.click("form[action='/exercise/dispatch/'] button")
    leader.wait_for_load_state()
    with scoped(system("tests")):
        assert Directive.objects.filter(state="draft").count() == 2


def test_what_has_come_so_far_leads_to_where_it_stands_and_the_button_says_what_it_does(leader, live):
    leader.goto(f"{live.address}/exercise/")
    leader.click("#next-day")
    leader.wait_for_selector("#next-day")
    button = leader.locator("form[action='/exercise/dispatch/'] button")
    assert button.inner_text() == "Mở công văn"
    assert "4127" in leader.inner_text("main")
    assert leader.locator("main .btn.primary").all_inner_texts() == ["Mở công văn"]
    follow(leader, button)
    number = leader.locator(".field.doubtful").first
    assert "Số đứng sau chữ “Số:”" in number.inner_text()
    assert number.locator("a[href='/exercise/']").count() == 1
    number.locator("input").fill("4127")
    leader.locator("button[name=act][value=enter]").click()
    leader.get_by_role("button", name="Vào sổ như hiện có").click()
    leader.wait_for_url(re.compile(r"/directives/\d+/$"))
    entered = leader.url.removeprefix(live.address)
    leader.goto(f"{live.address}/exercise/")
    assert button.inner_text() == "Xem công văn"
    assert leader.locator("main .btn.primary").all_inner_texts() == ["Ngày tiếp theo"]
    facts = leader.locator("[aria-labelledby=so-far] dd a")
    addresses = [link.get_attribute("href") for link in facts.all()]
    assert addresses == [
        entered, "/lists/", "/cases/?state=all&kind=botnet_host&claim=done", "/logs/", "/messages/", "/roster/",
    ]  # fmt: skip
    for address in addresses:
        assert leader.goto(live.address + address).status == 200


def test_hosts_reported_clean_are_as_many_as_the_page_behind_the_number_shows(leader, live, home):
    claims = home.path / "exercise" / "world" / "claims.csv"
    head, first, *others = claims.read_text("utf-8").splitlines()
    denied = first.replace(",clean", ",not_ours")
    claims.write_text("\n".join([head, denied, *others, ""]), "utf-8")
    while not exercise.is_over():
        exercise.next_day()
    leader.goto(f"{live.address}/exercise/")
    number = leader.locator("[aria-labelledby=so-far] a[href*='claim=done']")
    told = int(number.inner_text())
    with scoped(system("tests")):
        assert Case.objects.filter(claim="not_ours").exists()
    number.click()
    leader.wait_for_load_state()
    assert 0 < told == leader.locator("main ul.rows > li").count()


def test_one_click_orders_the_wipe(leader, live, home):
    leader.goto(f"{live.address}/exercise/")
    leader.click("#wipe")
    leader.wait_for_load_state()
    assert (home.path / "exercise" / "wipe").exists()


def test_a_real_desk_explains_and_has_no_button(home, desk: Exhibit, open_as):
    page = open_as("quan", "/exercise/")
    assert "./vg up --exercise" in page.inner_text("main")
    assert page.locator("#next-day, #wipe, .banner.exercise").count() == 0
