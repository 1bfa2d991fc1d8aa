"""The people of a sheet: a name as a line writes it, with the phone and the letter that tell two of one name apart."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vonggac.kernel.text import compose, fold

NAME_HEADS = frozenset(
    {
        "ho va ten", "ho ten", "ten", "ho va ten can bo", "ho ten can bo", "can bo", "can bo truc", "nguoi truc",
        "nhan vien", "name", "full name", "person",
    }
)  # fmt: skip
_PHONE_HEAD = re.compile(r"(?:so\s*)?(?:dt|sdt|dtdd|dien thoai|di dong|phone|mobile|tel)\b")
_NOTE_HEAD = re.compile(r"ghi chu\b|notes?\b")
_UNIT_HEAD = re.compile(r"(?:don vi(?: cong tac)?|phong(?: ban)?|bo phan|to)$")
_OTHER_HEAD = re.compile(
    r"^(?:ghi chu|notes?|chuc (?:vu|danh)|don vi|phong ban|bo phan|ngay|thu|tuan|thoi gian|cong viec|noi dung)\b"
    r"|am lich"
)
_PHONE_WORD = re.compile(r"(?:^|\s)(?:số\s+)?(?:đt|sđt|đtdđ|điện thoại|di động)\b[.:\s]*", re.IGNORECASE)
_PHONE = re.compile(
    r"(?<!\d)(?:\+?84|0)(?:[\s.\-]{0,3}\d){8,10}(?!\d)"
    r"|\(\s*(?:\+?84|0)\d{0,4}\s*\)(?:[\s.\-]{0,3}\d){6,9}(?!\d)|(?<!\d)[35789]\d{8}(?!\d)"
)
_LETTER = re.compile(r"\(\s*([A-ZĐ]|\d{1,2})\s*\)")
_NOTE = re.compile(r"\([^()]*\)")
_COMRADE = re.compile(r"(?<!\w)(?:đ/c|đ\.\s?c)\b[.:\s]*", re.IGNORECASE)
_HONORIFIC = re.compile(r"^(?:đc|đồng chí|ông|bà|anh|chị)\b[.:\s]+", re.IGNORECASE)
# With their accents: Trương is a family name, and trưởng a title.
_TITLE = re.compile(
    r"(?:quyền |phó |q\.\s?|p\.\s?)*(?:giám đốc|trưởng\b|trực trưởng|chánh |chủ tịch|thủ trưởng|bí thư|cục trưởng"
    r"|vụ trưởng|viện trưởng|hiệu trưởng|đội |phòng\b|ban\b|chuyên viên|kỹ sư|cán bộ|nhân viên|kế toán|văn thư"
    r"|lái xe|bảo vệ|ca trưởng|lãnh đạo|p?gđ\b|p?tp\b|p?ct\b|cvc?\b|ks\b|tc\b)"
)
_DASH = re.compile(r"\s+[-–—]\s*|\s*[-–—]\s+")
_PARTS = re.compile(r"[,;\n/]+|\s+và\s+|\s*\+\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody as a sheet has them: the name without its letter, a phone in digits, and the letter or unit."""

    name: str
    phone: str = ""
    letter: str = ""
    unit: str = ""


def same(name: str) -> str:
    """What two spellings of one name share: composed letters, no case, single blanks."""
    return " ".join(compose(name).split()).casefold()


def phone_in(text: str) -> str:
    """The first phone number of a text in digits, "" where there is none; a number cell has lost its 0."""
    found = _PHONE.search(text)
    digits = re.sub(r"\D", "", found[0]) if found else ""
    if digits.startswith("84") and len(digits) > 10:
        return "0" + digits[2:]
    return digits if digits.startswith("0") or not digits else "0" + digits


def letter_in(text: str) -> str:
    """`(B)`: the letter by which an office tells two of one name apart."""
    found = _LETTER.search(text)
    return found[1] if found else ""


def named(text: str) -> Named | None:
    """Who a text names, without forms of address, title and notes; None where it holds more than one name."""
    bare = _LETTER.sub(" ", _PHONE_WORD.sub(" ", _PHONE.sub(" ", text)))
    bare = _HONORIFIC.sub("", _COMRADE.sub("", _NOTE.sub(" ", bare)).strip(" .:-–,"))
    name, *more = _DASH.split(" ".join(bare.split()), maxsplit=1)
    if more and not _TITLE.match(more[0].lower()):
        return None
    return Named(name.strip(" .:,()")[:200], phone_in(text), letter_in(text))


def named_in(cell: str) -> list[Named] | None:
    """Each person of a cell; a part that is only a phone or a title belongs to the one before. None: it holds more."""
    found: list[Named] = []
    for part in filter(str.strip, _PARTS.split(_COMRADE.sub("", cell))):
        one = named(part)
        if one is None:
            return None
        if one.name and not _TITLE.match(one.name.lower()):
            found.append(one)
        elif found and one.phone:
            found[-1] = replace(found[-1], phone=found[-1].phone or one.phone)
    return found


def is_phone_head(head: str) -> bool:
    """True for the head of a column of phone numbers."""
    return bool(_PHONE_HEAD.match(fold(head).strip()))


def is_other_head(head: str) -> bool:
    """True for the head of a column that says something of the day or the people and puts nobody on duty."""
    return bool(_OTHER_HEAD.search(fold(head).strip(" .:")))


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a table says more of its people than their names; None: it does not."""

    phone: int | None = None
    note: int | None = None
    unit: int | None = None

    @classmethod
    def of(cls, heads: Sequence[Sequence[str]]) -> "Columns":
        """The columns that the lines of a table's head name."""
        found = [
            next((place for line in heads for place, cell in enumerate(line) if head.match(fold(cell).strip())), None)
            for head in (_PHONE_HEAD, _NOTE_HEAD, _UNIT_HEAD)
        ]
        return cls(*found)

    def named(self, name: str, cells: Sequence[str]) -> Named:
        """The person of a line."""
        phone, note, unit = ("" if place is None else cells[place] for place in (self.phone, self.note, self.unit))
        one = named(name)
        if one is None or not one.name:
            one = Named(" ".join(name.split())[:200])
        return replace(one, phone=phone_in(phone) or one.phone, letter=one.letter or letter_in(note), unit=unit[:60])


class Register:
    """Gives each person of a sheet one label, by which its entries name them; two of one name get two."""

    def __init__(self) -> None:
        self.people: dict[str, Named] = {}
        self._sections: dict[str, set[str]] = {}

    def label(self, person: Named, section: str, line: int) -> str:
        """The label of a line's person; somebody whom an earlier line names as well keeps theirs."""
        namesakes = [label for label, known in self.people.items() if same(known.name) == same(person.name)]
        for label in namesakes:
            if self._is_one(label, person, section):
                self._sections[label].add(section)
                return label
        label = f"{person.name} ({person.letter})" if person.letter else person.name
        if label in self.people:
            label = f"{person.name} ({person.phone or person.unit or f'dòng {line}'})"
        self.people[label] = person
        self._sections[label] = {section}
        return label

    def _is_one(self, label: str, person: Named, section: str) -> bool:
        """One phone is one person; without one, a line of another part is the same unless letter or unit differ."""
        known = self.people[label]
        if known.phone and person.phone:
            return known.phone == person.phone
        tells_same = known.letter == person.letter and (known.unit == person.unit or "" in (known.unit, person.unit))
        return tells_same and section not in self._sections[label]
