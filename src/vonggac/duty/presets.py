"""The patterns of shifts that offices know by name, and how a new post of each kind begins."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vonggac.kernel.text import fold


@dataclass(frozen=True, slots=True)
class ShiftFields:
    """One shift of a pattern, as a person enters it; minutes count from Hà Nội's midnight, weekdays from Monday = 0."""

    code: str
    name: str
    start_minute: int
    length_minutes: int
    minimum: int = 1
    wished: int = 0
    skills: Mapping[str, int] = field(default_factory=dict)
    weekdays: tuple[int, ...] = ()
    is_on_call: bool = False


HOUR = 60
# The letters and names are those of Vietnamese rosters, whatever language the desk speaks: they stand on the wall.
PATTERNS: Mapping[str, tuple[ShiftFields, ...]] = {
    "3x8": (
        ShiftFields("S", "Ca sáng", 6 * HOUR, 8 * HOUR),
        ShiftFields("C", "Ca chiều", 14 * HOUR, 8 * HOUR),
        ShiftFields("Đ", "Ca đêm", 22 * HOUR, 8 * HOUR),
    ),
    "2x12": (
        ShiftFields("N", "Ca ngày", 7 * HOUR, 12 * HOUR),
        ShiftFields("Đ", "Ca đêm", 19 * HOUR, 12 * HOUR),
    ),
    "1x24": (ShiftFields("T", "Trực 24 giờ", 7 * HOUR, 24 * HOUR),),
    "home": (ShiftFields("NH", "Trực tại nhà", 7 * HOUR, 24 * HOUR, is_on_call=True),),
    "office": (ShiftFields("HC", "Giờ hành chính", 8 * HOUR, 9 * HOUR, weekdays=(0, 1, 2, 3, 4)),),
}


@dataclass(frozen=True, slots=True)
class Habits:
    """What a post of a kind does unless somebody says otherwise; a leader at home is not asked through the night."""

    pattern: str
    asks_presence: bool = True
    hands_over: bool = True
    awake_minutes: int = 120


HABITS: Mapping[str, Habits] = {
    "monitoring": Habits("3x8"),
    "handling": Habits("home", hands_over=False, awake_minutes=0),
    "leadership": Habits("home", hands_over=False, awake_minutes=0),
    "infrastructure": Habits("2x12"),
    "other": Habits("3x8", awake_minutes=0),
}


_KIND_WORDS = (
    ("lanh dao", "leadership"), ("xu ly", "handling"), ("ung cuu", "handling"), ("ha tang", "infrastructure"),
    ("giam sat", "monitoring"),
)  # fmt: skip


def kind_of(name: str, *, otherwise: str) -> str:
    """What a post is for by its Vietnamese name: `Trực lãnh đạo` is leadership."""
    folded = fold(name)
    return next((kind for word, kind in _KIND_WORDS if word in folded), otherwise)


def free_letter(start_minute: int, used: set[str]) -> str:
    """A letter for a shift by the part of the day in which it begins, `S2` where S is taken; it is used afterwards."""
    if 4 * HOUR <= start_minute < 12 * HOUR:
        base = "S"
    else:
        base = "C" if 12 * HOUR <= start_minute < 18 * HOUR else "Đ"
    letter = next(name for number in range(1, 100) if (name := base if number == 1 else f"{base}{number}") not in used)
    used.add(letter)
    return letter
