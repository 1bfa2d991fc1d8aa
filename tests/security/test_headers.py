"""Every page carries the headers, and nothing in it needs a looser policy."""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from tests.security.crawl import crawl
from tests.security.planted import plant
from tests.security.test_tenancy_of_pages import role_of
from vonggac.desk.security import content_security_policy
from vonggac.errors import ConfigurationError
from vonggac.server.single_sign_on import providers

WANTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
}
DOWNLOADS = ("text/csv", "application/vnd", "application/octet-stream", "application/pdf", "application/zip")


class Inline(HTMLParser):
    """Collects what a strict policy forbids: inline scripts, styles and handlers, and anything from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and not given.get("src") and given.get("type") != "application/json":
            self.found.append("inline script")
        if tag == "style" or "style" in given:
            self.found.append(f"inline style on <{tag}>")
        self.found += [f"{name} on <{tag}>" for name in given if name.startswith("on")]
        for name in ("src", "href", "action", "hx-get", "hx-post"):
            value = (given.get(name) or "").strip().lower()
            if value.startswith("javascript:") or (
                tag in {"script", "link", "img"} and re.match("(https?:)?//", value)
            ):
                self.found.append(f"{value} on <{tag}>")


@pytest.mark.django_db
def test_every_page_carries_the_headers_and_nothing_inline_and_files_are_downloads(people):
    plant(people)
    client = Client()
    client.force_login(role_of(people, "head", "hai-van"))
    wrong, kinds = set[str](), set[str]()
    for page in (*crawl(client), *crawl(Client())):
        wrong |= {f"{page.address}: {name}" for name, value in WANTED.items() if page.headers.get(name) != value}
        policy = page.headers.get("Content-Security-Policy", "")
        if "default-src 'self'" not in policy or "unsafe" in policy:
            wrong.add(f"{page.address}: {policy}")
        if page.is_html:
            parser = Inline()
            parser.feed(page.text)
            wrong |= {f"{page.address}: {found}" for found in parser.found}
        kind = page.headers.get("Content-Type", "").partition(";")[0]
        if kind.startswith(DOWNLOADS):
            kinds.add(kind)
            if not page.headers.get("Content-Disposition", "").startswith("attachment"):
                wrong.add(f"{page.address}: shown, not handed out")
    assert sorted(wrong) == []
    assert "text/csv" in kinds


def test_the_policy_forbids_frames_objects_and_foreign_bases():
    policy = content_security_policy()
    for part in ("frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'", "form-action 'self'"):
        assert part in policy
    assert "unsafe" not in policy


def test_the_identity_provider_alone_may_receive_a_form(settings):
    settings.SOCIALACCOUNT_PROVIDERS = providers(
        {
            "VONGGAC_OIDC_SERVER": "https://id.example.vn/realms/tinh",
            "VONGGAC_OIDC_CLIENT": "vonggac",
            "VONGGAC_OIDC_SECRET": "s",
        }
    )
    assert content_security_policy().endswith("form-action 'self' https://id.example.vn")


def test_half_a_single_sign_on_is_refused():
    with pytest.raises(ConfigurationError, match="VONGGAC_OIDC_SECRET"):
        providers({"VONGGAC_OIDC_SERVER": "https://id.example.vn", "VONGGAC_OIDC_CLIENT": "x"})
    with pytest.raises(ConfigurationError, match="https"):
        providers(
            {"VONGGAC_OIDC_SERVER": "http://id.example.vn", "VONGGAC_OIDC_CLIENT": "x", "VONGGAC_OIDC_SECRET": "s"}
        )


def test_without_single_sign_on_nothing_is_configured():
    assert providers({}) == {}
