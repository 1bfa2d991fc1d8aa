"""How people are reached: the addresses they enter, the test that each one answers once, the hours of their rest."""

from datetime import datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet

from vonggac.duty.escalation import letters, wording
from vonggac.duty.models import Channel, ContactMethod, Letter, QuietHours, Shift
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.ledger import services as ledger
from vonggac.register.models import Person
from vonggac.tenancy.scope import current

SUBJECT = "person"
MOST_METHODS = 10
LONGEST_DELAY_MINUTES = 60
BETWEEN_TESTS = timedelta(minutes=1)


@transaction.atomic
def add(
    person: Person, address: str, *, at: datetime, channel: Channel | None = None, after_minutes: int = 0
) -> ContactMethod:
    """The new way to reach a person; it counts as sound once they have answered a test."""
    address = _checked(address, channel)
    if not 0 <= after_minutes <= LONGEST_DELAY_MINUTES:
        raise InputError(f"an address waits at most {LONGEST_DELAY_MINUTES} minutes for an answer by the others")
    methods = ContactMethod.objects.filter(person=person)
    if methods.filter(channel=channel, address=address).exists():
        raise InputError("this address is among the person's already")
    if methods.count() >= MOST_METHODS:
        raise InputError(f"a person has at most {MOST_METHODS} addresses; remove one first")
    method = ContactMethod.objects.create(
        person=person, channel=channel, address=address, after_minutes=after_minutes, made_at=at
    )
    _record("contact_method.create", method, at)
    return method


def _checked(address: str, channel: Channel | None) -> str:
    address = " ".join(address.split())
    if channel is None:
        try:
            validate_email(address)
        except ValidationError:
            raise InputError(f"{address!r} is no mail address") from None
    elif channel.takes_phones and not 8 <= sum(letter.isdigit() for letter in address) <= 15:
        raise InputError(f"{address!r} is no phone number; write it as 0912 345 678 or +84 912 345 678")
    if not address or len(address) > 300 or not address.isprintable():
        raise InputError("write the address in one line of at most 300 letters")
    return address


@transaction.atomic
def remove(method: ContactMethod, *, at: datetime) -> None:
    """Take an address away; without any, a person is reached by what the register knows of them."""
    _record("contact_method.remove", method, at)
    method.delete()


@transaction.atomic
def send_test(method: ContactMethod, *, at: datetime) -> Letter:
    """The letter with a link that the person opens to confirm that it came; at most one a minute."""
    method = ContactMethod.objects.select_for_update(of=("self",)).select_related("person", "channel").get(pk=method.pk)
    if not method.is_in_use:
        raise WrongState("the channel of this address is out of use: no call goes by it, and no test")
    if method.test_sent_at is not None and at - method.test_sent_at < BETWEEN_TESTS:
        raise WrongState("a test was sent a moment ago; wait a minute before the next")
    method.test_sent_at = at
    method.save(update_fields=["test_sent_at"])
    _record("contact_method.test", method, at)
    person = method.person
    text = wording.test(person.name, letters.place_of(0), person.language)
    return Letter.objects.create(
        org_path=current().org_path, person=person, name=person.name, channel=method.channel, address=method.address,
        subject=text.subject, body=text.body, brief=text.brief,
        links=[{"purpose": "contact", "subjects": {"contact": [method.pk]}}],
        key=letters.key_of("test", method.pk, at), made_at=at, due_at=at,
    )  # fmt: skip


@transaction.atomic
def confirm(method_id: int, *, at: datetime) -> ContactMethod:
    """The address, tested: somebody opened the link that went there."""
    method = ContactMethod.objects.select_related("person", "channel").filter(pk=method_id).first()
    if method is None:
        raise InputError("this address was removed meanwhile")
    method.tested_at, method.failed_at, method.failure = at, None, ""
    method.save(update_fields=["tested_at", "failed_at", "failure"])
    _record("contact_method.confirm", method, at)
    return method


@transaction.atomic
def set_quiet_hours(person: Person, begins: time | None, ends: time | None, *, at: datetime) -> QuietHours | None:
    """The hours in which the person is not woken while others hear it; None for both takes them away."""
    if (begins is None) != (ends is None) or (begins is not None and begins == ends):
        raise InputError("quiet hours have a beginning and an end that differ")
    if begins is None or ends is None:
        QuietHours.objects.filter(person=person).delete()
        hours = None
    else:
        hours, _ = QuietHours.objects.update_or_create(person=person, defaults={"begins": begins, "ends": ends})
    ledger.record("person.quiet_hours", SUBJECT, person.pk, current().org_path, at=at, hours=str(hours or ""))
    return hours


def of(person: Person) -> list[ContactMethod]:
    """The person's addresses in the order in which they are used."""
    return list(_methods(person).order_by("after_minutes", "pk"))


def one(method_id: int, person: Person) -> ContactMethod:
    """One of the person's addresses; OutOfScope when it is not theirs."""
    found = _methods(person).filter(pk=method_id).first()
    if found is None:
        raise OutOfScope(f"contact {method_id} is not one of yours")
    return found


def numbers(person: Person) -> list[str]:
    """The phone numbers by which a person is reached: what they entered, then what the register knows."""
    entered = ContactMethod.objects.filter(person=person, channel__takes_phones=True, is_enabled=True)
    return list(
        dict.fromkeys(
            [*entered.order_by("after_minutes", "pk").values_list("address", flat=True), *filter(None, [person.phone])]
        )
    )


def phone_of(shift: Shift) -> str:
    """The number by which whoever stands a shift is rung up: of the roster, else their own; "" where none is known."""
    return shift.phone or next(iter(numbers(shift.person) if shift.person else ()), "")


def _methods(person: Person) -> QuerySet[ContactMethod]:
    return ContactMethod.objects.filter(person=person).select_related("channel")


def _record(act: str, method: ContactMethod, at: datetime) -> None:
    """The ledger says by which channel, and no more of the address than tells it from the others."""
    channel = method.channel.name if method.channel else "mail"
    ledger.record(
        act, SUBJECT, method.person_id, current().org_path, at=at, channel=channel, address=f"…{method.address[-4:]}"
    )
