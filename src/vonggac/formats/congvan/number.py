"""Number and symbol of a document, in the state's grammar (`1465/BTTTT-CATTT`) and the Party's (`28-CT/TW`)."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from vonggac.formats.congvan.vocabulary import Vocabulary
from vonggac.kernel.text import fold, squash

LETTERS = "A-ZĐƯƠÂÊÔĂ"
GROUP = rf"[{LETTERS}][{LETTERS}a-zđư&0-9]{{0,13}}"
DASH = r"\s{0,2}[-–—]\s{0,2}"
# Two units that drafted together: `EVN-VTCNTT+AT`.
_JOINED = rf"(?:\+{GROUP}){{0,2}}"
STATE_SYMBOL = (
    rf"(?:{GROUP}(?:{DASH}{GROUP}){{1,4}}{_JOINED}|(?:QĐ|CT|NQ|TT|NĐ|TB|KH)\.{GROUP}|QH\d{{1,2}}|UBTVQH\d{{1,2}})"
)

# A law prints its type before the word: `Luật số:`.
_TYPED = r"(?:luat|bo luat|phap lenh|nghi quyet)\s{1,2}so\s{0,2}(?=:)"
_ANCHOR = re.compile(
    rf"^[^\w\n]{{0,6}}(?:{_TYPED}|so|s0|s6|s)(?:\s{{0,3}}[:;.]|(?=\s{{1,4}}[\d.…]{{1,6}}\s{{0,3}}[/\-]))",
    re.MULTILINE,
)
_STATE = re.compile(
    rf"^\s{{0,8}}(?P<number>\d(?:[\d ]{{0,5}}\d)?[a-z]?(?:\s?/\s?(?:19|20)\d\d)?)\s{{0,4}}/\s{{0,4}}(?P<symbol>{GROUP}(?:\s?/\s?{GROUP})?(?:{DASH}{GROUP}){{0,4}}{_JOINED})"  # noqa: E501  # one rule of the grammar stays in one place
)
_PARTY = re.compile(rf"^\s{{0,8}}(?P<number>\d{{1,5}})?{DASH}(?P<symbol>{GROUP}\s?/\s?{GROUP}(?:{DASH}{GROUP}){{0,2}})")
_ANY_SYMBOL = re.compile(rf"/\s{{0,3}}(?P<symbol>{GROUP}(?:{DASH}{GROUP}){{1,4}})")
_SYMBOL_LINE = re.compile(rf"^\s{{0,4}}/\s{{0,3}}(?P<symbol>{GROUP}(?:{DASH}{GROUP}){{1,4}})\s*$", re.MULTILINE)
_LOOSE_END = re.compile(r"\s{1,2}[-–—][^-–—]*$|[-–—]\s{1,2}[^-–—]*$")
_NUMBER_ONLY = re.compile(r"^\s{0,8}(?P<number>\d{1,5}[a-z]?)\s{0,3}/?\s{0,8}(?=\n|$)")


@dataclass(frozen=True, slots=True)
class Number:
    """Number and symbol as read, with the raw text, the offset span, a warning where something was wrong, a certainty."""  # noqa: E501  # one rule of the grammar stays in one place

    number: str | None
    symbol: str | None
    raw: str
    start: int
    end: int
    warning: str | None
    certainty: float


@lru_cache(maxsize=4_096)
def tidy_symbol(symbol: str) -> str:
    """The symbol without stray blanks, with plain hyphens, and with the small letters that the decree gives it."""
    symbol = re.sub(r"\s*[-–—]\s*", "-", symbol.strip())
    symbol = re.sub(r"\s*/\s*", "/", symbol)
    return re.sub(
        r"(?<![A-ZĐƯ])(?:TTG|TTR)(?![A-ZĐƯa-z])", lambda match: {"TTG": "TTg", "TTR": "TTr"}[match[0]], symbol
    )


def part_glued(symbol: str, following: str) -> str:
    """The symbol without the first letters of a word that lost the blank before it: `ĐPƯCv` before `ề` is `ĐPƯC`."""
    if not following[:1].isalpha():
        return symbol
    return re.sub(r"(?<=TTg|TTr)[a-zđư]+$|(?<!TTg)(?<!TTr)(?<=[A-ZĐƯ0-9])[a-zđư]+$", "", symbol)


def find_number(text: str, vocabulary: Vocabulary, cited: Collection[str]) -> Number | None:
    """The first number line of a header's text; `cited` are symbols seen elsewhere, which settle a doubtful one."""
    for anchor in _ANCHOR.finditer(fold(text)):
        found = _read(text, anchor.start(), anchor.end(), vocabulary, cited)
        if found is not None:
            return found
    return None


