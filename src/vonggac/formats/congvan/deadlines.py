# ruff: noqa: ARG001, ARG005  # every rule takes the match and the day of issue, whether it needs them or not
"""Times that a clause sets: fixed days as dates, everything else as a rule in a small grammar.

The grammar stands in docs/reference/directive-json.md: `P5D from event`, `PT24H from receipt`, `yearly 12-20`,
`monthly 25`, `every P6M by 06-20`, `weekly`, `24/7 continuous`, `at once`, `ad hoc`, `before 09-30`.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time

from vonggac.formats.congvan.dates import make_date
from vonggac.formats.congvan.document import Deadline
from vonggac.kernel.text import fold

_YEAR = r"(?:\s?(?:/|-|,?\snam\s)\s?(?P<year>(?:19|20)\d\d))?"
_MONTH_SIGN = r"\s?(?:/|-|\sthang\s)\s?"
_DAY = rf"(?P<day>\d{{1,2}}){_MONTH_SIGN}(?P<month>\d{{1,2}})"
# Words that set an end by themselves; `den`, `hoan thanh`, `trong` also say other things and need `ngay` behind them.
_ENDS = r"truoc|cham nhat|muon nhat|xong truoc|han cuoi cung|han cuoi|han"
_LINK = r"(?:\s(?:la|vao|den|truoc))?"
_HOUR = r"(?:\s(?P<hour>\d{1,2})\s?(?:gio|h|g|:)\s?(?P<minute>\d{2})?(?:\s?phut)?)?,?\s(?:het\s)?"
_BY = rf"\b(?:{_ENDS}|den het|den|hoan thanh(?: xong)?(?: vao| trong)?){_LINK}{_HOUR}ngay\s"
_BY_BARE = rf"\b(?:{_ENDS}){_LINK}{_HOUR}"
_ANOTHER_DAY = rf"(?:\struoc)?\s(?:het\s)?ngay\s\d{{1,2}}{_MONTH_SIGN}\d{{1,2}}"
_EVERY_YEAR = r"\s?(?:cua\s)?(?:hang|moi)\snam"
# What stands between `định kỳ hằng năm` and the day: who reports, but no other clause and no number.
_GAP = r"[^.;:\n\d]{0,40}?"
_NO_YEAR = r"(?!\s?(?:/|-|,?\snam\s)\s?\d)"
_IN_CALENDAR = r"(?:0?[1-9]|[12]\d|3[01])\s?/\s?(?:0?[1-9]|1[0-2])(?!\s?[/\d%])"
_SPAN = r"(?P<count>\d{1,3})\s?(?:\([^)]{1,20}\)\s?)?(?P<unit>gio|h(?![a-z])|phut|ngay(?: lam viec)?|tuan|thang|nam)"
_FROM = r"(?P<origin>[^.;,]{0,60}?)(?=\s(?:va|de|phai|neu)\s|[.;,)\n]|$)"

# How plans set a time: `Thời gian hoàn thành: Quý I/2026`.
_SCHEDULED = r"\bthoi (?:gian|han)(?:\s(?:hoan thanh|thuc hien))?\s?:\s?(?:trong\s)?"
_SOME_TIME_IN = rf"(?:{_SCHEDULED}|(?:hoan thanh|truoc|trong|xong|(?<!tinh )den het)\s(?:trong\s)?)"

_CYCLES = {"ngay": "daily", "tuan": "weekly", "thang": "monthly", "quy": "quarterly", "nam": "yearly"}
_Value = date | str
_Rule = Callable[[re.Match[str], date | None], Sequence[_Value]]
_DATE = re.compile(rf"{_DAY}{_YEAR}")


@dataclass(frozen=True, slots=True)
class Deadlines:
    """What a text asks by when, in order, and the phrases that name a day which no calendar has (`31/02`)."""

    found: tuple[Deadline, ...]
    impossible: tuple[str, ...] = ()


def find_deadlines(text: str, issued: date | None) -> Deadlines:
    """The deadlines of a clause's text; `issued` gives the year to a day printed without one."""
    folded, places = _mend(fold(text), text)
    # One byte a character, for a list of spans would be walked for every match: garbage holds a hundred thousand.
    taken = bytearray(len(folded))
    found: list[tuple[int, Deadline]] = []
    impossible: list[str] = []
    for needs, pattern, meaning in _PATTERNS:
        for word in needs:
            if word in folded:
                break
        else:
            continue
        for match in pattern.finditer(folded):
            if taken.find(1, match.start(), match.end()) >= 0:
                continue
            if pattern.groupindex.get("every") and not _is_cycle(text, places, match):
                continue
            values = meaning(match, issued)
            printed = re.sub(r"\s+", " ", text[places[match.start()] : places[match.end()]]).strip(" ,;")
            if values:
                taken[match.start() : match.end()] = b"\1" * (match.end() - match.start())
                found += [(match.start(), _deadline(printed, value, match)) for value in values]
            elif meaning is _days and _names_a_day(match):
                impossible.append(printed)
    found.sort(key=lambda pair: pair[0])
    return Deadlines(tuple(deadline for _, deadline in found), tuple(dict.fromkeys(impossible)))


