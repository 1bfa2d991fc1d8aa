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
    page = client.get(address).content.decode()
    answer = client.post(address, fields_of(page) | {"act": ["enter"]} | {key: [text] for key, text in filled.items()})
    if answer.status_code == 200:
        answer = client.post(address, fields_of(answer.content.decode()) | {"act": ["enter"]})
    return answer
