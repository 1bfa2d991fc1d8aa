"""Sign-in through a real OpenID Connect provider on this machine, as docs/how-to/single-sign-on.md describes it."""

import re
from collections.abc import Iterator

import pytest
from django.urls import reverse
from oidc_provider_mock import User, run_server_in_thread
from playwright.sync_api import BrowserContext, Page, expect

from tests.desk.signing_in import entries
from vonggac.register.models import Person
from vonggac.server.single_sign_on import providers

# The provider's own libraries, not ours, are told that they will have to change.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
USERS = [
    User(sub="ha", claims={"email": "ha@example.vn", "email_verified": True}),
    User(sub="forger", claims={"email": "lan@example.vn", "email_verified": False}),
    User(sub="stranger", claims={"email": "nguoi.la@nha.example", "email_verified": True}),
]


@pytest.fixture
def provider(settings) -> Iterator[str]:
    """The address of a provider that knows Hà, somebody whose address it never checked, and a stranger."""
    with run_server_in_thread(user_claims=USERS) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        named = {
            "VONGGAC_OIDC_SERVER": address,
            "VONGGAC_OIDC_CLIENT": "vonggac",
            "VONGGAC_OIDC_SECRET": "hidden",
            "VONGGAC_OIDC_NAME": "Cổng tỉnh",
        }
        settings.SOCIALACCOUNT_PROVIDERS = providers(named)
        yield address


@pytest.fixture
def window(browser, provider, live) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="vi-VN", base_url=live.address)
    yield context
    context.close()


def authorize_as(window: BrowserContext, provider: str, sub: str) -> Page:
    page = window.new_page()
    page.goto("/account/login/")
    page.get_by_role("button", name="Đăng nhập bằng Cổng tỉnh").click()
    expect(page).to_have_url(re.compile(re.escape(provider)))
    page.get_by_role("button", name=sub, exact=True).click()
    return page


def test_a_person_of_the_register_comes_in_by_the_address_that_the_provider_verified(window, provider, desk):
    page = authorize_as(window, provider, "ha")
    expect(page).to_have_url(re.compile(r"/welcome$"))
    expect(page.locator("body")).to_contain_text(desk.people.people["ha"].name)
    assert [entry.subject_id for entry in entries("session.begin")] == [desk.people.people["ha"].pk]


@pytest.mark.parametrize("sub", ["stranger", "forger"])
def test_an_account_there_alone_opens_nothing_here(window, provider, desk, sub):
    before = Person.objects.count()
    page = authorize_as(window, provider, sub)
    expect(page).not_to_have_url(re.compile(r"/welcome$"))
    page.goto("/cases/")
    expect(page).to_have_url(re.compile("/account/login/"))
    assert (Person.objects.count(), entries("session.begin")) == (before, [])


def test_who_denies_there_is_told_in_their_language_that_nothing_changed(window, provider, desk):
    page = window.new_page()
    page.goto("/account/login/")
    page.get_by_role("button", name="Đăng nhập bằng Cổng tỉnh").click()
    page.get_by_role("button", name="Deny").click()
    expect(page.locator("main")).to_contain_text("Chưa có gì thay đổi")
    page.get_by_role("link", name="Quay lại đăng nhập").click()
    expect(page).to_have_url(re.compile(r"/account/login/$"))


def test_who_cancels_is_told_so_in_their_language(window, live):
    page = window.new_page()
    page.goto(reverse("socialaccount_login_cancelled"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Anh/chị đã hủy đăng nhập")
