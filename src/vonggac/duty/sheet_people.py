"""Who the people of a sheet are: members of the duty list, new ones, or a question that a person answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vonggac.duty.models import Member
from vonggac.formats.roster_sheet import Named, Reading, phone_in, same
from vonggac.kernel.text import fold
from vonggac.register.models import Person

NEW = "new"


@dataclass(frozen=True, slots=True)
class Who:
    """One label of a sheet: what it may stand for, and what it is taken for ("" while nobody has said).

    A target is `member:ID`, `account:ID`, `as:LABEL` (the same person as another line of the sheet) or `new`.
    """

    label: str
    person: Named
    choices: tuple[str, ...]
    target: str
    is_asked: bool = True


def who_is_who(
    reading: Reading, members: Sequence[Member], accounts: Sequence[Person], said: Mapping[str, str]
) -> dict[str, Who]:
    """Each label of a sheet with whom it stands for; what a person said wins where it may be."""
    known = {label: _known(label, reading.people[label], members) for label in reading.names}
    found: dict[str, Who] = {}
    for label in reading.names:
        person, member = reading.people[label], known[label]
        if member and all(known[other] for other in reading.namesakes(label)):
            found[label] = Who(label, person, (_of(member),), _of(member), is_asked=False)
        else:
            found[label] = _asked(label, person, _choices(label, reading, members, accounts), said.get(label, ""))
    return found


def _asked(label: str, person: Named, choices: tuple[str, ...], said: str) -> Who:
    if choices == (NEW,):
        return Who(label, person, choices, NEW, is_asked=False)
    if said in choices:
        return Who(label, person, choices, said)
    # An account of exactly this name and nobody else who may be meant: filled in, and shown.
    only = choices[0] if len(choices) == 2 and choices[0].startswith("account:") else ""
    return Who(label, person, choices, only)


def _choices(label: str, reading: Reading, members: Sequence[Member], accounts: Sequence[Person]) -> tuple[str, ...]:
    """Whom a label may mean: those of its name or nearly so on the duty list, with an account, in lines before it."""
    person = reading.people[label]
    before = reading.names[: reading.names.index(label)]
    return (
        *(_of(member) for member in members if is_near(person.name, member.name) or is_near(label, member.name)),
        *(f"account:{one.pk}" for one in accounts if same(one.name) == same(person.name)),
        *(f"as:{other}" for other in before if is_near(person.name, reading.people[other].name)),
        NEW,
    )


def _of(member: Member) -> str:
    return f"member:{member.pk}"


def _known(label: str, person: Named, members: Sequence[Member]) -> Member | None:
    """The member who is surely meant: the same name and phone, or the same name where no phone speaks against it."""
    named = [member for member in members if same(member.name) in {same(label), same(person.name)}]
    by_phone = [member for member in named if person.phone and phone_in(member.phone) == person.phone]
    if len(by_phone) == 1:
        return by_phone[0]
    alike = [member for member in named if same(member.name) == same(label)]
    return alike[0] if len(alike) == 1 and not (person.phone and alike[0].phone) else None


def is_near(one: str, other: str) -> bool:
    """True for two spellings that may be one name: accents lost, words left out or shortened, the given name alone."""
    first, second = (fold(same(name)).replace(".", " ").split() for name in (one, other))
    short, long = sorted((first, second), key=len)
    if not short or short == long:
        return short == long
    if len(short) == 1:
        return short[0] == long[-1]
    within = (short[1:-1], long[1:-1])
    return short[0] == long[0] and short[-1] == long[-1] and (_follow(*within) or _follow(*within[::-1]))


def _follow(short: Sequence[str], long: Sequence[str]) -> bool:
    """True when the words of one stand in the other in their order, whole or as their first letter."""
    rest = iter(long)
    return all(any(word == each or (len(word) == 1 and each.startswith(word)) for each in rest) for word in short)


def new_name(label: str, person: Named, taken: set[str]) -> str:
    """The name under which a new member stands on the list, told apart from each namesake there; taken afterwards."""
    signs = (person.letter, person.phone, person.unit, *map(str, range(2, 1000)))
    names = (label, *(f"{person.name[:120]} ({sign})" for sign in signs if sign))
    name = next(name for name in names if same(name) not in taken)
    taken.add(same(name))
    return name
