"""The units' words about the exercise's dispatch, entered on the desk as the hours since it reached them pass.

A dispatch that nobody has entered is answered by nobody; what the player or anybody else did before stands.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from vonggac.cases import evidence
from vonggac.cases import services as cases
from vonggac.cases.models import Case
from vonggac.cases.rules import OPEN
from vonggac.cases.services import Answer
from vonggac.directives.models import DirectiveState, Obligation
from vonggac.errors import InputError, Refused
from vonggac.exercise.world import Warn, inside, rows

_ENTER = {"done": cases.claim, "cannot": cases.refuse, "not_ours": cases.dispute}
ANSWERS = frozenset({"received", *_ENTER})
COLUMNS = ("organisation", "clause", "after_hours", "answer")


@dataclass(frozen=True, slots=True)
class Word:
    """One line of `answers.csv`: a unit's word about a clause, so long after the dispatch reached it."""

    organisation: str
    clause: str
    after: timedelta
    answer: str
    text: str
    paper: Path | None


@dataclass(frozen=True, slots=True)
class Answering:
    """A word that comes at its time about a case that stands on the desk."""

    at: datetime
    word: Word
    case_id: int
    by: str


def read(folder: Path, warn: Warn) -> list[Word]:
    """The words of a world; those that cannot be used are warned about and left out."""
    return list(_read(folder, warn))


def _read(folder: Path, warn: Warn) -> Iterator[Word]:
    for line, row in rows(folder, "answers.csv", COLUMNS, warn):
        try:
            after = timedelta(hours=float(row["after_hours"]))
        except (ValueError, OverflowError):
            warn(f"answers.csv, line {line}: “{row['after_hours']}” is no number of hours; the answer is left out")
            continue
        if row["answer"] not in ANSWERS:
            warn(f"answers.csv, line {line}: the answer “{row['answer']}” is not known; it is left out")
            continue
        paper = inside(folder / "answers", row["file"]) if row.get("file") else None
        yield Word(row["organisation"], row["clause"], after, row["answer"], row.get("text", ""), paper)


def due(words: Iterable[Word], sha256: str, after: datetime, until: datetime) -> list[Answering]:
    """The words that come between two moments about the dispatch with this digest."""
    bound = _cases(sha256)
    dated = (
        Answering(case.opened_at + word.after, word, case.pk, f"Cán bộ CNTT {case.organisation.name}")
        for word in words
        if (case := bound.get((word.organisation, word.clause))) is not None
    )
    return [one for one in dated if after < one.at <= until]


def enter(one: Answering, warn: Warn) -> None:
    """Enter one word at its time; the desk's refusal is a warning."""
    try:
        _enter(one.word, one.case_id, one.by, one.at)
    except (Refused, InputError) as error:
        warn(f"the answer of {one.word.organisation} to {one.word.clause} is left out: {error}")


def _cases(sha256: str) -> dict[tuple[str, str], Case]:
    """(unit, clause) → the case of the unit's own obligation by a dispatch that was entered."""
    bound = Obligation.objects.filter(
        directive__document__sha256=sha256, directive__state=DirectiveState.CONFIRMED, recalled_at__isnull=True
    ).select_related("case__organisation", "clause")
    return {(one.case.organisation.code, one.clause.label): one.case for one in bound.order_by("-pk")}


def _enter(word: Word, case_id: int, by: str, at: datetime) -> None:
    case = Case.objects.get(pk=case_id)
    if case.state not in OPEN:
        return
    if word.answer == "received":
        cases.acknowledge(case_id, at=at, by=by, via="link")
        return
    if word.paper is not None:
        evidence.add(case_id, word.paper.name, word.paper.read_bytes(), by=by, at=at)
    _ENTER[word.answer](case_id, Answer(word.text, by, via="mail"), at=at)
