"""A call on a phone, without signing in and without scripts: seen, taken on, noted; and what the desk shows of it."""

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import faults
from tests.browser.presses import Stage
from tests.browser.presses.calls import escalation, escalation_page
from tests.browser.steps import follow
from vonggac.duty import contacts
from vonggac.duty.escalation import services
from vonggac.duty.escalation.rules import Reason
from vonggac.duty.escalation.services import Happening
from vonggac.duty.models import ContactMethod
from vonggac.flows import escalation as flow
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db(databases=["default", "owner", "sealer"], transaction=True)


@pytest.fixture
def stage(live, own_home, desk, clock) -> Stage:
    return Stage(desk, clock)


@pytest.fixture
def phone(live, browser, axe):
    """A phone that nobody signed in on, with scripts off; every page that it shows keeps the rules of accessibility."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="vi-VN", java_script_enabled=False)
    page = context.new_page()
    yield page
    context.close()


def link_of_the_next_letter(live, purpose: str, at) -> str:
    letter = flow.hand_on(uuid4(), None, at=at)
    return f"{live.address}/l/{purpose}/{letter.body.split(f'/l/{purpose}/')[1].split()[0]}"


def call_for_a_host(stage: Stage) -> None:
    """The case of a host that nobody has acknowledged calls whoever stands there at this hour, else the head."""
    with scoped(system("tests")):
        case = stage.desk.hosts["VP-PC-0032"]
        office = stage.people.organisations["hai-van"]
        services.start(Reason.BOTNET, [Happening("case", case.pk, case.title)], office, at=stage.at)
    while flow.do_due(at=stage.at):
        pass


def test_a_call_is_taken_on_by_a_link_and_the_desk_shows_it_everywhere(live, stage, phone: Page, open_as, axe, browser):
    call_for_a_host(stage)
    officer = open_as("ha", "/")
    expect(officer.locator("section.calls")).to_contain_text("Máy khẩn")
    officer.goto(live.address + stage.case("VP-PC-0032"))
    expect(officer.locator("section.calls")).to_contain_text("chưa ai trả lời")

    address = link_of_the_next_letter(live, "page", stage.at)
    phone.goto(address)
    expect(phone.locator("body")).to_contain_text("Máy VP-PC-0032")
    assert escalation(stage).state == "calling", "a mail scanner that looks answers nothing"
    follow(phone, phone.get_by_role("button", name="Tôi nhận xử lý"))
    assert escalation(stage).state == "taken"
    phone.locator("textarea").fill("đang gọi văn phòng")
    follow(phone, phone.get_by_role("button", name="Lưu ghi chú"))
    assert escalation(stage).note == "đang gọi văn phòng"
    phone.goto(address)
    expect(phone.locator("body")).to_contain_text("Hà đã dùng liên kết này")

    officer.goto(live.address + stage.case("VP-PC-0032"))
    expect(officer.locator("section.calls")).to_contain_text("đã nhận xử lý")
    officer.goto(live.address + escalation_page(stage))
    expect(officer.locator("main")).to_contain_text("đang gọi văn phòng")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_behind_a_letter_s_link_keep_the_rules(live, stage, browser, axe, theme):
    call_for_a_host(stage)
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="vi-VN", color_scheme=theme)
    page = context.new_page()
    page.goto(link_of_the_next_letter(live, "page", stage.at))
    assert faults(page, axe) == []
    follow(page, page.get_by_role("button", name="Tôi nhận xử lý"))
    assert faults(page, axe) == []
    context.close()


def test_an_address_is_confirmed_by_the_link_of_its_test(live, stage, phone: Page, open_as):
    with scoped(stage.people.scope("ha")):
        method = contacts.add(stage.people.people["ha"], "ha.rieng@example.vn", at=stage.at)
        contacts.send_test(method, at=stage.at)
    phone.goto(link_of_the_next_letter(live, "contact", stage.at))
    follow(phone, phone.locator("form button"))
    with scoped(system("tests")):
        assert ContactMethod.objects.get().tested_at is not None
    expect(open_as("ha", "/contacts/").locator("main")).not_to_contain_text("Chưa địa chỉ nào của anh/chị được thử")
