"""How people are reached: what counts as an address, the test that it answers once, and the hours of rest."""

from datetime import time, timedelta
from uuid import uuid4

import pytest

from tests.cast import NOON
from vonggac.duty import contacts
from vonggac.duty.escalation import letters
from vonggac.duty.models import Channel, ContactMethod, Letter, Link, QuietHours
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.flows import escalation as flow
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def channel(**fields) -> Channel:
    with scoped(system("tests")):
        return Channel.objects.create(
            name="SMS", kind="gateway", settings={"url": "https://sms.example/"}, changed_at=NOON, **fields
        )


def add(people, address: str, name: str = "ha", **more) -> ContactMethod:
    with scoped(people.scope(name)):
        return contacts.add(people.people[name], address, at=NOON, **more)


def sent_link(letter: Letter) -> str:
    """The secret in the letter as it goes out."""
    with scoped(system("pager")):
        Letter.objects.exclude(pk=letter.pk).update(given_up_at=NOON)
        body = letters.claim(uuid4(), at=NOON).body
    return body.split("/l/contact/")[1].split()[0]


@pytest.mark.parametrize("address", ["0912 345 678", "+84 912 345 678", "84912345678", "(024) 3943-4545"])
def test_a_phone_number_is_taken_as_people_write_it(people, address):
    assert add(people, address, channel=channel(takes_phones=True)).address == " ".join(address.split())


@pytest.mark.parametrize("address", ["", "12", "gọi Hà", "1" * 16])
def test_what_is_no_phone_number_is_refused(people, address):
    sms = channel(takes_phones=True)
    with pytest.raises(InputError):
        add(people, address, channel=sms)


@pytest.mark.parametrize("address", ["", "ha", "ha@", "ha@example.vn\nbcc: x@example.vn"])
def test_what_is_no_mail_address_is_refused(people, address):
    with pytest.raises(InputError):
        add(people, address)


@pytest.mark.parametrize("address", ["", "x" * 301, "a\x07b"])
def test_a_chat_name_is_one_printable_line(people, address):
    chat = channel()
    with pytest.raises(InputError):
        add(people, address, channel=chat)


def test_an_address_is_kept_once_and_ten_are_enough(people):
    add(people, "a0@example.vn")
    with pytest.raises(InputError, match="already"):
        add(people, "a0@example.vn")
    for number in range(1, 10):
        add(people, f"a{number}@example.vn", after_minutes=number)
    with pytest.raises(InputError, match="at most 10"):
        add(people, "a10@example.vn")
    with pytest.raises(InputError, match="at most 60 minutes"):
        add(people, "b@example.vn", "lan", after_minutes=61)


def test_an_address_counts_as_tested_once_its_link_was_confirmed(people):
    method = add(people, "ha@example.vn")
    with scoped(people.scope("ha")):
        letter = contacts.send_test(method, at=NOON)
    assert "/l/" not in letter.body
    secret = sent_link(letter)
    with scoped(system("tests")):
        assert secret not in str(list(Link.objects.values())), "the database holds nothing that opens a link"
    assert flow.contact_of(secret, at=NOON).address == "ha@example.vn"
    with scoped(system("tests")):
        assert ContactMethod.objects.get().tested_at is None, "looking is not confirming: scanners look"
    flow.confirm_contact(secret, at=NOON + MINUTE)
    with scoped(system("tests")):
        assert ContactMethod.objects.get().tested_at == NOON + MINUTE
        shown = Entry.objects.filter(act="contact_method.confirm").get().detail
    assert shown["address"] == "…e.vn", "the history tells addresses apart and holds none"
    with pytest.raises(InputError, match="used already"):
        flow.confirm_contact(secret, at=NOON + 2 * MINUTE)


def test_the_link_of_an_address_that_was_removed_says_so(people):
    method = add(people, "ha@example.vn")
    with scoped(people.scope("ha")):
        letter = contacts.send_test(method, at=NOON)
    secret = sent_link(letter)
    with scoped(people.scope("ha")):
        contacts.remove(contacts.one(method.pk, people.people["ha"]), at=NOON)
    assert flow.contact_of(secret, at=NOON) is None
    with pytest.raises(InputError, match="removed meanwhile"):
        flow.confirm_contact(secret, at=NOON)


def test_a_test_a_minute_is_enough(people):
    method = add(people, "ha@example.vn")
    with scoped(people.scope("ha")):
        contacts.send_test(method, at=NOON)
        with pytest.raises(WrongState):
            contacts.send_test(method, at=NOON + MINUTE / 2)
        contacts.send_test(method, at=NOON + MINUTE)


def test_others_addresses_are_not_mine(people):
    method = add(people, "ha@example.vn")
    with scoped(people.scope("ha")), pytest.raises(OutOfScope):
        contacts.one(method.pk, people.people["minh"])


def test_quiet_hours_are_set_changed_and_taken_away(people):
    ha = people.people["ha"]
    with scoped(people.scope("ha")):
        contacts.set_quiet_hours(ha, time(22), time(6), at=NOON)
        contacts.set_quiet_hours(ha, time(21), time(6), at=NOON)
        assert str(QuietHours.objects.get()) == "21:00–06:00"
        for begins, ends in ((time(22), None), (None, time(6)), (time(6), time(6))):
            with pytest.raises(InputError):
                contacts.set_quiet_hours(ha, begins, ends, at=NOON)
        contacts.set_quiet_hours(ha, None, None, at=NOON)
        assert not QuietHours.objects.exists()
