"""A pager against real servers and a real database: slow channels, a database that keeps nothing, an end in between."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from tests import database_server
from tests.duty import watch
from tests.duty.http_gateway import HttpGateway
from tests.duty.mail_sink import MailSink
from tests.duty.watch import Watch
from vonggac.duty.escalation import services
from vonggac.duty.escalation.rules import Reason
from vonggac.duty.escalation.services import Happening
from vonggac.duty.models import Channel, ContactMethod, Letter, Post, Shift
from vonggac.duty.models import Pager as Sign
from vonggac.flows import escalation as flow
from vonggac.jobs.clock import now
from vonggac.server import pager as module
from vonggac.server import roles
from vonggac.server.pager import Pager
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def running() -> Iterator[Pager]:
    pager = Pager()
    pager.start()
    try:
        yield pager
    finally:
        pager.stop(10)


@contextmanager
def without_right(test_server, right: str, table: str) -> Iterator[None]:
    """Inside, the application may not do this with the table: whatever needs it fails, and not for want of a server."""
    name, role = connection.settings_dict["NAME"], connection.settings_dict["USER"]
    with roles.connected(database_server.named(test_server.databases(), name).owner.connection()) as owner:
        owner.execute(f'REVOKE {right} ON {table} FROM "{role}"')
        try:
            yield
        finally:
            owner.execute(f'GRANT {right} ON {table} TO "{role}"')


def wait(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def call(duty: Watch, number: int, channel: Channel | None = None) -> None:
    """So many people on posts of their own, reached by mail or by a channel, each called now."""
    at = now()
    with scoped(system("tests")):
        for place in range(number):
            name = f"{channel or 'mail'} {place}"
            person = watch.person(duty.office, name, f"{channel or 'mail'}{place}".lower())
            post = Post.objects.create(organisation=duty.office, org_path=duty.office.path, name=f"Vị trí {name}")
            shift = Shift.objects.create(
                post=post, org_path=post.org_path, person=person, person_name=name, from_utc=at - watch.HOURS,
                to_utc=at + watch.HOURS,
            )  # fmt: skip
            if channel:
                ContactMethod.objects.create(person=person, channel=channel, address=f"09{place:08}", made_at=at)
            services.start(Reason.CHECK_IN, [Happening("shift", shift.pk, "?")], duty.office, at=at, post=post)


def written() -> None:
    while flow.do_due(at=now()):
        pass


def letters() -> int:
    with scoped(system("tests")):
        return Letter.objects.count()


def is_out(number: int) -> bool:
    with scoped(system("tests")):
        return Letter.objects.filter(sent_at__isnull=False).count() == number


@pytest.fixture
def duty(db) -> Watch:
    return watch.keep(now())


@pytest.fixture
def provider(settings) -> Iterator[HttpGateway]:
    made = HttpGateway()
    settings.VONGGAC_PRIVATE_DESTINATIONS = [made.host]
    yield made
    made.close()


def gateway(duty: Watch, provider: HttpGateway) -> Channel:
    with scoped(system("tests")):
        return Channel.objects.create(
            organisation=duty.office, org_path=duty.office.path, name="sms", kind="gateway", changed_at=now(),
            settings={"url": f"{provider.address}/", "body": '{"to": "{to}", "text": "{text}"}'},
        )  # fmt: skip


@pytest.mark.slow
def test_letters_of_a_quick_channel_do_not_wait_behind_all_those_of_a_slow_one(
    duty, sink: MailSink, provider: HttpGateway
):
    """The mail server takes every letter, in two seconds each: nothing fails, and nothing rests."""
    sink.seconds_a_letter = 2.0
    call(duty, 6)
    written()
    call(duty, 20, gateway(duty, provider))
    written()
    with running():
        wait(lambda: len(provider.requests) == 20)
        assert len(sink.letters) <= 2, "six that are older than all of them"
        wait(lambda: is_out(26))
    assert (len(sink.letters), len(provider.requests)) == (6, 20), "each once"


@pytest.mark.slow
def test_a_slow_letter_keeps_nobody_from_being_called(duty, sink: MailSink):
    call(duty, 1)
    with sink.stalled(), running():
        wait(lambda: len(sink.letters) == 1)
        with scoped(system("tests")):
            services.start(Reason.ALERT, [Happening("alert", 1, "?")], duty.office, at=now(), post=duty.desk)
        wait(lambda: letters() == 2, 6)


def test_letters_whose_fate_cannot_be_kept_whole_go_out_once_and_stop_nothing(duty, sink: MailSink, test_server):
    call(duty, 3)
    written()
    with without_right(test_server, "INSERT", "ledger_entry"), running():
        wait(lambda: is_out(3))
    assert len(sink.letters) == 3


def test_a_pager_that_can_make_no_turn_gives_no_sign_and_one_that_can_again_does(duty, test_server, monkeypatch):
    monkeypatch.setattr(module, "STILL_SECONDS", 0.5)
    monkeypatch.setattr(module, "SIGN_SECONDS", 0.05)
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.05)

    def sign() -> float:
        return Sign.objects.get().seen_at.timestamp()

    def is_silent() -> bool:
        before = sign()
        time.sleep(0.5)
        return sign() == before

    with running():
        wait(Sign.objects.exists)
        assert not is_silent()
        for table in ("duty_step", "duty_letter"):
            with without_right(test_server, "SELECT", table):
                wait(is_silent)
            wait(lambda: not is_silent())


def test_what_became_of_the_last_letter_is_kept_when_the_pager_ends(duty, sink: MailSink):
    call(duty, 1)
    with running() as pager, sink.stalled():
        wait(lambda: len(sink.letters) == 1)
        pager._stopping.set()
    assert is_out(1)
