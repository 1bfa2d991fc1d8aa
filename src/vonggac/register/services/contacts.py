"""Acts on the contact book."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from vonggac.errors import InputError
from vonggac.ledger import services as ledger
from vonggac.register.models import Contact, Organisation


@transaction.atomic
def add_printed_contact(
    office: Organisation,
    name: str,
    *,
    phones: Sequence[str],
    emails: Sequence[str],
    printed_in: str,
    printed_on: date | None,
    checked_on: date | None,
    at: datetime,
) -> Contact:
    """The contact in the office's book as a document prints it; the same one from the same document is kept once."""
    if not name.strip():
        raise InputError("a contact needs the name of the body or person who answers")
    found, is_new = Contact.objects.get_or_create(
        org_path=office.path,
        name=name.strip()[:300],
        printed_in=printed_in[:300],
        defaults={
            "organisation": office, "phones": [phone[:40] for phone in phones], "emails": list(emails),
            "printed_on": printed_on, "checked_on": checked_on,
        },
    )  # fmt: skip
    if is_new:
        ledger.record("contact.create", "contact", found.pk, office.path, at=at, name=found.name, printed_in=printed_in)
    return found