# `hằng năm` is printed `hàng năm` as often, which ends `ngân hàng năm 2025` too; `mới ngày`, `mọi ngày` are no cycles.
_EVERY = frozenset({"hằng", "hàng", "hang", "mỗi", "moi"})
_GOODS = re.compile(r"\b(?:ngân|ngan|khách|khach|cửa|mặt|gian|đơn|nhà)\s$", re.IGNORECASE)
_ONE_PERIOD = re.compile(r"\s(?:nay\b|(?:19|20)\d\d\b|\d{1,2}\s?[/-]\s?\d)")


def _is_cycle(text: str, places: Sequence[int], match: re.Match[str]) -> bool:
    """Whether the printed words say `hằng` or `mỗi`, which the folded ones do not tell."""
    start, end = (places[place] for place in match.span("every"))
    every = text[start:end].lower()
    is_goods = every != "hằng" and _GOODS.search(text, max(0, start - 8), start)
    return every in _EVERY and not is_goods and not _ONE_PERIOD.match(match.string, match.end())


def _deadline(printed: str, value: _Value, match: re.Match[str]) -> Deadline:
    if isinstance(value, str):
        return Deadline(printed, None, value)
    given = match.groupdict()
    hour, minute = int(given.get("hour") or 24), int(given.get("minute") or 0)
    return Deadline(printed, value, None, time(hour, minute) if hour < 24 and minute < 60 else None)


# Words of deadlines that a text layer has taken accented letters from, none of which is a word of its own as printed.
_DAMAGED = {
    "trưc": "truoc", "trớc": "truoc", "trc": "truoc", "chm": "cham", "nht": "nhat", "ngy": "ngay", "thng": "thang",
    "nhn": "nhan", "vng": "vong",
}  # fmt: skip
_DAMAGED_WORD = re.compile(rf"\b(?:{'|'.join(_DAMAGED)})\b|(?<=\d )gi\b|\bk t(?= (?:khi|ngày|ngy)\b)", re.IGNORECASE)
_IN_CONTEXT = {"gi": "gio", "k t": "ke tu"}


def _mend(folded: str, text: str) -> tuple[str, Sequence[int]]:
    """The folded text with damaged words whole, and the place in the text as printed of each of its characters."""
    pieces: list[str] = []
    places: list[int] = []
    last = 0
    for match in _DAMAGED_WORD.finditer(text):
        whole = (_DAMAGED | _IN_CONTEXT)[match[0].lower()]
        pieces += [folded[last : match.start()], whole]
        places += [*range(last, match.start()), *(match.start() for _ in whole)]
        last = match.end()
    if not pieces:
        return folded, range(len(folded) + 1)
    return "".join([*pieces, folded[last:]]), [*places, *range(last, len(folded) + 1)]


