"""Where one document of a file ends and the next begins: a header after a body."""

import itertools
import re
from bisect import bisect_left
from dataclasses import dataclass, field

from vonggac.formats.congvan.addressees import greeting_end
from vonggac.formats.congvan.attached import attached_titles, says_with
from vonggac.formats.congvan.bodies import looks_like_body
from vonggac.formats.congvan.closing import is_signature, signs
from vonggac.formats.congvan.lines import CAPITALS, LONG_DATE, MOTTO, MOTTO_SECOND, PARTY_MOTTO, Line
from vonggac.formats.congvan.number import GROUP
from vonggac.formats.congvan.vocabulary import Vocabulary
from vonggac.kernel.text import fold, is_capitals, lead_end, squash

_NUMBER = re.compile(rf"^\W{{0,4}}S[ốo0]\s{{0,3}}:\s{{0,3}}[^\n]{{0,20}}?[/\-]\s{{0,3}}{GROUP}")
# The Party prints no colon. Without one the line must hold nothing else, or a sentence could begin so.
_BARE_NUMBER = re.compile(
    rf"^\W{{0,4}}S[ốo0]\s{{1,3}}\d{{1,5}}\s?[/\-–]\s?{GROUP}(?:\s?[/\-–]\s?{GROUP}){{1,4}}\W{{0,6}}"
    rf"(?:$|(?=[{CAPITALS}][^:;]{{2,40}},\s?ng))"
)
_FILLED = re.compile(r"\d\s{0,4}[/\-–]")
_ABOUT = re.compile(r"^\W{0,4}v\s?/\s?v\b")
_SHORT_DATE = re.compile(
    r"^\W{0,4}(?:[a-z][a-z .'\-]{1,40},\s{0,3}(?:ng[a-z]{0,2}\s{0,3})?|ng[a-z]{0,2}\s{0,3})"
    r"\d{1,2}\s?[/.\-]\s?\d{1,2}\s?[/.\-]\s?\d{4}\W{0,4}$"
)
_ANNEX = re.compile(r"^(?:phu luc|mau (?:so|bieu|\d)|bieu mau|mau)\b")
# What is filled in and sent back with a national title of its own.
_FORM = re.compile(
    r"^(?:phieu|don|to khai|bieu|mau|danh sach|ban (?:cam ket|dang ky|khai|ke khai)|giay (?:dang ky|xac nhan))\b"
)
_QUOTES = re.compile(r"\b(?:nguyen van|toan van|noi dung nhu sau)\b[^:]{0,60}:$")
_ENDING = re.compile(r"[./)]/\.?\W*$")
_BODY = re.compile(r"^(?:can cu|thuc hien|theo|truoc|nham|trong|xet|(?:\d{1,2}|[ivx]{1,4})[.)]) ")
_PARAGRAPH = 150
# A header's parts stand this close together, counted in lines with text; its bodies this close above them.
_HEADER_LINES = 25
_BODIES_LINES = 8
_PAIR_CHARACTERS = 40
_ANNEX_LINES = 25
_OF_A_TITLE = frozenset({"greeting", "about", "title"})


