"""The desk's own files come whole, with their type, and not twice to a browser that has them."""

import pytest
from django.test import Client

STYLE = "/static/desk/desk.css"


@pytest.fixture
def client() -> Client:
    return Client()


def test_a_file_comes_whole_with_its_type(client):
    answer = client.get(STYLE)
    assert answer.status_code == 200
    assert not answer.streaming
    assert answer.headers["Content-Type"].startswith("text/css")
    assert int(answer.headers["Content-Length"]) == len(answer.content) > 1_000


def test_a_browser_that_has_the_file_is_told_so(client):
    first = client.get(STYLE)
    again = client.get(STYLE, headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert (again.status_code, again.content) == (304, b"")


def test_head_answers_without_the_file(client):
    assert client.head(STYLE).content == b""


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/static/../settings.py", "/static/desk/none.css", "/static/%2e%2e/settings.py"])
def test_nothing_outside_is_served(client, path):
    assert client.get(path).status_code in {302, 404}
