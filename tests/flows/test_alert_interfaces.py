"""A coordinator's HTTP interface against a small server: told until it takes it, each under one key; asked for news."""

import json
from datetime import timedelta

import pytest

from tests import cast
from tests.alerts.sources import declare, findings
from tests.cast import NOON
from tests.duty.http_gateway import HttpGateway
from vonggac.alerts.models import Arrival, Interface, Notice, Reply, Source
from vonggac.alerts.rules import Standing, Told
from vonggac.alerts.services import interfaces, notices
from vonggac.alerts.services.interfaces import Draft
from vonggac.duty.channels import gateway
from vonggac.errors import InputError, WrongState
from vonggac.flows import alert_hand_in, alert_interfaces
from vonggac.formats.alerts import Notice as Said
from vonggac.jobs import run_waiting
from vonggac.ledger.models import Entry
from vonggac.server.home import Home
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
DESK = system("tests")
MINUTE = timedelta(minutes=1)
MAPPING = '[fields]\nnotice = "ma"\ntitle = "ten"\nhost = "may"\nnotice_state = "tt"\n'


@pytest.fixture
def server():
    running = HttpGateway()
    yield running
    running.close()


@pytest.fixture
def source(db, settings, tmp_path, server) -> Source:
    settings.VONGGAC_HOME = Home(tmp_path / "home")
    settings.VONGGAC_HOME.prepare()
    settings.VONGGAC_PRIVATE_DESTINATIONS = frozenset({server.host})
    return declare(cast.assemble(), "platform", format_name="json", mapping=MAPPING, is_coordinator=True)


def draft(server, **changes) -> Draft:
    request = {
        "url": f"{server.address}/notices/{{to}}", "body": '{"kind": "{name}", "text": "{text}"}',
        "headers": {"Authorization": "Bearer {secret:token}"},
        "success": {"json_path": "code", "json_value": "100"},
    }  # fmt: skip
    return Draft(
        **{"request": request, "secrets": {"token": "bí mật 7"}, "poll_url": f"{server.address}/new"} | changes
    )


@pytest.fixture
def notice(source, server) -> Notice:
    with scoped(DESK):
        interfaces.keep(source, draft(server), at=NOON)
        alert_hand_in.enter_notice(source, Said("DP 1/7"), "Kết nối C2", host="PC-7", at=NOON)
    run_waiting()
    with scoped(DESK):
        return Notice.objects.get()


def ask(notice, kind=Told.ANSWER, text='Đã "cách ly"') -> Reply:
    with scoped(DESK):
        return notices.ask_to_send(notice.pk, kind, text, by="Hà", at=NOON)


def kept() -> Reply:
    with scoped(DESK):
        return Reply.objects.select_related("notice").order_by("pk").last()


def make_due():
    with scoped(DESK):
        Reply.objects.filter(next_try_at__isnull=False).update(next_try_at=NOON)


def test_an_answer_goes_out_once_with_its_key_and_keeps_the_notice_in_step(notice, server):
    asked = ask(notice)
    assert kept().notice.standing == Standing.RECEIVED
    assert [alert_interfaces.send_waiting(), alert_interfaces.send_waiting()] == [1, 0]
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/notices/DP%201%2F7")
    assert json.loads(request.body) == {"kind": "answer", "text": 'Đã "cách ly"'}
    assert request.headers["Idempotency-Key"] == asked.key
    assert (kept().notice.standing, kept().next_try_at) == (Standing.ANSWERED, None)
    with scoped(DESK):
        assert Entry.objects.get(act="alert_notice.answer").detail["way"] == "http"


def test_what_is_not_taken_is_tried_again_under_the_same_key_and_says_no_secret(notice, server):
    ask(notice, Told.ACKNOWLEDGEMENT, "")
    server.answers = [(503, "down bí mật 7"), (200, '{"code": "104"}')]
    for attempts in (1, 2):
        assert alert_interfaces.send_waiting() == 0
        assert (kept().attempts, kept().sent_at) == (attempts, None)
        assert "bí mật 7" not in kept().trouble
        assert alert_interfaces.send_waiting() == 0, "it rests first"
        make_due()
    assert alert_interfaces.send_waiting() == 1
    assert len({request.headers["Idempotency-Key"] for request in server.requests}) == 1
    assert len(server.requests) == 3
    assert kept().notice.standing == Standing.ACKNOWLEDGED


def test_a_kept_secret_goes_to_no_other_host(source, server):
    with scoped(DESK):
        interfaces.keep(source, draft(server), at=NOON)
        interfaces.keep(source, draft(server, secrets={}, poll_url=""), at=NOON)
        with pytest.raises(InputError, match="somewhere else"):
            interfaces.keep(
                source, draft(server, secrets={}, poll_url="https://other.example/?k={secret:token}"), at=NOON
            )


def test_killed_after_the_other_side_took_it_it_is_sent_again_under_the_same_key(notice, server, monkeypatch):
    ask(notice)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(notices, "note_sent", killed)
        with pytest.raises(KeyboardInterrupt):
            alert_interfaces.send_waiting()
    assert alert_interfaces.send_waiting() == 0, "its lease still runs"
    make_due()
    assert alert_interfaces.send_waiting() == 1
    first, second = (request.headers["Idempotency-Key"] for request in server.requests)
    assert first == second
    with scoped(DESK):
        assert Entry.objects.filter(act="alert_notice.answer").count() == 1


