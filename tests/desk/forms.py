"""Forms as a browser sends them: every field of a page's form with the value that stands in it."""

from django.test import Client
from lxml import html


def fields_of(page: str, form: str = "confirm") -> dict[str, list[str]]:
    """Every value that the form would send when nothing is changed."""
    found: dict[str, list[str]] = {}
    for name, value in html.fromstring(page).get_element_by_id(form).form_values():
        found.setdefault(name, []).append(value)
    return found


def enter(client: Client, address: str, **filled: str):
    """The answer to a draft that is confirmed as it was read, and confirmed again when the desk asks."""
    return enter_form(client, address, shown(client, address) | {key: [text] for key, text in filled.items()})


def shown(client: Client, address: str) -> dict[str, list[str]]:
    """The form of a draft as its page shows it now, with the button that enters it pressed."""
    return fields_of(client.get(address).content.decode()) | {"act": ["enter"]}


def enter_form(client: Client, address: str, form: dict[str, list[str]]):
    """The answer to a form that enters a draft, sent again where the desk asked something first."""
    answer = client.post(address, form)
    return client.post(address, shown(client, address)) if answer.headers.get("Location") == address else answer
