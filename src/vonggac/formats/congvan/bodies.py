"""The bodies of a header: which one issued the document, which one stands above it, in ordinary spelling."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from vonggac.formats.congvan.vocabulary import Vocabulary
from vonggac.kernel.text import fold, is_capitals, likeness, repair_spaces, squash

HEADS = (
    "bo", "so", "cuc", "vu", "tong cuc", "chi cuc", "uy ban", "ubnd", "hdnd", "hoi dong", "trung tam", "van phong",
    "chinh phu", "thu tuong", "ngan hang", "tap doan", "tong cong ty", "cong ty", "cong an", "ban", "dang", "tinh uy",
    "thanh uy", "huyen uy", "quan uy", "dang uy", "dang bo", "truong", "vien", "benh vien", "phong", "toa an", "kiem toan",  # noqa: E501  # one rule of the grammar stays in one place
    "kho bac", "bao hiem", "dai hoc", "hoc vien", "lien doan", "hoi", "doan", "quoc hoi", "thanh tra", "tong lien doan",
    "mat tran", "bo tu lenh", "bo chi huy", "to", "tieu ban", "chu tich", "lien minh", "dai", "quy", "so giao dich",
    "chi nhanh", "tram",
)  # fmt: skip
_HEAD = re.compile(rf"(?:{'|'.join(sorted(HEADS, key=len, reverse=True))})\b")
_OPEN_END = re.compile(r"(?:\bva|\bcua|\bcac|,|-|\buy|\bban nhan dan|\bubnd|\bhoi dong nhan dan|\bva truyen)$")
_COMMITTEE = re.compile(r"(?P<head>uy\s?ban\s?nhan\s?dan|ubnd|hoi\s?dong\s?nhan\s?dan|hdnd)\s*(?P<rest>.*)$", re.DOTALL)
_LEVELS = {
    "tinh": "tỉnh", "thanh pho": "thành phố", "tp": "thành phố", "tp.": "thành phố", "huyen": "huyện", "quan": "quận",
    "thi xa": "thị xã", "xa": "xã", "phuong": "phường", "dac khu": "đặc khu", "thi tran": "thị trấn",
}  # fmt: skip
_LEVEL = re.compile(
    r"(?P<level>tinh|thanh pho|tp\.?|huyen|quan|thi xa|thi tran|xa|phuong|dac khu)(?=[\s.])\.?\s*(?P<name>.+)$",
    re.DOTALL,
)
_REMNANT = re.compile(r"^(?:cong|du thao\W*|(?:thuong )?khan|hoa toc.*|(?:tuyet |toi )?mat|sao y.*|ban sao)$|\d\s?/")
_COMMITTEE_NAMES = {"u": "Ủy ban nhân dân", "h": "Hội đồng nhân dân"}


@dataclass(frozen=True, slots=True)
class Bodies:
    """Issuer and the body above it, the printed parts of their names (joined by ` / `), and a certainty."""

    issuer: str | None
    parent: str | None
    raw: str
    certainty: float


def read_bodies(lines: Iterable[str], vocabulary: Vocabulary) -> Bodies:
    """The bodies that the header's remaining lines name, top down: the last is the issuer, the one above its parent."""
    printed = [line for line in (line.strip(" .,*•:") for line in lines) if line]
    groups = _group(printed, vocabulary)
    names = [proper_name(" ".join(group), vocabulary) for group in groups]
    bodies = [body for body in names if body[0]]
    if not bodies:
        return Bodies(None, None, "", 0.0)
    issuer, certainty = bodies[-1]
    parent = bodies[-2][0] if len(bodies) > 1 else None
    raw = " / ".join(part for group in groups for part in group)
    return Bodies(issuer, parent if parent != issuer else None, raw, certainty)


def looks_like_body(line: str, vocabulary: Vocabulary) -> bool:
    """Whether a header line in capitals begins the name of a body."""
    return is_capitals(line) and bool(_HEAD.match(fold(line).lstrip(" -*")) or _known(line, vocabulary))


def _group(lines: list[str], vocabulary: Vocabulary) -> list[list[str]]:
    groups: list[list[str]] = []
    orphan: list[str] = []
    for line in lines:
        # Left over from a number or a national title that could not be read whole.
        if len(line) > 300 or not is_capitals(line) or _REMNANT.search(fold(line)):
            continue
        # A cell that broke after its first word leaves it alone on a line: `ỦY` / `BAN NHÂN DÂN`.
        before, orphan = orphan, []
        if " " not in line and not groups and not before:
            orphan = [line]
            continue
        for part in _split_bodies(" ".join([*before, line]), vocabulary):
            pieces = [*before, part.removeprefix(" ".join(before)).strip()] if before else [part]
            before = []
            starts = _HEAD.match(fold(part)) or _known(part, vocabulary)
            if groups and _goes_on(" ".join(groups[-1]), part, bool(starts), vocabulary):
                groups[-1] += pieces
            elif starts:
                groups.append(pieces)
    return groups


