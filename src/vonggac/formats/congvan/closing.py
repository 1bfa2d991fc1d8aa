"""What ends a document: the recipients with their roles, and who signed."""

import re

from vonggac.formats.congvan.document import Recipient, Signer
from vonggac.formats.congvan.lines import CAPITALS, Line
from vonggac.kernel.text import fold, is_capitals, lead_end, repair_spaces

_BULLET = re.compile(r"^[-–—•+*]\s*")
_MARK = re.compile(r"^\W{0,3}(?P<mark>tm|t/m|kt|k/t|tl|t/l|tuq|q)\s?\.?(?:\s|(?<=\.)|$)(?=[a-z\s]|$)")
_BARE_MARK = re.compile(r"\W*[A-Z/]{1,3}\.?")
_TITLE = re.compile(
    r"^\W{0,3}(?:pho\s|quyen\s)?(?:chu tich|bo truong|thu truong|cuc truong|giam doc|tong giam doc|thu tuong|chanh van phong|truong phong"  # noqa: E501  # one rule of the grammar stays in one place
    r"|vu truong|tong cuc truong|bi thu|pho bi thu|truong ban|hieu truong|vien truong|chanh thanh tra|thong doc|pho thong doc|truong tieu ban"  # noqa: E501  # one rule of the grammar stays in one place
    r"|chi cuc truong|chanh an|tu lenh|tham muu truong|chu nhiem|tong thanh tra|tong kiem toan|truong tram|truong khoa"
    r"|truong doan|truong cong an|truong bo phan|tram truong|doi truong)\b"
)
# Whoever signs for another (`KT.`) is a deputy, whatever a scan has left of the rest: `PHÓ CC TRƯỞNG`.
_DEPUTY = re.compile(r"\W{0,3}pho\s")
_NAME = re.compile(
    rf"^(?:(?:Đại tướng|Thượng tướng|Trung tướng|Thiếu tướng|Đại tá|Thượng tá|Trung tá|Thiếu tá|GS|PGS|TS|ThS|BS|BSCKI{{1,2}}|DS|KS|CN|LS)[. ]+){{0,3}}(?P<name>[{CAPITALS}][^\W\d_]{{0,7}}(?:\s[{CAPITALS}][^\W\d_]{{0,7}}){{1,5}})$"  # noqa: E501  # one rule of the grammar stays in one place
)
_ROLES = (
    (re.compile(r"\((?:de|dc)?\s?(?:b\s?/\s?c|bao cao|b/cao)\)|de b\s?/\s?c"), "report"),
    (re.compile(r"\((?:de)?\s?(?:p\s?/\s?h|phoi hop)\)|de p\s?/\s?h"), "coordinate"),
    (re.compile(r"\((?:de)?\s?(?:t\s?/\s?h|thuc hien)\)|de t\s?/\s?h"), "implement"),
    (re.compile(r"\(vbdt\)|\(ban dien tu\)|\(dien tu\)"), "electronic_copy"),
    (re.compile(r"\((?:de)?\s?(?:biet|theo doi)\)|de biet"), "inform"),
    (re.compile(r"\((?:de)?\s?(?:k\s?/\s?t|kiem tra)\)"), "inspect"),
)
# A text layer drops the `ư` of `Lưu:`.
_ARCHIVE = re.compile(r"^(?:luu\b|lu\s?:)")
_ARCHIVE_ITEM = re.compile(rf"\W*{_ARCHIVE.pattern.removeprefix('^')}")
_AS_ABOVE = re.compile(r"^nhu\s(?:tren|dieu|kinh gui|de gui)\b")


