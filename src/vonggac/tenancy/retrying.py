"""A transaction that PostgreSQL gave up for another one is carried out once more."""

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection
from psycopg.errors import DeadlockDetected, SerializationFailure

GIVEN_UP = (DeadlockDetected, SerializationFailure)
MOST_ATTEMPTS = 4

T = TypeVar("T")


def retried(transaction: Callable[[], T], *, between: Callable[[], object] = lambda: None) -> T:
    """What a whole transaction returns, begun anew while PostgreSQL gives it up, MOST_ATTEMPTS times in all.

    Rolled back, it left nothing in the database; `between` takes back what else it left. No pause is needed: whoever it
    was given up for holds its locks, and the new attempt waits for them. Inside another transaction it is tried once.
    """
    for _ in range(1, MOST_ATTEMPTS):
        try:
            return transaction()
        except OperationalError as error:
            if connection.in_atomic_block or not isinstance(error.__cause__, GIVEN_UP):
                raise
        between()
    return transaction()
