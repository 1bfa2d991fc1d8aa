"""What the database refuses, told in the words of the person who asked."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, ProgrammingError, transaction

from vonggac.errors import InputError, OutOfScope

# Constraint → what it means. The rows in the way may be another office's, which the scope does not show.
MEANINGS = {
    "register_organisation_code": "the code is used by another organisation; choose another code",
    "register_person_email": "the mail address belongs to somebody who is entered already",
    "register_sensor_name": "the name is used by another sensor; choose another name",
    "register_system_code": "the code is used by another information system; choose another code",
    "network_one_owner_at_a_time": "another organisation answers for the block at that time; give the dates, or settle "
    "with the office above both",
    "network_ends_after_it_begins": "the block's end is not after its beginning",
    "asset_name_once": "the organisation has an asset of this name",
    "role_once": "the person holds this role there already",
    "organisation_ends_after_it_begins": "the organisation's end is not after its beginning",
}


@contextmanager
def told_plainly(what: str) -> Iterator[None]:
    """Turns a broken constraint into InputError and a row outside the scope into OutOfScope, naming `what`."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        text = str(error)
        meaning = next((meaning for name, meaning in MEANINGS.items() if name in text), None)
        if meaning is None:
            raise
        detail = next((line for line in text.splitlines() if line.startswith("DETAIL")), "").removeprefix("DETAIL:  ")
        raise InputError(f"{what}: {meaning}" + (f" ({detail})" if detail else "")) from error
    except ProgrammingError as error:
        if "row-level security" not in str(error):
            raise
        raise OutOfScope(f"{what} lies outside the part of the tree that you work in") from error
