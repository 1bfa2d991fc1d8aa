"""Messages go out once, and go out at last when the mail server was away."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail

from tests import cast
from vonggac.duty import messages
from vonggac.duty.models import Message
from vonggac.flows import messages as flow
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
LATER = cast.NOON + timedelta(hours=3)


class MailServer:
    """What answers for the mail server: out of reach, refusing one address, or well."""

    is_away = False
    refused = ""

    def __init__(self, **_options: object) -> None: ...

    def send_messages(self, letters: list[mail.EmailMessage]) -> int:
        """Take the letters, or fail as a mail server does."""
        for letter in letters:
            if MailServer.is_away:
                raise ConnectionRefusedError("nobody listens")
            if letter.to == [MailServer.refused]:
                raise SMTPRecipientsRefused({letter.to[0]: (550, b"no such box")})
            mail.outbox.append(letter)
        return len(letters)


@pytest.fixture(autouse=True)
def mail_server(settings):
    settings.EMAIL_BACKEND = f"{__name__}.MailServer"
    MailServer.is_away, MailServer.refused = False, ""
    mail.outbox = []
    return MailServer


@pytest.fixture
def people(db) -> cast.Cast:
    return cast.assemble()


def made(people: cast.Cast, to: str) -> Message:
    with scoped(system("tests")):
        return messages.notify(people.organisations["p-vinh-hai"], "Nhắc", "Hai việc", at=cast.NOON, to=to)


def again(message: Message) -> Message:
    with scoped(system("tests")):
        return Message.objects.get(pk=message.pk)


def test_a_message_goes_out_once(people):
    message = made(people, "a@example.org")
    assert flow.deliver(message.pk, at=LATER)
    assert not flow.deliver(message.pk, at=LATER)
    assert flow.send_unsent(at=LATER) == 0
    assert len(mail.outbox) == 1


def test_why_it_did_not_go_out_is_kept_and_the_job_tries_again(people, mail_server):
    mail_server.is_away = True
    message = made(people, "a@example.org")
    with pytest.raises(ConnectionRefusedError):
        flow.deliver(message.pk, at=LATER)
    assert again(message).failed_at == LATER
    assert "nobody listens" in again(message).failure


def test_what_its_own_job_gave_up_goes_out_when_the_server_is_back(people, mail_server):
    message = made(people, "a@example.org")
    mail_server.is_away = True
    assert flow.send_unsent(at=LATER) == 0
    mail_server.is_away = False
    assert flow.send_unsent(at=LATER + timedelta(hours=9)) == 1
    assert (again(message).sent_at, again(message).failure) == (LATER + timedelta(hours=9), "")


def test_one_refused_address_does_not_hold_back_the_others(people, mail_server):
    mail_server.refused = "gone@example.org"
    refused, taken = made(people, "gone@example.org"), made(people, "a@example.org")
    assert flow.send_unsent(at=LATER) == 1
    assert again(refused).sent_at is None
    assert "550" in again(refused).failure
    assert again(taken).sent_at == LATER


def test_a_young_message_is_left_to_its_own_job_and_an_old_one_to_people(people):
    made(people, "a@example.org")
    assert flow.send_unsent(at=cast.NOON + timedelta(minutes=5)) == 0
    assert flow.send_unsent(at=cast.NOON + timedelta(days=6)) == 0


def test_two_desks_never_share_a_message_id(people, settings):
    first = made(people, "a@example.org")
    flow.deliver(first.pk, at=LATER)
    name = mail.outbox[0].extra_headers["Message-ID"]
    settings.VONGGAC_ORIGIN = "https://desk.example.org"
    with scoped(system("tests")):
        Message.objects.filter(pk=first.pk).update(sent_at=None)
    flow.deliver(first.pk, at=LATER)
    assert mail.outbox[1].extra_headers["Message-ID"] not in ("", name)