def test_an_answer_that_waited_while_the_notice_was_opened_again_answers_the_earlier_matter(notice, server):
    ask(notice)
    with scoped(DESK):
        Notice.objects.update(reopened_at=NOON + MINUTE)
    assert alert_interfaces.send_waiting() == 1
    assert kept().notice.standing == Standing.REOPENED


def test_what_the_other_side_refuses_is_left_to_people_who_may_ask_again(notice, server):
    ask(notice)
    with pytest.raises(WrongState, match="being sent"):
        ask(notice)
    server.answers = [(422, "no such notice")]
    alert_interfaces.send_waiting()
    assert (kept().next_try_at, "no such notice" in kept().trouble) == (None, True)
    ask(notice)
    assert alert_interfaces.send_waiting() == 1


def test_an_interface_that_is_removed_leaves_what_waits_to_people(notice, source, server):
    ask(notice)
    with scoped(DESK):
        interfaces.remove(source, at=NOON)
    assert alert_interfaces.send_waiting() == 0
    assert (kept().next_try_at, "removed" in kept().trouble, server.requests) == (None, True, [])
    with pytest.raises(WrongState, match="no interface"):
        ask(notice)


def poll(at) -> int:
    number = alert_interfaces.poll_due(at=at)
    run_waiting()
    return number


def test_what_is_asked_for_is_read_by_the_mapping_and_the_same_answer_counts_once(notice, server, source):
    server.answer = json.dumps([{"ma": "DP 1/7", "ten": "Kết nối C2", "may": "PC-7", "tt": "Đang theo dõi"}])
    assert [poll(NOON), poll(NOON + MINUTE), poll(NOON + 5 * MINUTE)] == [1, 0, 1]
    assert [request.path for request in server.requests] == ["/new", "/new"]
    assert server.requests[0].headers["Authorization"].encode("latin-1").decode() == "Bearer bí mật 7"
    assert [(one.rule, one.count) for one in findings()] == [("DP 1/7", 2)]
    with scoped(DESK):
        assert Notice.objects.get().state_told == "Đang theo dõi"
        assert Arrival.objects.count() == 2
        assert Interface.objects.get().polled_at == NOON + 5 * MINUTE


def test_an_answer_without_news_is_a_sign_of_life(source, server):
    with scoped(DESK):
        interfaces.keep(source, draft(server), at=NOON)
    server.answer = " "
    assert poll(NOON) == 1
    with scoped(DESK):
        assert (Source.objects.get().heard_at, Arrival.objects.exists()) == (NOON, False)


def test_trouble_with_asking_is_told_once_and_ends(notice, server, source, monkeypatch):
    monkeypatch.setattr(alert_interfaces, "LARGEST_ANSWER_BYTES", 50)
    server.answers = [(500, "bí mật 7"), (500, "bí mật 7"), (200, "x" * 51)]
    assert [poll(NOON + 5 * number * MINUTE) for number in range(4)] == [0, 0, 0, 1]
    with scoped(DESK):
        assert Interface.objects.get().trouble == ""
        told = Entry.objects.filter(act__startswith="alert_source.interface_").order_by("pk")
        assert [one.act.rpartition("_")[2] for one in told] == ["trouble", "trouble", "well"]
        assert not [one for one in Entry.objects.all() if "bí mật 7" in str(one.detail)]
        assert "bí mật" not in Interface.objects.get().secrets


def test_an_address_inside_a_network_is_neither_told_nor_asked(notice, server, settings):
    ask(notice)
    settings.VONGGAC_PRIVATE_DESTINATIONS = frozenset()
    alert_interfaces.send_waiting()
    assert poll(NOON) == 0
    assert server.requests == []
    with scoped(DESK):
        assert Interface.objects.get().trouble
    assert kept().next_try_at is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"poll_url": "http://example.vn/new"}, "not encrypted"), ({"poll_url": "https://{to}.example.vn/"}, "host"),
        ({"poll_url": "https://127.0.0.1:1/"}, "inside a network"), ({"poll_minutes": 0}, "minute"),
        ({"secrets": {}}, "secret"), ({"request": {"url": "https://example.vn/", "body": "{}"}}, "{to}"),
    ],
)  # fmt: skip
def test_an_interface_that_could_never_work_is_refused(source, server, changes, reason):
    with scoped(DESK), pytest.raises(InputError, match=reason):
        interfaces.keep(source, draft(server, **changes), at=NOON)
    with scoped(DESK):
        assert not Interface.objects.exists()


def test_only_a_coordinator_has_an_interface_and_a_stranger_sees_none(source, server, db):
    with scoped(DESK):
        interfaces.keep(source, draft(server), at=NOON)
    plain = Source(name="x")
    with scoped(DESK), pytest.raises(InputError, match="coordinator"):
        interfaces.keep(plain, draft(server), at=NOON)
    assert gateway.METHODS
    assert not Interface.objects.exists(), "without a scope there is nothing"
