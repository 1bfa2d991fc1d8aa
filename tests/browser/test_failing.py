"""The page that stands where an answer could not be given, in a real browser: read on a phone, and accessible."""

import pytest

from tests.browser.accessibility import faults
from tests.browser.steps import follow

pytestmark = pytest.mark.django_db(databases=["default", "owner", "sealer"], transaction=True)


def test_a_form_that_is_too_old_leads_back_to_its_page_on_a_phone(open_as, desk, axe):
    page = open_as("ha", "/preferences/", width=390, height=844)
    form = page.locator("main form[method=post]").first
    form.locator("[name=csrfmiddlewaretoken]").evaluate("field => field.value = 'old'")
    form.evaluate("form => form.submit()")
    page.wait_for_load_state()
    page.get_by_role("heading", name="Biểu mẫu này đã cũ", level=1).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert faults(page, axe) == []
    follow(page, page.get_by_role("link", name="Về trang có biểu mẫu"))
    assert page.url.endswith("/preferences/")
    assert page.locator("main form[method=post]").count() > 0