def _read(text: str, start: int, after: int, vocabulary: Vocabulary, cited: Collection[str]) -> Number | None:
    rest = text[after : after + 160]
    lead = len(rest) - len(rest.lstrip())
    if "\n" in rest[:lead] and not re.match(r"\s*[\d/.…*]", rest):
        return _symbol_apart(text, after, vocabulary, cited)
    party, state = _PARTY.match(rest), _STATE.match(rest)
    if party and _is_party(party["symbol"], vocabulary):
        warning = None if party["number"] else f"số để trống: {party[0].strip()}"
        sure = 0.5 if rest[party.end() : party.end() + 1].isalpha() else 0.97
        return _number(text, start, after + party.end(), party["number"], tidy_symbol(party["symbol"]), warning, sure)
    if state:
        state = _without_loose_end(_STATE, state, rest)
        number = re.sub(r"\s+", "", state["number"])
        printed = tidy_symbol(state["symbol"])
        symbol, sure = settle_symbol(printed, vocabulary, cited)
        sure = 0.5 if rest[state.end() : state.end() + 1].isalpha() else sure
        warning = None if symbol == printed else f"ký hiệu in là “{printed}”, đọc là “{symbol}”"
        return _number(text, start, after + state.end(), number, symbol, warning, sure)
    line_end = lead + len(rest[lead:].partition("\n")[0])
    line = rest[:line_end]
    symbols = list(_ANY_SYMBOL.finditer(line))
    if symbols:
        before = line[: symbols[-1].start()].strip()
        warning = (
            f"không đọc được số: “{line.strip()}”" if re.search(r"\w", before) else f"số để trống: “{line.strip()}”"
        )
        symbol, sure = settle_symbol(tidy_symbol(symbols[-1]["symbol"]), vocabulary, cited)
        return _number(text, start, after + symbols[-1].end(), None, symbol, warning, sure)
    alone = _NUMBER_ONLY.match(rest)
    if alone:
        return _number(text, start, after + alone.end(), alone["number"], None, None, 0.6)
    return None


def _without_loose_end(pattern: re.Pattern[str], found: re.Match[str], text: str) -> re.Match[str]:
    """The match without a last group that begins the next word behind a spaced dash: `UBND-VX - S` before `ở`."""
    loose = _LOOSE_END.search(found[0]) if text[found.end() : found.end() + 1].isalpha() else None
    return (pattern.match(text[: loose.start()]) if loose else None) or found


def _symbol_apart(text: str, after: int, vocabulary: Vocabulary, cited: Collection[str]) -> Number | None:
    """A number left open whose symbol a table has moved to a line of its own: `Số:` … `/TTr-VPCP`."""
    found = _SYMBOL_LINE.search(text, after, after + 400)
    if found is None:
        return None
    symbol, sure = settle_symbol(tidy_symbol(found["symbol"]), vocabulary, cited)
    warning = f"số để trống: “{found[0].strip()}”"
    return Number(None, symbol, found[0].strip(), found.start(), found.end(), warning, min(sure, 0.9))


def _number(
    text: str, start: int, end: int, number: str | None, symbol: str | None, warning: str | None, certainty: float
) -> Number:
    return Number(number, symbol, text[start:end].strip(), start, end, warning, certainty)


def _is_party(symbol: str, vocabulary: Vocabulary) -> bool:
    return fold(symbol.split("/", maxsplit=1)[0]).strip() in vocabulary.kind_of_symbol


def settle_symbol(printed: str, vocabulary: Vocabulary, cited: Collection[str]) -> tuple[str, float]:
    """The symbol that was meant, with a certainty: one cited elsewhere or made of known abbreviations wins.

    `BT/TTT-CATTT` is `BTTTT-CATTT` when the same file cites that, or when it is one known body; `QĐUBND` lost its hyphen.
    """  # noqa: E501  # one rule of the grammar stays in one place
    for known in cited:
        if known != printed and squash(known) == squash(printed):
            return known, 0.95
    joined = printed.replace("/", "")
    if joined != printed:
        first = joined.split("-")[0]
        near = next((body for body in vocabulary.bodies if fold(body) == fold(first)), None)
        spelled = _missing_letter(first, vocabulary)
        if near or spelled:
            return "-".join([near or spelled or first, *joined.split("-")[1:]]), 0.9
        return printed, 0.5
    if "-" not in printed:
        split = _lost_hyphen(printed, vocabulary)
        return (split, 0.85) if split else (printed, 0.6 if len(printed) > 1 else 0.3)
    return printed, 0.97


def _missing_letter(first: str, vocabulary: Vocabulary) -> str | None:
    """The one known abbreviation of four letters or more that differs from the printed by a single repeated letter."""
    shapes = {body for body in vocabulary.bodies if len(body) >= 4 and _runs(body) == _runs(first)}
    return shapes.pop() if len(shapes) == 1 else None


def _runs(text: str) -> str:
    return re.sub(r"(.)\1+", r"\1", fold(text))


def _lost_hyphen(printed: str, vocabulary: Vocabulary) -> str | None:
    for abbreviation in sorted(vocabulary.type_symbols, key=len, reverse=True):
        if len(abbreviation) > 1 and printed.startswith(abbreviation):
            rest = printed[len(abbreviation) :]
            if rest in vocabulary.bodies:
                return f"{abbreviation}-{rest}"
    return None
