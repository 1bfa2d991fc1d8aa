"""The text of a file as clean lines: marks of Markdown and tables gone, page furniture gone, one-line documents unfolded.

Every line keeps its number in the text as received, so that a field can point back at what was printed.
"""  # noqa: E501  # one rule of the grammar stays in one place

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from vonggac.formats.congvan.document import Source
from vonggac.kernel.text import compose, fold, is_capitals, repair_spaces, squash, tolerant

CAPITALS = "A-ZÀ-ÃÈ-ÊÌÍÒ-ÕÙÚÝĂĐĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ"

MOTTO = re.compile(tolerant("cộng hòa xã hội chủ nghĩa việt nam"))
MOTTO_SECOND = re.compile(
    rf"{tolerant('độc lập')}[\s\-–—~.=_]{{0,6}}{tolerant('tự do')}[\s\-–—~.=_]{{0,6}}{tolerant('hạnh phúc')}"
)
PARTY_MOTTO = re.compile(tolerant("đảng cộng sản việt nam"))
LONG_DATE = re.compile(
    r"\bng[a-z]{0,2}\s{0,3}(?P<day>\d{1,2}|[.…_\s]{1,20}?)\s{0,3}th[a-z]{0,3}\s{0,3}(?P<month>\d{1,2}|[.…_\s]{1,20}?)"
    r"\s{0,3}n[a-z]{1,2}\s{0,3}(?P<year>\d{4}|\d{1,3}[.…_\s]{1,9})"
)

_RULE = re.compile(r"^[\s\-–—_=*.~•]{3,}$")
_COMMENT = re.compile(r"^#\s*[a-z_]{2,20}:(?:\s|$)")
_ENTITY = re.compile(r"&\s?(nbsp|amp|lt|gt|quot)\s?;", re.IGNORECASE)
_ENTITIES = {"nbsp": " ", "amp": "&", "lt": "<", "gt": ">", "quot": '"'}
_FURNITURE = re.compile(
    r"^(?:cong bao\s*/\s*so.{0,60}|trang \d{1,4}(?:\s?/\s?\d{1,4})?|page \d{1,4}(?: of \d{1,4})?:?|\W?\s?\d{1,4}\s?\W?"
    r"|you are on page \d{1,4} of \d{1,4}|open navigation|dang tai van ban\W*|he thong phap luat|ban in|tai ve"
    r"|ky boi:.{0,200}|email: \S{1,80}|co quan: .{0,80}|thoi gian ky: .{0,60}|(?:-{1,3}\s?)?\d{1,4} of \d{1,4}(?:\s?-{1,3})?)$"  # noqa: E501  # one rule of the grammar stays in one place
)
_GAZETTE = re.compile(r"C[ÔO]NG B[ÁA]O\s?/\s?S[ốo]\s?[\d+ ]{1,12}/\s?Ng[àa]y\s?\d{1,2}-\d{1,2}-\d{4}(?: \d{1,4}\b)?")
_COLUMNS = re.compile(r"\s{5,}|\t+ ?")
_BREAK = re.compile(r"<br\s?/?>", re.IGNORECASE)
_LEADS = {"Kính": "gửi:", "Nơi": "nhận"}
_BLANKS = re.compile(r"[ \t]{2,}|\t")
_WAITING = re.compile(r"(?:ngay|thang|nam|so\s*:?|/)$")

