"""Steps on a page that lead to another: the next look is at the page that came, however slow the desk is."""

from playwright.sync_api import Locator, Page


def follow(page: Page, door: Locator) -> None:
    """Press a link or button, and wait until the page that it leads to is there."""
    with page.expect_navigation():
        door.click()
