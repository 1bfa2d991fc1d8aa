"""A unit without mail is reached from the first page on: a link made by hand, passed on, and used on a phone."""

import re

from playwright.sync_api import expect

from vonggac.cases.models import Case
from vonggac.duty.models import Message
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped


def test_from_the_desk_s_health_to_an_acknowledgement_on_a_phone(open_as, desk, browser):
    officer, second = open_as("ha", "/"), open_as("minh", "/cases/")
    officer.get_by_role("link", name="Thông báo chưa đến được đơn vị").click()
    expect(officer.locator(".words a[aria-current]")).to_have_text("chưa đến được đơn vị")
    officer.locator(".row", has_text="UBND phường Vĩnh Hải").first.get_by_role("button", name="Tạo liên kết").click()
    link = officer.locator("#link").inner_text()
    officer.get_by_role("button", name="Sao chép liên kết").click()
    assert officer.evaluate("getSelection().toString()").strip() == link

    phone = browser.new_page(viewport={"width": 390, "height": 844}, locale="vi-VN")
    # Links begin with the desk's published address; this desk listens on a port of its own.
    origin, path = officer.url.split("/messages")[0], link[link.index("/l/") :]
    phone.goto(origin + path)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.locator("#name").fill("Chị Lan")
    phone.get_by_role("button", name="Xác nhận đã tiếp nhận").click()
    expect(phone.locator("h1")).to_contain_text("Cảm ơn")
    # Read again, by whomever: it says who did what, acts no more, and leads on.
    phone.reload()
    expect(phone.locator("main")).to_contain_text("người xác nhận: Chị Lan")
    expect(phone.locator("main form")).to_have_count(0)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.locator("main .btn.primary").click()
    expect(phone).to_have_url(re.compile(r"/account/login/\?next=/(my-unit|cases/\d+)/"))
    phone.close()

    with scoped(desk.people.scope("nam")):
        message = Message.objects.get(pk=officer.url.rstrip("/").rsplit("/", 2)[1])
        assert not Case.objects.filter(pk__in=message.subjects["case"], state="sent").exists()
        case = Entry.objects.filter(act="case.acknowledge", actor__startswith="link:").first().subject_id
        assert Entry.objects.get(act="message.link").actor == f"person:{desk.people.people['ha'].pk}"
    officer.goto(origin + "/messages/")
    expect(officer.locator(".row", has_text="UBND phường Vĩnh Hải").first).to_contain_text("liên kết đã dùng")
    second.goto(origin + f"/cases/{case}/")
    expect(second.locator("#timeline")).to_contain_text("Chị Lan")


def test_a_message_fits_a_phone_and_is_reached_from_the_menu_without_a_script(open_as):
    page = open_as("ha", "/", width=390, height=844, scripts=False)
    page.locator("details.menu summary").click()
    page.get_by_role("link", name="Thông báo gửi đơn vị").click()
    page.locator(".row .what a").first.click()
    assert page.locator("main").bounding_box()["width"] <= 390
    page.get_by_role("button", name="Tạo liên kết mới").click()
    expect(page.locator("#link")).to_contain_text("/l/acknowledge/")