def _goes_on(
    above: str, part: str, starts: bool, vocabulary: Vocabulary
) -> bool:  # two strings and what is known of them
    """Whether a part belongs to the name above it rather than beginning its own."""
    return not starts or bool(_OPEN_END.search(fold(above))) or _completes(above, part, vocabulary)


def _completes(above: str, part: str, vocabulary: Vocabulary) -> bool:
    """Whether two lines are one known name that neither is alone (`CỤC AN TOÀN` / `THÔNG TIN`)."""
    whole = _known(f"{above} {part}", vocabulary)
    return whole is not None and whole != _known(above, vocabulary) and whole != _known(part, vocabulary)


def _split_bodies(line: str, vocabulary: Vocabulary) -> list[str]:
    """The bodies of one line that holds several (columns merged): a known name followed by another head."""
    words = line.split()
    for count in range(len(words) - 1, 1, -1):
        rest = " ".join(words[count:])
        if _HEAD.match(fold(rest)) and len(rest.split()) > 1:
            first = " ".join(words[:count])
            if _is_whole(first, vocabulary):
                return [first, *_split_bodies(rest, vocabulary)]
    return [line]


def _is_whole(text: str, vocabulary: Vocabulary) -> bool:
    match = _COMMITTEE.match(fold(text))
    if match:
        level = _LEVEL.match(match["rest"])
        return level is not None and squash(level["name"]) in vocabulary.places
    return squash(text) in vocabulary.names


def _known(text: str, vocabulary: Vocabulary) -> str | None:
    squashed = squash(text)
    if squashed in vocabulary.names:
        return vocabulary.names[squashed]
    best, best_score = None, 0.86
    for spelling, name in vocabulary.names.items():
        if len(spelling) >= 5 and abs(len(spelling) - len(squashed)) <= 0.3 * len(spelling):
            score = likeness(squashed, spelling)
            if score > best_score:
                best, best_score = name, score
    return best


def proper_name(printed: str, vocabulary: Vocabulary) -> tuple[str | None, float]:
    """A body's name in ordinary spelling from its capitals, with a certainty: known names surely, others by rule."""
    text = repair_spaces(printed)
    known = _known(text, vocabulary)
    if known and known not in _COMMITTEE_NAMES.values():
        return known, 0.98 if squash(text) == squash(known) else 0.92
    committee = _COMMITTEE.match(fold(text)) or _damaged_committee(text)
    if committee:
        head = _COMMITTEE_NAMES["h" if committee["head"][0] == "h" else "u"]
        rest = text[committee.start("rest") :].strip()
        if not rest:
            return head, 0.4
        name, certainty = _with_level(rest, vocabulary)
        return f"{head} {name}", certainty
    return _sentence_case(text, vocabulary), 0.8


_DAMAGED_COMMITTEE = re.compile(
    r"(?P<head>[uy]{1,2}\s?b[a-z]{0,2}\s{1,3}n[a-z]{0,3}\s{1,3}d[a-z]{0,2})(?:\s+(?P<rest>.*))?$", re.DOTALL
)


def _damaged_committee(text: str) -> re.Match[str] | None:
    match = _DAMAGED_COMMITTEE.match(fold(text))
    return match if match and match["rest"] is not None else None


def _with_level(rest: str, vocabulary: Vocabulary) -> tuple[str, float]:
    level = _LEVEL.match(fold(rest))
    if level is None:
        named = vocabulary.places.get(squash(rest))
        if named:
            return f"{vocabulary.level_of(named)} {named}", 0.9
        ending = next((name for squashed, name in vocabulary.places.items() if squash(rest).endswith(squashed)), None)
        if ending and squash(rest)[:1] == "t":
            return f"{vocabulary.level_of(ending)} {ending}", 0.85
        return _title_case(rest), 0.6
    name = rest[level.start("name") :].strip()
    known = vocabulary.places.get(squash(name))
    near = known or _near_place(name, vocabulary)
    return f"{_LEVELS[level['level']]} {near or _title_case(name)}", 0.97 if known else 0.85


def _near_place(name: str, vocabulary: Vocabulary) -> str | None:
    scored = [(likeness(name, place), place) for place in vocabulary.places.values()]
    close = sorted((score, place) for score, place in scored if score >= 0.8)
    if not close or (len(close) > 1 and close[-1][0] - close[-2][0] < 0.03):
        return None
    return close[-1][1]


def _title_case(text: str) -> str:
    return " ".join(word[:1].upper() + word[1:].lower() if word != "-" else word for word in text.split())


