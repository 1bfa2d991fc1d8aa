"""Many rows in one transaction, and each for itself where one of them cannot be carried out."""

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import InterfaceError, OperationalError, transaction

from vonggac.errors import VongGacError

log = logging.getLogger("vonggac.calls")
Row = TypeVar("Row")
# Nothing is wrong with a row when the database is away, or gave up one of two that waited for each other.
NOT_OF_A_ROW = (OperationalError, InterfaceError)


def each(
    rows: Sequence[Row], carry_out: Callable[[Sequence[Row]], int], set_aside: Callable[[Row, str], object]
) -> int:
    """How many were carried out. One that raises stops no other: it is undone, and set aside with what was raised.

    A savepoint a batch; one a row only where a batch failed, because 5,000 of them are seconds.
    """
    if not rows:
        return 0
    try:
        with transaction.atomic():
            return carry_out(rows)
    except NOT_OF_A_ROW:
        raise
    except Exception as error:
        if len(rows) == 1:
            log.exception("%r cannot be carried out, and is set aside", rows[0])
            set_aside(rows[0], str(error) if isinstance(error, VongGacError) else f"{type(error).__name__}: {error}")
            return 0
    return sum(each([row], carry_out, set_aside) for row in rows)
