"""Who the people of a sheet are: members of the duty list, new ones, or a question that a person answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vonggac.duty.models import Member
from vonggac.formats.roster_sheet import Named, Reading, phone_in, same

NEW = "new"


@dataclass(frozen=True, slots=True)
class Who:
    """One label of a sheet: what it may stand for, and what it is taken for ("" while nobody has said).

    A target is `member:ID`, `as:LABEL` (the same person as another line of the sheet) or `new`.
    """

    label: str
    person: Named
    choices: tuple[str, ...]
    target: str
    is_sure: bool

    @property
    def is_asked(self) -> bool:
        """True where a person has to say, or has said, who this is."""
        return not self.is_sure


def who_is_who(reading: Reading, members: Sequence[Member], said: Mapping[str, str]) -> dict[str, Who]:
    """Each label of a sheet with whom it stands for; what a person said wins where it may be."""
    return {label: _who(label, reading, members, said.get(label, "")) for label in reading.names}


def _who(label: str, reading: Reading, members: Sequence[Member], said: str) -> Who:
    person = reading.people[label]
    if known := _known(label, person, members):
        return Who(label, person, (_of(known),), _of(known), True)
    others = reading.namesakes(label)
    like = [_of(member) for member in members if _may_be(label, person, member)]
    earlier = [f"as:{other}" for other in others if reading.names.index(other) < reading.names.index(label)]
    if not others and not like:
        return Who(label, person, (NEW,), NEW, True)
    choices = (*like, *earlier, NEW)
    return Who(label, person, choices, said if said in choices else "", False)


def _of(member: Member) -> str:
    return f"member:{member.pk}"


def _known(label: str, person: Named, members: Sequence[Member]) -> Member | None:
    """The member who is surely meant: the same name and phone, or the same name where nothing speaks against it."""
    named = [member for member in members if same(member.name) in {same(label), same(person.name)}]
    by_phone = [member for member in named if person.phone and phone_in(member.phone) == person.phone]
    if len(by_phone) == 1:
        return by_phone[0]
    alike = [member for member in named if same(member.name) == same(label)]
    if len(alike) == 1 and not (person.phone and alike[0].phone):
        return alike[0]
    return None


def _may_be(label: str, person: Named, member: Member) -> bool:
    return same(member.name) in {same(label), same(person.name)}


def new_name(label: str, person: Named, taken: Mapping[str, Member]) -> str:
    """The name under which a new member stands on the list, told apart from a namesake who stands there."""
    if same(label) not in taken:
        return label
    return f"{person.name} ({person.letter or person.phone or person.unit or '2'})"[:200]
