"""Messages over real SMTP: kept first, sent once, and one letter in the mailbox whatever the mail server does."""

import smtplib
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction

from tests import cast
from tests.duty.mail_sink import MailSink
from tests.server.desk_process import free_port
from vonggac.duty import messages
from vonggac.duty.models import Message
from vonggac.flows import messages as flow
from vonggac.jobs import run_waiting
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
SUBJECT = "[Vọng Gác] Nhắc việc: 3 máy"
BODY = "Kính gửi UBND phường Vĩnh Hải,\n.một dòng bắt đầu bằng dấu chấm\n\nTrân trọng"
LATER = cast.NOON + timedelta(minutes=5)


@pytest.fixture
def sink(settings) -> Iterator[MailSink]:
    made = MailSink()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", made.port, 5
    settings.EMAIL_HOST_USER, settings.EMAIL_USE_TLS = "", False
    yield made
    made.close()


@pytest.fixture
def message(db) -> Message:
    people = cast.assemble()
    with scoped(system("tests")):
        return messages.notify(
            people.organisations["p-vinh-hai"], SUBJECT, BODY, at=cast.NOON, to="truc@vinh-hai.example"
        )


def again(message: Message) -> Message:
    with scoped(system("tests")):
        return Message.objects.get(pk=message.pk)


def acts() -> list[str]:
    with scoped(system("tests")):
        return list(Entry.objects.filter(subject_kind="message").order_by("id").values_list("act", flat=True))


def test_the_letter_arrives_as_it_was_written(sink, message):
    assert flow.deliver(message.pk, at=LATER)
    (letter,) = sink.letters
    assert (letter["Subject"], letter["To"]) == (SUBJECT, "truc@vinh-hai.example")
    assert letter.get_content().replace("\r\n", "\n").replace("\n..", "\n.").rstrip("\n") == BODY
    assert again(message).sent_at == LATER
    assert acts() == ["message.make", "message.send"]


def test_a_message_that_went_out_goes_out_no_second_time(sink, message):
    assert flow.deliver(message.pk, at=LATER)
    assert not flow.deliver(message.pk, at=LATER)
    assert len(sink.letters) == 1
    assert acts() == ["message.make", "message.send"]


def test_the_queued_job_sends_the_message(sink, message):
    run_waiting()
    assert len(sink.letters) == 1
    assert again(message).sent_at is not None


def test_a_server_that_fails_first_costs_time_and_no_letter(sink, message):
    sink.faults = ["busy"]
    with pytest.raises(smtplib.SMTPException):
        flow.deliver(message.pk, at=cast.NOON)
    failed = again(message)
    assert (failed.sent_at, failed.failed_at) == (None, cast.NOON)
    assert "come again later" in failed.failure
    assert flow.deliver(message.pk, at=LATER)
    assert (again(message).failed_at, again(message).failure) == (None, "")
    assert len(sink.letters) == 1


def test_a_letter_taken_before_the_line_broke_has_the_same_message_id_the_second_time(sink, message):
    sink.faults = ["hang up"]
    with pytest.raises((smtplib.SMTPException, OSError)):
        flow.deliver(message.pk, at=cast.NOON)
    assert again(message).sent_at is None
    assert flow.deliver(message.pk, at=LATER)
    first, second = sink.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Message-ID"]
    assert first.get_content() == second.get_content()


def test_two_messages_have_two_message_ids(sink, message):
    with scoped(system("tests")):
        twin = messages.notify(message.organisation, SUBJECT, BODY, at=cast.NOON, to=message.to)
    flow.deliver(message.pk, at=LATER)
    flow.deliver(twin.pk, at=LATER)
    assert len({letter["Message-ID"] for letter in sink.letters}) == 2


def test_an_unknown_recipient_is_told_with_the_server_s_words(sink, message):
    sink.faults = ["refuse"]
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        flow.deliver(message.pk, at=LATER)
    assert "no such box" in again(message).failure
    assert sink.letters == []


def test_a_server_that_is_not_there_is_a_failure_that_is_kept(sink, message, settings):
    settings.EMAIL_PORT = free_port()
    with pytest.raises(OSError, match="refused"):
        flow.deliver(message.pk, at=LATER)
    assert "refused" in again(message).failure.lower()


def test_an_organisation_without_an_address_is_told_by_phone(sink, message):
    with scoped(system("tests")):
        Message.objects.filter(pk=message.pk).update(to="")
    assert not flow.deliver(message.pk, at=LATER)
    assert "phone" in again(message).failure
    assert sink.letters == []


def test_a_message_of_a_rolled_back_act_is_neither_kept_nor_sent(sink, message):
    with transaction.atomic():
        with scoped(system("tests")):
            messages.notify(message.organisation, "never", "", at=cast.NOON, to=message.to)
        transaction.set_rollback(True)
    run_waiting()
    assert [letter["Subject"] for letter in sink.letters] == [SUBJECT]
