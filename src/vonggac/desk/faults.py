"""What would fail at night, as the roster and the policies show it: one line a kind of fault, the gravest first."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vonggac.desk import call_words
from vonggac.desk.words import word
from vonggac.duty.escalation import preflight
from vonggac.duty.escalation.preflight import Fault, Finding
from vonggac.duty.models import Post

LOOK_AHEAD = timedelta(days=7)
SHOWN = 6
_GRAVEST = (Fault.EMPTY, Fault.UNPLANNED, Fault.TWICE, Fault.ABSENT, Fault.TIRED, Fault.UNREACHABLE, Fault.UNTESTED)


@dataclass(frozen=True, slots=True)
class Lack:
    """One finding with the name of its post."""

    post: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Kind:
    """All findings of one fault in the days ahead."""

    fault: Fault
    words: str
    found: Sequence[Lack]

    @property
    def shown(self) -> Sequence[Lack]:
        """The first of them; of people who cannot be reached all: their names are short."""
        return self.found if self.is_of_people else self.found[:SHOWN]

    @property
    def rest(self) -> int:
        """How many more there are."""
        return len(self.found) - len(self.shown)

    @property
    def is_of_people(self) -> bool:
        """True when it is a lack of the person, whatever the shift."""
        return self.fault in {Fault.UNREACHABLE, Fault.UNTESTED}


def ahead(now: datetime, *, without: Collection[Fault] = ()) -> list[Kind]:
    """The faults of the next seven days by kind."""
    names = dict(Post.objects.values_list("pk", "name"))
    by_fault: dict[Fault, list[Lack]] = defaultdict(list)
    for finding in preflight.check(now, now + LOOK_AHEAD):
        if finding.fault not in without:
            by_fault[finding.fault].append(Lack(names[finding.post_id], finding))
    return [Kind(fault, word(call_words.FAULTS, fault), by_fault[fault]) for fault in _GRAVEST if fault in by_fault]