@dataclass(frozen=True, slots=True)
class Segment:
    """The lines of one document; `unparted` is the line number of a further header in them that stands too unclear."""

    lines: tuple[Line, ...]
    unparted: int | None = None


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A line that stands in headers: its index among the lines with text, what it holds, its words."""

    at: int
    kinds: frozenset[str]
    text: str

    @property
    def is_number(self) -> bool:
        """Whether it holds the number, with or without a colon."""
        return not self.kinds.isdisjoint({"number", "bare_number"})


@dataclass(slots=True)
class _Current:
    """What has been seen of the document that is being passed through; `seen` stands before its ending."""

    seen: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    has_body: bool = False
    has_ended: bool = False
    has_annex: bool = False


def split(lines: list[Line], vocabulary: Vocabulary) -> list[Segment]:
    """Each document of a file, in order; a file with one document gives one segment. O(lines)."""
    filled = [index for index, line in enumerate(lines) if line.text]
    whole = _Segmenting(tuple(lines[index] for index in filled), vocabulary)
    whole.run()
    edges = [0, *(filled[at] for at in whole.starts), len(lines)]
    return [
        Segment(tuple(lines[start:end]), whole.unparted.get(order))
        for order, (start, end) in enumerate(zip(edges, edges[1:], strict=False))  # noqa: RUF007  # one rule of the grammar stays in one place
    ]


class _Segmenting:
    """One pass over the lines with text: the starts of the second and later documents, and what stayed unclear."""

    def __init__(self, lines: tuple[Line, ...], vocabulary: Vocabulary) -> None:
        self.lines = lines
        self.vocabulary = vocabulary
        titles = {squash(title) for title in vocabulary.kinds}
        self.attached = attached_titles(lines, vocabulary)
        self.anchors = [anchor for at in range(len(lines)) if (anchor := self._anchor(at, titles)) is not None]
        self.positions = [anchor.at for anchor in self.anchors]
        self.endings = [at for at in range(len(lines)) if _ends(lines, at)]
        self.starts: list[int] = []
        self.unparted: dict[int, int] = {}
        self.is_annex = self._begins_as_annex(0, 0)

    def run(self) -> None:
        """Find the starts. What is looked at between two anchors is looked at once."""
        current, previous, passed = _Current(), -1, -1
        for order, anchor in enumerate(self.anchors):
            self._pass(current, previous + 1, anchor.at)
            previous = anchor.at
            if anchor.at > passed and (current.has_ended or current.has_body):
                header = self._header(order)
                is_attached = current.has_ended and self._is_attached(header)
                if not is_attached and (self._is_no_document(anchor, header) or _is_list(header)):
                    passed = header[-1].at
                elif is_attached or (not self._is_sample(current, header) and _begins_another(header, current)):
                    self.starts.append(self._header_start(anchor.at))
                    current, self.is_annex = _Current(), self._begins_as_annex(self.starts[-1], order)
                elif current.has_ended and current.has_body and self._may_begin(header):
                    self.unparted.setdefault(len(self.starts), self.lines[anchor.at].number)
            if not current.has_ended:
                current.seen |= anchor.kinds
                current.numbers |= {anchor.text} if anchor.is_number else set()
                current.has_body = current.has_body or "greeting" in anchor.kinds

    def _anchor(self, at: int, titles: set[str]) -> _Anchor | None:
        """The line as one that stands in headers; the title of what is issued with another document may go on in it."""
        if at in self.attached:
            return _Anchor(at, frozenset({"title"}), self.lines[at].text)
        return _anchor(self.lines, at, titles)

    def _is_attached(self, header: list[_Anchor]) -> bool:
        """Whether the header is of what is issued with the document above: a motto at most stands over its title."""
        first = next(anchor for anchor in header if anchor.kinds != {"motto"} or anchor is header[-1])
        above = self.lines[max(0, header[0].at - 3) : first.at]
        return first.at in self.attached and not any(_ANNEX.match(fold(line.text).lstrip(" #*")) for line in above)

    def _pass(self, current: _Current, start: int, end: int) -> None:
        """Note endings, the first words of a body and annexes between two anchors of a document that has begun."""
        if not current.seen:
            return
        between = [line.text for line in self.lines[start:end]]
        current.has_ended = current.has_ended or self._ends_between(start, end)
        current.has_body = current.has_body or any(map(_is_body, between))
        current.has_annex = current.has_annex or (
            current.has_ended and any(_ANNEX.match(fold(text[:40]).lstrip(" #*")) for text in between)
        )

    def _may_begin(self, header: list[_Anchor]) -> bool:
        """Whether the anchors could be what is left of a header."""
        kinds = _kinds_of(header)
        is_left = bool(kinds & {"number", "motto", "greeting"}) or len(kinds) > 1
        return _has_number(header) if self.is_annex else is_left

    def _is_sample(self, current: _Current, header: list[_Anchor]) -> bool:
        """Whether an annex shows how to fill a header in."""
        return self.is_annex or (current.has_annex and not _has_number(header))

    def _begins_as_annex(self, start: int, order: int) -> bool:
        """Whether an annex stands here before any header: headers in it are samples of how to fill it in."""
        heads = (
            anchor.at
            for anchor in itertools.islice(self.anchors, order, None)
            if anchor.is_number or "motto" in anchor.kinds
        )
        return is_annex(self.lines[start : min(start + _ANNEX_LINES, next(heads, len(self.lines)))])

    def _ends_between(self, start: int, end: int) -> bool:
        return bisect_left(self.endings, start) < bisect_left(self.endings, end)

    def _header(self, order: int) -> list[_Anchor]:
        """The anchors from this one on that can be of one header: close together, and no ending between them."""
        first = self.anchors[order].at
        ending = bisect_left(self.endings, first)
        end = min(self.endings[ending] if ending < len(self.endings) else len(self.lines), first + _HEADER_LINES)
        return self.anchors[order : max(order + 1, bisect_left(self.positions, end + 1))]

    def _is_no_document(self, anchor: _Anchor, header: list[_Anchor]) -> bool:
        """Whether the header is of a quoted document, of an annex under its document's number, or of a blank form."""
        start = self._header_start(anchor.at)
        before = self.lines[start - 1].text if start else ""
        if self.lines[start].text[0] in "“\"'" or _QUOTES.search(fold(before[-120:])):
            return True
        if _has_number(header):
            return False
        around = [line.text.lstrip(" #*") for line in self.lines[max(0, start - 10) : anchor.at + 14]]
        above, below = around[: min(start, 10)], around[min(start, 10) :]
        return (
            any(_ANNEX.match(fold(text)) for text in above)
            or any(map(says_with, below))
            or any(_FORM.match(fold(text)) and is_capitals(text) for text in [*above[-3:], *below])
        )

    def _header_start(self, at: int) -> int:
        """The first line of the header: bodies in capitals above the anchor belong to it, a signature does not."""
        first = at
        for position in range(at - 1, max(-1, at - 1 - _BODIES_LINES), -1):
            text = self.lines[position].text
            if not re.search(r"\w", text):
                continue
            if not is_capitals(text) or self._is_signer(text):
                break
            whole = f"{text} {self.lines[position + 1].text}"
            is_place = first == position + 1 and fold(text).startswith(("tinh", "thanh pho", "thi xa", "huyen"))
            # A cell broken after its first word leaves it alone: `ỦY` / `BAN NHÂN DÂN`.
            is_orphan = " " not in text and looks_like_body(whole, self.vocabulary)
            if is_place or is_orphan or looks_like_body(text, self.vocabulary):
                first = position
        return first

    def _is_signer(self, text: str) -> bool:
        """Whether the capitals end the document above: `KT. CHỦ TỊCH`, `CỤC TRƯỞNG`, but not `THỦ TƯỚNG CHÍNH PHỦ`."""
        is_short = len(text.split()) <= 4 or bool(re.match(r"\w{1,3}[./]", text))
        return signs(text) and is_short and squash(text) not in self.vocabulary.names


