"""A spreadsheet's marks in the desk's terms: what each letter stands for, proposed, settled by a person, remembered."""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vonggac.duty.models import LeaveKind, Post, ShiftType
from vonggac.duty.presets import PATTERNS, ShiftFields, free_letter, kind_of
from vonggac.formats.roster_sheet import Reading
from vonggac.formats.roster_sheet.legend import Hours, hours_in, is_whole_day, without_hours
from vonggac.kernel.text import fold

OFF = "off"
USUAL_NAME = "Trực ban"
# Letters and words by which offices mark that somebody is away, folded; the first word found in a meaning decides.
_AWAY_LETTERS: Mapping[str, str] = {
    "p": LeaveKind.ANNUAL, "np": LeaveKind.ANNUAL, "al": LeaveKind.ANNUAL, "o": LeaveKind.SICK, "om": LeaveKind.SICK,
    "h": LeaveKind.TRAINING, "ht": LeaveKind.TRAINING, "ct": LeaveKind.MISSION, "nb": LeaveKind.REST,
    "b": LeaveKind.REST, "bu": LeaveKind.REST, "off": OFF, "0": OFF, "-": OFF, "l": OFF, "r": OFF,
}  # fmt: skip
_AWAY_WORDS: Sequence[tuple[str, str]] = (
    ("phep", LeaveKind.ANNUAL), ("om", LeaveKind.SICK), ("hoc", LeaveKind.TRAINING), ("tap huan", LeaveKind.TRAINING),
    ("cong tac", LeaveKind.MISSION), ("nghi bu", LeaveKind.REST), ("nghi khac", LeaveKind.OTHER), ("nghi", OFF),
)  # fmt: skip
# How leave is written into a table of the desk's own: mark and meaning, read back to the same kind.
AWAY_MARKS: Mapping[str, tuple[str, str]] = {
    LeaveKind.ANNUAL: ("P", "nghỉ phép"), LeaveKind.SICK: ("Ô", "nghỉ ốm"), LeaveKind.TRAINING: ("HT", "đi học"),
    LeaveKind.MISSION: ("CT", "đi công tác"), LeaveKind.OTHER: ("NK", "nghỉ khác"), LeaveKind.REST: ("NB", "nghỉ bù"),
}  # fmt: skip
_DAY_PARTS: Sequence[tuple[str, range]] = (
    ("sang", range(4 * 60, 12 * 60)), ("chieu", range(12 * 60, 18 * 60)), ("dem", range(18 * 60, 24 * 60)),
    ("toi", range(17 * 60, 24 * 60)), ("ngay", range(5 * 60, 12 * 60)),
)  # fmt: skip


