"""Reads of duty within the scope in force, one module a question."""

from vonggac.duty.queries.watch import (
    Watch,
    all_holes,
    covers,
    duty_of,
    has_left,
    is_away,
    not_there,
    posts,
    question_to,
    reaches,
    shift,
    shifts,
    stood,
    watch,
    with_leave,
)

__all__ = [
    "Watch",
    "all_holes",
    "covers",
    "duty_of",
    "has_left",
    "is_away",
    "not_there",
    "posts",
    "question_to",
    "reaches",
    "shift",
    "shifts",
    "stood",
    "watch",
    "with_leave",
]
