"""The people of a sheet: a name as a line writes it, with the phone and the letter that tell two of one name apart."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

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
_PHONE = re.compile(r"(?<!\d)(?:\+?84|0)(?:[\s.\-]?\d){8,10}(?!\d)|(?<!\d)[35789]\d{8}(?!\d)")
_LETTER = re.compile(r"\(\s*([A-ZĐ]|\d{1,2})\s*\)")


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
        bare = _LETTER.sub(" ", _PHONE.sub(" ", name)).replace("()", " ")
        letter = letter_in(name) or letter_in(note)
        return Named(" ".join(bare.split())[:200], phone_in(phone) or phone_in(name), letter, unit[:60])


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
