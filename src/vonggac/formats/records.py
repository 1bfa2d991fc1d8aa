"""What every reader returns beside its records: rejects and warnings that name line, column and reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that could not become a record.

    `line` is 1-based in the file as received (a spreadsheet's row number), `column` the header as printed or None
    when the row as a whole is bad, `raw` the row's own text, cut at 1,000 characters.
    """

    line: int
    column: str | None
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class RowWarning:
    """What was set aside (read as null) in a row that was kept; `column` is "" where it is about the whole line."""

    line: int
    column: str
    reason: str
    raw: str