def _names_a_day(match: re.Match[str]) -> bool:
    """Whether a phrase that gave no date was meant as one: `trước 10/20` alone may be a fraction."""
    return bool(match["year"]) or " ngay " in match[0]


def years_inferred(deadlines: Iterator[Deadline]) -> list[str]:
    """The printed texts of fixed days whose year the document did not print."""
    texts = (one.text for one in deadlines if one.due and not re.search(r"(?:19|20)\d\d", one.text))
    return list(dict.fromkeys(texts))


def _days(match: re.Match[str], issued: date | None) -> Sequence[_Value]:
    """The day of the phrase and those that `và ngày …` adds to it."""
    days = [_day(each, issued) for each in _DATE.finditer(match[0], match.start("day") - match.start())]
    return [] if None in days else [day for day in days if day is not None]


def _day(match: re.Match[str], issued: date | None) -> _Value | None:
    if match["year"]:
        return make_date(match["day"], match["month"], match["year"])
    when = make_date(match["day"], match["month"], str(issued.year if issued else 2024))
    if when is None:
        return None
    if issued is None:
        return f"before {when:%m-%d}"
    if when >= issued:
        return when
    return make_date(match["day"], match["month"], str(issued.year + 1))


def _day_ahead(match: re.Match[str], issued: date | None) -> Sequence[_Value]:
    """`trong ngày 25/12` sets a time only where the day is still to come; else it tells what was."""
    return [day for day in _days(match, issued) if isinstance(day, str) or issued is None or day >= issued]


def _yearly(match: re.Match[str], issued: date | None) -> Sequence[_Value]:
    days = [make_date(each["day"], each["month"], "2024") for each in _DATE.finditer(match[0])]
    return [f"yearly {when:%m-%d}" for when in days if when]


def _monthly(match: re.Match[str], issued: date | None) -> Sequence[_Value]:
    day = int(match["day"])
    return [f"monthly {day:02d}"] if 1 <= day <= 31 else []


def _every(match: re.Match[str], issued: date | None) -> Sequence[_Value]:
    when = make_date(match["day"], match["month"], "2024")
    unit = {"thang": "M", "nam": "Y"}[match["unit"]]
    return [f"every P{int(match['count'])}{unit} by {when:%m-%d}"] if when else []


def _interval(match: re.Match[str], issued: date | None) -> Sequence[_Value]:
    unit = {"thang": "M", "nam": "Y"}[match["unit"] or match["each"]]
    return [f"every P{int(match['count'] or match['times'])}{unit}"]


def _within(match: re.Match[str], issued: date | None) -> Sequence[_Value]:
    count = int(match["count"])
    unit = match["unit"]
    span = {
        "gio": f"PT{count}H",
        "h": f"PT{count}H",
        "phut": f"PT{count}M",
        "tuan": f"P{count}W",
        "thang": f"P{count}M",
        "nam": f"P{count}Y",
    }
    amount = span.get(unit, f"P{count}D")
    suffix = " working" if unit == "ngay lam viec" else ""
    return [f"{amount}{suffix} from {_origin(match['origin'] or '')}"]


# Not every `nhan` receives: nhân viên, cá nhân, xác nhận.
_RECEIPT = re.compile(
    r"nhan duoc|tiep nhan|\bnhan (?:van ban|cong van|cong dien|chi thi|ke hoach|quyet dinh|thong bao|canh bao"
    r"|yeu cau|de nghi|email|thu|tin|ho so|tai lieu|danh sach|chi dao|phan anh)"
)


# The day of signing opens its phrase (`từ ngày ký`); elsewhere a folded `ky` is a term (`kết thúc kỳ thi`).
_ISSUE = re.compile(
    r"(?:^\s*|\bkhi |\bngay |\bduoc )ky\b(?! (?:thi|hop|bao cao|kiem tra|nghi|truoc|sau|nay|luong))"
    r"|ban hanh|co hieu luc"
)


