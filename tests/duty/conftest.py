"""Fixtures of the duty tests."""

from collections.abc import Iterator

import pytest

from tests.cast import Cast
from tests.duty.office import Office, open_office
from vonggac.tenancy.scope import scoped


@pytest.fixture
def office(people: Cast) -> Iterator[Office]:
    """A monitoring post with its teams, in the scope of the duty officer."""
    with scoped(people.scope("ha")):
        yield open_office(people)
