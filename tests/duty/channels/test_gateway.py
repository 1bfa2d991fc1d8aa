"""The HTTP gateway against a provider that listens: what is asked, what counts as success, what is never said."""

import json
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.desk_process import free_port
from vonggac.duty.channels import gateway
from vonggac.duty.channels.gateway import Gateway, Success
from vonggac.duty.delivery import Failure
from vonggac.errors import InputError

SENT, REFUSED, LATER = "sent", "refused", "later"
SECRETS = {"key": "s3cr3t/&=\"'", "user": "so-tttt"}
VALUES = {
    "to": "+84 900 000 002",
    "text": 'Trực ban: "3 máy" <khẩn> & 1 lỗ hổng: https://desk.example/l/page/abc',
    "subject": "[Vọng Gác] GỌI",
    "body": "một\nhai",
    "key": "page-7-20261128@desk.example",
    "name": "Bình",
}


def became(failure: Failure | None) -> str:
    if failure is None:
        return SENT
    return REFUSED if failure.is_final else LATER


def send(provider, made: Gateway, values=VALUES):
    return gateway.send(made, values, SECRETS, allowed={provider.host})


def test_a_json_body_is_json_whatever_the_text_holds(provider):
    body = '{"phone": "{to}", "content": "{text}", "more": ["{body}", "{secret:key}"]}'
    made = Gateway(f"{provider.address}/send", body=body, headers={"Authorization": "Bearer {secret:user}"})
    assert send(provider, made) is None
    (request,) = provider.requests
    assert json.loads(request.body) == {
        "phone": VALUES["to"], "content": VALUES["text"], "more": [VALUES["body"], SECRETS["key"]],
    }  # fmt: skip
    assert request.headers["Authorization"] == "Bearer so-tttt"
    assert request.headers["Idempotency-Key"] == VALUES["key"]
    assert request.headers["Content-Type"].startswith("application/json")


def test_a_form_and_an_address_carry_every_letter(provider):
    made = Gateway(
        f"{provider.address}/send?u={{secret:user}}&k={{secret:key}}", content="form", body="to={to}&text={text}"
    )
    assert send(provider, made) is None
    (request,) = provider.requests
    assert parse_qs(urlsplit(request.path).query) == {"u": ["so-tttt"], "k": [SECRETS["key"]]}
    assert parse_qs(request.body) == {"to": [VALUES["to"]], "text": [VALUES["text"]]}


def test_xml_and_plain_text(provider):
    xml = Gateway(f"{provider.address}/", content="xml", body='<m to="{to}">{text}</m>')
    send(provider, xml)
    assert "&lt;khẩn&gt; &amp; 1" in provider.requests[0].body
    assert 'to="+84 900 000 002"' in provider.requests[0].body
    send(provider, Gateway(f"{provider.address}/{{to}}", content="text", body="{text}"))
    assert provider.requests[1].body == VALUES["text"]


def test_get_has_no_body(provider):
    made = Gateway(f"{provider.address}/sms?to={{to}}&text={{text}}", method="GET", body="")
    assert send(provider, made) is None
    assert (provider.requests[0].method, provider.requests[0].body) == ("GET", "")


def test_separators_survive_without_accents(provider):
    send(provider, Gateway(f"{provider.address}/", content="text", body="{text}", plain_letters=True),
         {**VALUES, "text": "ca trực Đ 19:00–07:00 · Giám sát — thiếu"})  # fmt: skip
    assert provider.requests[0].body == "ca truc D 19:00-07:00 - Giam sat - thieu"


def test_letters_without_accents_and_no_longer_than_the_network_carries(provider):
    made = Gateway(f"{provider.address}/", content="text", body="{to}|{text}", plain_letters=True, longest=40)
    send(provider, made)
    text = provider.requests[0].body.partition("|")[2]
    assert text == 'Truc ban: "3 may" <khan> & 1 lo hong:...'
    assert text.isascii(), "one letter beyond them would halve what fits into a message"