def _anchor(lines: tuple[Line, ...], at: int, titles: set[str]) -> _Anchor | None:
    """The line as one that stands in headers, or None; what a table's cell has broken is joined with the next line."""
    text = lines[at].text
    kinds = _kinds(text, titles)
    if kinds or len(text) > _PAIR_CHARACTERS or at + 1 == len(lines):
        return _Anchor(at, kinds, text) if kinds else None
    following = lines[at + 1].text
    if len(following) > _PAIR_CHARACTERS or _kinds(following, titles):
        return None
    kinds = _kinds(f"{text} {following}", titles)
    return _Anchor(at, kinds, f"{text} {following}") if kinds else None


def _kinds(text: str, titles: set[str]) -> frozenset[str]:  # noqa: PLR0911  # one rule of the grammar stays in one place
    """What of a header a line holds; a number may have the date beside it, where columns are merged."""
    if len(text) > 260:
        return frozenset()
    folded = fold(text)
    number = _NUMBER.match(text) or _BARE_NUMBER.match(text)
    if number:
        beside = {"date"} if LONG_DATE.search(folded) or _SHORT_DATE.match(folded[number.end() :]) else set()
        return frozenset({"number" if ":" in number[0] else "bare_number", *beside})
    if _is_motto(text, folded):
        return frozenset({"motto"})
    if ":" in text[:16] and greeting_end(folded) is not None:
        return frozenset({"greeting"})
    if _ABOUT.match(folded):
        return frozenset({"about"})
    date = LONG_DATE.search(folded)
    is_dated = date is not None and date.end() >= len(folded.rstrip(" .*")) - 1 and date.start() < 40
    if is_dated or _SHORT_DATE.match(folded):
        return frozenset({"date"})
    is_title = len(text) < 40 and is_capitals(text) and squash(text) in titles
    return frozenset({"title"} if is_title else ())


