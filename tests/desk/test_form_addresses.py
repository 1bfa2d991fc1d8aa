"""Addresses that only take forms: opened by hand they lead back, and no live part of a page reads them."""

import re
from collections.abc import Iterator
from inspect import iscoroutinefunction

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from vonggac.desk.form_addresses import page_above

pytestmark = pytest.mark.django_db
LIBRARIES = ("accounts/", "api/", "static/")
# Values that fit the converters of an address; whether something stands under them does not matter here.
VALUES = {"int": "1", "slug": "x", "str": "x", "path": "x", "uuid": "00000000-0000-0000-0000-000000000001"}


def addresses(found: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """An example of every address of the desk's pages and forms."""
    for one in (found or get_resolver()).url_patterns:
        route = before + str(one.pattern).removeprefix("^")
        if isinstance(one, URLResolver):
            yield from addresses(one, route)
        # An async view is a stream that pages read.
        elif isinstance(one, URLPattern) and not route.startswith(LIBRARIES) and not iscoroutinefunction(one.callback):
            yield "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda name: VALUES.get(name[1] or "str", "x"), route)


@pytest.mark.parametrize(
    ("address", "above"),
    [
        ("/cases/25/claim/", "/cases/25/"),
        ("/lists/upload/", "/lists/"),
        ("/logs/bien/import", "/logs/bien/"),
        ("/messages/2/link/", "/messages/2/"),
        ("/roster/awake/3/", "/roster/"),
        ("/", "/"),
    ],
)
def test_above_an_address_stands_the_nearest_page(address, above):
    assert page_above(address) == above


@pytest.mark.slow
def test_every_address_that_only_takes_a_form_says_so_and_leads_to_a_page(sign_in):
    client = sign_in("quan")
    only_forms = [path for path in sorted(set(addresses())) if client.get(path).status_code == 405]
    assert len(only_forms) > 50
    for path in only_forms:
        page = client.get(path)
        assert "Địa chỉ này chỉ nhận biểu mẫu" in page.content.decode(), path
        assert page["Allow"] == "POST", path
        above = page_above(path)
        assert f'href="{above}"' in page.content.decode(), path
        # One form may stand below another's address; the page there leads on.
        while client.get(above).status_code == 405:
            assert page_above(above) != above, path
            above = page_above(above)


def test_without_a_session_it_is_said_too(client, db):
    page = client.get("/l/acknowledge/x/", headers={"accept-language": "en"})
    assert page.status_code != 405 or "only takes a form" in page.content.decode()


def test_the_live_parts_of_a_refused_form_read_a_page(sign_in, desk):
    case = desk.hosts["KT-PC-0417"].pk
    refused = sign_in("ha").post(f"/cases/{case}/start/")
    refused = refused if refused.status_code >= 400 else sign_in("ha").post(f"/cases/{case}/start/")
    assert refused.status_code in {403, 409, 422}
    live = re.findall(r'hx-get="([^"]+)"', refused.content.decode())
    assert live
    assert set(live) == {f"/cases/{case}/"}