# Letters that make no syllable stand for words (`TMCP`, `TNHH`) and stay capitals; the name goes on behind them.
_ABBREVIATION = re.compile(r"[BCĐDGHKLMNPQRSTVX]{2,6}")
# The word of what a body does has a capital too (`Bộ Tư lệnh`, `Ban Chỉ đạo`: Decree 30/2020, Annex II, IV.1.a).
_TWO_CAPITALS = {"bo tu lenh", "bo chi huy", "ban chi dao", "ban chi huy", "ban quan ly", "ban to chuc"}


def _sentence_case(text: str, vocabulary: Vocabulary) -> str:
    """Lower case but for the first word and the word after the head; names of places keep their capitals."""
    printed = text.split()
    known, rest = _known_beginning(printed, vocabulary)
    sentence = f"{known} {_with_level(rest, vocabulary)[0]}" if known else " ".join(_cased(printed))
    for squashed, place in vocabulary.places.items():
        if squashed in squash(sentence):
            sentence = re.sub(rf"(?<!\w){re.escape(place.lower())}(?!\w)", place, sentence, flags=re.IGNORECASE)
    sentence = re.sub(r"\bmiền (bắc|trung|nam)\b", lambda match: f"miền {match[1].capitalize()}", sentence)
    return re.sub(
        r"\b(việt nam|nhà nước|trung ương)\b",
        lambda match: {"việt nam": "Việt Nam"}.get(match[0], match[0].capitalize()),
        sentence,
    )


def _known_beginning(printed: list[str], vocabulary: Vocabulary) -> tuple[str, str]:
    """The known body that the name begins with, and the place behind it: `SỞ Y TẾ` and `TỈNH CÀ MAU`; empty: none."""
    for count in range(len(printed) - 1, 1, -1):
        name, rest = vocabulary.names.get(squash(" ".join(printed[:count]))), " ".join(printed[count:])
        if name and name not in _COMMITTEE_NAMES.values() and _LEVEL.match(fold(rest)):
            return name, rest
    return "", ""


def _cased(printed: list[str]) -> list[str]:
    """The words in lower case, with capitals at the first and at those that say what the body does."""
    words = [word if _ABBREVIATION.fullmatch(word) else word.lower() for word in printed]
    head = _HEAD.match(fold(" ".join(words)))
    behind = len(head[0].split()) if head else 1
    capitals = [0]
    if fold(words[0]) not in {"uy", "hoi", "ban", "thu", "van", "tinh", "thanh"}:
        capitals.append(behind)
    capitals += [place + 1 for place, word in enumerate(words) if word.isupper() and place >= behind]
    for place in capitals:
        is_level = place > 0 and place < len(words) and fold(words[place]) in _LEVELS.keys() | {"thanh"}
        if place < len(words) and words[place].islower() and not is_level:
            words[place] = words[place].capitalize()
    if fold(" ".join(words[:3])) in _TWO_CAPITALS:
        words[1] = words[1].capitalize()
    return words


def body_of_symbol(symbol: str, place: str | None, vocabulary: Vocabulary) -> tuple[str | None, str | None]:
    """The issuer and its parent that a symbol stands for, or None: the body's group is first in a công văn, else second."""  # noqa: E501  # one rule of the grammar stays in one place
    groups = re.split(r"[-/]", symbol)
    typed = fold(groups[0]) in vocabulary.kind_of_symbol and len(groups) > 1
    body = groups[1] if typed else groups[0]
    name = vocabulary.bodies.get(body)
    if name in _COMMITTEE_NAMES.values():
        level = vocabulary.level_of(place) if place else None
        known = vocabulary.places.get(squash(place).removeprefix("tp")) if place else None
        return (f"{name} {level} {known}" if level and known else None), None
    if name is None or name.startswith("Văn phòng Ủy ban"):
        return None, None
    return name, None


def committee_in_text(text: str, vocabulary: Vocabulary) -> str | None:
    """The level and place after the people's committee in running text (`UBND thành phố Hà Nội`), or None."""
    folded = fold(text)
    for match in re.finditer(r"(?:uy ban nhan dan|ubnd|dia ban|cua)\s+(?=(?:tinh|thanh pho)\s)", folded):
        level = _LEVEL.match(folded[match.end() : match.end() + 60])
        if level is None:
            continue
        tail = squash(text[match.end() + level.start("name") : match.end() + 60])
        for squashed, name in vocabulary.places.items():
            if tail.startswith(squashed):
                return f"{_LEVELS[level['level']]} {name}"
    return None


def body_that_orders(text: str, vocabulary: Vocabulary) -> str | None:
    """The known body that an opening sentence lets order something (`Bộ trưởng Bộ ... yêu cầu`), or None."""
    opening = text[:1_500]
    match = re.search(r"\s(?:yeu cau|de nghi|chi thi|giao|chi dao)\s", fold(opening))
    if match is None:
        return None
    before = squash(opening[: match.start()])
    for spelling, name in vocabulary.names.items():
        if before.endswith(spelling) and len(spelling) > 4:
            return name
    return None
