"""A message keeps no secret: its link is made when it leaves the desk, by mail or by hand."""

import importlib
import re
from datetime import timedelta

import pytest
from django.db import connection, transaction

from tests import cast
from tests.duty.messages_of import acts, again, kept, send_due
from vonggac.cases import services as cases
from vonggac.cases.models import Kind
from vonggac.cases.services import Opening
from vonggac.duty import links, messages
from vonggac.duty.messages import Draft
from vonggac.duty.models import Link, Message
from vonggac.errors import InputError, OutOfScope
from vonggac.flows import acknowledgement
from vonggac.jobs import run_waiting
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
LATER = cast.NOON + timedelta(minutes=5)


@pytest.fixture
def asking(people) -> Message:
    """A message that asks the ward to acknowledge one case."""
    with scoped(system("tests")):
        ward = people.organisations["p-vinh-hai"]
        case = cases.open_many([Opening(ward, Kind.OBLIGATION, "1.a", "1.a", 3, "", None)], at=cast.NOON)[0]
        draft = Draft(ward, "Một việc", f"Có việc.\n{messages.ASK}\n", acknowledges={"case": [case.pk]})
        return messages.notify(draft, at=cast.NOON)


def every_row_of_the_database() -> str:
    """All that the application may read of every table, as text."""
    with scoped(system("tests")), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [row[0] for row in cursor.fetchall()]
        text = ""
        for table in tables:
            cursor.execute(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{table}\" AS t")
            text += cursor.fetchone()[0]
    return text


def test_the_letter_carries_a_link_that_works_and_the_database_holds_no_secret(people, sink, asking):
    with scoped(system("tests")):
        Message.objects.filter(pk=asking.pk).update(to="truc@vinh-hai.example", next_try_at=cast.NOON)
    send_due()
    (letter,) = sink.letters
    secret = re.search(r"/l/acknowledge/(\S+)", letter.get_content())[1]
    assert messages.LINK not in letter.get_content()
    assert secret not in every_row_of_the_database()
    assert messages.LINK in again(asking).body
    acknowledgement.acknowledge(secret, by="Lan", at=LATER)
    assert acts() == ["message.make", "message.send"]


def test_a_link_made_by_hand_works_stands_in_the_ledger_and_nowhere_else(people, asking):
    with scoped(people.scope("ha")):
        address = messages.fresh_link(asking.pk, at=LATER)
        entry = Entry.objects.get(act="message.link")
    assert (entry.actor, entry.at) == (f"person:{people.people['ha'].pk}", LATER)
    secret = address.rpartition("/")[2]
    assert secret not in every_row_of_the_database()
    assert again(asking).link_made_at == LATER
    acknowledgement.acknowledge(secret, by="Lan", at=LATER)


def test_links_made_before_stay_valid_until_they_are_used(people, asking):
    with scoped(people.scope("ha")):
        first, second = (messages.fresh_link(asking.pk, at=LATER).rpartition("/")[2] for _ in range(2))
        assert Link.objects.filter(message=asking).count() == 2
    acknowledgement.acknowledge(second, by="Lan", at=LATER)
    acknowledgement.acknowledge(first, by="Lan", at=LATER)
    with pytest.raises(InputError, match="used already"):
        acknowledgement.acknowledge(first, by="Lan", at=LATER)


def test_a_message_that_asks_nothing_has_no_link_to_make(people):
    message = kept(people)
    with scoped(people.scope("ha")), pytest.raises(InputError, match="asks for no acknowledgement"):
        messages.fresh_link(message.pk, at=LATER)


def test_a_message_of_another_part_of_the_tree_is_not_there(people, asking):
    for act in (messages.fresh_link, messages.send_again):
        with scoped(people.scope("vinh")), pytest.raises(OutOfScope):
            act(asking.pk, at=LATER)


def test_sent_again_it_takes_the_address_that_the_organisation_has_now(people, sink):
    message = kept(people, "")
    assert again(message).next_try_at is None
    with scoped(people.scope("ha")):
        with pytest.raises(InputError, match="enter one in the register"):
            messages.send_again(message.pk, at=LATER)
        ward = people.organisations["p-vinh-hai"]
        ward.email = "moi@vinh-hai.example"
        ward.save()
        messages.send_again(message.pk, at=LATER)
    run_waiting()
    assert [letter["To"] for letter in sink.letters] == ["moi@vinh-hai.example"]
    assert acts() == ["message.make", "message.send_again", "message.send"]


def test_sent_again_after_it_went_out_it_is_another_letter_to_the_mailbox(people, sink):
    message = kept(people)
    run_waiting()
    with scoped(people.scope("ha")):
        messages.send_again(message.pk, at=LATER)
    run_waiting()
    first, second = sink.letters
    assert first["Message-ID"] != second["Message-ID"]
    assert first["To"] == second["To"] == "truc@vinh-hai.example"


def test_without_a_mail_server_sending_again_says_what_to_do_instead(people, settings):
    settings.EMAIL_HOST = ""
    message = kept(people)
    with scoped(people.scope("ha")), pytest.raises(InputError, match="make a link and pass it on"):
        messages.send_again(message.pk, at=LATER)


def test_many_messages_are_one_job(people):
    with scoped(system("tests")):
        drafts = [Draft(unit, "Nhắc", "", to="a@example.org") for unit in people.organisations.values()]
        messages.notify_all(drafts, at=cast.NOON)
    assert acts() == ["message.make"] * len(drafts)
    assert run_waiting() == 1


def test_a_message_of_a_rolled_back_act_is_neither_kept_nor_sent(people, sink):
    message = kept(people)
    with transaction.atomic():
        with scoped(system("tests")):
            messages.notify(Draft(message.organisation, "never", "", to=message.to), at=cast.NOON)
        transaction.set_rollback(True)
    run_waiting()
    assert sink.subjects() == ["Nhắc"]


def test_an_upgrade_takes_the_secrets_out_of_messages_kept_before(people):
    module = importlib.import_module("vonggac.duty.migrations.0003_secrets_leave_the_messages")
    ward = people.organisations["p-vinh-hai"]
    with scoped(system("tests")):
        address = links.acknowledgement(ward, {"case": [7, 8]}, at=cast.NOON)
        old = kept(people, body=f"Có việc.\nXác nhận: {address}\nHết.")
        plain = kept(people, body="Không có liên kết")
        with connection.cursor() as cursor:
            cursor.execute(module.TAKE_SECRETS_OUT)
    assert again(old).body == f"Có việc.\nXác nhận: {messages.LINK}\nHết."
    assert again(old).subjects == {"case": [7, 8]}
    assert again(plain).body == "Không có liên kết"
    assert address.rpartition("/")[2] not in every_row_of_the_database()
