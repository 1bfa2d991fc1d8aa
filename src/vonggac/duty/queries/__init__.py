"""Reads of duty within the scope in force, one module a question."""

from vonggac.duty.queries.watch import (
    Watch,
    all_holes,
    duty_of,
    horizon,
    posts,
    question_to,
    reach,
    shift,
    shifts,
    watch,
)

__all__ = ["Watch", "all_holes", "duty_of", "horizon", "posts", "question_to", "reach", "shift", "shifts", "watch"]