def _is_motto(text: str, folded: str) -> bool:
    """Whether the national title (in capitals, for laws speak of it) or its second line stands here, or the Party's."""
    title = MOTTO.search(folded)
    if title is not None and is_capitals(text[title.start() : title.end()]):
        return True
    is_party = len(text) < 80 and PARTY_MOTTO.search(folded) is not None and is_capitals(text)
    return is_party or MOTTO_SECOND.search(folded) is not None


def _ends(lines: tuple[Line, ...], at: int) -> bool:
    """Whether a document ends about here: at `./.`, at the recipients or at a signature."""
    text = lines[at].text
    folded = fold(text)
    if _ENDING.search(folded[-120:]):
        return True
    if "n" in folded[:5] and lead_end(folded[:40], "nơi nhận") is not None:
        return True
    return is_signature(lines, at)


def _is_body(text: str) -> bool:
    return len(text) > _PARAGRAPH or bool(_BODY.match(fold(text[:20])))


def _begins_another(header: list[_Anchor], current: _Current) -> bool:
    """Whether the anchors are a header, and what came before them a document.

    An ending may be lost (a preview cut short): then the header must be whole, and repeat what the document before has.
    """
    kinds = _kinds_of(header)
    if not _is_header(kinds, current):
        return False
    if current.has_ended:
        return len(current.seen) > 1 or bool(kinds & current.seen)
    repeated = kinds & current.seen
    is_whole = ("motto" in repeated and len(repeated) > 1) or ("number" in repeated and len(kinds) > 2)
    return is_whole and current.numbers.isdisjoint(anchor.text for anchor in header)


def _is_header(kinds: set[str], current: _Current) -> bool:
    """A number or a motto with a date, `V/v`, greeting or title; a date alone must have more beside it."""
    beside = kinds & _OF_A_TITLE
    if "number" in kinds:
        return len(kinds) > 1
    if "bare_number" in kinds:
        return len(kinds) > 2
    if "motto" in kinds:
        return bool(beside) or ("date" in kinds and "motto" in current.seen)
    return "date" in kinds and len(beside) > 1


def _kinds_of(header: list[_Anchor]) -> set[str]:
    return set().union(*(anchor.kinds for anchor in header))


def _has_number(header: list[_Anchor]) -> bool:
    """Whether one of the anchors is a number that is filled in."""
    return any(_FILLED.search(anchor.text) for anchor in header if anchor.is_number)


def _is_list(header: list[_Anchor]) -> bool:
    """Whether the anchors are numbers one after the other with dates and subjects: documents that an annex lists."""
    of_one = {"motto", "greeting", "title"}
    return _kinds_of(header).isdisjoint(of_one) and sum(anchor.is_number for anchor in header) > 1


def is_annex(lines: tuple[Line, ...]) -> bool:
    """Whether the text begins as an annex or a blank form: `Phụ lục` or `Mẫu số`, then `(Kèm theo Nghị định ...)`."""
    head = [fold(line.text).lstrip(" #*|") for line in lines[:60] if line.text][:_ANNEX_LINES]
    announced = next((order for order, text in enumerate(head) if _ANNEX.match(text)), None)
    return announced is not None and any(map(says_with, head[announced:]))
