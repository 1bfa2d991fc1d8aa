"""What somebody sees when an answer could not be given: a page in two languages that gives nothing away."""

import re

import pytest
from django.db import connections
from django.test import Client

from tests import loops
from vonggac.server.body_limit import BodyLimit


def told(answer) -> str:
    """The page, once it is sure that it is one of these: Vietnamese first, a way on, a policy that holds."""
    text = answer.content.decode()
    assert text.index('lang="vi"') < text.index('<section class="card pad" lang="en"')
    assert 'href="/"' in text
    assert text.count("<h1>") == 1
    assert "script" not in text
    return text


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_fault_shows_a_page_whose_reference_stands_in_the_log_and_names_nothing_else(people, caplog):
    browser = people.client("ha", raise_request_exception=False)
    with connections["owner"].cursor() as owner:
        owner.execute("ALTER TABLE cases_case RENAME TO gone")
    answer = browser.get("/cases/?state=sent")
    text = told(answer)
    assert answer.status_code == 500
    assert "Hệ thống gặp lỗi" in text
    assert 'href="/cases/?state=sent"' in text
    reference = re.search(r"<strong[^>]*>([0-9a-f]{8})</strong>", text)[1]
    line = next(record for record in caplog.records if reference in record.getMessage())
    assert "cases_case" in str(line.exc_info[1])
    assert not re.search(r"cases_case|relation|Traceback|psycopg", text)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_page_comes_while_the_database_is_down(people, monkeypatch):
    browser = people.client("ha", raise_request_exception=False)
    monkeypatch.setitem(connections.settings["default"], "PORT", "1")
    connections.close_all()
    answer = browser.post("/cases/1/claim/", {"text": "xong"})
    assert answer.status_code == 500
    assert 'href="/cases/1/"' in told(answer)
    assert answer["Content-Security-Policy"]


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_link_that_fails_leaves_no_secret_in_the_log(people, caplog):
    with connections["owner"].cursor() as owner:
        owner.execute("ALTER TABLE duty_link RENAME TO gone")
    secret = "s" * 43
    answer = Client(raise_request_exception=False).get(f"/l/acknowledge/{secret}")
    assert answer.status_code == 500
    [line] = [record for record in caplog.records if record.name == "vonggac.desk"]
    assert "acknowledge" in line.getMessage()
    assert secret not in line.getMessage()


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_program_is_told_in_the_form_of_the_interface(people):
    with connections["owner"].cursor() as owner:
        owner.execute("ALTER TABLE register_token RENAME TO gone")
    browser = Client(raise_request_exception=False)
    answer = browser.get("/api/v1/cases", headers={"authorization": "Bearer vgt_x"})
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert re.search(r"reference [0-9a-f]{8}", answer.json()["detail"])


def test_a_form_that_is_too_old_leads_back_to_its_page(people):
    answer = people.client("ha", enforce_csrf_checks=True).post("/cases/7/claim/", {"text": "xong"})
    text = told(answer)
    assert answer.status_code == 403
    assert "Biểu mẫu này đã cũ" in text
    assert 'href="/cases/7/"' in text


@pytest.mark.parametrize(
    ("named", "back"),
    [
        ("http://testserver/preferences/", "http://testserver/preferences/"),
        ("http://testserver/cases/?state=sent", "http://testserver/cases/?state=sent"),
        ("http://elsewhere.test/preferences/", "/cases/7/"),
        ("javascript:alert(1)", "/cases/7/"),
    ],
)
def test_the_way_back_is_the_page_that_the_browser_names_if_it_is_ours(people, named, back):
    browser = people.client("ha", enforce_csrf_checks=True)
    answer = browser.post("/cases/7/claim/", {"text": "xong"}, headers={"referer": named})
    assert f'href="{back}"' in told(answer)
    assert "elsewhere.test" not in answer.content.decode()


def test_what_no_form_sends_is_no_bare_line_either(people):
    fields = {f"f{n}": "1" for n in range(5_001)}
    answer = people.client("ha").post("/cases/7/claim/", fields)
    assert answer.status_code == 400
    assert "Hệ thống không đọc được yêu cầu này" in told(answer)


@pytest.mark.parametrize(("path", "kind"), [("/lists/upload/", "text/html"), ("/api/v1/lists", "text/plain")])
def test_an_upload_that_is_too_large_is_told_in_words_to_a_person(path, kind):
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "headers": [(b"content-length", b"999999999")]}
    loops.run(BodyLimit(send, 1024**2)(scope, send, send))
    headers, body = dict(sent[0]["headers"]), sent[1]["body"].decode()
    assert headers[b"content-type"].decode().startswith(kind)
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert "split it" in body
    assert ("Tệp gửi lên quá lớn" in body) == (kind == "text/html")
