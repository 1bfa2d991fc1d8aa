"""Who answers for one network block over time: what a line of a file, or an act, does to the block's history.

Pure: dates are ISO text or None (open), organisations are any text. Tenures of one block never overlap.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

ALWAYS = ""  # sorts before every ISO date, as an open beginning must
NEVER = "9999-99-99"


@dataclass(frozen=True, slots=True)
class Tenure:
    """One organisation answers for the block from `begin` (None: always) until before `end` (None: further notice)."""

    organisation: str
    begin: str | None = None
    end: str | None = None

    def covers(self, day: str) -> bool:
        """True when it holds on that day."""
        return (self.begin or ALWAYS) <= day < (self.end or NEVER)

    def overlaps(self, other: "Tenure") -> bool:
        """True when both hold on some day."""
        return (self.begin or ALWAYS) < (other.end or NEVER) and (other.begin or ALWAYS) < (self.end or NEVER)

    def __str__(self) -> str:
        return f"{self.organisation} (from {self.begin or 'always'} to {self.end or 'further notice'})"


@dataclass(frozen=True, slots=True)
class Entry:
    """A tenure with the one that stands in the register (None when it is new) and the line that last touched it."""

    tenure: Tenure
    standing: Tenure | None
    line: int = 0

    @property
    def is_changed(self) -> bool:
        """True when it must be written."""
        return self.tenure != self.standing


def begin(standing: Sequence[Tenure]) -> list[Entry]:
    """The block's history as it stands, to be changed by lines."""
    return [Entry(tenure, tenure) for tenure in standing]


def after_line(history: Sequence[Entry], wish: Tenure, *, line: int, at: str) -> list[Entry]:
    """The history after one line of a file was heard; ValueError says why it cannot be.

    A line without dates says who answers on the day `at`: a block in other hands changes hands on that day. A line
    with dates says from when to when, and ends the tenure before it.
    """
    if wish.end is not None and (wish.begin or ALWAYS) >= wish.end:
        raise ValueError(f"ends on {wish.end}, which is not after it begins")
    if wish.begin is None and wish.end is None:
        return _after_undated(history, wish, line, at)
    return _after_dated(history, wish, line)


def _after_undated(history: Sequence[Entry], wish: Tenure, line: int, at: str) -> list[Entry]:
    now = next((entry for entry in history if entry.tenure.covers(at)), None)
    if now is not None and now.tenure.organisation == wish.organisation:
        return list(history)
    later = next((entry for entry in history if (entry.tenure.begin or ALWAYS) > at), None)
    if later is not None:
        raise ValueError(f"is given from a later day to {later.tenure}: write the dates in the file")
    return _after_dated(history, replace(wish, begin=at) if history else wish, line)


def _after_dated(history: Sequence[Entry], wish: Tenure, line: int) -> list[Entry]:
    own = _own(history, wish)
    if own is not None:
        tenure = replace(wish, begin=min(wish.begin or ALWAYS, own.tenure.begin or ALWAYS) or None)
        changed = [
            Entry(tenure, own.standing, line) if entry is own and tenure != own.tenure else entry for entry in history
        ]
    else:
        changed = [_ended(entry, wish, line) for entry in history]
        changed.append(Entry(wish, None, line))
    _refuse_overlap(changed, wish)
    return changed


def _own(history: Sequence[Entry], wish: Tenure) -> Entry | None:
    """The entry that the wish speaks about: the same organisation from the same day, else at the same time."""
    same = [entry for entry in history if entry.tenure.organisation == wish.organisation]
    exact = [entry for entry in same if entry.tenure.begin == wish.begin]
    return next(iter(exact or [entry for entry in same if entry.tenure.overlaps(wish)]), None)


def _ended(entry: Entry, wish: Tenure, line: int) -> Entry:
    """The entry, ended where the wish begins if it would run into it and the wish leaves no remainder of it."""
    tenure = entry.tenure
    runs_into = tenure.overlaps(wish) and (tenure.begin or ALWAYS) < (wish.begin or ALWAYS)
    leaves_remainder = (tenure.end or NEVER) > (wish.end or NEVER)
    if not runs_into or leaves_remainder:
        return entry
    return Entry(replace(tenure, end=wish.begin), entry.standing, line)


def _refuse_overlap(history: Sequence[Entry], wish: Tenure) -> None:
    ordered = sorted(history, key=lambda entry: entry.tenure.begin or ALWAYS)
    for first, second in pairwise(ordered):
        if first.tenure.overlaps(second.tenure):
            other = second if first.tenure.organisation == wish.organisation else first
            raise ValueError(f"is already answered for by {other.tenure}; two organisations cannot at one time")
