# ruff: noqa: ARG001, ARG005  # every rule takes the match and the day of issue, whether it needs them or not
"""Times that a clause sets: fixed days as dates, everything else as a rule in a small grammar.

The grammar stands in docs/reference/directive-json.md: `P5D from event`, `PT24H from receipt`, `yearly 12-20`,
`monthly 25`, `every P6M by 06-20`, `weekly`, `24/7 continuous`, `at once`, `ad hoc`, `before 09-30`.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date

from vonggac.formats.congvan.dates import make_date
from vonggac.formats.congvan.document import Deadline
from vonggac.kernel.text import fold

_DAY = r"(?P<day>\d{1,2})\s?(?:/|-|\sthang\s)\s?(?P<month>\d{1,2})"
_BY = (
    r"(?:truoc|cham nhat|den het|den|han cuoi|han cuoi cung|muon nhat|hoan thanh(?: xong)?(?: vao| trong)?|xong truoc|han)"  # noqa: E501  # one rule of the grammar stays in one place
    r"(?:\s(?:la|vao|den|truoc))?(?:\s\d{1,2}\s?(?:gio|h|g)\s?(?:\d{2})?(?:\s?phut)?)?,?\s(?:het\s)?(?:ngay\s)"
)
_EVERY_YEAR = r"\s?(?:cua\s)?(?:hang|hang|moi)\snam"
_SPAN = r"(?P<count>\d{1,3})\s?(?:\([^)]{1,20}\)\s?)?(?P<unit>gio|phut|ngay(?: lam viec)?|tuan|thang|nam)"
_FROM = r"(?P<origin>[^.;,]{0,60}?)(?=\s(?:va|de|phai|neu)\s|[.;,)\n]|$)"

_CYCLES = {"ngay": "daily", "tuan": "weekly", "thang": "monthly", "quy": "quarterly", "nam": "yearly"}
_Rule = Callable[[re.Match[str], date | None], "date | str | None"]


def find_deadlines(text: str, issued: date | None) -> tuple[Deadline, ...]:
    """The deadlines of a clause's text in order; `issued` gives the year to a day printed without one."""
    folded = fold(text)
    taken: list[tuple[int, int]] = []
    found: list[tuple[int, Deadline]] = []
    for needs, pattern, meaning in _PATTERNS:
        for word in needs:
            if word in folded:
                break
        else:
            continue
        for match in pattern.finditer(folded):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            value = meaning(match, issued)
            if value is None:
                continue
            taken.append(match.span())
            printed = re.sub(r"\s+", " ", text[match.start() : match.end()]).strip(" ,;")
            due, rule = (value, None) if isinstance(value, date) else (None, value)
            found.append((match.start(), Deadline(printed, due, rule)))
    return tuple(deadline for _, deadline in sorted(found, key=lambda pair: pair[0]))


def years_inferred(deadlines: Iterator[Deadline]) -> list[str]:
    """The printed texts of fixed days whose year the document did not print."""
    return [deadline.text for deadline in deadlines if deadline.due and not re.search(r"(?:19|20)\d\d", deadline.text)]


def _day(match: re.Match[str], issued: date | None) -> date | str | None:
    year = match["year"]
    if year:
        return make_date(match["day"], match["month"], year)
    when = make_date(match["day"], match["month"], str(issued.year if issued else 2024))
    if when is None:
        return None
    if issued is None:
        return f"before {when:%m-%d}"
    if when >= issued:
        return when
    return make_date(match["day"], match["month"], str(issued.year + 1))


def _yearly(match: re.Match[str], issued: date | None) -> str | None:
    when = make_date(match["day"], match["month"], "2024")
    return f"yearly {when:%m-%d}" if when else None


def _every(match: re.Match[str], issued: date | None) -> str | None:
    when = make_date(match["day"], match["month"], "2024")
    unit = {"thang": "M", "nam": "Y"}[match["unit"]]
    return f"every P{int(match['count'])}{unit} by {when:%m-%d}" if when else None


def _within(match: re.Match[str], issued: date | None) -> str:
    count = int(match["count"])
    unit = match["unit"]
    span = {
        "gio": f"PT{count}H",
        "phut": f"PT{count}M",
        "tuan": f"P{count}W",
        "thang": f"P{count}M",
        "nam": f"P{count}Y",
    }
    amount = span.get(unit, f"P{count}D")
    suffix = " working" if unit == "ngay lam viec" else ""
    return f"{amount}{suffix} from {_origin(match['origin'] or '')}"


def _origin(words: str) -> str:
    if re.search(r"nhan duoc|nhan van ban|tiep nhan", words):
        return "receipt"
    if re.search(r"\bky\b|ban hanh|co hieu luc", words):
        return "issue"
    return "event"