def _origin(words: str) -> str:
    if _RECEIPT.search(words):
        return "receipt"
    if _ISSUE.search(words):
        return "issue"
    return "event"


def _end_of_month(match: re.Match[str], issued: date | None) -> Sequence[_Value]:
    month, year = int(match["month"]), int(match["year"])
    return _ahead(match, date(year, month, monthrange(year, month)[1]), issued) if 1 <= month <= 12 else []


def _end_of_quarter(match: re.Match[str], issued: date | None) -> Sequence[_Value]:
    quarter = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}[match["quarter"]]
    year = int(match["year"])
    return _ahead(match, date(year, quarter * 3, monthrange(year, quarter * 3)[1]), issued)


def _end_of_year(match: re.Match[str], issued: date | None) -> Sequence[_Value]:
    last = date(int(match["year"]), 12, 31)
    return [last] if issued is None or issued <= last else []


def _ahead(match: re.Match[str], last: date, issued: date | None) -> Sequence[_Value]:
    """`trong tháng 9/2023` of a later report tells when something was; the last day otherwise."""
    return [] if issued and last < issued and match[0].startswith(("trong", "den")) else [last]


def _said(rule: str) -> _Rule:
    return lambda match, issued: [rule]


def _unnamed(pattern: str) -> str:
    """The pattern without names, for a second place in a rule where the first one's name already stands."""
    return re.sub(r"\(\?P<[a-z]+>", "(?:", pattern)