@pytest.mark.parametrize(("longest", "ends"), [(60, "… https://desk.example/l/page/abc"), (45, "…")])
def test_a_long_message_is_cut_before_its_link_or_goes_without_it(provider, longest, ends):
    said = "GỌI: mất điện phòng máy chủ, cần người vào ngay https://desk.example/l/page/abc"
    made = Gateway(f"{provider.address}/", content="text", body="{to}|{text}", longest=longest)
    send(provider, made, {**VALUES, "text": said})
    text = provider.requests[0].body.partition("|")[2]
    assert text.startswith("GỌI: mất điện phòng máy")
    assert text.endswith(ends)
    assert len(text) <= longest


@pytest.mark.parametrize(
    ("form", "written", "sent"),
    [
        ("0", "+84 900 000 002", "0900000002"), ("0", "0900.000.002", "0900000002"),
        ("84", "0900000002", "84900000002"),
        ("+84", "84900000002", "+84900000002"), ("as_written", "0900 000", "0900 000"), ("84", "@binh", "@binh"),
        ("0", "(+84) 912 345 678", "0912345678"), ("+84", "0084912345678", "+84912345678"),
        ("0", "+84 (0)912 345 678", "0912345678"), ("84", "0841 234 567", "84841234567"),
        ("84", "+66 81 234 5678", "+66 81 234 5678"), ("84", "0066812345678", "0066812345678"), ("84", "113", "113"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_the_provider_wants_them(provider, form, written, sent):
    made = Gateway(f"{provider.address}/", content="text", body="{to}", number_form=form)
    send(provider, made, {**VALUES, "to": written})
    assert provider.requests[0].body == sent


NATIONAL = st.one_of(st.from_regex(r"[35789][0-9]{8}", fullmatch=True), st.from_regex(r"2[0-9]{9}", fullmatch=True))
BEGINNINGS = ("0", "84", "+84", "+84 ", "(+84) ", "0084", "00 84 ", "+84 (0)", "(84)", "(0)", " +840")


@given(NATIONAL, st.sampled_from(BEGINNINGS), st.sampled_from(["", " ", ".", "-"]), st.sampled_from(["0", "84", "+84"]))
def test_a_number_of_this_country_is_one_number_however_it_is_written(number, beginning, between, form):
    written = f"{beginning}{between.join((number[:3], number[3:6], number[6:]))}"
    assert gateway._number(written, form) == f"{form}{number}"
    assert gateway._number(written, "as_written") == written


@pytest.mark.parametrize(
    ("status", "answer", "success", "ending"),
    [
        (200, "", Success(), SENT),
        (202, "", Success(), SENT),
        (202, "", Success(statuses=(200,)), LATER),
        (200, '{"CodeResult": "100"}', Success(json_path="CodeResult", json_value="100"), SENT),
        (200, '{"CodeResult": "99"}', Success(json_path="CodeResult", json_value="100"), LATER),
        (200, '{"r": [{"ok": true}]}', Success(json_path="r.0.ok", json_value="true"), SENT),
        (200, "<html>", Success(json_path="r.0.ok", json_value="true"), LATER),
        (200, "SUCCESS id=9", Success(pattern=r"^SUCCESS id=\d+$"), SENT),
        (200, "ERROR balance", Success(pattern=r"^SUCCESS"), LATER),
        (400, "bad number", Success(), REFUSED),
        (422, "bad number", Success(), REFUSED),
        (401, "who are you", Success(), LATER),
        (429, "slower", Success(), LATER),
        (500, "oops", Success(), LATER),
        (503, "", Success(), LATER),
    ],
)
def test_what_counts_as_success(provider, status, answer, success, ending):
    provider.status, provider.answer = status, answer
    failure = send(provider, Gateway(f"{provider.address}/", success=success))
    assert became(failure) == ending
    assert bool(failure and failure.is_outage) == (status >= 500 or status in {401, 429})


def test_a_redirect_is_not_followed(provider):
    provider.status, provider.location = 302, "http://169.254.169.254/latest/meta-data/"
    failure = send(provider, Gateway(f"{provider.address}/"))
    assert became(failure) == LATER
    assert "answered 302" in failure.words
    assert len(provider.requests) == 1


def test_an_inner_host_that_nobody_named_is_refused_and_never_asked(provider):
    failure = gateway.send(Gateway(f"https://127.0.0.1:{provider.port}/"), VALUES, SECRETS)
    assert became(failure) == REFUSED
    assert "inside a network" in failure.words
    assert provider.requests == []


def test_no_secret_is_repeated_in_what_is_said_of_a_failure(provider):
    provider.status, provider.answer = 403, f"no such key {SECRETS['key']} of {SECRETS['user']}"
    failure = send(provider, Gateway(f"{provider.address}/{{secret:user}}"))
    assert SECRETS["key"] not in failure.words
    assert SECRETS["user"] not in failure.words
    assert "•••" in failure.words
    down = Gateway(f"http://127.0.0.1:{free_port()}/{{secret:user}}")
    assert SECRETS["user"] not in gateway.send(down, VALUES, SECRETS, allowed={"127.0.0.1"}).words


def test_the_half_of_a_secret_is_not_repeated_where_an_answer_is_cut(provider):
    for before in range(140, 151):
        provider.status, provider.answer = 403, f"{'x' * before}{SECRETS['key']}"
        words = send(provider, Gateway(f"{provider.address}/{{secret:user}}")).words
        assert SECRETS["key"][:3] not in words


def test_a_provider_that_never_comes_to_an_end_is_cut_off(provider, monkeypatch):
    monkeypatch.setattr(gateway, "REQUEST_SECONDS", 0.5)
    provider.drip = True
    began = time.monotonic()
    failure = send(provider, Gateway(f"{provider.address}/", success=Success(json_path="code", json_value="100")))
    assert became(failure) == LATER
    assert time.monotonic() - began < 4


def test_a_provider_that_says_nothing_is_left_alone(provider, monkeypatch):
    monkeypatch.setattr(gateway, "REQUEST_SECONDS", 0.5)
    provider.slow_seconds = 3
    began = time.monotonic()
    failure = send(provider, Gateway(f"{provider.address}/"))
    assert (became(failure), failure.is_outage) == (LATER, True)
    assert time.monotonic() - began < 2


def test_a_pattern_that_would_take_a_backtracking_engine_for_ever_takes_no_time(provider):
    provider.answer = "a" * 40_000
    began = time.monotonic()
    failure = send(provider, Gateway(f"{provider.address}/", success=Success(pattern=r"^(a+)+$b")))
    assert became(failure) == LATER
    assert time.monotonic() - began < 5


def test_a_gateway_survives_being_kept():
    made = Gateway(
        "https://sms.example/a", "PUT", {"X-Key": "{secret:key}"}, "form", "to={to}", plain_letters=True, longest=160,
        number_form="84", success=Success((200, 202), "a.b", "1", "ok"),
    )  # fmt: skip
    assert Gateway.from_json(json.loads(json.dumps(made.to_json()))) == made
    assert made.secrets_named == {"key"}


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ({"url": "https://{to}.example/"}, "the host of the address stands fast"),
        ({"url": "https://sms.example", "method": "DELETE"}, "the method is one of"),
        ({"url": "https://sms.example", "content": "yaml"}, "the body is one of"),
        ({"url": "https://sms.example", "body": '{"to": {to}'}, "no JSON"),
        ({"url": "https://sms.example", "body": "{}"}, "does not say {to}"),
        ({"url": "https://sms.example", "headers": {"X Key": "1"}}, "is no header"),
        ({"url": "https://sms.example", "headers": {"X": "a\r\nBcc: b"}}, "is no header"),
        ({"url": "https://sms.example", "success": {"pattern": "("}}, "is no pattern"),
        ({"url": "https://sms.example", "number_form": "00"}, "the form of numbers"),
        ({"url": "https://sms.example/{secret:a b}"}, "no name of a secret"),
    ],
)
def test_a_gateway_that_could_never_work_is_refused_by_day(kept, said):
    with pytest.raises(InputError, match=said):
        Gateway.from_json(kept)