# A line longer than this holds more than one part of a document only if a text layer lost its line ends.
UNFOLD_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text: `number` counts from 1 in the text as received; `is_bold` when Markdown says so."""

    number: int
    text: str
    is_bold: bool = False


def clean(text: str | Iterable[str]) -> list[Line]:
    """The lines of a text, cleaned; blank lines stay as empty ones, for they part paragraphs and table cells."""
    received = compose(text).splitlines() if isinstance(text, str) else [compose(line) for line in text]
    lines: list[Line] = []
    is_head = True
    previous = ""
    for number, raw in enumerate(received, start=1):
        if is_head and _COMMENT.match(raw):
            continue
        is_head = is_head and not raw.strip()
        for line in _cells(number, raw):
            if _is_furniture(line.text, previous):
                continue
            lines.append(line)
            previous = line.text or previous
    return [part for line in _joined_leads(lines) for part in unfold(line)]


def _joined_leads(lines: list[Line]) -> list[Line]:
    """The lines with `Kính` / `gửi:` and `Nơi` / `nhận:` as one again."""
    joined: list[Line] = []
    for line in lines:
        if joined and _LEADS.get(joined[-1].text) == line.text[:4].lower():
            joined[-1] = Line(joined[-1].number, f"{joined[-1].text} {line.text}", joined[-1].is_bold)
        else:
            joined.append(line)
    return joined


def _cells(number: int, raw: str) -> list[Line]:
    text = _ENTITY.sub(lambda match: _ENTITIES[match[1].lower()], raw)
    text = _GAZETTE.sub(" ", text) if "/" in text else text
    if "|" not in text and "<br" not in text:
        # Two columns on one line: the decree's header and signature stand side by side.
        columns = _COLUMNS.split(text.strip()) if len(text) < 260 else [text]
        return [_line(number, column) for column in columns]
    parted: list[Line] = []
    for cell in text.split("|"):
        rows = [row for row in (_line(number, piece) for piece in _BREAK.split(cell)) if row.text]
        # A cell's border parts what stands left and right of it, as a blank line does.
        parted += [*rows, Line(number, "")] if rows else []
    return parted or [Line(number, "")]


def _line(number: int, text: str) -> Line:
    stripped = _BLANKS.sub(" ", text.strip()) if "  " in text or "\t" in text else text.strip()
    is_bold = stripped.startswith(("**", "__"))
    stripped = re.sub(r"^#{1,6}\s+|^>\s+", "", stripped)
    stripped = stripped.replace("**", "").replace("__", " ")
    stripped = re.sub(r"(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)|\\(?=[.\-*_()])", "", stripped)
    if _RULE.match(stripped):
        return Line(number, "")
    # The words that the grammar looks for are broken as often as others: `S ố:`, `Kính g ửi`.
    return Line(number, repair_spaces(stripped), is_bold)


def _is_furniture(text: str, previous: str) -> bool:
    if not text or len(text) > 260:
        return False
    folded = fold(text)
    return bool(_FURNITURE.match(folded)) and not _WAITING.search(fold(previous).rstrip())


_LABEL_INSIDE = re.compile(
    rf"(?<=[\w.;:,)”\"!?…])\s+(?=(?:\d{{1,2}}(?:\.\d{{1,2}}){{0,3}}\.|[IVX]{{1,5}}\.|[a-zđ]\)|Điều \d{{1,3}}\.)\s+[{CAPITALS}“\"])"  # noqa: E501  # one rule of the grammar stays in one place
)
_PART_INSIDE = re.compile(r"\s(?=kinh gui\s?:|noi nhan\s?:|v/v\s)")
_NUMBER_INSIDE = re.compile(
    rf"(?<!\w)S[ốo]\s?:\s?[^\n/]{{0,12}}?\s?[/\-]\s?[{CAPITALS}][\w&]{{0,11}}(?:\s?[-–/]\s?[{CAPITALS}][\w&]{{0,14}}){{1,4}}"
)
# `KT. TƯ LỆNH` begins the signature; `TM. KT.` is the end of an archive's abbreviations.
_AUTHORITY_INSIDE = re.compile(
    rf"(?<=\S)\s+(?=(?:TM|KT|TL|TUQ|T/M|K/T|T/L)\.?\s?[{CAPITALS}]{{2,}}\s[{CAPITALS}]{{2,}})"
)
_WIRE_INSIDE = re.compile(
    r"(?<=\S)\s(?=(?:thu tuong chinh phu|(?:chu tich|bo truong|tong giam doc)\s[^:;.]{2,80}?)\sdien\s?:)"
)
_BULLET_INSIDE = re.compile(rf"(?<=[:;.])\s+(?=[-–•]\s+[{CAPITALS}])")


def unfold(line: Line) -> list[Line]:
    """The parts of one over-long line, broken before what starts a line in a real document; short lines as they are."""
    if len(line.text) <= UNFOLD_CHARACTERS and not _holds_whole_head(line.text):
        return [line]
    breaks = {match.end() for match in _LABEL_INSIDE.finditer(line.text)}
    breaks |= {match.end() for match in _BULLET_INSIDE.finditer(line.text)}
    breaks |= {match.end() for match in _AUTHORITY_INSIDE.finditer(line.text)}
    breaks |= {match.end() for match in _PART_INSIDE.finditer(fold(line.text))}
    folded = fold(line.text[:4_000])
    breaks |= {match.end() for match in _WIRE_INSIDE.finditer(folded)}
    for pattern in (MOTTO, MOTTO_SECOND):
        breaks |= {edge for match in pattern.finditer(folded) for edge in match.span()}
    breaks |= {edge for match in _NUMBER_INSIDE.finditer(line.text[:4_000]) for edge in match.span()}
    breaks |= {match.end() for match in LONG_DATE.finditer(folded) if folded[: match.start()].rstrip().endswith(",")}
    breaks |= _title_breaks(line.text[:2_000]) if MOTTO.search(folded) else set()
    tail = line.text.rfind("./.")
    breaks |= {tail + edge for edge in _title_breaks(line.text[tail : tail + 4_000])} if tail > 0 else set()
    edges = sorted({0, *breaks, len(line.text)})
    parts = [line.text[start:end].strip() for start, end in zip(edges, edges[1:], strict=False)]  # noqa: RUF007  # one rule of the grammar stays in one place
    return [Line(line.number, part, line.is_bold) for part in parts if part]


def _holds_whole_head(text: str) -> bool:
    """Whether a shorter line holds motto and number both: a head whose line ends are all lost."""
    return len(text) > 100 and bool(_NUMBER_INSIDE.search(text)) and bool(MOTTO.search(fold(text)))


def _title_breaks(text: str) -> set[int]:
    """Both ends of every run of capitals that is followed by ordinary words: a title between header and subject."""
    # A number ends a name (`BỘ TƯ LỆNH 86`); before anything else it begins what follows.
    number = rf"(?:\s\d{{1,3}}(?=\s[{CAPITALS}]))?"
    runs = re.finditer(rf"(?<!\S)[{CAPITALS}]{{2,}}(?:\s[{CAPITALS}]{{1,}})+{number}(?!\S)", text)
    # `THỦ TƯỚNG CHÍNH PHỦ điện:` is one: it names whom a wire is from, and whom to.
    return {edge for run in runs for edge in run.span() if is_capitals(run[0]) and not text.startswith(" điện", edge)}


@dataclass(frozen=True)
class Sheet:
    """Lines as one string, with the way back from an offset to the line: what patterns over several lines work on."""

    lines: tuple[Line, ...]

    @cached_property
    def flat(self) -> str:
        """The lines joined by line feeds."""
        return "\n".join(line.text for line in self.lines)

    @cached_property
    def folded(self) -> str:
        """`flat`, folded: same length, so spans carry over."""
        return fold(self.flat)

    @cached_property
    def starts(self) -> list[int]:
        """The offset at which each line begins in `flat`."""
        starts, offset = [], 0
        for line in self.lines:
            starts.append(offset)
            offset += len(line.text) + 1
        return starts

    def index_at(self, offset: int) -> int:
        """The index in `lines` of the line that holds the offset."""
        return max(0, bisect_right(self.starts, offset) - 1)

    def source(self, start: int, end: int) -> Source:
        """Line and printed text of a span."""
        line = self.lines[self.index_at(start)] if self.lines else Line(1, "")
        return Source(line.number, self.flat[start:end].strip())


# A syllable that has lost its vowel, where it had an accent: `ngăn chn`, `nơi nhn`. Abbreviations rarely look so.
_VOWELLESS = re.compile(r"(?<![\w./])(?:ngh|ng|nh|gh|kh|ph|th|tr|ch)(?:ng|nh|ch|[cmnpt])(?![\w/])")
_VOWELLESS_FEW = 2


def drops_letters(sheet: Sheet) -> bool:
    """Whether the text layer has dropped accented letters: the motto lacks some, or syllables lack their vowels."""
    for pattern, whole in ((MOTTO, "conghoaxahoichunghiavietnam"), (MOTTO_SECOND, "doclaptudohanhphuc")):
        match = pattern.search(sheet.folded)
        if match and len(squash(match[0])) < len(whole):
            return True
    return len(_VOWELLESS.findall(sheet.flat.lower())) >= _VOWELLESS_FEW