# Each rule with words one of which it needs: looking for them first halves the time.
_PATTERNS: tuple[tuple[tuple[str, ...], re.Pattern[str], _Rule], ...] = (
    (
        ("(truoc ngay", "( truoc ngay"),
        re.compile(rf"(?P<count>\d{{1,2}})\s(?P<unit>thang|nam)\s?\(\s?truoc ngay\s{_DAY}\s?\)"),
        _every,
    ),
    (
        ("hang nam", "moi nam"),
        re.compile(
            rf"(?:{_BY}|{_unnamed(_BY_BARE)}){_DAY}"
            rf"(?:(?:,|\sva|\shoac)(?:{_ANOTHER_DAY}|\s\d{{1,2}}{_MONTH_SIGN}\d{{1,2}})){{0,5}}{_EVERY_YEAR}"
        ),
        _yearly,
    ),
    (
        ("hang nam", "moi nam"),
        re.compile(
            rf"\b(?:dinh ky )?(?P<every>hang|moi)\snam\b{_GAP}(?:{_BY}|{_unnamed(_BY_BARE)}|\bvao ngay\s)"
            rf"{_DAY}{_NO_YEAR}"
            rf"(?:(?:\sva|\shoac)(?:\struoc)?(?:\sngay)?\s{_IN_CALENDAR}){{0,5}}(?!\s?[/\d%])"
        ),
        _yearly,
    ),
    (
        ("hang thang", "moi thang", "thang ke", "thang sau", "thang tiep"),
        re.compile(
            rf"{_BY}(?P<day>\d{{1,2}})\s(?:cua\s)?(?:(?:hang|moi)\sthang|thang\s(?:ke tiep|tiep theo|sau|ke)\b)"
        ),
        _monthly,
    ),
    (
        ("hang thang", "moi thang"),
        re.compile(r"\bvao ngay\s(?P<day>\d{1,2})\s(?:cua\s)?(?P<every>hang|moi)\sthang"),
        _monthly,
    ),
    (
        ("hang thang", "moi thang"),
        re.compile(
            rf"\b(?:dinh ky )?(?P<every>hang|moi)\sthang\b{_GAP}(?:{_BY}|\bvao ngay\s)"
            r"(?P<day>\d{1,2})\b(?!\s?[/\-]|\s(?:thang|den)\s)"
        ),
        _monthly,
    ),
    (
        ("ngay",),
        re.compile(
            rf"{_BY}{_DAY}{_YEAR}(?!\s?[/\d])(?:(?:\sva|\shoac)"
            rf"(?:{_ANOTHER_DAY}{_unnamed(_YEAR)}(?!\s?[/\d])|(?:\struoc)?\s{_IN_CALENDAR})){{0,5}}"
        ),
        _days,
    ),
    (
        ("truoc ", "cham nhat ", "muon nhat ", "han "),
        re.compile(rf"{_BY_BARE}{_DAY}{_YEAR}(?!\s?[/\d%])"),
        _days,
    ),
    (("trong ngay ",), re.compile(rf"\btrong ngay\s{_DAY}{_YEAR}(?!\s?[/\d])"), _day_ahead),
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
        ("trong ",),
        # A bare `trong` also looks back (`trong 24 giờ qua`) and tells of days (`trong 02 ngày 20-21/12`).
        re.compile(
            r"\btrong\s(?P<count>\d{1,3})\s?(?:\([^)]{1,20}\)\s?)?"
            r"(?P<unit>gio|h(?![a-z])|phut|ngay(?: lam viec)?|tuan)\b"
            r"(?!\s?[/\d(]|\s(?:qua|gan|vua|truoc|lien|tu|le|nghi|tet|dau|cuoi)\b)"
            r"(?P<origin>\s(?:sau\s)?khi [^.;,]{0,40})?"
        ),
        _within,
    ),
    (
        ("thang",),
        re.compile(rf"{_SOME_TIME_IN}thang\s(?P<month>\d{{1,2}})\s?(?:/|nam\s)\s?(?P<year>20\d\d)"),
        _end_of_month,
    ),
    (
        ("quy",),
        re.compile(rf"{_SOME_TIME_IN}quy\s(?P<quarter>iv|i{{1,3}}|[1-4])\s?(?:/|,?\s?nam\s)\s?(?P<year>20\d\d)"),
        _end_of_quarter,
    ),
    (
        ("nam 20",),
        re.compile(rf"(?:{_SCHEDULED}|\bhoan thanh\s(?:xong\s)?(?:trong\s)?)nam\s(?P<year>20\d\d)\b"),
        _end_of_year,
    ),
    (
        ("thoi gian hoan thanh", "thoi han"),
        re.compile(rf"\bthoi (?:gian|han) hoan thanh\s?:\s?(?:ngay\s)?{_DAY}{_YEAR}(?!\s?[/\d%])"),
        _days,
    ),
    (
        ("24", "ngay dem", "ngay lan dem", "ngay va dem"),
        re.compile(
            r"\b24\s?(?:h|gio)?\s?/\s?(?:7|24(?:\s?(?:h|gio))?)\b|\b24\s?(?:h|gio)\s?(?:/|trong|moi|mot)\s?ngay\b"
            r"|\bsuot ngay dem\b|\bca ngay (?:lan|va) dem\b"
        ),
        _said("24/7 continuous"),
    ),
    (("dot xuat",), re.compile(r"(?:hang|dinh ky)\s(?:hang\s)?thang\shoac\sdot xuat"), _said("monthly or ad hoc")),
    (
        ("dinh ky", "lan"),
        re.compile(
            r"dinh ky\s(?P<count>\d{1,2})\s(?P<unit>thang|nam)\b(?:/lan)?"
            r"|\b(?P<times>\d{1,2})\s(?P<each>thang|nam)(?:\s?/\s?| mot | 0?1 )lan\b"
        ),
        _interval,
    ),
    (
        ("hang ", "moi "),
        re.compile(r"(?<!\d )\b(?:dinh ky )?(?P<every>hang|moi)\s(?P<unit>ngay|tuan|thang|quy|nam)\b"),
        lambda match, issued: [_CYCLES[match["unit"]]],
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