def parted_columns(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The lines with the signature below the recipients where a text layer has merged the two columns into one.

    `Nơi nhận: GIÁM ĐỐC` / `- Như trên; (đã ký)` / `- Lưu: VT. Lê Văn A`: what follows an item's end is the signature's.
    """
    for index in range(len(lines) - 1, -1, -1):
        end = lead_end(fold(lines[index].text), "nơi nhận")
        if end is not None:
            break
    else:
        return lines
    if not signs(lines[index].text[end:].strip(" :/")):
        return lines
    left, right = [], []
    for line in lines[index:]:
        edge = end if line is lines[index] else _item_end(line.text)
        left.append(Line(line.number, line.text[:edge].rstrip()))
        right.append(Line(line.number, line.text[edge:].strip(" :/")))
    return (*lines[:index], *left, *(line for line in right if line.text))


def _item_end(text: str) -> int:
    """Where a recipient ends on a line: behind its `;`, the archive before the signer's name; else at its end."""
    if not _BULLET.match(text):
        return 0 if signs(text) else len(text)
    end = text.rfind(";") + 1
    stop = text.rfind(". ") + 1
    return stop if not end and stop and _NAME.match(text[stop:].strip()) else end or len(text)


def find_recipients(lines: tuple[Line, ...]) -> tuple[tuple[Recipient, ...], int | None]:
    """The lines of "Nơi nhận" as recipients, and the index of its line; empty and None without it."""
    for index in range(len(lines) - 1, -1, -1):
        end = lead_end(fold(lines[index].text), "nơi nhận")
        if end is not None:
            return _collect(lines, index, lines[index].text[end:]), index
    return (), None


def _collect(lines: tuple[Line, ...], index: int, inline: str) -> tuple[Recipient, ...]:
    items = (
        []
        if signs(inline)
        else [part for part in re.split(r"(?<=;)\s*(?:[-–]\s*)?|\s(?=[-–]\s)", inline) if part.strip(" -–")]
    )
    is_signature = False
    for line in lines[index + 1 :]:
        text = line.text
        is_bullet = bool(_BULLET.match(text))
        # The signature stands beside the list: where columns are merged, its lines come between the bullets.
        is_signature = not is_bullet and (is_signature or signs(text))
        if not text or is_signature:
            continue
        # The archive comes last: bullets behind it are the next document's, or a site's.
        if items and _ARCHIVE_ITEM.match(fold(items[-1][:20])) and not _ARCHIVE_ITEM.match(fold(text[:20])):
            break
        if _BULLET.match(text) or not items or items[-1].endswith(";"):
            items.append(text)
        else:
            items[-1] = f"{items[-1]} {text}"
        if len(items) > 80 or len(items[-1]) > 600:
            break
    return tuple(_recipient(item) for item in items if re.search(r"\w", item))


def signs(text: str) -> bool:
    """Whether a line in capitals is a mark of authority (`KT. ...`) or the title of one who signs."""
    return bool(_MARK.match(fold(text)) or (_TITLE.match(fold(text)))) and is_capitals(text)


def _recipient(item: str) -> Recipient:
    name = repair_spaces(_BULLET.sub("", item)).strip(" ;,").rstrip("./")
    folded = fold(name)
    if _ARCHIVE.match(folded):
        return Recipient(name, "archive", name)
    role = next((role for pattern, role in _ROLES if pattern.search(folded)), None)
    bare = re.sub(r"\s*\([^()]{1,20}\)\s*$", "", name) if role else name
    if _AS_ABOVE.match(folded):
        return Recipient(bare, role or "as_addressed", name)
    return Recipient(bare.rstrip(" ;,"), role, name)


def find_signer(lines: tuple[Line, ...], after: int) -> tuple[Signer | None, int | None, float]:
    """The signer among the lines from `after` on, with the index of its first line and a certainty."""
    for index in range(after, len(lines)):
        text = lines[index].text
        if signs(text) and len(text) < 120:
            found = _signature(lines, index)
            if found[0] is not None:
                return found
    return None, None, 0.0


def is_signature(lines: tuple[Line, ...], index: int) -> bool:
    """Whether a title in capitals begins a signature: the decree puts the name below it, and nothing else between."""
    text = lines[index].text
    if not text or len(text) >= 120 or not is_capitals(text) or not signs(text):
        return False
    signer, _, _ = _signature(lines, index)
    return signer is not None and signer.name is not None


def _signature(lines: tuple[Line, ...], index: int) -> tuple[Signer | None, int | None, float]:
    marks: list[str] = []
    titles: list[str] = []
    for line in lines[index : index + 40]:
        text = line.text.strip(" .*()")
        if (
            not text
            or _BULLET.match(line.text)
            or fold(text).startswith(("(da ky", "da ky", "(ky", "ky,", "da ki", "ky ten"))
        ):
            continue
        name = _NAME.match(text)
        if name and not is_capitals(text):
            # Two titles without `KT.` say that the mark was lost, and with it for whom was signed.
            is_whole = marks or not any(_titles_apart(title)[1] for title in titles)
            return _signer(marks, titles, name["name"]), index, 0.95 if is_whole else 0.6
        if fold(text).startswith("noi nhan"):
            continue
        if not is_capitals(text):
            break
        printed = re.sub(r"\s+", " ", line.text.strip(" *"))
        if _MARK.match(fold(printed)):
            first, own = _titles_apart(re.sub(r"^(\W*[A-Z/]{1,3}\.)(?=\S)", r"\1 ", printed))
            marks.append(first)
            titles += own
        elif (
            marks
            and not titles
            and (_BARE_MARK.fullmatch(marks[-1]) or not (_TITLE.match(fold(text)) or _DEPUTY.match(fold(text))))
        ):
            marks[-1], own = _titles_apart(f"{marks[-1]} {printed}")
            titles += own
        else:
            titles.append(printed)
    if marks:
        return _signer(marks, titles, None), index, 0.6
    return None, None, 0.0


# No title is longer; capitals that go on for pages are garbage.
_TITLE_WORDS = 40


def _titles_apart(printed: str) -> tuple[str, list[str]]:
    """A mark's title and, where a lost line end glued it on, the signer's own: `KT. TƯ LỆNH` and `PHÓ TƯ LỆNH`."""
    words = printed.split()
    first = 1 if _BARE_MARK.fullmatch(words[0]) and len(words) > 1 else 0
    for count in range(first + 1, min(len(words), _TITLE_WORDS)):
        # One person may hold two offices: `BỘ TRƯỞNG, CHỦ NHIỆM`.
        if words[count - 1].endswith(","):
            continue
        if _TITLE.match(fold(" ".join(words[count : count + _TITLE_WORDS]))) and _TITLE.match(
            fold(" ".join(words[first:count]))
        ):
            return " ".join(words[:count]), [" ".join(words[count:])]
    return printed, []


def _signer(marks: list[str], titles: list[str], name: str | None) -> Signer:
    return Signer(" / ".join(marks) or None, " ".join(titles) or None, name)