# Words of a sheet's name that name no post.
_NO_NAME = frozenset(
    "sheet trang tinh lich truc bang phan cong thang t th tuan nam quy tet le month week".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What marks and sections mean: mark → `shift:CODE`, `post:ID:CODE`, `leave:KIND` or `off`.

    `shift:S+C` is both shifts, each in full. `sections` says section → post.

    `people` says who somebody is where the sheet alone does not: label → a target of `sheet_people.Who`.
    """

    marks: dict[str, str] = field(default_factory=dict)
    sections: dict[str, int] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {"marks": self.marks, "sections": self.sections, "people": self.people}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Meaning":
        """As it was stored."""
        return cls(
            dict(stored.get("marks", {})),
            {name: int(post) for name, post in stored.get("sections", {}).items()},
            dict(stored.get("people", {})),
        )


def signature(reading: Reading) -> str:
    """What makes two sheets alike: shape, name, sections, marks and legend, whatever the month and the people."""
    told = sorted(f"{mark}={meaning}" for mark, meaning in reading.legend.items())
    content = "\x1f".join(
        [reading.shape, told_name(reading), *sorted(reading.sections), "\x1e", *sorted(reading.marks), "\x1e", *told]
    )
    return hashlib.sha256(content.encode()).hexdigest()


def proposed(reading: Reading, posts: Sequence[Post], types: Sequence[ShiftType]) -> Meaning:
    """The likeliest meaning of every mark, by its letter and what the sheet itself says of it; "" where unsure."""
    sections = {name: post.pk for name in _sections(reading) if (post := _post_of_part(reading, name, posts, types))}
    held = [row for row in types if not sections or row.post_id in sections.values()]
    marks = {}
    for mark in reading.marks:
        meaning = reading.legend.get(mark, "")
        if reading.shape == "names_in_cells":
            marks[mark] = _column(mark, posts, types)
        else:
            marks[mark] = _letter(mark, meaning, held)
    return Meaning(marks, sections)


@dataclass(frozen=True, slots=True)
class ShownPost:
    """A post that a sheet shows and the desk does not have: what it would be made with."""

    name: str
    kind: str
    shifts: tuple[ShiftFields, ...]


def shown_posts(reading: Reading, posts: Sequence[Post], types: Sequence[ShiftType]) -> list[ShownPost]:
    """The posts that the sheet is about and that nobody has made yet, each with the shifts that its letters show."""
    if reading.shape == "names_in_cells":
        return _posts_of_columns(reading, posts, types)
    found = []
    for section in _sections(reading):
        if _post_of_part(reading, section, posts, types) is None:
            name = section or told_name(reading) or USUAL_NAME
            shifts = _shifts_of(_marks(reading, section), reading.legend)
            found.append(ShownPost(_free_name(name, shifts, posts), kind_of(name, otherwise="monitoring"), shifts))
    return found


def _posts_of_columns(reading: Reading, posts: Sequence[Post], types: Sequence[ShiftType]) -> list[ShownPost]:
    """Columns with hours are the shifts of one post; a column without hours is a post of its own, day by day."""
    unknown = [mark for mark in reading.marks if not _column(mark, posts, types)]
    told = {mark: hours for mark in unknown if (hours := hours_in(mark))}
    bare = [
        ShownPost(mark, kind_of(mark, otherwise="monitoring"), PATTERNS["1x24"]) for mark in unknown if mark not in told
    ]
    if not told:
        return bare
    by_post: dict[str, list[str]] = {}
    for mark in sorted(told, key=lambda mark: told[mark].start_minute):
        name = without_hours(mark)
        by_post.setdefault(USUAL_NAME if not name or fold(name).startswith("ca ") else name, []).append(mark)
    found = []
    for name, marks in by_post.items():
        used: set[str] = set()
        shifts = tuple(
            ShiftFields(
                free_letter(told[mark].start_minute, used), without_hours(mark)[:60] or mark[:60],
                told[mark].start_minute, told[mark].length_minutes,
            )
            for mark in marks
        )  # fmt: skip
        found.append(ShownPost(_free_name(name, shifts, posts), kind_of(name, otherwise="monitoring"), shifts))
    return [*found, *bare]


def _shifts_of(marks: set[str], legend: Mapping[str, str]) -> tuple[ShiftFields, ...]:
    """The shifts that letters show: by their hours in the legend, else the known pattern that has most of them."""
    told = _told_hours(marks, legend)
    if told:
        shifts = (
            ShiftFields(mark[:8], without_hours(legend[mark])[:60] or mark, hours.start_minute, hours.length_minutes)
            for mark, hours in sorted(told.items(), key=lambda item: item[1].start_minute)
        )
        return tuple(shifts)
    if marks & {"S", "C"}:
        return PATTERNS["3x8"]
    return PATTERNS["2x12"] if "Đ" in marks else PATTERNS["1x24"]


def _sections(reading: Reading) -> list[str]:
    """The sections that carry entries; "" is a sheet without any."""
    return list(dict.fromkeys(entry.section for entry in reading.entries))


def told_name(reading: Reading) -> str:
    """What the sheet is called, else what its title says that it is about; "" for a number or the word for a roster."""
    words = re.findall(r"[a-z]+", fold(reading.sheet))
    if not all(word in _NO_NAME for word in words):
        return reading.sheet[:100]
    return reading.subject if kind_of(reading.subject, otherwise="") else ""


def _marks(reading: Reading, section: str) -> set[str]:
    return {entry.mark for entry in reading.entries if entry.section == section}


def _told_hours(marks: Collection[str], legend: Mapping[str, str]) -> dict[str, Hours]:
    """The hours that the sheet itself gives to marks of shifts."""
    meanings = {mark: legend.get(mark, "") for mark in marks if "/" not in mark}
    return {mark: hours for mark, meaning in meanings.items() if not _away(meaning) and (hours := hours_in(meaning))}


def _post_of_part(reading: Reading, section: str, posts: Sequence[Post], types: Sequence[ShiftType]) -> Post | None:
    """The post that a part of a sheet is about: named alike, or the only one, and having the hours that it tells."""
    told = _told_hours(_marks(reading, section), reading.legend)
    fitting = [post for post in posts if _has_all(post, told, types)]
    if name := section or told_name(reading):
        return _named(name, fitting)
    return fitting[0] if len(fitting) == 1 and (told or len(posts) == 1) else None


def _has_all(post: Post, told: Mapping[str, Hours], types: Sequence[ShiftType]) -> bool:
    own = [row for row in types if row.post_id == post.pk]
    return all(any(_has_hours(row, hours) for row in own) for hours in told.values())


def _named(name: str, posts: Sequence[Post]) -> Post | None:
    """The post whose name a heading holds, or that holds the heading; of several the longest."""
    folded = fold(name)
    named = [post for post in posts if folded and (fold(post.name) in folded or folded in fold(post.name))]
    return max(named, key=lambda post: len(post.name), default=None)


def _free_name(name: str, shifts: Sequence[ShiftFields], posts: Sequence[Post]) -> str:
    """The name for a post to be made: with its hours where a post of other hours has it."""
    if all(fold(post.name) != fold(name) for post in posts):
        return name
    start = shifts[0].start_minute
    return f"{name[:80]} ({start // 60:02d}h{start % 60:02d})"


def _letter(mark: str, meaning: str, types: Sequence[ShiftType]) -> str:
    """What a mark likely means, "" for a half: as the sheet says it, as letters usually mean it where it is silent."""
    if "/" in mark or "nua" in fold(meaning).split():
        return ""
    away = _away(meaning) if meaning else _AWAY_LETTERS.get(fold(mark), "") or _away(mark)
    row = next((row for row in types if fold(row.code) == fold(mark) and row.code.upper() == mark.upper()), None)
    if meaning and hours_in(meaning) and not away:
        row = _by_meaning(meaning, types)
    elif away and (meaning or row is None):
        return OFF if away == OFF else f"leave:{away}"
    elif row is None and meaning:
        row = _by_meaning(meaning, types)
    if row is None and mark == "X" and not meaning and len({row.code for row in types}) == 1:
        row = types[0]
    return f"shift:{row.code}" if row else ""


def _away(meaning: str) -> str:
    words = fold(meaning).split()
    text = " ".join(words)
    return next((kind for word, kind in _AWAY_WORDS if word in words or (" " in word and word in text)), "")


def _by_meaning(meaning: str, types: Sequence[ShiftType]) -> ShiftType | None:
    """The shift that a meaning's hours, or its part of the day, point at; of `24/24h` the one that lasts so long."""
    hours = hours_in(meaning)
    if hours is not None:
        return next((row for row in types if _has_hours(row, hours)), None)
    if is_whole_day(meaning):
        whole = {row.code: row for row in types if row.length_minutes == 24 * 60}
        return next(iter(whole.values())) if len(whole) == 1 else None
    words = fold(meaning).split()
    span = next((span for word, span in _DAY_PARTS if word in words), None)
    return next((row for row in types if span and row.start_minute in span), None)


def _has_hours(row: ShiftType, hours: Hours) -> bool:
    return row.start_minute == hours.start_minute and row.length_minutes == hours.length_minutes


def _column(heading: str, posts: Sequence[Post], types: Sequence[ShiftType]) -> str:
    """A column that holds names: the post that its heading names, and the shift by its hours, or the only one."""
    post = _named(heading, posts)
    among = [row for row in types if post is None or row.post_id == post.pk]
    row = _by_meaning(heading, among)
    if row is None and post is not None and len(among) == 1 and not hours_in(heading):
        row = among[0]
    return f"post:{row.post_id}:{row.code}" if row else ""
