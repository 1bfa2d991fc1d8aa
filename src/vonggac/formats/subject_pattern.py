r"""The identifier in a mail's subject, by a pattern that a person wrote; RE2, in time linear in the subject.

check(r"\[(NN-\d+)\]"); identifier(r"\[(NN-\d+)\]", "V/v [NN-42] …") == "NN-42"
"""

from functools import lru_cache
from typing import Any

from vonggac.errors import InputError

MOST_LETTERS, MOST_SUBJECT = 300, 2_000


def check(pattern: str) -> None:
    """Raise InputError for what is no pattern, or has not exactly one group: the identifier."""
    if len(pattern) > MOST_LETTERS:
        raise InputError(f"the pattern of subjects has at most {MOST_LETTERS} letters")
    if "(?P<" in pattern or "(?<" in pattern or not _named(pattern):
        raise InputError("the pattern of subjects has one pair of round brackets around the identifier")
    _extracted(pattern, "")


def identifier(pattern: str, subject: str) -> str:
    """What stands in the brackets of the pattern; "" where the subject does not fit."""
    return _extracted(pattern, subject[:MOST_SUBJECT]) if pattern else ""


def _extracted(pattern: str, subject: str) -> str:
    import pyarrow as pa  # noqa: PLC0415  a third of a second that only those with a pattern need
    import pyarrow.compute as pc  # noqa: PLC0415

    try:
        found: Any = pc.extract_regex(pa.array([subject]), _named(pattern))[0].as_py()
    except pa.ArrowInvalid as error:
        raise InputError(f"{pattern!r} is no pattern: {error}") from None
    return str(found["identifier"]) if found else ""


@lru_cache(maxsize=64)
def _named(pattern: str) -> str:
    """The pattern with its one group named, as Arrow asks; "" where it has none or several."""
    opens, is_escaped, is_in_class = [], False, False
    for place, letter in enumerate(pattern):
        if is_escaped:
            is_escaped = False
        elif letter == "\\":
            is_escaped = True
        elif is_in_class:
            is_in_class = letter != "]"
        elif letter == "[":
            is_in_class = True
        elif letter == "(" and pattern[place + 1 : place + 2] != "?":
            opens.append(place)
    if len(opens) != 1:
        return ""
    return f"{pattern[: opens[0]]}(?P<identifier>{pattern[opens[0] + 1 :]}"