def _end_of_month(match: re.Match[str], issued: date | None) -> date | None:
    month, year = int(match["month"]), int(match["year"])
    return date(year, month, monthrange(year, month)[1]) if 1 <= month <= 12 else None


def _end_of_quarter(match: re.Match[str], issued: date | None) -> date | None:
    quarter = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}[match["quarter"]]
    year = int(match["year"])
    return date(year, quarter * 3, monthrange(year, quarter * 3)[1])


def _said(rule: str) -> _Rule:
    return lambda match, issued: rule


# Each rule with words one of which it needs: looking for them first halves the time.
_PATTERNS: tuple[tuple[tuple[str, ...], re.Pattern[str], _Rule], ...] = (
    (
        ("(truoc ngay", "( truoc ngay"),
        re.compile(rf"(?P<count>\d{{1,2}})\s(?P<unit>thang|nam)\s?\(\s?truoc ngay\s{_DAY}\s?\)"),
        _every,
    ),
    (("hang nam", "moi nam"), re.compile(rf"{_BY}{_DAY}{_EVERY_YEAR}"), _yearly),
    (
        ("hang thang", "moi thang"),
        re.compile(rf"{_BY}(?P<day>\d{{1,2}})\s(?:hang|hang|moi)\sthang"),
        lambda match, issued: f"monthly {int(match['day']):02d}",
    ),
    (("ngay",), re.compile(rf"{_BY}{_DAY}(?:\s?(?:/|-|,?\snam\s)\s?(?P<year>(?:19|20)\d\d))?(?!\s?[/\d])"), _day),
    (
        ("tu ",),
        re.compile(
            rf"(?:cham nhat|trong vong|trong thoi han|trong|khong qua|toi da|sau)\s(?:la\s)?(?:sau\s)?{_SPAN}[,]?\s(?:ke\s)?tu\s(?:khi|ngay|thoi diem|luc)?{_FROM}"  # noqa: E501  # one rule of the grammar stays in one place
        ),
        _within,
    ),
    (
        ("cham nhat", "trong vong", "thoi han", "khong qua", "toi da"),
        re.compile(
            rf"(?:cham nhat|trong vong|trong thoi han|khong qua|toi da)\s(?:la\s)?(?:sau\s)?{_SPAN}(?P<origin>\s(?:sau\s)?khi [^.;,]{{0,40}})?"  # noqa: E501  # one rule of the grammar stays in one place
        ),
        _within,
    ),
    (
        ("thang",),
        re.compile(
            r"(?:hoan thanh|truoc|trong|xong)\s(?:trong\s)?thang\s(?P<month>\d{1,2})\s?(?:/|nam\s)\s?(?P<year>20\d\d)"
        ),
        _end_of_month,
    ),
    (
        ("quy",),
        re.compile(
            r"(?:hoan thanh|truoc|trong|xong)\s(?:trong\s)?quy\s(?P<quarter>iv|i{1,3}|[1-4])\s?(?:/|nam\s|\snam\s)\s?(?P<year>20\d\d)"  # noqa: E501  # one rule of the grammar stays in one place
        ),
        _end_of_quarter,
    ),
    (("24",), re.compile(r"\b24\s?/\s?7\b|\b24\s?h\s?/\s?7\b|\b24/24\b"), _said("24/7 continuous")),
    (("dot xuat",), re.compile(r"(?:hang|dinh ky)\s(?:hang\s)?thang\shoac\sdot xuat"), _said("monthly or ad hoc")),
    (
        ("dinh ky",),
        re.compile(r"dinh ky\s(?P<count>\d{1,2})\s(?P<unit>thang|nam)\b(?:/lan)?"),
        lambda match, issued: f"every P{int(match['count'])}{'M' if match['unit'] == 'thang' else 'Y'}",
    ),
    (
        ("hang ", "moi "),
        re.compile(r"(?<!\d )\b(?:dinh ky )?(?:hang|moi)\s(?P<unit>ngay|tuan|thang|quy|nam)\b"),
        lambda match, issued: _CYCLES[match["unit"]],
    ),
    (
        ("ngay ",),
        re.compile(
            r"\bngay (?:sau )?khi (?:nhan duoc|phat hien|co su co|xay ra)[^.;,]{0,40}|\bngay lap tuc\b|\bngay tuc khac\b"  # noqa: E501  # one rule of the grammar stays in one place
        ),
        _said("at once"),
    ),
    (("dot xuat",), re.compile(r"\bdot xuat\b"), _said("ad hoc")),
)
